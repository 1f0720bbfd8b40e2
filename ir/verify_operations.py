"""
xDSL's verification of every operation in time linear in their number.

xDSL counts the blocks of a region at each terminator, so that ten thousand blocks take half a
minute. The checks here are the same, with the same words and in the same order: operations inside
of another one come before it.
"""

from __future__ import annotations

from xdsl.ir import Block, ErasedSSAValue, Operation
from xdsl.traits import IsTerminator, NoTerminator
from xdsl.utils.exceptions import VerifyException


class InvalidOperationError(Exception):
    """An operation that does not verify; the cause says why."""

    def __init__(self, op: Operation):
        super().__init__(op)
        self.op = op


def verify_operations(root: Operation) -> None:
    """
    Verify `root` and everything in it.

    Raises:
        InvalidOperationError: for the first operation that does not verify, from the error of its
            verifier.
    """
    for op in root.walk(region_first=True):
        try:
            _verify_blocks(op)
            _verify_operation(op)
        except (VerifyException, ValueError) as error:
            raise InvalidOperationError(op) from error


def _verify_blocks(op: Operation) -> None:
    for region in op.regions:
        for block in region.blocks:
            if block.parent is not region:
                raise ValueError("Parent pointer of block does not refer to containing region")
            if block.first_op is None and not _has_siblings(block):
                _verify_empty(op)


def _verify_empty(op: Operation) -> None:
    if not op.has_trait(NoTerminator):
        raise VerifyException(
            f"Operation {op.name} contains empty block in single-block region that expects at "
            "least a terminator"
        )


def _verify_operation(op: Operation) -> None:
    block = op.parent
    if block is None or block.last_op is not op or not _has_siblings(block):
        op.verify(verify_nested_ops=False)
        return
    if any(isinstance(operand, ErasedSSAValue) for operand in op.operands):
        raise ValueError("Erased SSA value is used by the operation")
    if any(successor.parent is not block.parent for successor in op.successors):
        raise VerifyException(f"Operation {op.name} is branching to a block of a different region")
    if not op.has_trait(IsTerminator):
        raise VerifyException(
            f"Operation {op.name} terminates block in multi-block region but is not a terminator"
        )
    op.verify_()


def _has_siblings(block: Block) -> bool:
    """Whether a block is not the only one of its region."""
    return block.next_block is not None or block.prev_block is not None
