"""Reductions that give the position of the largest or smallest number: ArgMax and ArgMin."""

from __future__ import annotations

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp
from ...dialects.engine.base import extents_of, yielded_values
from ...dialects.vector_arith import CMPF_PREDICATES, CMPI_PREDICATES
from ...runtime.size import is_one
from .nodes import Nodes
from .scalar_forms import constant_number


def position_of(nodes: Nodes, op: ReduceOp) -> tuple[SSAValue, str, bool] | None:
    """
    Of what, and with which operator, a reduction gives the position of the largest or smallest
    number, and whether of the last such: the least or the largest of the positions at which the
    number is the extreme one, or NaN.
    """
    kind = op.kind.data
    if op.body is None or len(op.inputs) != 3 or kind not in ("min", "max"):
        return None
    if len(op.axis_list) != 1:
        return None
    x, top, positions = op.inputs
    extreme = top.owner
    if not isinstance(extreme, ReduceOp) or extreme.body is not None or extreme.inputs[0] is not x:
        return None
    same = extreme.axis_list == op.axis_list and extreme.keepdims is not None
    if not same or extreme.kind.data not in ("min", "max"):
        return None
    a, b, place = op.body.block.args
    [chosen] = yielded_values(op.body)
    if not isinstance(chosen.owner, arith.SelectOp) or chosen.owner.lhs is not place:
        return None
    rest = constant_number(chosen.owner.rhs)
    length = extents_of(x)[op.axis_list[0]]
    beyond = rest == length if kind == "min" else rest is not None and rest < 0
    if not beyond or not _is_extreme(chosen.owner.cond, a, b) or not _counts(nodes, op, positions):
        return None
    return x, "ArgMax" if extreme.kind.data == "max" else "ArgMin", kind == "max"


def _is_extreme(condition: SSAValue, a: SSAValue, b: SSAValue) -> bool:
    """Whether it is `a == b`, or that or `a` is NaN."""
    tests = [condition]
    if isinstance(condition.owner, arith.OrIOp):
        tests = list(condition.owner.operands)
    pairs: list[tuple[str, SSAValue, SSAValue]] = []
    for test in tests:
        owner = test.owner
        if isinstance(owner, arith.CmpfOp):
            pairs.append((CMPF_PREDICATES[owner.predicate.value.data], owner.lhs, owner.rhs))
        elif isinstance(owner, arith.CmpiOp):
            pairs.append((CMPI_PREDICATES[owner.predicate.value.data], owner.lhs, owner.rhs))
        else:
            return False
    equal = [p for p in pairs if p[0] in ("oeq", "eq") and {p[1], p[2]} == {a, b}]
    nan = [p for p in pairs if p[0] in ("une", "uno") and p[1] is a and p[2] is a]
    return len(equal) == 1 and len(equal) + len(nan) == len(pairs)


def _counts(nodes: Nodes, op: ReduceOp, positions: SSAValue) -> bool:
    """Whether a constant is 0, 1, 2, ... along the axis that is reduced, and the same elsewhere."""
    array, [axis] = nodes.array(positions), op.axis_list
    domain = op.domain_extents
    shape = extents_of(positions)
    at = axis - (len(domain) - len(shape))
    if array is None or at < 0 or shape[at] != domain[axis]:
        return False
    if not all(is_one(n) for place, n in enumerate(shape) if place != at):
        return False
    return bool(np.array_equal(array.reshape(-1), np.arange(array.size)))
