"""Which buffers a placement needs in the arena: how large, and from when to when."""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.ir import Block, OpResult, SSAValue

from ...dialects.engine import ConstantOp, LoopOp
from ...dialects.engine.opaque import is_opaque
from ...runtime.size import Extent
from .order import Order, home_of
from .place import end_of
from .placement import Placement
from .regions import is_constant_root, touched
from .structures import OpenBuffer


def live_buffers(function: func.FuncOp, placement: Placement) -> dict[SSAValue, OpenBuffer]:
    """Size and live range, in operations, of each buffer that needs a part of the arena."""
    first: dict[SSAValue, int] = {}
    last: dict[SSAValue, int] = {}
    ends: dict[SSAValue, Extent] = {}
    order = Order.of(function.body.block)
    for position, op in enumerate(order.ops):
        if op in placement.aliases or isinstance(op, ConstantOp):
            continue
        for value in touched(op):
            if is_opaque(value):
                continue
            place = placement.places[value]
            root = place.root
            if isinstance(root, int) or is_constant_root(root) or home_of(root) is None:
                continue
            if not isinstance(root, OpResult) and home_of(root) is order.top:
                continue  # an input
            first.setdefault(root, position)
            until = order.read_until(op, _living_in(root))
            last[root] = max(last.get(root, position), until)
            end = end_of(value, place)
            ends[root] = placement.later(ends.get(root, end), end)
    return {root: OpenBuffer(ends[root], first[root], last[root]) for root in first}


def _living_in(root: SSAValue) -> Block | None:
    """The block in which a buffer is made: that of a carried value, around its loop."""
    home = home_of(root)
    loop = None if home is None else home.parent_op()
    if isinstance(loop, LoopOp) and root in loop.carried:
        return loop.parent
    return home
