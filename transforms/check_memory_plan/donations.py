"""
Arguments that callers put into outputs before a planned function runs.

Callers know of a donation two numbers, those of the input and of the output, and copy the one into
the elements of the other that have its indices. So that is where the function must look for it, and
nothing of the function may come before.
"""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.ir import BlockArgument, Operation, SSAValue

from ...dialects.engine import ConstantOp, RelayoutOp, ViewOp
from ...dialects.engine.base import element_of, extents_of, stride_extents_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.memory_part import canonical_strides
from ...runtime.size import is_zero
from .buffers import input_count, name_of, problem, written_by


def check_donations(function: func.FuncOp) -> None:
    """
    Check that donated arguments are copied first, each into a part of an output of its own.

    Raises:
        CompileError: naming the argument.
    """
    block = function.body.block
    donated = [op for op in in_line(block) if isinstance(op, RelayoutOp) and op.donated is not None]
    if not donated:
        return
    roots = {_root(value) for op in in_line(block) for value in written_by(op)}
    outputs = block.args[1 + input_count(function, roots) :]
    taken: set[SSAValue] = set()
    for op in donated:
        [target] = op.outs
        output = _root(target)
        if op.parent is not block or not isinstance(op.input, BlockArgument):
            raise problem(op, "is donated, but stands in a branch or loop")
        if op.input is block.args[0] or op.input in outputs:
            raise problem(op, f"{name_of(op.input)} is donated, but no input")
        if output not in outputs or {output, op.input} & taken:
            raise problem(op, f"{name_of(op.input)} is donated, but to no output of its own")
        taken.update((output, op.input))
        if not _lies_at_its_indices(target, output):
            raise problem(
                op,
                f"{name_of(op.input)} is donated, but does not lie at its indices of"
                f" {name_of(output)}",
            )
    _check_first(donated)


def _check_first(donated: list[RelayoutOp]) -> None:
    """Nothing but views and constants stands between or in front of them."""
    for op in donated:
        before: Operation | None = op.prev_op
        while isinstance(before, ViewOp | ConstantOp):
            before = before.prev_op
        if before is not None and before not in donated:
            raise problem(op, f"{name_of(op.input)} is donated, but not before all else")


def _root(value: SSAValue) -> SSAValue:
    while isinstance(value.owner, ViewOp):
        value = value.owner.base
    return value


def _lies_at_its_indices(target: SSAValue, output: SSAValue) -> bool:
    if element_of(target) != element_of(output):
        return False
    if target is not output:
        view = target.owner
        if not isinstance(view, ViewOp) or view.base is not output or view.moves:
            return False
        if view.elements is not None or view.place is not None or not is_zero(view.byte_extent):
            return False
    sizes = extents_of(target)
    steps, wanted = stride_extents_of(target), stride_extents_of(output)
    return canonical_strides(sizes, steps) == canonical_strides(sizes, wanted)
