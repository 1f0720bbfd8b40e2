"""A verifier that every value is defined before it is used, which xDSL does not check.

A definition reaches the operations after it in its block, the blocks that its block dominates, and
the regions within all of these, up to an operation that is isolated from above. Dominators are
found by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001). Blocks that
cannot be reached may use anything, as in MLIR.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import VerifyException


def verify_dominance(op: Operation) -> None:
    """Check every region below `op`, in time linear in the number of operations.

    Raises:
        VerifyException: at the first operation with an operand that does not reach it.
    """
    _check_regions(op, set())


def _check_regions(op: Operation, visible: set[SSAValue]) -> None:
    if op.has_trait(IsolatedFromAbove):
        visible = set()
    for region in op.regions:
        if (first := region.blocks.first) is None:
            continue
        if first.next_block is None:
            defined = _check_block(first, visible)
            visible.difference_update(defined)
        else:
            _check_dominator_tree(first, visible)


def _check_dominator_tree(entry: Block, visible: set[SSAValue]) -> None:
    """Check blocks such that each sees what the blocks above it in the tree define."""
    children = _dominator_tree(entry)
    to_enter: list[tuple[Block | None, list[SSAValue]]] = [(entry, [])]
    while to_enter:
        block, leaving = to_enter.pop()
        if block is None:
            visible.difference_update(leaving)
            continue
        to_enter.append((None, _check_block(block, visible)))
        to_enter.extend((child, []) for child in children.get(block, ()))


def _check_block(block: Block, visible: set[SSAValue]) -> list[SSAValue]:
    """Check a block's operations, leave what it defines in `visible` and give that back."""
    defined: list[SSAValue] = list(block.args)
    visible.update(defined)
    for op in block.ops:
        for index, operand in enumerate(op.operands):
            if operand not in visible:
                _raise(op, index, operand)
        if op.regions:
            _check_regions(op, visible)
        if op.results:
            defined.extend(op.results)
            visible.update(op.results)
    return defined


def _raise(op: Operation, index: int, operand: SSAValue) -> None:
    name = f" (%{operand.name_hint})" if operand.name_hint else ""
    message = f"operand {index}{name} is used before it is defined, or outside of its region"
    op.emit_error(message, VerifyException(message))


def _dominator_tree(entry: Block) -> dict[Block, list[Block]]:
    """The blocks that each reachable block immediately dominates."""
    order = _reverse_postorder(entry)
    number = {block: i for i, block in enumerate(order)}
    predecessors: list[list[int]] = [[] for _ in order]
    for block in order:
        for successor in _successors(block):
            predecessors[number[successor]].append(number[block])
    dominator = [0] + [-1] * (len(order) - 1)

    def common(a: int, b: int) -> int:
        while a != b:
            if a > b:
                a = dominator[a]
            else:
                b = dominator[b]
        return a

    changed = True
    while changed:
        changed = False
        for i in range(1, len(order)):
            known = [p for p in predecessors[i] if dominator[p] >= 0]
            best = known[0]
            for p in known[1:]:
                best = common(best, p)
            changed |= dominator[i] != best
            dominator[i] = best
    children: dict[Block, list[Block]] = {}
    for i in range(1, len(order)):
        children.setdefault(order[dominator[i]], []).append(order[i])
    return children


def _reverse_postorder(entry: Block) -> list[Block]:
    postorder: list[Block] = []
    seen = {entry}
    stack = [(entry, iter(_successors(entry)))]
    while stack:
        block, successors = stack[-1]
        following = next((s for s in successors if s not in seen), None)
        if following is None:
            postorder.append(block)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(_successors(following))))
    return postorder[::-1]


def _successors(block: Block) -> tuple[Block, ...]:
    last = block.last_op
    return () if last is None else tuple(last.successors)


@dataclass(frozen=True)
class VerifyDominancePass(ModulePass):
    """Checks that every value is defined before it is used; changes nothing."""

    name = "verify-dominance"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        verify_dominance(op)
