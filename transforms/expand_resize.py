"""
`expand-resize`: resampling as data movement and products, one dimension after the other.

    resize{nearest}(x) => broadcast(x)     along new unit dimensions, where each element repeats
    resize{nearest}(x) => gather(x, i)     where the indices are constants
    resize(x)          => x . M^T, M . x   with the constant matrix M of interpolation weights

The interpolation of several dimensions is the product of those along each, so the kernels for
products, gathers and copies are all that resampling needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import IntegerType, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import (
    BroadcastOp,
    ConstantOp,
    GatherOp,
    MatmulOp,
    ReshapeOp,
    ResizeOp,
    WeightStore,
    weight_store,
)
from ..dialects.engine.base import carry_provenance, element_of, shape_of, static
from ..dialects.engine.weights import Array, dtype_of
from ..interpreters.engine.resize import interpolation_matrix, scale_factors


@dataclass(frozen=True)
class ExpandResizePass(ModulePass):
    """Turn `engine.resize` into broadcasts, gathers and products with constants."""

    name = "expand-resize"

    exactness: ClassVar[str] = "rounding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        store = weight_store(ctx)
        for resize in list(op.walk()):
            if isinstance(resize, ResizeOp) and _is_expandable(resize):
                _Expansion(resize, store).replace()


def _is_expandable(op: ResizeOp) -> bool:
    integers = isinstance(element_of(op.input), IntegerType)
    return (
        static(shape_of(op.input))
        and 0 not in shape_of(op.input)
        and not (integers and op.mode.data != "nearest")
    )


class _Expansion:
    """Builds what replaces one operation before it."""

    def __init__(self, op: ResizeOp, store: WeightStore):
        self.op = op
        self.store = store
        self.name = op.results[0].name_hint or "resize"

    def replace(self) -> None:
        op = self.op
        target, scales = shape_of(op.results[0]), scale_factors(op)
        value: SSAValue = op.input
        repeats = [1] * len(target)
        for axis, (size, resized) in enumerate(zip(shape_of(op.input), target, strict=True)):
            if size == resized and scales[axis] == 1.0:
                continue
            matrix = interpolation_matrix(op, size, resized, scales[axis])
            if op.mode.data != "nearest":
                value = self._product(value, matrix, axis)
                continue
            indices = matrix.argmax(axis=1)
            if np.array_equal(indices, np.arange(resized) * size // resized) and (
                resized % size == 0
            ):
                repeats[axis] = resized // size
            else:
                value = self._emit(GatherOp(value, self._constant(indices, "indices"), axis))
        value = self._repeated(value, repeats)
        if value.name_hint is None:
            value.name_hint = op.results[0].name_hint
        Rewriter.replace_op(op, [], [value])

    def _emit(self, built: Operation) -> SSAValue:
        Rewriter.insert_op(built, InsertPoint.before(self.op))
        carry_provenance([self.op], [built], "expand-resize")
        return built.results[0]

    def _constant(self, array: Array, what: str) -> SSAValue:
        return self._emit(ConstantOp(self.store.add(array, f"{self.name}_{what}")))

    def _reshaped(self, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
        return value if shape_of(value) == shape else self._emit(ReshapeOp(value, shape))

    def _repeated(self, value: SSAValue, repeats: list[int]) -> SSAValue:
        """Each element `repeats[axis]` times: `[n] -> [n, 1] -> [n, r] -> [n * r]`."""
        shape = shape_of(value)
        if all(r == 1 for r in repeats):
            return value
        pairs = list(zip(shape, repeats, strict=True))
        split = [m for n, r in pairs for m in ((n, 1) if r > 1 else (n,))]
        wide = [m for n, r in pairs for m in ((n, r) if r > 1 else (n,))]
        repeated = self._emit(BroadcastOp(self._reshaped(value, tuple(split)), tuple(wide)))
        return self._reshaped(repeated, tuple(n * r for n, r in pairs))

    def _product(self, value: SSAValue, matrix: Array, axis: int) -> SSAValue:
        """The product with `[resized, size]` weights along one dimension."""
        shape = shape_of(value)
        resized, size = matrix.shape
        weights = matrix.astype(dtype_of(element_of(value)))
        outer, inner = prod(shape[:axis]), prod(shape[axis + 1 :])
        result = (*shape[:axis], resized, *shape[axis + 1 :])
        if inner == 1:
            right = self._constant(np.ascontiguousarray(weights.T), "weights")
            rows = self._reshaped(value, (outer, size))
            return self._reshaped(self._emit(MatmulOp(rows, right)), result)
        left = self._constant(weights, "weights")
        planes = self._reshaped(value, (outer, size, inner))
        return self._reshaped(self._emit(MatmulOp(left, planes)), result)
