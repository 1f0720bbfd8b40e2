"""Rotary position embedding out of its spellings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32, f64
from xdsl.ir import OpResult, SSAValue

from ....dialects.engine import ConcatOp, MapOp, ReshapeOp, RotaryOp, SliceOp
from ....dialects.engine.base import element_of, extents_of, yielded_values
from ....runtime.size import is_one
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import operand_behind, with_operand_for


@dataclass(frozen=True)
class _Part:
    """The first or the second elements of the pairs of a tensor's last dimension."""

    whole: SSAValue
    second: bool
    interleaved: bool


def _part(value: SSAValue) -> _Part | None:
    """What part of pairs a slice is: a half, every other element, or one of two columns."""
    columns = producer_of(value, ReshapeOp)
    taken = producer_of(value if columns is None else columns.input, SliceOp)
    if taken is None:
        return None
    before = extents_of(taken.input)
    *others, (start, size, step) = taken.extent_ranges()
    if others != [(0, n, 1) for n in before[:-1]] or not isinstance(before[-1], int):
        return None
    if columns is None:
        half = before[-1] // 2
        if before[-1] != 2 * half or size != half:
            return None
        if (start, step) in ((0, 1), (half, 1)):
            return _Part(taken.input, start != 0, False)
        return _Part(taken.input, start == 1, True) if step == 2 and start in (0, 1) else None
    # One of the two columns of `[..., D/2, 2]`, which is a view of `[..., D]`.
    view = producer_of(taken.input, ReshapeOp)
    one = before[-1] == 2 and size == 1 and extents_of(value) == before[:-1]
    if view is None or not one or start not in (0, 1) or not isinstance(before[-2], int):
        return None
    if extents_of(view.input) != (*before[:-2], 2 * before[-2]):
        return None
    return _Part(view.input, start == 1, True)


def _joined(m: Match, value: SSAValue) -> tuple[SSAValue, SSAValue, bool]:
    """The firsts and seconds that are joined to pairs, and whether they are interleaved."""
    whole = producer_of(value, ReshapeOp)
    joined = m.producer(value if whole is None else whole.input, ConcatOp)
    rank = len(extents_of(joined.results[0]))
    m.require(len(joined.inputs) == 2, "two tensors are joined")
    m.require(joined.axis.value.data == rank - 1, "they are joined along the last dimension")
    first, second = joined.inputs
    if whole is None:
        return first, second, False
    m.consumed(whole)
    columns: list[SSAValue] = []
    for column in (first, second):
        view = m.producer(column, ReshapeOp)
        m.require(is_one(extents_of(column)[-1]), "columns of one element are joined")
        m.require(extents_of(column)[:-1] == extents_of(view.input), "columns of their own")
        columns.append(view.input)
    *outer, pairs = extents_of(columns[0])
    merged = isinstance(pairs, int) and extents_of(value) == (*outer, 2 * pairs)
    m.require(merged, "pairs become one dimension")
    return columns[0], columns[1], True


def _factors(op: MapOp, value: SSAValue) -> tuple[SSAValue, SSAValue] | None:
    """The two tensors whose elements a scalar of a region is the product of."""
    product = producer_of(value, arith.MulfOp)
    if product is None or not has_one_use(value):
        return None
    left, right = operand_behind(op, product.lhs), operand_behind(op, product.rhs)
    return None if left is None or right is None else (left, right)


def _is_negated(m: Match, value: SSAValue) -> SSAValue:
    """What a map negates."""
    negated = m.producer(value, MapOp)
    [result] = yielded_values(negated.body)
    minus = producer_of(result, arith.NegfOp)
    m.require(minus is not None and len(negated.inputs) == 1, "the firsts are negated seconds")
    assert minus is not None
    m.require(minus.operand is negated.body.block.args[0], "the firsts are negated seconds")
    return negated.inputs[0]


