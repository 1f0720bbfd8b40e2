"""Elementwise work and padding around pools."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import BlockArgument, OpResult, SSAValue

from ....dialects.engine import MapOp, PadOp, PoolOp
from ....dialects.engine.base import element_of, extents_of, tensor, yielded_values
from ....dialects.engine.contraction import ContractionOp
from ....runtime.size import is_zero
from ..rewriting.ranges import is_never_negative
from ..rewriting.rewrite import Match, has_one_use, rewrite
from ..rewriting.scalar_code import RegionBuilder, number_of


def _is_monotone(op: MapOp) -> bool:
    """Whether a map of one operand only limits its numbers, so that larger ones stay larger."""
    if len(op.inputs) != 1:
        return False
    [value] = yielded_values(op.body)
    while isinstance(value, OpResult):
        step = value.op
        limits = isinstance(step, arith.MaximumfOp | arith.MinimumfOp)
        if not limits or number_of(step.operands[1]) is None:
            return False
        value = step.operands[0]
    return isinstance(value, BlockArgument)


@rewrite(
    MapOp,
    after=(PoolOp,),
    exactness="bitwise",
    group="move",
    source="onnx-mlir ReorderReluMaxPool",
    rows=("onnx-mlir/ReorderReluMaxPool",),
)
def limits_before_max_pool(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(pool{max}(x)) => pool{max}(map{f}(x))  if f only limits numbers by constants, nobody
    else reads the pool, and x is a contraction read only here, which takes the map in.
    """
    m.require(_is_monotone(op), "the map only limits its numbers")
    pool = m.producer(op.inputs[0], PoolOp)
    m.require(pool.kind.data == "max", "it is a pool of maxima")
    m.require(has_one_use(op.inputs[0]), "nobody else reads the pool")
    taken = isinstance(pool.input.owner, ContractionOp) and has_one_use(pool.input)
    m.require(taken, "a contraction, read only here, takes the map in")
    # A window of padding alone gives -inf, which a limit would raise after the pool.
    m.require(pool.ceil_mode is None, "sizes are rounded down")
    m.require(_has_elements(pool, pool.window("pads")), "every window has an element")
    builder = RegionBuilder()
    values = builder.inline(op.body, [builder.argument(pool.input)])
    element = element_of(op.results[0])
    limited = MapOp([pool.input], builder.finish(*values), tensor(extents_of(pool.input), element))
    new = PoolOp(
        m.insert(limited).results[0],
        "max",
        pool.window("kernel"),
        strides=pool.window("strides"),
        pads=pool.window("pads"),
        dilations=pool.window("dilations"),
    )
    return [m.insert(new).results[0]]


def _has_elements(op: PoolOp, pads: Sequence[int]) -> bool:
    """Whether no window lies in the padding alone, whatever the size of the image is."""
    reach = [k - 1 for k in op.window("kernel")]
    solid = all(d == 1 for d in op.window("dilations"))
    return solid and all(n <= r for n, r in zip(pads, (*reach, *reach), strict=True))


@rewrite(
    PoolOp,
    after=(PadOp,),
    exactness="bitwise",
    group="fuse",
    source="onnxruntime PadFusion; onnxoptimizer fuse_pad_into_pool",
    rows=("ORT/PadFusion", "onnx/fuse_pad_into_pool"),
)
def pad_into_pool(op: PoolOp, m: Match) -> Sequence[SSAValue]:
    """
    pool{max}(pad{c}(x)) => pool{max, pads}(x)  if c is -inf, or c is 0 and x has no negative
    numbers, pool{average, counting}(pad{0}(x)) => pool{average, counting, pads}(x), for paddings
    of the image by numbers, less than the window, that nobody else reads.
    """
    inner = m.producer(op.input, PadOp)
    m.require(inner.mode.data == "constant", "the padding is by one number")
    m.require(op.ceil_mode is None, "sizes are rounded down")
    m.require(has_one_use(op.input), "nobody else reads the padding")
    low, high = zip(*inner.amount_extents, strict=True)
    m.require(all(is_zero(n) for n in (*low[:2], *high[:2])), "images are padded alone")
    numbers = [n for n in (*low[2:], *high[2:]) if isinstance(n, int) and n >= 0]
    m.require(len(numbers) == len(low[2:]) * 2, "by numbers, not cut")
    m.require(isinstance(inner.value, FloatAttr), "the numbers are floats")
    assert isinstance(inner.value, FloatAttr)
    filler = inner.value.value.data
    if op.kind.data == "max":
        fits = filler == float("-inf") or (filler == 0 and is_never_negative(inner.input))
        m.require(fits, "the padding never wins a maximum")
    else:
        m.require(filler == 0, "the padding is by zero")
        counted = op.count_include_pad is not None or not any(op.window("pads"))
        m.require(counted, "the average counts the padding")
    pads = [a + b for a, b in zip(op.window("pads"), numbers, strict=True)]
    m.require(_has_elements(op, pads), "every window has an element")
    new = PoolOp(
        inner.input,
        op.kind.data,
        op.window("kernel"),
        strides=op.window("strides"),
        pads=pads,
        dilations=op.window("dilations"),
        count_include_pad=op.kind.data == "average",
    )
    return [m.insert(new).results[0]]


RULES = (
    limits_before_max_pool,
    pad_into_pool,
)
