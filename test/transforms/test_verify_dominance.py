"""Dominance in modules that no text can say, and in random control flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.ir import Block, Region
from xdsl.utils.exceptions import VerifyException

from stepwell.transforms.verify_dominance import verify_dominance


def test_value_that_leaves_its_region():
    inner = test.TestOp(result_types=[i32])
    outer = test.TestOp(regions=[Region(Block([inner]))])
    user = test.TestOp([inner.res[0]])
    with pytest.raises(VerifyException, match="outside of its region"):
        verify_dominance(ModuleOp([outer, user]))


def test_operation_moved_behind_its_user():
    definition = test.TestOp(result_types=[i32])
    user = test.TestOp([definition.res[0]])
    module = ModuleOp([definition, user])
    verify_dominance(module)
    definition.detach()
    module.body.block.add_op(definition)
    with pytest.raises(VerifyException, match="used before it is defined"):
        verify_dominance(module)


GRAPHS = st.integers(1, 8).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(1, max(1, n - 1)), max_size=3 if n > 1 else 0),
        min_size=n,
        max_size=n,
    )
)


def reachable(edges: list[list[int]], without: int | None) -> set[int]:
    """The blocks that control reaches from block 0 when it may not enter block `without`."""
    found: set[int] = set()
    to_visit = [] if without == 0 else [0]
    while to_visit:
        block = to_visit.pop()
        if block not in found:
            found.add(block)
            to_visit += [s for s in edges[block] if s != without]
    return found


@given(GRAPHS, st.data())
def test_random_control_flow(edges: list[list[int]], data: st.DataObject):
    """A value reaches a block exactly if no path from the entry avoids its definition."""
    count = len(edges)
    definer = data.draw(st.integers(0, count - 1))
    user = data.draw(st.integers(0, count - 1))
    blocks = [Block() for _ in range(count)]
    definition = test.TestOp(result_types=[i32])
    blocks[definer].add_op(definition)
    blocks[user].add_op(test.TestOp([definition.res[0]]))
    for block, targets in zip(blocks, edges, strict=True):
        block.add_op(test.TestTermOp(successors=[blocks[t] for t in targets]))
    module = ModuleOp([test.TestOp(regions=[Region(blocks)])])
    if user in reachable(edges, None) and user in reachable(edges, definer) and user != definer:
        with pytest.raises(VerifyException):
            verify_dominance(module)
    else:
        verify_dominance(module)
