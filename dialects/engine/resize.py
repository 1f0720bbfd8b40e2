"""Resampling: `resize`."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import ClassVar, cast

from xdsl.dialects.builtin import (
    AnyFloat,
    DenseArrayBase,
    FloatAttr,
    MemRefType,
    StringAttr,
    TensorType,
    f64,
)
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, minimum
from .base import (
    SHAPED,
    EngineOp,
    element_of,
    extents_of,
    tensor,
)
from .movement import UNARY, results_of
from .size_questions import may_be_at_least
from .sizes import shape_text


@irdl_op_definition
class ResizeOp(EngineOp):
    """
    Resample to the result's shape, as ONNX Resize: `mode` is `nearest`, `linear` or `cubic`;
    `coordinates` one of ONNX's coordinate transformations; `rounding` its nearest mode. `scales`
    are the factors per dimension that map coordinates.

    ```mlir
    %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x8xf32>
    ```
    """

    name = "engine.resize"
    MODES: ClassVar[tuple[str, ...]] = ("nearest", "linear", "cubic")
    COORDINATES: ClassVar[tuple[str, ...]] = (
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
    )
    ROUNDINGS: ClassVar[tuple[str, ...]] = (
        "round_prefer_floor",
        "round_prefer_ceil",
        "floor",
        "ceil",
    )
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    mode = prop_def(StringAttr)
    coordinates = prop_def(StringAttr)
    rounding = prop_def(StringAttr)
    scales = prop_def(DenseArrayBase)
    cubic_coefficient = prop_def(FloatAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        shape: Sequence[Extent],
        mode: str,
        coordinates: str,
        rounding: str,
        scales: Sequence[float],
        cubic_coefficient: float = -0.75,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        super().__init__(
            operands=[x, outs],
            properties={
                "mode": StringAttr(mode),
                "coordinates": StringAttr(coordinates),
                "rounding": StringAttr(rounding),
                "scales": DenseArrayBase.from_list(f64, list(scales)),
                "cubic_coefficient": FloatAttr(cubic_coefficient, f64),
            },
            result_types=results_of(outs, tensor(tuple(shape), element_of(x))),
        )

    @property
    def factors(self) -> tuple[float, ...]:
        """The factor of each dimension, result over input, that maps coordinates."""
        scales = cast("DenseArrayBase[AnyFloat]", self.scales)
        return tuple(float(v) for v in scales.get_values())

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(t) for t in self.target_types()]

    def verify_(self) -> None:
        if self.rounding.data not in self.ROUNDINGS:
            raise VerifyException(
                f"'{self.name}' rounding '{self.rounding.data}' is none of"
                f" {', '.join(self.ROUNDINGS)}"
            )
        shape, [target] = extents_of(self.input), [extents_of(t) for t in self.target_types()]
        scales = self.factors
        if not len(shape) == len(target) == len(scales):
            raise VerifyException(
                f"'{self.name}' input {shape_text(shape)}, result {shape_text(target)} and {len(scales)} scales"
                " must be of one rank"
            )
        if not all(isfinite(s) and s > 0 for s in scales):
            raise VerifyException(f"'{self.name}' scales {list(scales)} must be positive numbers")
        if any(_is_of_nothing(n, m) for n, m in zip(shape, target, strict=True)):
            raise VerifyException(
                f"'{self.name}' cannot make {shape_text(target)} of {shape_text(shape)}"
            )
        if self.mode.data not in self.MODES or self.coordinates.data not in self.COORDINATES:
            raise VerifyException(
                f"'{self.name}' mode '{self.mode.data}' or coordinates"
                f" '{self.coordinates.data}' is unknown"
            )
        super().verify_()


def _is_of_nothing(size: Extent, target: Extent) -> bool:
    """Whether elements are wanted where there are none to take them from."""
    if -1 in (size, target):
        return False
    return not may_be_at_least(size, minimum(target, 1))
