"""
Shapes, views and joins: what moves elements and changes none.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, scalar_type
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, is_one, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import reduce
from ..to_engine.vocabulary.unrolled import stacked
from .arguments import dim, result_element, result_shape, tensors
from .overloads import named


def _identity(lo: Lowering) -> SSAValue:
    return lo.operands[0]


def _reshaped(lo: Lowering) -> SSAValue:
    """To the shape that the program says of the result."""
    x, target = lo.operands[0], result_shape(lo)
    if lo.of_data(*extents_of(x), *target):
        lo.relations.equal(product_of(extents_of(x)), product_of(target))
    return lo.reshape(x, target)


def _item(lo: Lowering) -> SSAValue:
    return lo.reshape(cast(lo, lo.operand("self"), result_element(lo)), ())


def _expanded(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.operands[0], result_shape(lo))


def _all_expanded(lo: Lowering) -> list[SSAValue | None]:
    given = tensors(lo, "tensors")
    return [lo.broadcast(v, result_shape(lo, at)) for at, v in enumerate(given)]


def _permute(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    rank = rank_of(x)
    return lo.transpose(x, [dim(d, rank) for d in lo.integers("dims") or []])


def _swapped(first: str, second: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        rank = rank_of(x)
        order = list(range(rank))
        if rank:
            a, b = (dim(lo.integer(name), rank) for name in (first, second))
            order[a], order[b] = order[b], order[a]
        return lo.transpose(x, order)

    return convert


def _last_two(lo: Lowering) -> SSAValue:
    """The last two dimensions in each other's place."""
    x = lo.operand("self")
    rank = rank_of(x)
    return lo.transpose(x, [*range(rank - 2), rank - 1, rank - 2])


