"""Reductions of little: over one element, over what was joined or repeated, over a whole image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation, SSAValue
from xdsl.traits import IsTerminator

from ....dialects.engine import BroadcastOp, ConcatOp, MapOp, PoolOp, ReduceOp, ReshapeOp
from ....dialects.engine.base import element_of, extents_of, sized, yielded_values
from ....runtime.size import Extent, is_one, numbers_of, product_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import (
    RegionBuilder,
    clone_with,
    number_of,
    operand_behind,
    scalar_constant,
    with_operand_for,
)
from .maps import MAX_OPERANDS

COMBINE: dict[str, Callable[[SSAValue, SSAValue], Operation]] = {
    "sum": arith.AddfOp,
    "mean": arith.AddfOp,
    "prod": arith.MulfOp,
    "max": arith.MaximumfOp,
    "min": arith.MinimumfOp,
}


@rewrite(
    ReduceOp, exactness="rounding", source="MLIR linalg; OpenVINO NopElimination", rows=("C5",)
)
def drop_unit_axes_of_reduce(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k, axes}(x) => reduce{k, rest}(x)  if the other axes have extent 1 and stay; reduce(x) =>
    reshape(x)  if all of them have. Only the sign of a zero may change, in sums.
    """
    m.require(op.body is None, "the reduction has no region")
    [x] = op.inputs
    shape = extents_of(x)
    rest = [a for a in op.axis_list if not is_one(shape[a])]
    m.require(len(rest) < len(op.axis_list), "an axis has extent 1")
    value = x
    if rest:
        m.require(op.keepdims is not None, "the dimensions stay")
        value = m.insert(ReduceOp([x], op.kind.data, rest)).results[0]
    wanted = extents_of(op.results[0])
    return [value if extents_of(value) == wanted else m.insert(ReshapeOp(value, wanted)).results[0]]


@rewrite(
    ReduceOp,
    after=(ConcatOp,),
    exactness="rounding",
    source="OpenVINO ConcatReduceFusion",
    rows=("OpenVINO/ConcatReduceFusion",),
)
def reduce_of_concat(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k, a}(concat{a}(x, y, ...)) => map{k}(x, y, ...)  if every operand has extent 1 along a,
    they are floats, and nobody else reads the concat.
    """
    m.require(op.body is None, "the reduction has no region")
    joined = m.producer(op.inputs[0], ConcatOp)
    m.require(has_one_use(op.inputs[0]), "the concat has one use")
    axis = joined.axis.value.data
    m.require(op.axis_list == (axis,), "the reduction is along the axis of the concat alone")
    unit = all(is_one(extents_of(v)[axis]) for v in joined.inputs)
    m.require(unit, "each operand has extent 1 along it")
    m.require(len(joined.inputs) <= MAX_OPERANDS, f"at most {MAX_OPERANDS} operands")
    element = element_of(joined.inputs[0])
    m.require(isinstance(element, AnyFloat), "they are floats")
    m.may_move(op.results[0])
    kind, count = op.kind.data, len(joined.inputs)

    def build(*scalars: SSAValue) -> SSAValue:
        value, *others = scalars
        for other in others:
            value = COMBINE[kind](value, other).results[0]
        if kind == "mean":
            value = arith.DivfOp(value, scalar_constant(count, element).result).result
        return value

    # An operand that comes twice is one argument for each time.
    mapped = m.insert(MapOp.of(list(joined.inputs), build)).results[0]
    wanted = extents_of(op.results[0])
    if extents_of(mapped) == wanted:
        return [mapped]
    return [m.insert(ReshapeOp(mapped, wanted)).results[0]]


@rewrite(ReduceOp, after=(BroadcastOp,), exactness="rounding", source="XLA")
def reduce_of_broadcast(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{k, a}(broadcast(x)) => reduce{k, a}(x)  for means, maxima and minima over axes along
    which x is repeated; of a sum, times how often.
    """
    m.require(op.body is None, "the reduction has no region")
    m.require(op.kind.data != "prod", "it is not a product")
    repeat = m.producer(op.inputs[0], BroadcastOp)
    wide = extents_of(repeat.results[0])
    m.require(sized(wide), "the shape is known")
    narrow = extents_of(repeat.input)
    aligned = (*(1,) * (len(wide) - len(narrow)), *narrow)
    gone = [a for a in op.axis_list if is_one(aligned[a]) and not is_one(wide[a])]
    m.require(gone, "what is repeated is reduced along an axis of it")
    less: list[Extent] = [1 if a in gone else n for a, n in enumerate(wide)]
    times = 1
    if op.kind.data == "sum":
        m.require(isinstance(element_of(op.results[0]), AnyFloat), "the sum is one of floats")
        times = product_of(numbers_of(wide[a] for a in gone))
    m.may_move(op.results[0])
    value = repeat.input
    if tuple(less) != narrow:
        value = m.insert(BroadcastOp(value, less)).results[0]
    keep = op.keepdims is not None
    reduced = ReduceOp([value], op.kind.data, op.axis_list, op.results[0].type, keepdims=keep)
    result = m.insert(reduced).results[0]
    if times == 1:
        return [result]

    def scaled(a: SSAValue) -> SSAValue:
        return arith.MulfOp(a, scalar_constant(float(times), a.type).result).result

    return [m.insert(MapOp.of([result], scaled)).results[0]]


