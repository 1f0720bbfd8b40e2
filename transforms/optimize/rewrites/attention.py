"""Attention out of its parts, as exporters spell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue

from ....dialects.engine import (
    AttentionOp,
    BroadcastOp,
    MapOp,
    MatmulOp,
    ReshapeOp,
    SoftmaxOp,
    TransposeOp,
)
from ....dialects.engine.attention import HIDDEN, fits_attention
from ....dialects.engine.base import element_of, extents_of, yielded_values
from ....dialects.engine.normal_numbers import is_moderate
from ....dialects.vector_arith import CMPF_PREDICATES
from ....runtime.size import product_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import number_of, scalar_constant

MASKING = -9999.0
"""Models write -1e4, -65504 or -1e9 for scores that are not to be seen."""

UNORDERED = frozenset({"uno", "une"})
"""Predicates that hold for `x, x` exactly when x is NaN."""


@rewrite(
    MatmulOp,
    after=(MapOp, SoftmaxOp),
    exactness="rounding",
    group="recognise",
    source="Dao et al., FlashAttention, 2022; onnxruntime AttentionFusion",
    rows=("J6", "J7"),
)
def recompose_attention(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    matmul(guard(softmax(matmul(q, k^T) * scale + mask)), v) => attention(q, k, v)  if the
    probabilities are used nowhere else and the scale is moderate; guard replaces NaN by 0 and may
    be missing, several masks are added up, and select(c, scores, -9,999 or less) is a mask, too:
    beside a visible score above -9,800 its exponential is 0, and rows without one are even.
    """
    m.require(op.trans_lhs is None and op.trans_rhs is None, "probabilities and values are plain")
    m.require(op.epilogue_region is None, "the product with the values has no epilogue")
    softmax, guarded = _softmax_behind(op.lhs, m)
    shape = extents_of(softmax.input)
    m.require(softmax.axis.value.data == len(shape) - 1, "the softmax is over the last dimension")
    m.require(softmax.log is None, "it is a softmax, not its logarithm")
    scores = m.producer(softmax.input, MatmulOp)
    m.require(_one_user(scores.results[0]), "the scores are used by the softmax alone")
    m.require(scores.trans_lhs is None, "the queries are plain")
    part = _scale_and_masks(scores)
    m.require(part is not None, "the scores are scaled by a constant, then masked")
    assert part is not None
    m.require(is_moderate(part.scale), "the scale is moderate: it may be taken into the keys")
    query, value = scores.lhs, op.rhs
    q, k, v = extents_of(query), extents_of(scores.rhs), extents_of(value)
    m.require(3 <= len(q) == len(k) == len(v), "operands have one rank, 3 or more")
    m.require(q[:-2] == k[:-2] == v[:-2], "queries, keys and values have the same batch")
    m.require(fits_attention(q, k, v), "heads are of a size that is a number")
    key = scores.rhs
    if scores.trans_rhs is None:
        rank = len(k)
        swapped = [*range(rank - 2), rank - 1, rank - 2]
        key = m.insert(TransposeOp(key, swapped)).results[0]
    new = AttentionOp(
        query, key, value, part.scale,
        mask=_one_mask(part, m),
        choosing=bool(part.choices),
        clears_nan=guarded,
        result_type=op.results[0].type,
    )  # fmt: skip
    return [m.insert(new).results[0]]


def _one_user(value: SSAValue) -> bool:
    # A value may have thousands of users; the second one decides.
    users = (use.operation for use in value.uses)
    first = next(users, None)
    return first is not None and all(user is first for user in users)


def _softmax_behind(value: SSAValue, m: Match) -> tuple[SoftmaxOp, bool]:
    """The softmax, behind a guard if there is one, and whether there was."""
    m.require(_one_user(value), "the probabilities are used once")
    guard = producer_of(value, MapOp)
    if guard is None:
        return m.producer(value, SoftmaxOp), False
    m.require(len(guard.inputs) == 1, "the guard reads the probabilities alone")
    m.require(is_nan_guard(guard.body.block), "the guard replaces NaN by 0")
    m.consumed(guard)
    m.require(_one_user(guard.inputs[0]), "the probabilities are used by the guard alone")
    return m.producer(guard.inputs[0], SoftmaxOp), True


