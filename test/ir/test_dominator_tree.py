"""The dominator tree, against its definition and on large graphs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects import test
from xdsl.ir import Block, Region

from stepwell.ir.dominator_tree import dominator_tree


def blocks_of(branches: list[list[int]]) -> list[Block]:
    blocks = [Block() for _ in branches]
    Region(blocks)
    for block, after in zip(blocks, branches, strict=True):
        block.add_op(test.TestTermOp(successors=[blocks[i] for i in after]))
    return blocks


def reachable(branches: list[list[int]], without: int | None = None) -> set[int]:
    """What the first block reaches on ways around one block."""
    found: set[int] = set()
    waiting = [0]
    while waiting:
        at = waiting.pop()
        if at == without or at in found:
            continue
        found.add(at)
        waiting += branches[at]
    return found


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 9))
    targets = st.lists(st.integers(0, count - 1), max_size=3)
    return [draw(targets) for _ in range(count)]


@given(graphs())
def test_a_block_dominates_what_cannot_be_reached_around_it(branches: list[list[int]]) -> None:
    blocks = blocks_of(branches)
    tree = dominator_tree(blocks[0])
    number = {block: i for i, block in enumerate(blocks)}
    everything = reachable(branches)
    assert {number[block] for block in tree} == everything

    def below(block: Block) -> set[int]:
        found = {number[block]}
        for child in tree[block]:
            found |= below(child)
        return found

    for block in tree:
        at = number[block]
        assert below(block) == everything - reachable(branches, without=at)


def ladder(count: int) -> list[list[int]]:
    """Branches forward by one and back to all depths, on which an iterative method takes many
    rounds."""
    middle = count // 2
    return [
        [min(i + 1, count - 1), max(0, count - i - 2) if i > middle else min(i + 2, count - 1)]
        for i in range(count)
    ]


@pytest.mark.parametrize("shape", ["chain", "ladder"])
def test_time_grows_with_the_number_of_blocks(shape: str) -> None:
    def seconds(count: int) -> float:
        chain = [[min(i + 1, count - 1)] for i in range(count)]
        entry = blocks_of(ladder(count) if shape == "ladder" else chain)[0]
        start = time.process_time()
        dominator_tree(entry)
        return time.process_time() - start

    small = min(seconds(2_000) for _ in range(3))
    assert min(seconds(20_000) for _ in range(3)) < 40 * small  # 100 times, were it quadratic
