"""Normalisation in the spellings of frameworks that are not the plain one of `norms.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith, math
from xdsl.ir import Operation, SSAValue

from ....dialects.engine import ConstantOp, MapOp, NormOp, ReduceOp, ReshapeOp
from ....dialects.engine.base import element_of, extents_of
from ....dialects.engine.constant import constant_of
from ....dialects.engine.weights import Array, dtype_of
from ..rewriting.elements import Element, factors_of, reduced_by, same
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import with_operand_for


@dataclass(frozen=True)
class _Root:
    """`1 / sqrt(variance + epsilon)`."""

    variance: Element
    epsilon: float


@dataclass(frozen=True)
class _Statistics:
    """What is normalised, by which reduction, and whether around its mean."""

    source: SSAValue
    mean: ReduceOp | None
    squares: ReduceOp

    @property
    def kind(self) -> str:
        return "rms" if self.mean is None else "layer"


def _root_of(part: Element, below: bool) -> _Root | None:
    """What a factor (or, `below`, a divisor) is the root of."""
    inside: Element | None = None
    if (power := part.step(math.PowFOp)) is not None and power.results:
        base, exponent = part.parts()
        if exponent.number() == (0.5 if below else -0.5):
            inside = base
    elif part.step(math.SqrtOp if below else math.RsqrtOp) is not None:
        [inside] = part.parts()
    elif not below and part.step(arith.DivfOp) is not None:
        one, root = part.parts()
        if one.number() == 1 and root.step(math.SqrtOp) is not None:
            [inside] = root.parts()
    if inside is None or inside.step(arith.AddfOp) is None:
        return None
    variance, epsilon = inside.parts()
    number = epsilon.number()
    return None if number is None else _Root(variance, float(number))


def _mean_of(part: Element) -> ReduceOp | None:
    """The mean that a part is, over dimensions that stay as 1."""
    found = part.reduction()
    return found if found is not None and found.kind.data == "mean" else None


def _centred(part: Element, squares: ReduceOp) -> tuple[SSAValue, ReduceOp] | None:
    """The x and its mean of a difference `x - mean(x)`, over the axes of `squares`."""
    if part.step(arith.SubfOp) is None:
        return None
    left, right = part.parts()
    mean = _mean_of(right)
    if mean is None or mean.body is not None or mean.axis_list != squares.axis_list:
        return None
    [source] = mean.inputs
    if left.tensor is source or left.computed().tensor is source:
        return source, mean
    inner = producer_of(source, MapOp)
    if inner is not None and reduced_by(mean) is not None:
        whole = reduced_by(mean)
        if whole is not None and same(left, whole):
            return source, mean
    return None


def _variance_of_differences(root: _Root, numerator: Element) -> _Statistics | None:
    """`mean((x - mean(x))^2)` below `x - mean(x)`."""
    squares = _mean_of(root.variance)
    square = None if squares is None else reduced_by(squares)
    if squares is None or square is None or square.step(arith.MulfOp) is None:
        return None
    left, right = square.parts()
    if not same(left, right) or not same(left, numerator):
        return None
    centred = _centred(numerator, squares)
    return None if centred is None else _Statistics(centred[0], centred[1], squares)


def _variance_of_moments(root: _Root, numerator: Element) -> _Statistics | None:
    """`mean(x^2) - mean(x)^2`, or 0 where that is less, below `x - mean(x)`."""
    part = root.variance
    if part.step(arith.MaximumfOp) is not None:
        part, limit = part.parts()
        if limit.number() != 0:
            return None
    if part.step(arith.SubfOp) is None:
        return None
    first, second = part.parts()
    squares = _mean_of(first)
    square = None if squares is None else reduced_by(squares)
    if squares is None or square is None or square.step(arith.MulfOp) is None:
        return None
    if second.step(arith.MulfOp) is None:
        return None
    centred = _centred(numerator, squares)
    if centred is None:
        return None
    source, mean = centred
    left, right = second.parts()
    if not (left.reduction() is mean and right.reduction() is mean):
        return None
    of_source = [p for p in square.parts() if p.tensor is source or p.computed().tensor is source]
    if len(of_source) != 2:
        whole = reduced_by(mean)
        if whole is None or not all(same(p, whole) for p in square.parts()):
            return None
    return _Statistics(source, mean, squares)


VARIANCES = {"differences": _variance_of_differences, "moments": _variance_of_moments}


def _products(op: MapOp) -> Iterator[tuple[Operation, list[tuple[Element, bool]]]]:
    """The products and quotients of a map, with their factors."""
    for step in op.body.block.ops:
        if isinstance(step, arith.MulfOp):
            yield step, list(factors_of(Element(op, step.result)))
        elif isinstance(step, arith.DivfOp):
            above = list(factors_of(Element(op, step.lhs)))
            yield step, [*above, (Element(op, step.rhs), True)]


def _may_be_norm(op: MapOp) -> bool:
    """Whether a sum or a mean is near: most maps end here."""
    for value in op.inputs:
        owner = value.owner
        if isinstance(owner, ReshapeOp):
            owner = owner.input.owner
        if isinstance(owner, MapOp):
            if any(_adds_up(_source_of(v)) for v in owner.inputs):
                return True
        elif _adds_up(owner):
            return True
    return False


def _source_of(value: SSAValue) -> object:
    """What computes a value, behind a reshape."""
    owner = value.owner
    return owner.input.owner if isinstance(owner, ReshapeOp) else owner


def _adds_up(owner: object) -> bool:
    return isinstance(owner, ReduceOp) and owner.kind.data in ("mean", "sum")


def _normalised(
    op: MapOp, m: Match, variance: str
) -> tuple[Operation, _Statistics, float, list[tuple[SSAValue, bool]]] | None:
    """The product that normalises, its statistics, epsilon, and the tensors it is scaled by."""
    m.require(_may_be_norm(op), "a reduction is among what the map reads")
    for step, factors in _products(op):
        for number, (part, below) in enumerate(factors):
            root = _root_of(part, below)
            if root is None:
                continue
            others = [f for i, f in enumerate(factors) if i != number]
            for place, (numerator, inverse) in enumerate(others):
                if inverse:
                    continue
                found = VARIANCES[variance](root, numerator)
                if found is None or not has_one_use(found.squares.results[0]):
                    continue
                if extents_of(found.source) != found.squares.domain_extents:
                    continue
                rest = [f for i, f in enumerate(others) if i != place]
                scales = [(p.tensor, b) for p, b in rest]
                tensors = [(t, b) for t, b in scales if t is not None]
                if len(tensors) == len(scales):
                    return step, found, root.epsilon, tensors
    return None


def _norm_in_place(
    op: MapOp,
    m: Match,
    step: Operation,
    found: _Statistics,
    epsilon: float,
    scales: Sequence[tuple[SSAValue, bool]],
) -> SSAValue:
    """The map with the norm, scaled, in place of a product of it."""
    m.may_move(step.results[0])
    m.consumed(found.squares)
    if found.mean is not None:
        m.consumed(found.mean)
    norm = NormOp(found.source, found.kind, found.squares.axis_list, epsilon)
    value = m.insert(norm).results[0]
    if scales:

        def scaled(a: SSAValue, *factors: SSAValue) -> SSAValue:
            for factor, (_, below) in zip(factors, scales, strict=True):
                kind = arith.DivfOp if below else arith.MulfOp
                a = kind(a, factor).result
            return a

        value = m.insert(MapOp.of([value, *(t for t, _ in scales)], scaled)).results[0]
    return m.insert(with_operand_for(op, step.results[0], value)).results[0]


@rewrite(
    MapOp,
    after=(MapOp, ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="onnxruntime LayerNormFusion; MNN FuseLayerNorm",
    rows=("J1",),
)
def recompose_norm_of_differences(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    (x - mean(x)) * g / sqrt(mean((x - mean(x))^2) + eps) => norm{layer}(x) * g  wherever the
    difference is computed, with the root as a power, and with g in the root, if nobody else reads
    the mean of squares.
    """
    found = _normalised(op, m, "differences")
    m.require(found is not None, "a difference from the mean is divided by the root of its squares")
    assert found is not None
    step, statistics, epsilon, scales = found
    return [_norm_in_place(op, m, step, statistics, epsilon, scales)]