def is_nan_guard(block: Block) -> bool:
    """Whether a region of one argument is `x -> 0 if x is NaN else x`."""
    ops = list(block.ops)
    [value] = yielded_values(block.parent) if block.parent is not None else [None]
    argument = block.args[0]
    if not isinstance(value, OpResult) or not isinstance(value.op, arith.SelectOp):
        return False
    select = value.op
    zero, kept = select.lhs, select.rhs
    is_zero = (
        isinstance(zero, OpResult)
        and isinstance(zero.op, arith.ConstantOp)
        and isinstance(zero.op.value, FloatAttr)
        and zero.op.value.value.data == 0.0
    )
    test = select.cond.op if isinstance(select.cond, OpResult) else None
    return (
        is_zero
        and kept is argument
        and isinstance(test, arith.CmpfOp)
        and test.lhs is argument
        and test.rhs is argument
        and CMPF_PREDICATES[test.predicate.value.data] in UNORDERED
        and len(ops) == 4
    )


@dataclass
class _ScaleAndMasks:
    scale: float = 1.0
    masks: list[SSAValue] = field(default_factory=list[SSAValue])
    choices: list[tuple[SSAValue, bool, float]] = field(
        default_factory=list[tuple[SSAValue, bool, float]]
    )
    """Condition, whether it shows or hides a score, and the number that hides."""

    @property
    def masked(self) -> bool:
        return bool(self.masks or self.choices)


def _scale_and_masks(scores: MatmulOp) -> _ScaleAndMasks | None:
    """The epilogue of the scores as a scale, then masks; None if it is anything else."""
    found = _ScaleAndMasks()
    region = scores.epilogue_region
    if region is None:
        return found
    value: SSAValue = region.block.args[0]
    while True:
        uses = list(value.uses)
        if len(uses) != 1:
            return None
        step, index = uses[0].operation, uses[0].index
        if step is region.block.last_op:
            return found
        if isinstance(step, arith.SelectOp):
            fits = _apply_choice(step, index, scores, found)
        else:
            fits = _apply_step(step, index, scores, found)
        if not fits:
            return None
        value = step.results[0]


def _operand(scores: MatmulOp, value: SSAValue) -> SSAValue | None:
    if not isinstance(value, BlockArgument):
        return None
    return scores.epilogue_operands[value.index - 1]


def _apply_choice(
    step: arith.SelectOp, index: int, scores: MatmulOp, found: _ScaleAndMasks
) -> bool:
    condition = _operand(scores, step.cond)
    number = number_of(step.operands[3 - index]) if index else None
    if condition is None or number is None or not number <= MASKING:
        return False
    found.choices.append((condition, index == 1, min(float(number), HIDDEN)))
    return True


def _apply_step(step: Operation, index: int, scores: MatmulOp, found: _ScaleAndMasks) -> bool:
    if not isinstance(step, arith.MulfOp | arith.DivfOp | arith.AddfOp):
        return False
    other = step.operands[1 - index]
    if isinstance(step, arith.AddfOp):
        mask = _operand(scores, other)
        if mask is None:
            return False
        found.masks.append(mask)
        return True
    number = number_of(other)
    # A scale after the mask would scale the mask, too.
    if number is None or found.masked or (isinstance(step, arith.DivfOp) and (index or not number)):
        return False
    found.scale = found.scale * number if isinstance(step, arith.MulfOp) else found.scale / number
    return True


def _additive(condition: SSAValue, shows: bool, hidden: float, element: Attribute) -> MapOp:
    """The mask that, added, hides what `condition` does not show (or, else, what it names)."""

    def chosen(c: SSAValue) -> SSAValue:
        visible = scalar_constant(0.0, element).result
        number = scalar_constant(hidden, element).result
        return arith.SelectOp(c, *((visible, number) if shows else (number, visible))).result

    return MapOp.of([condition], chosen)


def _one_mask(part: _ScaleAndMasks, m: Match) -> SSAValue | None:
    """All masks as one that is added."""
    masks = list(part.masks)
    element = element_of(m.op.results[0])
    masks += [m.insert(_additive(*choice, element)).results[0] for choice in part.choices]
    while len(masks) > 1:
        # The smaller ones first: what depends on the input is often [1, 1, 1, keys].
        masks.sort(key=lambda v: m.facts.evaluated_at_hints(product_of(extents_of(v))))
        first, second, *rest = masks

        def added(a: SSAValue, b: SSAValue) -> SSAValue:
            return arith.AddfOp(a, b).result

        masks = [m.insert(MapOp.of([first, second], added)).results[0], *rest]
    return masks[0] if masks else None


