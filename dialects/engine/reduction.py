"""Reductions: `reduce`, `softmax`, `norm`, `pool`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import (
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    StringAttr,
    TensorType,
    UnitAttr,
    f64,
    i64,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    opt_region_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, numbers_of
from .base import (
    SHAPED,
    EngineOp,
    broadcast_extents,
    element_of,
    extents_of,
    int_array,
    int_values,
    scalar_type,
    shape_of,
    shaped,
    tensor,
    verify_scalar_region,
    yielded_values,
)
from .contraction import window_extent
from .size_questions import may_broadcast_to
from .sizes import shape_text

_OUTS = " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict `:` "


def check_axes(name: str, axes: Sequence[int], rank: int) -> None:
    """Axes must be within rank, non-negative and distinct."""
    if len(set(axes)) != len(axes) or any(not 0 <= a < rank for a in axes):
        raise VerifyException(
            f"'{name}' axes {list(axes)} must be distinct and within 0..{rank - 1}"
        )


@irdl_op_definition
class ReduceOp(EngineOp):
    """
    Reduce over `axes`, applying a scalar region to the (broadcast) inputs first.

    Without a region there is one input. `kind` is `sum`, `mean`, `prod`, `max` or `min`;
    `keepdims` leaves reduced dimensions with extent 1. An empty `axes` reduces nothing.

    ```mlir
    %y = engine.reduce ins(%x : tensor<1x64x7x7xf32>) {kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x64x1x1xf32>
    ```
    """

    name = "engine.reduce"
    KINDS: ClassVar[tuple[str, ...]] = ("sum", "mean", "prod", "max", "min")

    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    kind = prop_def(StringAttr)
    axes = prop_def(DenseArrayBase)
    keepdims = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    body = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "`ins` `(` $inputs `:` type($inputs) `)` (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict (`->` type($res)^)? ($body^)?"
    )

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        kind: str,
        axes: Sequence[int],
        result_type: Attribute | None = None,
        *,
        keepdims: bool = True,
        body: Region | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        if result_type is None and not outs:
            shape = broadcast_extents(*map(extents_of, inputs))
            element = element_of(inputs[0]) if body is None else yielded_values(body)[0].type
            result_type = tensor(_reduced(shape, axes, keepdims), element)
        super().__init__(
            operands=[inputs, outs],
            properties={
                "kind": StringAttr(kind),
                "axes": int_array(axes),
                "keepdims": UnitAttr() if keepdims else None,
            },
            result_types=[[] if outs or result_type is None else [result_type]],
            regions=[body],
        )

    @property
    def axis_list(self) -> tuple[int, ...]:
        return int_values(self.axes)

    @property
    def domain(self) -> tuple[int, ...]:
        """Shape that is reduced, where sizes are numbers: the broadcast of the inputs."""
        return numbers_of(self.domain_extents)

    @property
    def domain_extents(self) -> tuple[Extent, ...]:
        """Sizes that are reduced: the broadcast of the inputs."""
        return broadcast_extents(*map(extents_of, self.inputs))

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [_reduced(self.domain_extents, self.axis_list, self.keepdims is not None)]

    def inferred_elements(self) -> list[Attribute]:
        if self.body is None:
            return [element_of(self.inputs[0])]
        return [t.element_type for t in self.target_types()]

    def flops(self) -> int:
        per_element = 1 + (len(list(self.body.block.ops)) - 1 if self.body is not None else 0)
        return prod(self.domain) * per_element

    def verify_(self) -> None:
        if self.kind.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' kind '{self.kind.data}' is none of {', '.join(self.KINDS)}"
            )
        check_axes(self.name, self.axis_list, len(self.domain_extents))
        super().verify_()
        if self.body is None:
            if len(self.inputs) != 1:
                raise VerifyException(f"'{self.name}' without a region takes one input")
            return
        arguments = [scalar_type(element_of(v)) for v in self.inputs]
        results = [scalar_type(e) for e in self.inferred_elements()]
        verify_scalar_region(self.name, self.body, arguments, results)


def _reduced(shape: tuple[Extent, ...], axes: Sequence[int], keepdims: bool) -> tuple[Extent, ...]:
    if keepdims:
        return tuple(1 if a in axes else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


@irdl_op_definition
class SoftmaxOp(EngineOp):
    """
    Softmax along `axis`, shifted by the maximum; `log` gives its logarithm.

    ```mlir
    %y = engine.softmax %x {axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
    ```
    """

    name = "engine.softmax"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    axis = prop_def(IntegerAttr)
    log = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$input" + _OUTS + "type($input) (`->` type($res)^)?"

    def __init__(
        self,
        input: SSAValue | Operation,
        axis: int,
        result_type: Attribute | None = None,
        *,
        log: bool = False,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result_type = result_type or tensor(extents_of(x), element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={"axis": IntegerAttr(axis, i64), "log": UnitAttr() if log else None},
            result_types=[[] if outs else [result_type]],
        )

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def flops(self) -> int:
        return 4 * prod(shape_of(self.input))

    def verify_(self) -> None:
        check_axes(self.name, [self.axis.value.data], shaped(self.input).get_num_dims())
        super().verify_()


@irdl_op_definition
class NormOp(EngineOp):
    """
    Normalisation over `axes`: `(x - mean) / sqrt(variance + epsilon) * scale + bias`.

    `kind` is `layer` or `rms` (no mean, mean of squares). With `groups = g` dimension 1 is first
    split into `g` groups and `axes` must name dimension 1: group normalisation, or instance
    normalisation when `g` is the number of channels. `scale` and `bias` broadcast to the input.

    ```mlir
    %y = engine.norm %x scale(%g : tensor<256xf32>) bias(%b : tensor<256xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<1x128x256xf32> -> tensor<1x128x256xf32>
    ```
    """

    name = "engine.norm"
    KINDS: ClassVar[tuple[str, ...]] = ("layer", "rms")
    input = operand_def(SHAPED)
    scale = opt_operand_def(SHAPED)
    bias = opt_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    kind = prop_def(StringAttr)
    axes = prop_def(DenseArrayBase)
    epsilon = prop_def(FloatAttr)
    groups = opt_prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$input (`scale` `(` $scale^ `:` type($scale) `)`)? (`bias` `(` $bias^ `:` type($bias) `)`)?"
        + _OUTS
        + "type($input) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        kind: str,
        axes: Sequence[int],
        epsilon: float,
        *,
        scale: SSAValue | None = None,
        bias: SSAValue | None = None,
        groups: int | None = None,
        result_type: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result_type = result_type or tensor(extents_of(x), element_of(x))
        super().__init__(
            operands=[
                x,
                [] if scale is None else [scale],
                [] if bias is None else [bias],
                outs,
            ],
            properties={
                "kind": StringAttr(kind),
                "axes": int_array(axes),
                "epsilon": FloatAttr(epsilon, f64),
                "groups": None if groups is None else IntegerAttr(groups, i64),
            },
            result_types=[[] if outs else [result_type]],
        )

    def alike(self) -> Sequence[SSAValue]:
        return [v for v in (self.input, self.scale, self.bias) if v is not None]

    @property
    def axis_list(self) -> tuple[int, ...]:
        return int_values(self.axes)

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def flops(self) -> int:
        return 8 * prod(shape_of(self.input))

    def verify_(self) -> None:
        shape = extents_of(self.input)
        if self.kind.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' kind '{self.kind.data}' is none of {', '.join(self.KINDS)}"
            )
        check_axes(self.name, self.axis_list, len(shape))
        for label, affine in (("scale", self.scale), ("bias", self.bias)):
            if affine is not None and not may_broadcast_to(extents_of(affine), shape):
                raise VerifyException(
                    f"'{self.name}' {label} {shape_text(extents_of(affine))} does not broadcast to"
                    f" {shape_text(shape)}"
                )
        if self.groups is not None:
            count = self.groups.value.data
            if 1 not in self.axis_list:
                raise VerifyException(f"'{self.name}' with groups must normalise dimension 1")
            channels = shape[1]
            if count < 1 or (isinstance(channels, int) and channels >= 0 and channels % count):
                raise VerifyException(f"'{self.name}' {shape[1]} channels in {count} groups")
        super().verify_()


@irdl_op_definition
class PoolOp(EngineOp):
    """
    Sliding-window maximum or average over the spatial dimensions of `[N, C, spatial...]`.

    Padding never wins a maximum; an average counts it only with `count_include_pad`.
    `ceil_mode` rounds the output extent up.

    ```mlir
    %y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x64x112x112xf32> -> tensor<1x64x56x56xf32>
    ```
    """

    name = "engine.pool"
    KINDS: ClassVar[tuple[str, ...]] = ("max", "average")
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    kind = prop_def(StringAttr)
    kernel = prop_def(DenseArrayBase)
    strides = prop_def(DenseArrayBase)
    pads = prop_def(DenseArrayBase)
    dilations = prop_def(DenseArrayBase)
    ceil_mode = opt_prop_def(UnitAttr)
    count_include_pad = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$input" + _OUTS + "type($input) (`->` type($res)^)?"

    def __init__(
        self,
        input: SSAValue | Operation,
        kind: str,
        kernel: Sequence[int],
        *,
        strides: Sequence[int],
        pads: Sequence[int],
        dilations: Sequence[int],
        ceil_mode: bool = False,
        count_include_pad: bool = False,
        result_type: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        if result_type is None and not outs:
            shape = _pool_shape(extents_of(x), kernel, strides, pads, dilations, ceil_mode)
            result_type = tensor(shape, element_of(x))
        super().__init__(
            operands=[x, outs],
            properties={
                "kind": StringAttr(kind),
                "kernel": int_array(kernel),
                "strides": int_array(strides),
                "pads": int_array(pads),
                "dilations": int_array(dilations),
                "ceil_mode": UnitAttr() if ceil_mode else None,
                "count_include_pad": UnitAttr() if count_include_pad else None,
            },
            result_types=[[] if outs or result_type is None else [result_type]],
        )

    def window(self, name: str) -> tuple[int, ...]:
        """The integers of a window attribute such as `strides`."""
        attr = self.properties[name]
        assert isinstance(attr, DenseArrayBase)
        return int_values(attr)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [
            _pool_shape(
                extents_of(self.input),
                self.window("kernel"),
                self.window("strides"),
                self.window("pads"),
                self.window("dilations"),
                self.ceil_mode is not None,
            )
        ]

    def flops(self) -> int:
        [result] = self.target_types()
        return prod(result.get_shape()) * prod(self.window("kernel"))

    def verify_(self) -> None:
        if self.kind.data not in self.KINDS:
            raise VerifyException(
                f"'{self.name}' kind '{self.kind.data}' is none of {', '.join(self.KINDS)}"
            )
        rank = shaped(self.input).get_num_dims() - 2
        for label, length in (
            ("kernel", rank),
            ("strides", rank),
            ("pads", 2 * rank),
            ("dilations", rank),
        ):
            if len(self.window(label)) != length:
                raise VerifyException(
                    f"'{self.name}' {label} has {len(self.window(label))} entries,"
                    f" expected {length}"
                )
        self._verify_window()
        super().verify_()

    def _verify_window(self) -> None:
        shape = extents_of(self.input)
        if len(shape) < 3:
            raise VerifyException(
                f"'{self.name}' input {shape_text(shape)} must be of rank 3 or more"
            )
        for label, least in (("kernel", 1), ("strides", 1), ("dilations", 1), ("pads", 0)):
            if min((*self.window(label), least)) < least:
                raise VerifyException(
                    f"'{self.name}' {label} {list(self.window(label))} must be {least} or more"
                )
        [result] = self.inferred_shapes()
        sizes = zip(shape[2:], result[2:], strict=True)
        if any(isinstance(n, int) and n < 0 and size != -1 for size, n in sizes):
            raise VerifyException(
                f"'{self.name}' kernel {list(self.window('kernel'))} is larger than input"
                f" {shape_text(shape)}"
            )


def _pool_shape(
    x: tuple[Extent, ...],
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
    ceil_mode: bool,
) -> tuple[Extent, ...]:
    rank = len(x) - 2
    spatial = [
        window_extent(
            x[2 + i], kernel[i], strides[i], dilations[i], pads[i], pads[rank + i], ceil_mode
        )
        for i in range(rank)
    ]
    return (*x[:2], *spatial)
