"""
Elements picked and written at indices that are data.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i1, i32, i64
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import GatherOp, ReduceOp, ScatterOp, YieldOp
from ...dialects.engine.base import element_of, extents_of, rank_of, tensor
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, along, scalar, steps_of, within
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import Number, map_with_extents
from ..to_engine.scalars import Numbers, cast_scalar, select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.gather import gather_elements, take, take_flat
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.scatter import scatter_elements
from .arguments import (
    dim,
    flag,
    number,
    optional_tensors,
    require_unused,
    result_element,
    result_shape,
)
from .data_sizes import declared_name
from .elementwise import chosen, operand_named
from .promotion import promoted, wide


@dataclass(frozen=True)
class _Indexed:
    """Index tensors at dimensions of a tensor, brought to the front."""

    order: list[int]
    """The dimensions, those that are indexed first."""
    rows: SSAValue
    """The position of each pick among the indexed dimensions taken together."""
    shape: tuple[Extent, ...]
    """Of the picks."""
    front: int
    """Where the picks stand in the result."""
    count: int
    """How many dimensions are indexed."""


def _indexed(lo: Lowering, x: SSAValue, given: Sequence[SSAValue | None]) -> _Indexed:
    """
    The picks of index tensors, which are broadcast together.

    They stand where the indexed dimensions were if these are neighbours, else in front.
    """
    indices = list(given)
    if any(v is not None and element_of(v) in (i1, IntegerType(8)) for v in indices):
        raise NoNativeForm("by a mask")
    axes = [axis for axis, v in enumerate(indices) if v is not None]
    picks = [cast(lo, v, i64) for v in indices if v is not None]
    extents = [extents_of(x)[a] for a in axes]
    if not axes or 0 in extents_of(x):
        raise NoNativeForm("of nothing")
    shape = lo.broadcast_extents(*map(extents_of, picks))
    steps = steps_of(extents)
    rows = product_of(extents)

    def build(*scalars: SSAValue | Number) -> SSAValue:
        count = len(picks)
        at, sizes, paces = scalars[:count], scalars[count : 2 * count], scalars[2 * count : -1]
        place, fits = WHOLE.number(0), None
        for index, size, pace in zip(at, sizes, paces, strict=True):
            assert isinstance(index, SSAValue)
            negative = WHOLE.compare("lt", index, WHOLE.number(0))
            index = select(negative, WHOLE.add(index, scalar(size)), index)
            place = WHOLE.add(place, WHOLE.mul(index, scalar(pace)))
            inside = within(index, 0, size)
            fits = inside if fits is None else value(arith.AndIOp(fits, inside))
        assert fits is not None
        return select(fits, place, scalar(scalars[-1]))

    flat = map_with_extents(lo, picks, [*extents, *steps, rows], build, i64)
    others = [a for a in range(rank_of(x)) if a not in axes]
    neighbours = axes == list(range(axes[0], axes[0] + len(axes)))
    front = axes[0] if neighbours else 0
    return _Indexed([*axes, *others], flat, shape, front, len(axes))


def _table(lo: Lowering, x: SSAValue, found: _Indexed) -> SSAValue:
    """`[indexed together, others...]`"""
    moved = lo.transpose(x, found.order)
    shape = extents_of(moved)
    return lo.reshape(moved, (product_of(shape[: found.count]), *shape[found.count :]))


def _index(lo: Lowering) -> SSAValue:
    x, given = lo.operand("self"), optional_tensors(lo, "indices")
    if len(given) == 1 and given[0] is not None and element_of(given[0]) == i1:
        return _by_mask(lo, x, given[0])
    only = [axis for axis, v in enumerate(given) if v is not None]
    if len(only) == 1:
        index = given[only[0]]
        assert index is not None
        if element_of(index) not in (i1, IntegerType(8)):
            return take(lo, x, index, only[0])
    found = _indexed(lo, x, given)
    picked = lo.emit(GatherOp(_table(lo, x, found), found.rows, 0))
    picks = len(found.shape)
    if not found.front:
        return picked
    rank = rank_of(picked)
    order = [
        *range(picks, picks + found.front),
        *range(picks),
        *range(picks + found.front, rank),
    ]
    return lo.transpose(picked, order)


def _by_mask(lo: Lowering, x: SSAValue, mask: SSAValue) -> SSAValue:
    from ...dialects.engine import CompressOp

    marks = extents_of(mask)
    count = product_of(marks)
    if extents_of(x)[: len(marks)] != marks:
        raise NoNativeForm("by a mask of another shape")
    flat = lo.reshape(x, (count, *extents_of(x)[len(marks) :]))
    name = lo.new_size(declared_name(lo, 0), count)
    return lo.emit(CompressOp(flat, lo.reshape(mask, (count,)), 0, name))


def _masked_select(lo: Lowering) -> SSAValue:
    """In row-major order, of both broadcast together."""
    x, mask = lo.operand("self"), lo.operand("mask")
    shape = lo.broadcast_extents(extents_of(x), extents_of(mask))
    return _by_mask(lo, lo.broadcast(x, shape), lo.broadcast(mask, shape))


def _index_put(lo: Lowering) -> SSAValue:
    x, given = lo.operand("self"), optional_tensors(lo, "indices")
    values = cast(lo, lo.operand("values"), element_of(x))
    accumulate = flag(lo, "accumulate")
    if len(given) == 1 and given[0] is not None and element_of(given[0]) == i1:
        mask = given[0]
        marks = extents_of(mask)
        one = all(map(is_one, extents_of(values)))
        if accumulate or not one or extents_of(x)[: len(marks)] != marks:
            raise NoNativeForm("by a mask, with more than one value")
        spread = lo.reshape(mask, (*marks, *[1] * (rank_of(x) - len(marks))))
        return chosen(lo, spread, lo.reshape(values, ()), x, element_of(x))
    found = _indexed(lo, x, given)
    table = _table(lo, x, found)
    rest = extents_of(table)[1:]
    picks = len(found.shape)
    target = (*rest[: found.front], *found.shape, *rest[found.front :])
    values = lo.broadcast(values, target)
    if found.front:
        order = [
            *range(found.front, found.front + picks),
            *range(found.front),
            *range(found.front + picks, len(target)),
        ]
        values = lo.transpose(values, order)
    count = product_of(found.shape)
    rows = lo.reshape(found.rows, (count, 1))
    updates = lo.reshape(values, (count, *rest))
    changed = _scattered(lo, table, rows, updates, "add" if accumulate else "none")
    moved = [extents_of(x)[a] for a in found.order]
    back = [found.order.index(a) for a in range(len(moved))]
    return lo.transpose(lo.reshape(changed, moved), back)


def _scattered(
    lo: Lowering, table: SSAValue, rows: SSAValue, updates: SSAValue, reduction: str
) -> SSAValue:
    if reduction != "none" and element_of(table) == i1:
        raise NoNativeForm("of booleans added up")
    return lo.emit(ScatterOp(table, rows, updates, reduction))


def _select(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    index = lo.operand("index")
    index = lo.reshape(index, (product_of(extents_of(index)),))
    return take(lo, x, index, dim(lo.integer("dim"), rank_of(x)))


def _rows_written(lo: Lowering, x: SSAValue, source: SSAValue, reduction: str) -> SSAValue:
    """Whole slices along an axis."""
    index, axis = lo.operand("index"), dim(lo.integer("dim"), rank_of(x))
    shape = extents_of(x)
    count = product_of(extents_of(index))
    order = [axis, *(a for a in range(rank_of(x)) if a != axis)]
    rows = lo.reshape(cast(lo, index, i64), (count, 1))
    spread = lo.broadcast(source, (*shape[:axis], count, *shape[axis + 1 :]))
    table, updates = lo.transpose(x, order), lo.transpose(spread, order)
    changed = _scattered(lo, table, rows, updates, reduction)
    return lo.transpose(changed, [order.index(a) for a in range(len(order))])


def _index_add(lo: Lowering) -> SSAValue:
    x, factor = lo.operand("self"), number(lo, "alpha")
    source = cast(lo, lo.operand("source"), element_of(x))
    if factor != 1:
        n = Numbers(element_of(x))
        source = lo.map([source], lambda a: n.mul(a, n.number(factor)))
    return _rows_written(lo, x, source, "add")


def _index_copy(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return _rows_written(lo, x, cast(lo, lo.operand("source"), element_of(x)), "none")


def _index_fill(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    fill = operand_named(lo, "value")
    if not isinstance(fill, SSAValue):
        fill = lo.constant(np.asarray(fill).astype(dtype_of(element_of(x))), "fill")
    return _rows_written(lo, x, cast(lo, fill, element_of(x)), "none")


def _gather(lo: Lowering) -> SSAValue:
    x, index = lo.operand("self"), lo.operand("index")
    if not rank_of(x) or rank_of(index) != rank_of(x):
        raise NoNativeForm("of a scalar")
    return gather_elements(lo, x, index, dim(lo.integer("dim"), rank_of(x)))


def _take_along(lo: Lowering) -> SSAValue:
    x, index = lo.operand("self"), lo.operand("indices")
    if lo.op.attribute("dim") is None:
        flat = lo.reshape(index, (product_of(extents_of(index)),))
        return take_flat(lo, x, flat)
    axis = dim(lo.integer("dim"), rank_of(x))
    shape, picks = extents_of(x), extents_of(index)
    common = [
        n if a == axis else lo.broadcast_extents((n,), (m,))[0]
        for a, (n, m) in enumerate(zip(picks, shape, strict=True))
    ]
    data = [shape[axis] if a == axis else n for a, n in enumerate(common)]
    return gather_elements(lo, lo.broadcast(x, data), lo.broadcast(index, common), axis)


def _take(lo: Lowering) -> SSAValue:
    return take_flat(lo, lo.operand("self"), lo.operand("index"))


def _put(lo: Lowering) -> SSAValue:
    x, index, source = lo.operand("self"), lo.operand("index"), lo.operand("source")
    shape, count = extents_of(x), product_of(extents_of(index))
    flat = lo.reshape(x, (product_of(shape),))
    rows = lo.reshape(cast(lo, index, i64), (count, 1))
    updates = lo.reshape(cast(lo, source, element_of(x)), (count,))
    reduction = "add" if flag(lo, "accumulate") else "none"
    return lo.reshape(_scattered(lo, flat, rows, updates, reduction), shape)


_REDUCTIONS = {
    "": "none",
    **dict.fromkeys(("add", "sum", "mean"), "add"),
    **dict.fromkeys(("multiply", "prod"), "mul"),
    "amax": "max",
    "amin": "min",
}


def _source(lo: Lowering, x: SSAValue, name: str) -> SSAValue:
    """What is written: as much of a tensor as there are indices, or a number for each."""
    index = lo.operand("index")
    shape = extents_of(index)
    if name in lo.op.SIGNATURE.operand_names:
        source = cast(lo, lo.operand(name), element_of(x))
        return lo.slice(source, [0] * len(shape), shape)
    one = np.asarray(number(lo, name)).astype(dtype_of(element_of(x)))
    return lo.broadcast(lo.constant(one, "value"), shape)


def _scatter(name: str, reduction: str = "") -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        if not rank_of(x):
            raise NoNativeForm("of a scalar")
        kind = _REDUCTIONS[reduction or lo.text("reduce")]
        axis = dim(lo.integer("dim"), rank_of(x))
        index = cast(lo, lo.operand("index"), i64)
        return scatter_elements(lo, x, index, _source(lo, x, name), axis, kind)

    return convert


def _scatter_reduce(lo: Lowering) -> SSAValue:
    """Without the elements that were there, these are first what changes nothing."""
    x, kind = lo.operand("self"), lo.text("reduce")
    if not rank_of(x):
        raise NoNativeForm("of a scalar")
    axis, n = dim(lo.integer("dim"), rank_of(x)), Numbers(element_of(x))
    index, source = cast(lo, lo.operand("index"), i64), _source(lo, x, "src")
    includes = flag(lo, "include_self")
    ones = lo.broadcast(lo.constant(np.ones((), np.int32), "one"), extents_of(index))
    zeros = lo.broadcast(lo.constant(np.zeros((), np.int32), "zero"), extents_of(x))
    counts = None
    if not includes or kind == "mean":
        counts = scatter_elements(lo, zeros, index, ones, axis, "add")
    start = x
    if not includes:
        assert counts is not None
        neutral = _neutral(n, kind)

        def emptied(count: SSAValue, a: SSAValue) -> SSAValue:
            hit = Numbers(i32).compare("gt", count, Numbers(i32).number(0))
            return select(hit, n.number(neutral), a)

        start = lo.map([counts, x], emptied, n.element)
    found = scatter_elements(lo, start, index, source, axis, _REDUCTIONS[kind])
    if kind != "mean":
        return found
    assert counts is not None
    more = int(includes)

    def divided(a: SSAValue, count: SSAValue) -> SSAValue:
        many = Numbers(i32).add(count, Numbers(i32).number(more))
        many = Numbers(i32).maximum(many, Numbers(i32).number(1))
        by = cast_scalar(many, i32, n.element)
        return n.div(a, by) if n.floating else value(arith.FloorDivSIOp(a, by))

    return lo.map([found, counts], divided)


def _neutral(n: Numbers, kind: str) -> float:
    if kind in ("amax", "amin"):
        if not n.floating:
            raise NoNativeForm("of extremes of integers without those that were there")
        return -float("inf") if kind == "amax" else float("inf")
    return 1 if kind == "prod" else 0


def _embedding(lo: Lowering) -> SSAValue:
    return lo.emit(GatherOp(lo.operand("weight"), lo.operand("indices"), 0))


def _embedding_bag(lo: Lowering) -> list[SSAValue | None]:
    """Rows added to the bag that they are in, which is the last that begins before them."""
    require_unused(lo, (1, 2, 3), "where elements come from")
    weight, indices, offsets = (lo.operand(n) for n in ("weight", "indices", "offsets"))
    padding = lo.op.attribute("padding_idx") if "padding_idx" in lo.op.SIGNATURE.attributes else -1
    if rank_of(indices) != 1 or (isinstance(padding, int) and padding >= 0):
        raise NoNativeForm("of a matrix of indices, or with rows that do not count")
    n, [count] = Numbers(element_of(weight)), extents_of(indices)
    bags, width = result_shape(lo)
    rows = lo.emit(GatherOp(weight, indices, 0))
    weights = lo.optional("per_sample_weights")
    if weights is not None:
        rows = lo.map([rows, lo.reshape(weights, (count, 1))], n.mul)
    starts = cast(lo, lo.slice_axis(offsets, 0, 0, bags), i64)
    place = along(lo, count, 0, 2)
    begun = lo.map([place, starts], lambda at, start: WHOLE.compare("ge", at, start), i1)
    begun = cast(lo, begun, i64)
    number_ = lo.emit(ReduceOp([begun], "sum", [1]))
    bag = lo.map([number_], lambda a: WHOLE.sub(a, WHOLE.number(1)))
    mode = lo.integer("mode")
    first = -float("inf") if mode == MAX else 0.0
    start = lo.constant(np.asarray(first, dtype_of(n.element)), "start")
    empty = lo.broadcast(start, (bags, width))
    found = lo.emit(ScatterOp(empty, bag, rows, "max" if mode == MAX else "add"))
    if mode == SUM:
        return [found, None, None, None]
    ones = lo.broadcast(lo.constant(np.ones((), np.int64), "one"), (count, 1))
    zeros = lo.broadcast(lo.constant(np.zeros((), np.int64), "zero"), (bags, 1))
    counts = lo.emit(ScatterOp(zeros, bag, ones, "add"))

    def build(a: SSAValue, many: SSAValue) -> SSAValue:
        filled = WHOLE.compare("gt", many, WHOLE.number(0))
        if mode == MAX:
            return select(filled, a, n.number(0))
        return n.div(a, cast_scalar(WHOLE.maximum(many, WHOLE.number(1)), i64, n.element))

    return [lo.map([found, counts], build, n.element), None, None, None]


SUM, MEAN, MAX = 0, 1, 2
"""What becomes of the rows of a bag."""


def _counted(lo: Lowering, edges: SSAValue, values: SSAValue, *, right: bool) -> SSAValue:
    """How many edges lie before each value, `[..., edges]` beside `[..., values]`."""
    element = wide(promoted([edges, values]))
    n = Numbers(element)
    edges, values = cast(lo, edges, element), cast(lo, values, element)
    rank, last = rank_of(values), extents_of(edges)[-1]
    spread = lo.reshape(values, (*extents_of(values), 1))
    lead = extents_of(edges)[:-1]
    if lead:
        edges = lo.reshape(edges, (*lead, 1, last))
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        a, edge = block.args
        before = n.compare("le" if right else "lt", edge, a)
        one, zero = Numbers(i64).number(1), Numbers(i64).number(0)
        YieldOp(select(before, one, zero))
    type_ = tensor(extents_of(values), i64)
    found = lo.emit(
        ReduceOp([spread, edges], "sum", [rank], type_, keepdims=False, body=Region(block))
    )
    return cast(lo, found, result_element(lo))


def _search(edges: str, values: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        if "sorter" in lo.op.SIGNATURE.operand_names and lo.optional("sorter") is not None:
            raise NoNativeForm("by an order of its own")
        right = flag(lo, "right") or lo.text("side") == "right"
        given = operand_named(lo, values)
        if not isinstance(given, SSAValue):
            dtype = dtype_of(element_of(lo.operand(edges)))
            given = lo.constant(np.asarray(given, dtype), "value")
        return _counted(lo, lo.operand(edges), given, right=right)

    return convert


def _isin(values: str, of: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        parts = [operand_named(lo, name) for name in (values, of)]
        element = promoted(parts)
        n = Numbers(element)
        given, known = (
            cast(lo, v, element)
            if isinstance(v, SSAValue)
            else lo.constant(np.asarray(v, dtype_of(element)), "value")
            for v in parts
        )
        count = product_of(extents_of(known))
        row = lo.reshape(known, (*[1] * rank_of(given), count))
        spread = lo.reshape(given, (*extents_of(given), 1))
        equal = lo.map([spread, row], lambda a, b: n.compare("eq", a, b), i1)
        found = reduce(lo, "max", equal, [rank_of(given)], keep=False)
        if not flag(lo, "invert"):
            return found
        return lo.map([found], lambda a: value(arith.XOrIOp(a, Numbers(i1).number(1))))

    return convert


def _nonzero(lo: Lowering) -> SSAValue:
    from ...dialects.engine import NonZeroOp

    x = lo.operand("self")
    Numbers(element_of(x))
    if not rank_of(x):
        raise NoNativeForm("of a scalar")
    name = lo.new_size(declared_name(lo, 0), product_of(extents_of(x)))
    return lo.emit(NonZeroOp(x, name))


def _named(names: str, conversion: Conversion) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


OPERATORS: dict[str, Conversion] = {
    **_named("index.Tensor _unsafe_index.Tensor", _index),
    "index_put": _index_put,
    "index_select": _select,
    "index_add": _index_add,
    "index_copy": _index_copy,
    **_named("index_fill.int_Scalar index_fill.int_Tensor", _index_fill),
    "gather": _gather,
    "take_along_dim": _take_along,
    "take": _take,
    "put": _put,
    **_named("scatter.src scatter.reduce", _scatter("src")),
    **_named("scatter.value scatter.value_reduce", _scatter("value")),
    "scatter_add": _scatter("src", "add"),
    "scatter_reduce.two": _scatter_reduce,
    "embedding": _embedding,
    **_named(
        "embedding_bag embedding_bag.padding_idx _embedding_bag _embedding_bag_forward_only",
        _embedding_bag,
    ),
    **_named("searchsorted.Tensor searchsorted.Scalar", _search("sorted_sequence", "self")),
    **_named("bucketize.Tensor bucketize.Scalar", _search("boundaries", "self")),
    "isin.Tensor_Tensor": _isin("elements", "test_elements"),
    "isin.Tensor_Scalar": _isin("elements", "test_element"),
    "isin.Scalar_Tensor": _isin("element", "test_elements"),
    "masked_select": _masked_select,
    "nonzero": _nonzero,
}
"""Conversions by the operator and its overload, without one for the default."""