@rewrite(
    AttentionOp,
    exactness="rounding",
    group="fuse",
    source="onnxruntime AttentionFusion; torch scaled_dot_product_attention",
)
def fold_scale_into_attention(op: AttentionOp, m: Match) -> Sequence[SSAValue]:
    """
    attention{s}(view(q * c), k, v) => attention{s * c}(view(q), k, v), and the same for k  if c
    is a constant, nobody else reads q * c, and c and s * c are moderate.
    """
    operands, scale = [op.query, op.key], op.scale.value.data
    found = False
    for number, value in enumerate(operands):
        views = _views_behind(value)
        source = views[-1].operands[0] if views else value
        scaled = producer_of(source, MapOp)
        factor = None if scaled is None else _factor(scaled)
        if scaled is None or factor is None or not has_one_use(source):
            continue
        if not is_moderate(factor) or not is_moderate(scale * factor):
            continue
        m.consumed(scaled)
        plain = scaled.inputs[0]
        for view in reversed(views):
            plain = m.insert(
                type(view).create(
                    operands=[plain, *view.operands[1:]],
                    result_types=[view.results[0].type],
                    properties=dict(view.properties),
                    attributes=dict(view.attributes),
                )
            ).results[0]
        operands[number] = plain
        scale, found = scale * factor, True
    m.require(found, "the queries or keys are views of a moderate product, read only here")
    query, key = operands
    return [_with_operands(op, m, query, key, op.value, scale)]


def _views_behind(value: SSAValue) -> list[Operation]:
    """The chain of views, each read once, that leads to `value`, the last one first."""
    found: list[Operation] = []
    while isinstance(value, OpResult) and isinstance(value.op, TransposeOp | ReshapeOp):
        if not has_one_use(value):
            break
        found.append(value.op)
        value = value.op.input
    return found


def _factor(op: MapOp) -> float | None:
    """The constant of a map `x * c` that keeps its operand's type."""
    [value] = yielded_values(op.body)
    product = producer_of(value, arith.MulfOp)
    if product is None or len(op.inputs) != 1 or op.inputs[0].type != op.results[0].type:
        return None
    return None if product.lhs is not op.body.block.args[0] else number_of(product.rhs)


def attention_like(
    op: AttentionOp,
    m: Match,
    query: SSAValue,
    key: SSAValue,
    value: SSAValue,
    scale: float,
    *,
    mask: SSAValue | None,
    causal: bool,
) -> SSAValue:
    """The result of `op` with other operands."""
    new = AttentionOp(
        query, key, value, scale,
        mask=mask,
        causal=causal,
        choosing=(causal or mask is not None) and op.choosing is not None,
        guarded=op.guarded is not None,
        clears_nan=op.clears_nan is not None,
        result_type=op.results[0].type,
    )  # fmt: skip
    return m.insert(new).results[0]


def _with_operands(
    op: AttentionOp, m: Match, query: SSAValue, key: SSAValue, value: SSAValue, scale: float
) -> SSAValue:
    causal = op.causal is not None
    return attention_like(op, m, query, key, value, scale, mask=op.mask, causal=causal)


@rewrite(AttentionOp, exactness="bitwise", group="recognise", source="Ainslie et al., GQA, 2023")
def share_heads(op: AttentionOp, m: Match) -> Sequence[SSAValue]:
    """
    attention(q, repeat(k), repeat(v)) => attention(q, k, v)  if every head of k and v is repeated
    the same number of times.
    """
    key, value = _repeated(op.key, m), _repeated(op.value, m)
    m.require(key is not None, "the heads of the keys are repeated")
    m.require(value is not None, "the heads of the values are repeated")
    assert key is not None
    assert value is not None
    k, v = extents_of(key), extents_of(value)
    m.require(k[-3] == v[-3], "they are repeated equally often")
    m.require(fits_attention(extents_of(op.query), k, v), "numbers say how many share keys")
    return [_with_operands(op, m, op.query, key, value, op.scale.value.data)]


def _repeated(value: SSAValue, m: Match) -> SSAValue | None:
    """What `value` repeats along its heads, None if it does not."""
    merged = producer_of(value, ReshapeOp)
    repeat = None if merged is None else producer_of(merged.input, BroadcastOp)
    if merged is None or repeat is None:
        return None
    narrow, wide, shape = extents_of(repeat.input), extents_of(merged.input), extents_of(value)
    if len(wide) != len(shape) + 1 or len(narrow) != len(wide):
        return None
    *batch, heads, copies, rows, depth = wide
    if narrow != (*batch, heads, 1, rows, depth) or shape != (*batch, heads * copies, rows, depth):
        return None
    m.consumed(merged)
    m.consumed(repeat)
    return m.insert(ReshapeOp(repeat.input, (*batch, heads, rows, depth))).results[0]


RULES = (
    recompose_attention,
    fold_scale_into_attention,
    share_heads,
)
