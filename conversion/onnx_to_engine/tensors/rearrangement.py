"""
Operators that move elements: reshapes, permutations, slices, joins, padding, repetition.

Operators: Concat, DepthToSpace, Expand, Flatten, Reshape, SpaceToDepth, Split, Squeeze, Tile,
Transpose, Unsqueeze.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ....dialects.engine import ConcatOp, PadOp, ReduceOp
from ....dialects.engine.base import element_of, extents_of, rank_of, shape_of, static
from ....dialects.engine.sizes import shape_text as extents_text
from ....dialects.framework import dims_of
from ....runtime.size import (
    Extent,
    Size,
    ceildiv,
    exact_quotient,
    is_one,
    maximum,
    minimum,
    product_of,
    range_of,
    same,
    sum_of,
)
from ...part_sizes import sliced_range
from ...to_engine.data_extents import as_sizes, data_extents, known_elements, whole
from ...to_engine.flat_index import WHOLE
from ...to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ...to_engine.open_extents import are_given, given_extents, size_scalar, size_vector
from ...to_engine.run_time_operands import (
    checked,
    declared_shape,
    declares_sizes,
    equal_to,
    extents_at,
    holds_for,
    ones,
    shape_text,
)
from ...to_engine.scalars import Numbers, select
from .borders import gathered_borders, repeated_often


def Reshape(lo: Lowering) -> SSAValue:
    """Another shape; 0 keeps a size, -1 takes what is left."""
    x = lo.operand("data")
    shape = extents_of(x)
    if not are_given(lo, "shape"):
        given = lo.operand("shape")
        as_declared = declares_sizes(lo)
        return _reshaped_as_declared(lo, x, given) if as_declared else _reshaped(lo, x, given)
    wanted = given_extents(lo, "shape") or []
    if not lo.integer("allowzero"):
        wanted = [shape[i] if n == 0 and i < len(shape) else n for i, n in enumerate(wanted)]
    if -1 in wanted:
        known = product_of(n for n in wanted if n != -1)
        wanted[wanted.index(-1)] = product_of(shape) // known if known != 0 else 0
    return lo.reshape(x, wanted)


def _reshaped(lo: Lowering, x: SSAValue, given: SSAValue) -> SSAValue:
    """A shape that only the data knows, once 0 and -1 in it are what they stand for."""
    shape, known = extents_of(x), known_elements(lo, given)
    old: list[Extent] = [*shape, *([0] * len(known))][: len(known)]
    if lo.integer("allowzero"):
        old = [0] * len(known)

    def kept(a: SSAValue, size: SSAValue) -> SSAValue:
        return select(WHOLE.compare("eq", a, WHOLE.number(0)), size, a)

    sizes = lo.map([whole(lo, given), size_vector(lo, old)], kept)
    factors = lo.map([sizes], lambda a: select(_is_left(a), WHOLE.number(1), a))
    product = lo.emit(ReduceOp([factors], "prod", [0], keepdims=False))

    def rest(a: SSAValue, others: SSAValue, all_: SSAValue) -> SSAValue:
        divisor = WHOLE.maximum(others, WHOLE.number(1))
        return select(_is_left(a), WHOLE.div(all_, divisor), a)

    meant = lo.map([sizes, product, size_scalar(lo, product_of(shape))], rest)
    # A tensor without elements may have another size of any number.
    elements = product_of(shape)
    bound = elements if isinstance(elements, int) and elements else maximum(elements, 1)
    names = as_sizes(lo, meant, [bound] * len(known))
    # What is known to be meant as it stands needs no name.
    certain = [n is not None and range_of(n)[0] > 0 for n in known]
    target = [
        n if fixed and n is not None else name
        for n, fixed, name in zip(known, certain, names, strict=True)
    ]
    lo.relations.equal(product_of(target), product_of(shape))
    return lo.reshape(x, target)


def _is_left(a: SSAValue) -> SSAValue:
    return WHOLE.compare("eq", a, WHOLE.number(-1))


def _reshaped_as_declared(lo: Lowering, x: SSAValue, given: SSAValue) -> SSAValue:
    """A shape known at run time only: the declared one, with 0 and -1 as they are meant."""
    declared = declared_shape(lo, operand="shape")
    shape = extents_of(x)
    old = [*shape, *([-2] * len(declared))][: len(declared)]
    zeros = not lo.integer("allowzero")
    elements = product_of(shape), product_of(declared)
    if shape_of(given) != (len(declared),) or same(*elements) is False:
        raise NoNativeForm(f"of {extents_text(shape)} to {extents_text(declared)}")
    lo.relations.equal(*elements)

    n, b = Numbers(element_of(given)), Numbers(i1)

    def fits(a: SSAValue, new: SSAValue, kept: SSAValue) -> SSAValue:
        holds = b.maximum(n.compare("eq", a, new), n.compare("eq", a, n.number(-1)))
        if not zeros:
            return holds
        same = b.minimum(n.compare("eq", a, n.number(0)), n.compare("eq", kept, new))
        return b.maximum(holds, same)

    condition = holds_for(lo, given, fits, declared, old)
    message = f"the shape is not that of {shape_text(declared)}"
    return checked(lo, lo.reshape(x, declared), condition, message)


def Flatten(lo: Lowering) -> SSAValue:
    """A matrix: dimensions before `axis` by those from it on."""
    x = lo.operand("input")
    shape, axis = extents_of(x), lo.integer("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return lo.reshape(x, (product_of(shape[:axis]), product_of(shape[axis:])))


def Squeeze(lo: Lowering) -> SSAValue:
    """Without dimensions of extent 1, all of them or those in `axes`."""
    x = lo.operand("data")
    given = lo.optional("axes")
    if given is not None and lo.array_of(given) is None:
        shape, declared = extents_of(x), declared_shape(lo, operand="axes")
        if len(declared) != len(shape) - shape_of(given)[0]:
            raise NoNativeForm(f"of {extents_text(shape)} to {extents_text(declared)}")
        lo.relations.equal(product_of(shape), product_of(declared))
        condition = ones(lo, extents_at(lo, shape, given))
        message = f"the axes are not those of {shape_text(declared)}"
        return checked(lo, lo.reshape(x, declared), condition, message)
    axes = lo.constant_integers("axes")
    if axes is None:
        return lo.reshape(x, _without_ones(lo, extents_of(x)))
    dropped = {positive(a, rank_of(x)) for a in axes}
    return lo.reshape(x, [n for a, n in enumerate(extents_of(x)) if a not in dropped])


def _without_ones(lo: Lowering, shape: Sequence[Extent]) -> list[Extent]:
    """The sizes that are not 1; the rank of the result says that those by name are none."""
    kept = [n for n in shape if not is_one(n)]
    if not static(kept) and len(dims_of(lo.op.results[0].type) or ()) != len(kept):
        raise NoNativeForm(f"of {extents_text(shape)}, of which some may be 1")
    return kept


def Unsqueeze(lo: Lowering) -> SSAValue:
    """With new dimensions of extent 1 at `axes` of the result."""
    x, given = lo.operand("data"), lo.operand("axes")
    if lo.array_of(given) is None:
        declared = declared_shape(lo, operand="axes")
        shape = extents_of(x)
        if len(declared) != rank_of(x) + prod(shape_of(given)):
            raise NoNativeForm(f"of {extents_text(shape)} to {extents_text(declared)}")
        lo.relations.equal(product_of(shape), product_of(declared))
        condition = ones(lo, extents_at(lo, declared, given))
        message = f"the axes are not those of {shape_text(declared)}"
        return checked(lo, lo.reshape(x, declared), condition, message)
    axes = lo.constant_integers("axes") or []
    rank = rank_of(x) + len(axes)
    new = {positive(a, rank) for a in axes}
    if len(new) < len(axes):
        raise NoNativeForm(f"of axes {axes}, of which two are one")
    old = iter(extents_of(x))
    return lo.reshape(x, [1 if a in new else next(old) for a in range(rank)])


def Transpose(lo: Lowering) -> SSAValue:
    """A permutation of the dimensions, reversed by default."""
    x = lo.operand("data")
    perm = lo.integers("perm")
    return lo.transpose(x, list(range(rank_of(x)))[::-1] if perm is None else perm)


def Concat(lo: Lowering) -> SSAValue:
    """Join along `axis`; empty parts vanish."""
    axis = positive(lo.integer("axis"), rank_of(lo.operands[0]))
    parts = [v for v in lo.operands if extents_of(v)[axis] != 0] or lo.operands[:1]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))


def Split(lo: Lowering) -> Sequence[SSAValue]:
    """Parts along `axis` of given or equal sizes, the last one smaller if need be."""
    x = lo.operand("input")
    shape = extents_of(x)
    axis = positive(lo.integer("axis"), len(shape))
    given = lo.optional("split")
    sizes: list[Extent] | None
    if given is not None and not are_given(lo, "split"):
        declared = all(declares_sizes(lo, i) for i in range(len(lo.op.result_slots)))
        if declared:
            shapes = [declared_shape(lo, i, "split") for i in range(len(lo.op.result_slots))]
            sizes = [part[axis] for part in shapes]
            message = f"the sizes are not the declared {sizes}"
            x = checked(lo, x, equal_to(lo, given, sizes), message)
        else:
            sizes = data_extents(lo, given, shape[axis])
        lo.relations.equal(sum_of(sizes), shape[axis])
    else:
        sizes = given_extents(lo, "split")
    if sizes is None:
        count = len(lo.op.result_slots)
        if lo.integer("num_outputs", count) != count:
            raise NoNativeForm(f"into {lo.integer('num_outputs')} parts has {count} results")
        whole = shape[axis]
        size = ceildiv(whole, count)
        sizes = [minimum(size, maximum(whole - i * size, 0)) for i in range(count)]
        if isinstance(whole, Size):
            last = whole - size * (count - 1)
            lo.relations.not_negative(last)
            sizes = [size] * (count - 1) + [last]
    starts = [sum_of(sizes[:i]) for i in range(len(sizes))]
    return [lo.slice_axis(x, axis, at, n) for at, n in zip(starts, sizes, strict=True)]


def Slice(lo: Lowering) -> SSAValue:
    """`x[start:end:step]` along the axes, as numpy counts."""
    x = lo.operand("data")
    shape = extents_of(x)
    begins, ends = given_extents(lo, "starts") or [], given_extents(lo, "ends") or []
    axes = lo.constant_integers("axes") or list(range(len(begins)))
    strides = lo.constant_integers("steps") or [1] * len(begins)
    starts: list[Extent] = [0] * len(shape)
    sizes, steps = list(shape), [1] * len(shape)
    for begin, end, axis, step in zip(begins, ends, axes, strides, strict=True):
        at = positive(axis, len(shape))
        starts[at], sizes[at] = _taken(lo, begin, end, step, shape[at])
        steps[at] = step
    return lo.slice(x, starts, sizes, steps)


def _taken(
    lo: Lowering, begin: Extent, end: Extent, step: int, count: Extent
) -> tuple[Extent, Extent]:
    """Where a slice of `count` elements starts, and how many it takes."""
    if isinstance(begin, int) and isinstance(end, int) and isinstance(count, int):
        taken = range(count)[begin:end:step]
        return taken.start if taken else 0, len(taken)
    found = sliced_range(begin, end, step, count, lo.relations)
    if found is None:
        raise NoNativeForm(f"from {begin} to {end} by {step}")
    return found


def Pad(lo: Lowering) -> SSAValue:
    """Elements before and after; negative counts crop."""
    x = lo.operand("data")
    rank, mode = rank_of(x), lo.text("mode", "constant")
    pads = given_extents(lo, "pads") or []
    axes = lo.constant_integers("axes") or list(range(rank))
    low: list[Extent] = [0] * rank
    high: list[Extent] = [0] * rank
    for i, axis in enumerate(axes):
        at = positive(axis, rank)
        low[at], high[at] = pads[i], pads[len(axes) + i]
    number = lo.constant_number("constant_value")
    if all(n == 0 for n in (*low, *high)):
        return x
    if mode in ("reflect", "wrap"):
        x = repeated_often(lo, x, low, high, mode)
        x = gathered_borders(lo, x, low, high, mode)
        if all(n == 0 for n in (*low, *high)):
            return x
    n = Numbers(element_of(x))
    value = attribute_of(0 if number is None else number, n.scalar)
    return lo.emit(PadOp(x, low, high, value, mode))


def Expand(lo: Lowering) -> SSAValue:
    """The broadcast to a shape, both ways."""
    x, given = lo.operand("input"), lo.operand("shape")
    if not are_given(lo, "shape") and declares_sizes(lo):
        return _expanded_as_declared(lo, x, given)
    wanted = data_extents(lo, given)
    return lo.broadcast(x, lo.broadcast_extents(extents_of(x), wanted))


def _expanded_as_declared(lo: Lowering, x: SSAValue, given: SSAValue) -> SSAValue:
    declared = declared_shape(lo, operand="shape")
    count = shape_of(given)[0]
    if count > len(declared):
        raise NoNativeForm(f"to {extents_text(declared)} by {count} numbers")
    old: list[Extent] = [*([1] * (len(declared) - rank_of(x))), *extents_of(x)]
    first = len(declared) - count
    if old[:first] != list(declared[:first]):
        raise NoNativeForm(f"of {extents_text(old)} to {extents_text(declared)}")
    for before, after in zip(old, declared, strict=True):
        lo.relations.broadcast_dim(before, after)

    n, b = Numbers(element_of(given)), Numbers(i1)

    def fits(a: SSAValue, new: SSAValue, kept: SSAValue) -> SSAValue:
        one = b.minimum(n.compare("eq", a, n.number(1)), n.compare("eq", kept, new))
        return b.maximum(n.compare("eq", a, new), one)

    condition = holds_for(lo, given, fits, declared[first:], old[first:])
    message = f"the shape is not that of {shape_text(declared)}"
    return lo.broadcast(checked(lo, x, condition, message), declared)


def Tile(lo: Lowering) -> SSAValue:
    """Whole repetitions: `[a] -> [1, a] -> [r, a] -> [r * a]` in each dimension."""
    x = lo.operand("input")
    shape, given = extents_of(x), lo.operand("repeats")
    repeats: list[Extent] | None = None
    if not are_given(lo, "repeats") and declares_sizes(lo):
        declared = declared_shape(lo, operand="repeats")
        found = [exact_quotient(m, n) for m, n in zip(declared, shape, strict=True)]
        known = [n for n in found if n is not None]
        if 0 not in shape and len(known) == len(found):
            repeats = known
            message = f"the repeats are not the {repeats} of {shape_text(declared)}"
            x = checked(lo, x, equal_to(lo, given, repeats), message)
    if repeats is None:
        repeats = data_extents(lo, given)
    if 0 in repeats or 0 in shape:
        raise NoNativeForm("of an empty result")
    split = [m for n in shape for m in (1, n)]
    repeated = [m for r, n in zip(repeats, shape, strict=True) for m in (r, n)]
    wide = lo.broadcast(lo.reshape(x, split), repeated)
    return lo.reshape(wide, [r * n for r, n in zip(repeats, shape, strict=True)])


def DepthToSpace(lo: Lowering) -> SSAValue:
    """Blocks of channels become blocks of pixels."""
    x = lo.operand("input")
    (batch, channels, height, width), b = extents_of(x), lo.integer("blocksize")
    left = channels // (b * b)
    if lo.text("mode", "DCR") == "DCR":
        split, perm = (batch, b, b, left, height, width), (0, 3, 4, 1, 5, 2)
    else:
        split, perm = (batch, left, b, b, height, width), (0, 1, 4, 2, 5, 3)
    moved = lo.transpose(lo.reshape(x, split), perm)
    return lo.reshape(moved, (batch, left, height * b, width * b))


def SpaceToDepth(lo: Lowering) -> SSAValue:
    """Blocks of pixels become blocks of channels, before (DCR) or behind (CRD) the channels."""
    x = lo.operand("input")
    (batch, channels, height, width), b = extents_of(x), lo.integer("blocksize")
    split = lo.reshape(x, (batch, channels, height // b, b, width // b, b))
    before = lo.text("mode", "DCR") == "DCR"
    moved = lo.transpose(split, (0, 3, 5, 1, 2, 4) if before else (0, 1, 3, 5, 2, 4))
    return lo.reshape(moved, (batch, channels * b * b, height // b, width // b))


OPERATORS = {
    "Concat": Concat,
    "DepthToSpace": DepthToSpace,
    "Expand": Expand,
    "Flatten": Flatten,
    "Reshape": Reshape,
    "SpaceToDepth": SpaceToDepth,
    "Split": Split,
    "Squeeze": Squeeze,
    "Tile": Tile,
    "Transpose": Transpose,
    "Unsqueeze": Unsqueeze,
}
