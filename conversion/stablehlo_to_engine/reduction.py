"""
Reductions and windows.

Operators: reduce, reduce_window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, bf16, f16, i1
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import BroadcastOp, IotaOp, MapOp, PoolOp, ReduceOp, ReshapeOp, ScanOp
from ...dialects.engine.base import element_of, extents_of, rank_of, static, tensor
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, numbers_of, product_of, same
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in
from ..to_engine.scalars import Numbers, value
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast, widened
from ..to_engine.vocabulary.reduce import reduced_shape
from ..to_engine.vocabulary.unfolded_windows import UnfoldedWindows
from ..to_engine.vocabulary.windows import Window
from .parts_of_operations import integers, pads
from .reducers import arg_extreme_of, independent_kinds, kind_of


def identity_of(kind: str, value: SSAValue) -> float | int:
    """The number that changes nothing."""
    dtype = dtype_of(element_of(value))
    if kind in ("sum", "or"):
        return 0
    if kind in ("prod", "and"):
        return -1 if kind == "and" and dtype.kind == "i" else 1
    if dtype == np.bool_:
        return 0 if kind == "max" else 1
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return int(bounds.min if kind == "max" else bounds.max)
    return -np.inf if kind == "max" else np.inf


def is_identity(lo: Lowering, kind: str, init: SSAValue) -> bool:
    """Whether a reduction begins with the number that changes nothing."""
    number = lo.array_of(init)
    if number is None or number.size != 1:
        return False
    return bool(number.reshape(-1)[0] == identity_of(kind, init))


def _engine_kind(kind: str, element: object) -> str:
    """The kind of `engine.reduce`: truths are numbers that are 0 or 1."""
    if element == i1:
        return {"sum": "max", "or": "max", "prod": "min", "and": "min"}.get(kind, kind)
    if kind in ("or", "and"):
        raise NoNativeForm("of bits")
    return kind


def combined(lo: Lowering, kind: str, found: SSAValue, init: SSAValue) -> SSAValue:
    """A result with the number that the reduction begins with."""
    if is_identity(lo, kind, init):
        return found
    n = Numbers(element_of(found))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        if n.boolean:
            joins = kind in ("sum", "or", "max")
            return value(arith.OrIOp(a, b) if joins else arith.AndIOp(a, b))
        return {"sum": n.add, "prod": n.mul, "max": n.maximum, "min": n.minimum}[kind](a, b)

    return lo.map([found, lo.reshape(init, ())], build)


def _reduced(lo: Lowering, kind: str, x: SSAValue, init: SSAValue, axes: Sequence[int]) -> SSAValue:
    element = element_of(x)
    made = _engine_kind(kind, element)
    wide = widened(lo, x) if kind in ("sum", "prod") else x
    shape = extents_of(x)
    type_ = tensor(reduced_shape(shape, axes, keep=True), element_of(wide))
    found = lo.emit(ReduceOp([wide], made, axes, type_)) if axes else wide
    # What repeats the result gives the reduced dimensions back, and both reshapes go away.
    found = lo.reshape(found, reduced_shape(shape, axes, keep=False))
    return combined(lo, kind, cast(lo, found, element), init)


def reduce(lo: Lowering) -> Results:
    """One reduction for each result; the place of an extreme for a pair with positions."""
    count = len(lo.operands) // 2
    inputs, inits = lo.operands[:count], lo.operands[count:]
    axes, region = integers(lo, "dimensions"), lo.op.regions[0]
    kinds = independent_kinds(region)
    if kinds is not None:
        parts = zip(kinds, inputs, inits, strict=True)
        return [_reduced(lo, kind, x, init, axes) for kind, x, init in parts]
    largest = arg_extreme_of(region) if count == 2 and len(axes) == 1 else None
    if largest is not None and _are_positions(lo, inputs[1], axes[0]):
        kind = "max" if largest else "min"
        if is_identity(lo, kind, inits[0]):
            at = arg_extreme(lo, inputs[0], axes[0], largest=largest, keep=False)
            found = _reduced(lo, kind, inputs[0], inits[0], axes) if lo.op.results[0].uses else None
            return [found, cast(lo, at, element_of(inputs[1]))]
    raise NoNativeForm("by a function that is not one operation")


def _are_positions(lo: Lowering, x: SSAValue, axis: int) -> bool:
    """Whether each element is its position along an axis."""
    wanted = extents_of(x)
    while isinstance(x, OpResult) and isinstance(x.op, BroadcastOp | MapOp):
        if isinstance(x.op, MapOp) and len(x.op.operands) != 1:
            return False
        x = x.op.operands[0]
    shape = extents_of(x)
    if len(shape) != len(wanted) or same(shape[axis], wanted[axis]) is not True:
        return False
    array = lo.array_of(x)
    if array is not None:
        return bool(np.array_equal(array, np.indices(array.shape, sparse=True)[axis] + 0 * array))
    if any(not is_one(n) for at, n in enumerate(shape) if at != axis):
        return False
    source = x.op.operands[0] if isinstance(x, OpResult) and isinstance(x.op, ReshapeOp) else x
    return isinstance(source, OpResult) and isinstance(source.op, IotaOp)


@dataclass(frozen=True)
class _Windows:
    """The windows of `reduce_window`."""

    sizes: list[int]
    strides: list[int]
    base: list[int]
    dilations: list[int]
    low: list[int]
    high: list[int]

    @staticmethod
    def of(lo: Lowering) -> _Windows:
        rank = rank_of(lo.operands[0])
        ones = [1] * rank
        names = ("window_dimensions", "window_strides", "base_dilations", "window_dilations")
        sizes, strides, base, dilations = (integers(lo, name, ones) or ones for name in names)
        return _Windows(sizes, strides, base, dilations, *pads(lo, rank))

    def spatial(self) -> list[int]:
        """The dimensions along which windows move, or are larger than one."""
        return [
            at
            for at in range(len(self.sizes))
            if (self.sizes[at], self.strides[at], self.low[at], self.high[at]) != (1, 1, 0, 0)
        ]


def reduce_window(lo: Lowering) -> Results:
    """Running sums, pools, and windows written out for other kinds."""
    if len(lo.operands) != 2:
        raise NoNativeForm("of several tensors")
    x, init = lo.operands
    kind = kind_of(lo.op.regions[0])
    windows = _Windows.of(lo)
    if kind is None:
        raise NoNativeForm("by a function that is not one operation")
    if any(b != 1 for b in windows.base):
        raise NoNativeForm("of elements that are apart")
    # Padding is of the number that a reduction begins with: a maximum of it again is the same.
    again = kind in ("max", "min") or not any((*windows.low, *windows.high))
    if not is_identity(lo, kind, init) and not again:
        raise NoNativeForm("of padding that changes the result")
    found = None
    if all(n == 1 for n in (*windows.strides, *windows.dilations)):
        found = _running(lo, kind, x, windows.sizes, windows.low, windows.high)
    found = _pooled(lo, kind, x, windows) if found is None else found
    return [combined(lo, kind, found, init)]


def _running(
    lo: Lowering,
    kind: str,
    x: SSAValue,
    sizes: Sequence[Extent],
    low: Sequence[Extent],
    high: Sequence[Extent],
) -> SSAValue | None:
    """
    A sum, product or extreme of all elements up to each one, or from each one on; None for other
    windows. Windows step by one.
    """
    element, shape = element_of(x), extents_of(x)
    axes = [
        at for at, window in enumerate(zip(sizes, low, high, strict=True)) if window != (1, 0, 0)
    ]
    if len(axes) != 1 or kind not in ScanOp.KINDS or element in (i1, f16, bf16):
        return None
    [axis] = axes
    before, behind, rest = low[axis], high[axis], sizes[axis] - 1
    if sizes[axis] != shape[axis] or (before, behind) not in ((rest, 0), (0, rest)):
        return None
    Numbers(element)
    return lo.emit(ScanOp(x, kind, axis, reverse=(before, behind) == (0, rest)))


def dynamic_reduce_window(lo: Lowering) -> Results:
    """Windows of computed sizes: those of numbers as others, running ones of sizes by name."""
    x, init, *given = lo.operands
    kind = kind_of(lo.op.regions[0])
    lists = [extents_in(lo, value) for value in given]
    if kind is None or any(found is None for found in lists):
        raise NoNativeForm("by a function that is not one operation, or of sizes that are data")
    sizes, strides, base, dilations, both = (found or [] for found in lists)
    if not all(is_one(n) for n in (*strides, *base, *dilations)) or not is_identity(lo, kind, init):
        raise NoNativeForm("of windows that step, or that begin with another number")
    found = _running(lo, kind, x, sizes, both[0::2], both[1::2])
    if found is None:
        raise NoNativeForm("of windows of computed sizes that are not all elements before one")
    return [found]


def _pooled(lo: Lowering, kind: str, x: SSAValue, w: _Windows) -> SSAValue:
    """Windows over the last dimensions of `[N, 1, spatial...]`."""
    axes = w.spatial()
    if not axes:
        return x
    shape, element = extents_of(x), element_of(x)
    others = [at for at in range(len(shape)) if at not in axes]
    if min(*(w.low[at] for at in axes), *(w.high[at] for at in axes)) < 0:
        raise NoNativeForm("with pads that cut off")
    lead, channels = (others[:-1], others[-1:]) if len(others) > 1 else (others, [])
    moved = lo.transpose(x, [*lead, *channels, *axes])
    outer, inner = product_of([shape[a] for a in lead]), product_of([shape[a] for a in channels])
    plane = [shape[a] for a in axes]
    moved = lo.reshape(moved, (outer, inner, *plane))
    window = Window(
        tuple(w.sizes[a] for a in axes),
        tuple(w.strides[a] for a in axes),
        (*(w.low[a] for a in axes), *(w.high[a] for a in axes)),
        tuple(w.dilations[a] for a in axes),
    )
    found = _pool(lo, kind, moved, window)
    out = extents_of(found)[2:]
    found = lo.reshape(found, (*(shape[a] for a in others), *out))
    order = [*lead, *channels, *axes]
    found = lo.transpose(found, [order.index(at) for at in range(len(shape))])
    assert element_of(found) == element
    return found


def _pool(lo: Lowering, kind: str, x: SSAValue, window: Window) -> SSAValue:
    element, rank = element_of(x), len(window.kernel)
    integer = isinstance(element, IntegerType)
    plain = not integer and rank <= 2 and _pads_fit(window)
    if plain and kind == "max":
        return lo.emit(_pool_op(x, "max", window))
    if plain and kind == "min":
        n = Numbers(element)
        return lo.map([lo.emit(_pool_op(lo.map([x], n.neg), "max", window))], n.neg)
    if plain and kind == "sum":
        n = Numbers(element)
        mean = lo.emit(_pool_op(x, "average", window))
        return lo.map([mean], lambda a: n.mul(a, n.number(product_of(window.kernel))))
    if not static(extents_of(x)):
        raise NoNativeForm("of windows of open sizes")
    shape = numbers_of(extents_of(x))
    lo.require_room(*shape, *window.kernel, bytes_each=8)
    windows = UnfoldedWindows(lo, x, window, ceil_mode=False)
    unfolded = windows.unfolded(identity_of(kind, x))
    made = _engine_kind(kind, element)
    return lo.emit(ReduceOp([unfolded], made, windows.axes, keepdims=False))


def _pool_op(x: SSAValue, kind: str, window: Window) -> PoolOp:
    return PoolOp(
        x,
        kind,
        window.kernel,
        strides=window.strides,
        pads=window.fixed_pads,
        dilations=window.dilations,
        count_include_pad=kind == "average",
    )


def _pads_fit(window: Window) -> bool:
    """Whether no window lies in the padding alone, of which a maximum would be nothing."""
    rank = len(window.kernel)
    sides: tuple[Extent, ...] = (*window.pads[:rank], *window.pads[rank:])
    reach = [(k - 1) * d + 1 for k, d in zip(window.kernel, window.dilations, strict=True)]
    return all(
        isinstance(pad, int) and pad < size
        for pad, size in zip(sides, [*reach, *reach], strict=True)
    )


OPERATORS: dict[str, Conversion] = {
    "reduce": reduce,
    "reduce_window": reduce_window,
    "dynamic_reduce_window": dynamic_reduce_window,
}