def _t(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    return lo.transpose(x, range(rank_of(x))[::-1])


def _movedim(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    rank = rank_of(x)

    def axes(name: str) -> list[int]:
        given = lo.op.attribute(name)
        listed = given if isinstance(given, list) else [given]
        return [dim(a, rank) for a in listed if isinstance(a, int)]

    source, destination = axes("source"), axes("destination")
    order = [a for a in range(rank) if a not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return lo.transpose(x, order)


def joined(lo: Lowering, parts: Sequence[SSAValue], axis: int) -> SSAValue:
    """Tensors one after another along an axis; what has no elements is nothing."""
    kept = [v for v in parts if 0 not in extents_of(v)] or [parts[0]]
    return kept[0] if len(kept) == 1 else lo.emit(ConcatOp(kept, axis))


def _cat(lo: Lowering) -> SSAValue:
    element, shape = result_element(lo), result_shape(lo)
    parts = [cast(lo, v, element) for v in tensors(lo, "tensors")]
    return joined(lo, parts, dim(lo.integer("dim"), len(shape)))


def _stack(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    parts = [cast(lo, v, element) for v in tensors(lo, "tensors")]
    return stacked(lo, parts, dim(lo.integer("dim"), rank_of(parts[0]) + 1))


def _side_by_side(least: int, axis: int, *, from_columns: bool = False) -> Conversion:
    """Joined after each has `least` dimensions, a vector as a row or as a column."""

    def convert(lo: Lowering) -> SSAValue:
        element = result_element(lo)
        parts: list[SSAValue] = []
        for v in tensors(lo, "tensors"):
            shape = extents_of(v) or (1,)
            if from_columns and len(shape) == 1:
                shape = (*shape, 1)
            elif least == 3 and len(shape) < 3:
                shape = (*((1, *shape) if len(shape) == 1 else shape), 1)
            elif len(shape) < least:
                shape = (1, *shape)
            parts.append(cast(lo, lo.reshape(v, shape), element))
        return joined(lo, parts, 0 if rank_of(parts[0]) <= axis else axis)

    return convert


def _block_diag(lo: Lowering) -> SSAValue:
    element = result_element(lo)
    zero = attribute_of(0, scalar_type(element))
    height, width = result_shape(lo)
    row: Extent = 0
    column: Extent = 0
    blocks: list[SSAValue] = []
    for v in tensors(lo, "tensors"):
        shape = (*[1] * (2 - rank_of(v)), *extents_of(v))
        block = cast(lo, lo.reshape(v, shape), element)
        high = (0, width - column - shape[1])
        blocks.append(lo.emit(PadOp(block, (0, column), high, zero)))
        row, column = row + shape[0], column + shape[1]
    del height
    return joined(lo, blocks, 0)


def _meshgrid(lo: Lowering) -> list[SSAValue | None]:
    given = tensors(lo, "tensors")
    swapped = lo.text("indexing") == "xy" and len(given) > 1
    found: list[SSAValue | None] = []
    for at, v in enumerate(given):
        axis = 1 - at if swapped and at < 2 else at
        shape = result_shape(lo, at)
        line = [n if a == axis else 1 for a, n in enumerate(shape)]
        found.append(lo.broadcast(lo.reshape(v, line), shape))
    return found


def _cartesian(lo: Lowering) -> SSAValue:
    given = tensors(lo, "tensors")
    if len(given) == 1:
        return given[0]
    sizes = [product_of(extents_of(v)) for v in given]
    columns: list[SSAValue] = []
    for at, v in enumerate(given):
        line = [n if a == at else 1 for a, n in enumerate(sizes)]
        whole = lo.broadcast(lo.reshape(v, line), sizes)
        columns.append(lo.reshape(whole, (product_of(sizes), 1)))
    return lo.emit(ConcatOp(columns, 1))


def _to(lo: Lowering) -> SSAValue:
    return cast(lo, lo.operand("self"), result_element(lo))


def _copy(lo: Lowering) -> SSAValue:
    source = cast(lo, lo.operand("src"), result_element(lo))
    return lo.broadcast(source, result_shape(lo))


def _sum_to_size(lo: Lowering) -> SSAValue:
    x, target = lo.operand("self"), result_shape(lo)
    lead = rank_of(x) - len(target)
    shape = extents_of(x)
    axes = [
        a for a, n in enumerate(shape) if a < lead or (is_one(target[a - lead]) and not is_one(n))
    ]
    return lo.reshape(reduce(lo, "sum", x, axes) if axes else x, target)


def _view_dtype(lo: Lowering) -> SSAValue:
    """The same bits as another type of the same width."""
    x, target = lo.operand("self"), result_element(lo)
    source = element_of(x)
    if dtype_of(source).itemsize != dtype_of(target).itemsize or i1 in (source, target):
        raise NoNativeForm(f"of {source} as {target}")
    before, after = scalar_type(source), scalar_type(target)
    if before == after:
        return lo.map([x], lambda a: a, target)
    return lo.map([x], lambda a: arith.BitcastOp(a, after).result, target)


OPERATORS: dict[str, Conversion] = {
    **named(
        "alias clone contiguous conj _conj conj_physical detach lift lift_fresh lift_fresh_copy"
        " positive resolve_conj resolve_neg real dropout alpha_dropout feature_dropout"
        " feature_alpha_dropout",
        _identity,
    ),
    **named(
        "view _unsafe_view reshape view_as reshape_as _reshape_alias squeeze squeeze.dim"
        " squeeze.dims unsqueeze flatten.using_ints unflatten.int ravel atleast_1d atleast_2d"
        " atleast_3d",
        _reshaped,
    ),
    **named("item _local_scalar_dense", _item),
    **named("expand expand_as broadcast_to", _expanded),
    "broadcast_tensors": _all_expanded,
    "permute": _permute,
    "transpose.int": _swapped("dim0", "dim1"),
    "swapaxes": _swapped("axis0", "axis1"),
    "swapdims": _swapped("dim0", "dim1"),
    **named("t numpy_T matrix_H", _t),
    **named("mT mH adjoint", _last_two),
    **named("movedim.int movedim.intlist moveaxis.int moveaxis.intlist", _movedim),
    **named("cat concat concatenate", _cat),
    **named("stack _stack", _stack),
    "hstack": _side_by_side(1, 1),
    **named("vstack row_stack", _side_by_side(2, 0)),
    "dstack": _side_by_side(3, 2),
    "column_stack": _side_by_side(2, 1, from_columns=True),
    "block_diag": _block_diag,
    **named("meshgrid meshgrid.indexing", _meshgrid),
    "cartesian_prod": _cartesian,
    **named("to.dtype to.dtype_layout to.other _to_copy type_as", _to),
    "copy": _copy,
    "sum_to_size": _sum_to_size,
    "view.dtype": _view_dtype,
}
"""Conversions by the operator and its overload, without one for the default."""