@rewrite(
    MapOp,
    after=(MapOp, ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="flax LayerNorm; Ba et al., Layer Normalization, 2016",
    rows=("J1",),
)
def recompose_norm_of_moments(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    (x - mean(x)) / sqrt(mean(x^2) - mean(x)^2 + eps) => norm{layer}(x)  if nobody else reads the
    mean of squares. The right side is the nearer one where the mean is large.
    """
    found = _normalised(op, m, "moments")
    m.require(found is not None, "a difference from the mean is divided by the root of moments")
    assert found is not None
    step, statistics, epsilon, scales = found
    return [_norm_in_place(op, m, step, statistics, epsilon, scales)]


@rewrite(
    MapOp,
    after=(MapOp, ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="TensorFlow batch_normalization",
    rows=("J1",),
)
def recompose_norm_by_scale(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    x * s + (b - mean(x) * s) => norm{layer}(x) * g + b  if s = g / sqrt(v + eps), v is the mean of
    squared differences, and nobody else reads v.
    """
    m.require(_may_be_norm(op), "a reduction is among what the map reads")
    for step in op.body.block.ops:
        if not isinstance(step, arith.AddfOp):
            continue
        for first, second in ((step.lhs, step.rhs), (step.rhs, step.lhs)):
            found = _scaled_and_shifted(Element(op, first), Element(op, second))
            if found is None:
                continue
            statistics, epsilon, scales, bias = found
            if not has_one_use(statistics.squares.results[0]):
                continue
            m.may_move(step.result)
            m.consumed(statistics.squares)
            norm = NormOp(statistics.source, "layer", statistics.squares.axis_list, epsilon)
            value = m.insert(norm).results[0]

            def affine(a: SSAValue, *rest: SSAValue) -> SSAValue:
                *factors, shift = rest
                for factor in factors:
                    a = arith.MulfOp(a, factor).result
                return arith.AddfOp(a, shift).result

            value = m.insert(MapOp.of([value, *scales, bias], affine)).results[0]
            return [m.insert(with_operand_for(op, step.result, value)).results[0]]
    m.require(False, "x * s is shifted by b - mean(x) * s")
    return []


def _scaled_and_shifted(
    product: Element, shift: Element
) -> tuple[_Statistics, float, list[SSAValue], SSAValue] | None:
    if product.step(arith.MulfOp) is None or shift.step(arith.SubfOp) is None:
        return None
    bias, taken = shift.parts()
    if bias.tensor is None or taken.step(arith.MulfOp) is None:
        return None
    for (x, s), (middle, again) in ((a, b) for a in _pairs(product) for b in _pairs(taken)):
        mean = _mean_of(middle)
        if mean is None or mean.body is not None or not same(s, again):
            continue
        if x.tensor is not mean.inputs[0]:
            continue
        factors = list(factors_of(s))
        for number, (part, _) in enumerate(factors):
            root = _root_of(part, below=False)
            squares = None if root is None else _mean_of(root.variance)
            square = None if squares is None else reduced_by(squares)
            if root is None or squares is None or square is None:
                continue
            if square.step(arith.MulfOp) is None or extents_of(mean.inputs[0]) != (
                squares.domain_extents
            ):
                continue
            left, right = square.parts()
            centred = _centred(left, squares)
            if not same(left, right) or centred is None or centred[0] is not mean.inputs[0]:
                continue
            scales = [p.tensor for i, (p, _) in enumerate(factors) if i != number]
            tensors = [t for t in scales if t is not None]
            if len(tensors) == len(scales):
                return (
                    _Statistics(mean.inputs[0], mean, squares),
                    root.epsilon,
                    tensors,
                    bias.tensor,
                )
    return None


def _pairs(product: Element) -> list[tuple[Element, Element]]:
    first, second = product.parts()
    return [(first, second), (second, first)]


@rewrite(
    NormOp,
    after=(ConstantOp,),
    exactness="rounding",
    source="torch group_norm",
)
def drop_neutral_norm_affine(op: NormOp, m: Match) -> Sequence[SSAValue]:
    """
    norm(x) scale(1) bias(0) => norm(x), and the same for one of both  if the constants are 1 and 0
    throughout. Only the sign of a zero may change.
    """
    scale, bias = op.scale, op.bias
    if scale is not None and constant_of(scale) is not None and _is_all(m.array(scale), 1):
        scale = None
    if bias is not None and constant_of(bias) is not None and _is_all(m.array(bias), 0):
        bias = None
    m.require(scale is not op.scale or bias is not op.bias, "the scale is 1, or the bias is 0")
    return [_norm_like(op, m, op.input, scale, bias)]


def _is_all(array: Array, number: int) -> bool:
    """Whether every element is the number; the first one tells mostly."""
    return bool(array.size and array.reshape(-1)[0] == number and np.all(array == number))


def _norm_like(
    op: NormOp, m: Match, x: SSAValue, scale: SSAValue | None, bias: SSAValue | None
) -> SSAValue:
    groups = None if op.groups is None else op.groups.value.data
    epsilon = op.epsilon.value.data
    new = NormOp(x, op.kind.data, op.axis_list, epsilon, scale=scale, bias=bias, groups=groups)
    return m.insert(new).results[0]


@rewrite(
    ReshapeOp,
    after=(NormOp,),
    exactness="rounding",
    group="recognise",
    source="torch group_norm; MNN FuseGroupNorm",
    rows=("MNN/FuseGroupNormWithSwish",),
)
def recompose_group_norm(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    reshape(norm{layer}(reshape(x))) => norm{groups = g}(x)  if the inner reshape makes [N, C, ...]
    into [N, g, ...], the norm is over all that follows, without scale or bias and read only here,
    and the outer reshape gives the shape of x.
    """
    norm = m.producer(op.input, NormOp)
    m.require(has_one_use(op.input), "the norm has one use")
    plain = norm.kind.data == "layer" and norm.groups is None
    m.require(plain, "it is a layer norm without groups")
    m.require(norm.scale is None and norm.bias is None, "it has no scale and no bias")
    inner = m.producer(norm.input, ReshapeOp)
    x = inner.input
    shape, split = list(extents_of(x)), list(extents_of(inner.results[0]))
    m.require(list(extents_of(op.results[0])) == shape, "the outer reshape gives the shape back")
    m.require(len(shape) >= 2 and len(split) >= 3, "there are channels, and groups of them")
    groups, channels = split[1], shape[1]
    m.require(isinstance(groups, int) and isinstance(channels, int), "their numbers are numbers")
    assert isinstance(groups, int)
    assert isinstance(channels, int)
    m.require(split[0] == shape[0], "the first dimension stays")
    m.require(groups > 0 and channels % groups == 0, "groups have the same size")
    m.require(norm.axis_list == tuple(range(2, len(split))), "the norm is over the rest")
    new = NormOp(x, "layer", range(1, len(shape)), norm.epsilon.value.data, groups=groups)
    return [m.insert(new).results[0]]


@rewrite(
    MapOp,
    after=(MapOp, ReduceOp, ReshapeOp),
    exactness="rounding",
    group="recognise",
    source="OpenVINO NormalizeL2Fusion",
    rows=("OpenVINO/NormalizeL2Fusion",),
)
def recompose_l2_norm(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    x / sqrt(sum(x * x) + eps) => norm{rms}(x) scale(1 / sqrt(n))  with the epsilon eps / n, if n
    elements are summed, eps is not 0, and nobody else reads the sum.
    """
    m.require(_may_be_norm(op), "a reduction is among what the map reads")
    for step, factors in _products(op):
        for number, (part, below) in enumerate(factors):
            root = _root_of(part, below)
            total = None if root is None else root.variance.reduction()
            if root is None or total is None or total.kind.data != "sum" or root.epsilon <= 0:
                continue
            square = reduced_by(total)
            if square is None or square.step(arith.MulfOp) is None:
                continue
            left, right = square.parts()
            others = [f for i, f in enumerate(factors) if i != number]
            source = left.tensor
            fits = len(others) == 1 and not others[0][1] and others[0][0].tensor is source
            if source is None or right.tensor is not source or not fits:
                continue
            counts = [extents_of(source)[a] for a in total.axis_list]
            known = all(isinstance(n, int) and n > 0 for n in counts)
            if not known or extents_of(source) != total.domain_extents:
                continue
            count = float(np.prod([n for n in counts if isinstance(n, int)], dtype=np.float64))
            m.require(has_one_use(total.results[0]), "nobody else reads the sum")
            m.may_move(step.results[0])
            m.consumed(total)
            factor = np.full(1, 1 / np.sqrt(count), dtype_of(element_of(source)))
            scale = m.insert_constant(m.store.add(factor, "scale"))
            norm = NormOp(source, "rms", total.axis_list, root.epsilon / count, scale=scale)
            value = m.insert(norm).results[0]
            return [m.insert(with_operand_for(op, step.results[0], value)).results[0]]
    m.require(False, "a tensor is divided by the root of the sum of its squares and a constant")
    return []


RULES = (
    recompose_norm_of_differences,
    recompose_norm_of_moments,
    recompose_norm_by_scale,
    recompose_l2_norm,
    drop_neutral_norm_affine,
    recompose_group_norm,
)
