"""Verification finds what xDSL's finds, in linear time."""

from __future__ import annotations

import time

import pytest
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region

from stepwell.ir.verify_operations import InvalidOperationError, verify_operations


def in_a_module(region: Region) -> ModuleOp:
    return ModuleOp([test.TestOp(regions=[region])])


def no_terminator() -> ModuleOp:
    return in_a_module(Region([Block([test.TestTermOp()]), Block([test.TestOp()])]))


def foreign_successor() -> ModuleOp:
    other = Block([test.TestTermOp()])
    Region([other])
    blocks = [Block([test.TestTermOp(successors=[other])]), Block([test.TestTermOp()])]
    return in_a_module(Region(blocks))


def branch_in_the_middle() -> ModuleOp:
    last = Block([test.TestTermOp()])
    first = Block([test.TestTermOp(successors=[last]), test.TestTermOp()])
    return in_a_module(Region([first, last]))


@pytest.mark.parametrize("make", [no_terminator, foreign_successor, branch_in_the_middle])
def test_says_what_xdsl_says(make) -> None:
    with pytest.raises(Exception) as theirs:
        make().verify()
    with pytest.raises(InvalidOperationError) as ours:
        verify_operations(make())
    assert isinstance(ours.value.op, Operation)
    assert type(ours.value.__cause__) is type(theirs.value)
    assert str(ours.value.__cause__) == str(theirs.value)


def test_time_grows_with_the_number_of_blocks() -> None:
    def seconds(count: int) -> float:
        blocks = [Block() for _ in range(count)]
        module = in_a_module(Region(blocks))
        for block, after in zip(blocks, [*blocks[1:], None], strict=True):
            block.add_op(test.TestTermOp(successors=[after] if after else []))
        start = time.process_time()
        verify_operations(module)
        return time.process_time() - start

    small = min(seconds(500) for _ in range(3))
    assert min(seconds(10_000) for _ in range(3)) < 80 * small  # 400 times, were it quadratic