@rewrite(
    MapOp, after=(ReduceOp,), exactness="rounding", group="recognise", source="OpenVINO MVNFusion"
)
def sum_to_mean(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{sum}(x) * (1 / n) => reduce{mean}(x)  if n elements are summed, nobody else reads the
    sum, and the result is not rounded to integers.
    """
    m.require(any(isinstance(v.owner, ReduceOp) for v in op.inputs), "a reduction is read")
    for step in op.body.block.ops:
        if not isinstance(step, arith.MulfOp | arith.DivfOp):
            continue
        number, behind = number_of(step.rhs), operand_behind(op, step.lhs)
        total = None if behind is None or number is None else producer_of(behind, ReduceOp)
        if number is None or behind is None or total is None or total.kind.data != "sum":
            continue
        domain = total.domain_extents
        counts = [domain[a] for a in total.axis_list]
        if not all(isinstance(n, int) and n > 0 for n in counts):
            continue
        count = float(product_of(numbers_of(counts)))
        wanted = 1 / count if isinstance(step, arith.MulfOp) else count
        if number_of(scalar_constant(wanted, step.result.type).result) != number:
            continue
        m.require(has_one_use(behind), "nobody else reads the sum")
        m.may_move(step.result)
        m.consumed(total)
        mean = ReduceOp(
            list(total.inputs),
            "mean",
            total.axis_list,
            total.results[0].type,
            keepdims=total.keepdims is not None,
            body=None if total.body is None else total.body.clone(),
        )
        new = m.insert(mean).results[0]
        return [m.insert(with_operand_for(op, step.result, new)).results[0]]
    m.require(False, "a sum is divided by the number of its elements")
    return []


@rewrite(
    PoolOp,
    exactness="rounding",
    source="OpenVINO AdaptivePoolToReduce",
    rows=("OpenVINO/AdaptivePoolToReduce",),
)
def pool_to_reduce(op: PoolOp, m: Match) -> Sequence[SSAValue]:
    """
    pool{k}(x) => reduce{k}(x)  if the window is the whole image, without padding, and there is one.
    """
    spatial = extents_of(op.input)[2:]
    kernel = op.window("kernel")
    m.require(spatial == tuple(kernel), "the window is the whole image")
    m.require(not any(op.window("pads")), "there is no padding")
    m.require(all(d == 1 for d in op.window("dilations")), "the window has no gaps")
    m.require(all(is_one(n) for n in extents_of(op.results[0])[2:]), "there is one window")
    m.may_move(op.results[0])
    kind = "mean" if op.kind.data == "average" else "max"
    axes = range(2, len(spatial) + 2)
    return [m.insert(ReduceOp([op.input], kind, axes, op.results[0].type)).results[0]]


@rewrite(
    ReduceOp,
    exactness="approximate",
    source="Niu et al., DNNFusion, 2021",
    rows=("07.A5",),
)
def product_of_exponentials(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{prod, exp}(x) => exp(reduce{sum}(x))  within as many units in the last place as the sum
    of the magnitudes of x, and finite where a partial product is not.
    """
    m.require(op.kind.data == "prod", "it is a product")
    m.require(op.body is not None, "the reduction has a region")
    assert op.body is not None
    [value] = yielded_values(op.body)
    power = producer_of(value, math.ExpOp)
    m.require(power is not None, "of exponentials")
    assert power is not None
    builder = RegionBuilder()
    values: dict[SSAValue, SSAValue] = {}
    for argument, operand in zip(op.body.block.args, op.inputs, strict=True):
        values[argument] = builder.argument(operand)
    for step in op.body.block.ops:
        if step is power or step.has_trait(IsTerminator):
            continue
        clone = clone_with(step, values)
        builder.add(clone)
        values.update(zip(step.results, clone.results, strict=True))
    body = builder.finish(values[power.operand])
    total = ReduceOp(
        builder.operands,
        "sum",
        op.axis_list,
        op.results[0].type,
        keepdims=op.keepdims is not None,
        body=body,
    )
    summed = m.insert(total).results[0]

    def powers(a: SSAValue) -> SSAValue:
        return math.ExpOp(a).result

    return [m.insert(MapOp.of([summed], powers)).results[0]]


RULES = (
    drop_unit_axes_of_reduce,
    reduce_of_concat,
    reduce_of_broadcast,
    sum_to_mean,
    pool_to_reduce,
    product_of_exponentials,
)
