"""Channels that are split, joined and shuffled: each that is needed is copied once."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Operation, OpResult, SSAValue

from ....dialects.engine import ConcatOp, PickOp, ShuffleOp, SliceOp
from ....dialects.engine.base import extents_of
from ....runtime.size import numbers_of
from ..rewriting.rewrite import Match, rewrite

Move = ConcatOp | PickOp | ShuffleOp | SliceOp

MOST_INPUTS = 12
"""Tensors of which channels are taken together at most."""

MOST_CHANNELS = 1 << 12
"""Channels that are followed at most."""

MOST_MOVES = 64
"""Operations that are looked through at most."""

Channel = tuple[SSAValue, int]
"""A channel of a tensor that no movement of channels gives."""


@rewrite(
    ConcatOp,
    ShuffleOp,
    SliceOp,
    exactness="bitwise",
    group="fuse",
    source="torchvision shufflenetv2; ncnn ShuffleChannel",
    rows=("H1",),
)
def pick_channels(op: ConcatOp | ShuffleOp | SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    move(... shuffle(... move(x), y)) => pick(x, y)  if slices, concats, shuffles and picks move
    channels alone, two or more of them copy, one is a shuffle or a pick, something else than these
    reads the result, and channels of up to 12 tensors are taken.

    What stands between may be read by others: each reads the channels it needs where they were
    computed.
    """
    m.require(_may_mix(op), "it is more than one movement, with a shuffle")
    m.require(_moves_channels(op), "it moves channels alone")
    users = [use.operation for use in op.results[0].uses]
    inner = all(isinstance(user, Move) and _moves_channels(user) for user in users)
    m.require(not inner, "something else reads the result")
    followed = _Followed()
    channels = followed.channels_of(op.results[0])
    m.require(channels is not None, "channels can be followed")
    assert channels is not None
    mixes = any(isinstance(move, ShuffleOp | PickOp) for move in followed.moves)
    m.require(mixes and len(followed.moves) > 1, "it is more than one movement, with a shuffle")
    inputs = list(dict.fromkeys(value for value, _ in channels))
    m.require(0 < len(inputs) <= MOST_INPUTS, f"channels of up to {MOST_INPUTS} tensors are taken")
    starts: dict[SSAValue, int] = {}
    total = 0
    for value in inputs:
        starts[value] = total
        total += numbers_of(extents_of(value)[1:2])[0]
    for move in followed.moves:
        if move is not op:
            m.consumed(move)
    chosen = [starts[value] + channel for value, channel in channels]
    if len(inputs) == 1 and chosen == list(range(total)):
        return [inputs[0]]
    return [m.insert(PickOp(inputs, chosen, op.results[0].type)).results[0]]


def _may_mix(op: Operation) -> bool:
    """Whether a shuffle or a pick may be among the movements that lead to `op`; little is asked."""
    seen: dict[Operation, None] = {op: None}
    pending: list[Operation] = [op]
    while pending and len(seen) <= MOST_MOVES:
        for value in pending.pop().operands:
            source = value.owner
            if isinstance(source, Move) and source not in seen:
                seen[source] = None
                pending.append(source)
    return any(isinstance(move, ShuffleOp | PickOp) for move in seen)


def _moves_channels(op: Operation) -> bool:
    """Whether an operation moves whole channels of images; their numbers are known."""
    if not isinstance(op, Move):
        return False
    values: list[SSAValue] = [*op.operands, *op.results]
    if any(len(extents_of(v)) < 3 or not isinstance(extents_of(v)[1], int) for v in values):
        return False
    if isinstance(op, ConcatOp):
        return op.axis.value.data == 1
    if not isinstance(op, SliceOp):
        return True
    before, ranges = extents_of(op.input), op.extent_ranges()
    others = [r for dim, r in enumerate(ranges) if dim != 1]
    whole = [(0, n, 1) for dim, n in enumerate(before) if dim != 1]
    return others == whole and all(isinstance(n, int) for n in ranges[1])


class _Followed:
    """Where the channels of values come from, through movements that are counted."""

    def __init__(self) -> None:
        self.moves: dict[Operation, None] = {}
        self._known: dict[SSAValue, list[Channel]] = {}

    def channels_of(self, value: SSAValue) -> list[Channel] | None:
        """The channels of a value, None where it takes too much to follow them."""
        pending = [value]
        while pending:
            at = pending[-1]
            if at in self._known:
                pending.pop()
                continue
            source = at.op if isinstance(at, OpResult) else None
            if source is None or not _moves_channels(source):
                count = numbers_of(extents_of(at)[1:2])[0]
                self._known[at] = [(at, channel) for channel in range(min(count, MOST_CHANNELS))]
                if count > MOST_CHANNELS:
                    return None
                continue
            lacking = [v for v in source.operands if v not in self._known]
            if lacking:
                pending.extend(lacking)
                if len(self.moves) + len(pending) > MOST_MOVES:
                    return None
                continue
            self.moves[source] = None
            self._known[at] = _moved(source, [self._known[v] for v in source.operands])
        return self._known[value]


def _moved(op: Operation, operands: Sequence[Sequence[Channel]]) -> list[Channel]:
    """What a movement makes of the channels of its operands."""
    joined = [channel for operand in operands for channel in operand]
    if isinstance(op, PickOp):
        return [joined[at] for at in op.chosen]
    if isinstance(op, SliceOp):
        start, size, step = op.ranges()[1]
        return [joined[start + i * step] for i in range(size)]
    if isinstance(op, ShuffleOp):
        groups = op.group_count
        size = len(joined) // groups
        return [joined[i % groups * size + i // groups] for i in range(len(joined))]
    return joined


RULES = (pick_channels,)