def _require_angles(m: Match, x: SSAValue, *angles: SSAValue) -> None:
    """Cosines and sines are of each element or of each pair."""
    size = extents_of(x)[-1]
    m.require(element_of(x) in (f32, f64), "elements are f32 or f64")
    for value in angles:
        own = extents_of(value)
        fits = bool(own) and isinstance(size, int) and own[-1] in (size, size // 2)
        m.require(fits, "there is an angle for each element or each pair")


@rewrite(
    MapOp,
    after=(ConcatOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="Su et al., RoFormer, 2021; transformers modeling_llama",
    rows=("OpenVINO/RoPEFusion", "ORT/rotary_attention"),
)
def recompose_rotary(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{g(x * c + t * s)}(x, t, c, s) => map{g}(rotary(x, c, s))  if t is x with the elements of
    each pair exchanged and the first of them negated, and the result is not rounded to integers.
    """
    shape = extents_of(op.results[0])
    found: tuple[SSAValue, SSAValue, SSAValue, SSAValue, SSAValue] | None = None
    for scalar in op.body.block.ops:
        if isinstance(scalar, arith.AddfOp) and (found := _turned(op, scalar)):
            break
    m.require(found, "the sum of two products, one of them with pairs joined anew")
    assert found is not None
    total, x, turned, cos, sin = found
    first, second, interleaved = _joined(m, turned)
    negated = _part(_is_negated(m, first))
    plain = _part(second)
    expected = _Part(x, True, interleaved), _Part(x, False, interleaved)
    m.require((negated, plain) == expected, "it is the first operand with its pairs exchanged")
    m.require(extents_of(x) == extents_of(turned) == shape, "the map does not repeat it")
    _require_angles(m, x, cos, sin)
    angles_as_they_are = all(extents_of(v)[-1] == shape[-1] for v in (cos, sin))
    m.require(angles_as_they_are, "there is an angle for each element")
    m.may_move(op.results[0])
    result = m.insert(RotaryOp(x, cos, sin, interleaved=interleaved)).results[0]
    [yielded] = yielded_values(op.body)
    if yielded is total:
        return [result]
    return [m.insert(with_operand_for(op, total, result)).results[0]]


def _turned(
    op: MapOp, total: arith.AddfOp
) -> tuple[SSAValue, SSAValue, SSAValue, SSAValue, SSAValue] | None:
    """(the sum, x, x with its pairs exchanged, cosines, sines) of a sum of two products."""
    factors = _factors(op, total.lhs), _factors(op, total.rhs)
    for plain, other in (factors, factors[::-1]):
        if plain is None or other is None:
            return None
        for turned, sin in (other, other[::-1]):
            source = turned.op if isinstance(turned, OpResult) else None
            if not isinstance(source, ConcatOp | ReshapeOp):
                continue
            joined = source if isinstance(source, ConcatOp) else producer_of(source.input, ConcatOp)
            if joined is None or len(joined.inputs) != 2:
                continue
            part = _whole_of(joined.inputs[1])
            for x, cos in (plain, plain[::-1]):
                if x is part:
                    return total.result, x, turned, cos, sin
    return None


def _whole_of(value: SSAValue) -> SSAValue | None:
    """The tensor of whose pairs a value is a part, behind a column's view if there is one."""
    part = _part(value)
    view = producer_of(value, ReshapeOp)
    if part is None and view is not None:
        part = _part(view.input)
    return None if part is None else part.whole


@rewrite(
    ConcatOp,
    ReshapeOp,
    exactness="rounding",
    group="recognise",
    source="Su et al., RoFormer, 2021; onnxruntime RotaryEmbedding",
    rows=("OpenVINO/RoPEFusion", "ORT/rotary_attention"),
)
def recompose_rotary_of_parts(op: ConcatOp | ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    join(a * c - b * s, b * c + a * s) => rotary(x, c, s)  if a and b are the first and the second
    elements of the pairs of x, join puts pairs together in the same way, and nothing else reads
    the parts; the result is not rounded to integers.
    """
    real, imaginary, interleaved = _joined(m, op.results[0])
    m.require(has_one_use(real) and has_one_use(imaginary), "the parts have one use")
    left, right = _sums(m, real, arith.SubfOp), _sums(m, imaginary, arith.AddfOp)
    found = _angles(left, right, interleaved)
    m.require(found, "they are the parts of a product with cosine and sine")
    assert found is not None
    x, cos, sin = found
    m.require(extents_of(x) == extents_of(op.results[0]), "they are not repeated")
    _require_angles(m, x, cos, sin)
    m.may_move(op.results[0])
    return [m.insert(RotaryOp(x, cos, sin, interleaved=interleaved)).results[0]]


Products = tuple[tuple[SSAValue, SSAValue], tuple[SSAValue, SSAValue]]
"""The factors of two products."""


def _sums(m: Match, value: SSAValue, kind: type[arith.SubfOp | arith.AddfOp]) -> Products:
    """The factors of the two products that a map adds or subtracts."""
    computed = m.producer(value, MapOp)
    [result] = yielded_values(computed.body)
    total = producer_of(result, kind)
    m.require(total is not None, f"a part is computed by {kind.name} of two products")
    assert total is not None
    left, right = _factors(computed, total.lhs), _factors(computed, total.rhs)
    m.require(left is not None and right is not None, "both are products of two tensors")
    assert left is not None
    assert right is not None
    return left, right


def _angles(
    real: Products, imaginary: Products, interleaved: bool
) -> tuple[SSAValue, SSAValue, SSAValue] | None:
    """(x, cosines, sines) of `a c - b s` and `b c + a s`."""
    (minuend, subtrahend), sums = real, imaginary
    for a, cos in (minuend, minuend[::-1]):
        first = _part(a)
        if first is None or first.second or first.interleaved != interleaved:
            continue
        for b, sin in (subtrahend, subtrahend[::-1]):
            if _part(b) != _Part(first.whole, True, interleaved):
                continue
            wanted = {frozenset((b, cos)), frozenset((a, sin))}
            if {frozenset(pair) for pair in sums} == wanted:
                return first.whole, cos, sin
    return None


RULES = (
    recompose_rotary,
    recompose_rotary_of_parts,
)
