"""
Operations that planning has never heard of share memory by what they say of themselves.

`SkipOp` is a view, `StackOp` takes operands in, `NegateOp` may work in place; none is in the
package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, MemRefType, ModuleOp, TensorType, f32
from xdsl.ir import Block, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    var_operand_def,
    var_result_def,
)

from stepwell.dialects.engine import ViewOp
from stepwell.dialects.engine.base import (
    SHAPED,
    EngineOp,
    dense_strides_of,
    element_of,
    shape_of,
    tensor,
)
from stepwell.dialects.engine.memory_part import MemoryPart
from stepwell.runtime.size import Extent
from stepwell.transforms.check_memory_plan import check_function
from stepwell.transforms.plan_memory import PlanMemoryPass


@irdl_op_definition
class SkipOp(EngineOp):
    """All rows but the first."""

    name = "foreign.skip"
    IS_VIEW: ClassVar[bool] = True
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)

    def __init__(self, x: SSAValue):
        [result] = self._shapes(x)
        super().__init__(operands=[x, []], result_types=[[tensor(result, element_of(x))]])

    @staticmethod
    def _shapes(x: SSAValue) -> list[tuple[int, ...]]:
        rows, *rest = shape_of(x)
        return [(rows - 1, *rest)]

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return self._shapes(self.input)

    def view_of_operand(self, strides: Sequence[Extent]) -> MemoryPart | None:
        return MemoryPart(strides[0], tuple(strides))


@irdl_op_definition
class StackOp(EngineOp):
    """Operands of one shape side by side along a new first dimension."""

    name = "foreign.stack"
    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(self, inputs: Sequence[SSAValue]):
        shape = (len(inputs), *shape_of(inputs[0]))
        super().__init__(operands=[inputs, []], result_types=[[tensor(shape, f32)]])

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [(len(self.inputs), *shape_of(self.inputs[0]))]

    def absorbed_parts(self, strides: Sequence[Extent]) -> Mapping[int, MemoryPart]:
        return {
            number: MemoryPart(number * strides[0], tuple(strides[1:]))
            for number in range(len(self.inputs))
        }


@irdl_op_definition
class NegateOp(EngineOp):
    """Every element with the other sign."""

    name = "foreign.negate"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    res = var_result_def(TensorType)

    def __init__(self, x: SSAValue):
        super().__init__(operands=[x, []], result_types=[[x.type]])

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(self.input)]

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)


X = tensor((4, 8), f32)


def planned(block: Block, *results: SSAValue) -> func.FuncOp:
    """The function of a block that gives `results`, planned and checked."""
    block.add_op(func.ReturnOp(*results))
    types = FunctionType.from_lists([a.type for a in block.args], [r.type for r in results])
    main = func.FuncOp("main", types, Region(block))
    PlanMemoryPass().apply(Context(), ModuleOp([main]))
    check_function(main)
    return main


def add(block: Block, op: Any) -> Any:
    block.add_op(op)
    return op


def offsets(main: func.FuncOp) -> dict[str, int]:
    """Offsets of the views of the arena by name."""
    return {
        op.res.name_hint or "?": op.byte_offset
        for op in main.body.block.ops
        if isinstance(op, ViewOp) and op.base is main.body.block.args[0]
    }


def test_a_foreign_view_disappears():
    block = Block(arg_types=[X])
    skip = add(block, SkipOp(block.args[0]))
    negated = add(block, NegateOp(skip.res[0]))
    main = planned(block, negated.res[0])
    names = [op.name for op in main.body.block.ops]
    assert names == ["engine.view", "foreign.negate", "func.return"]
    view = main.body.block.first_op
    assert isinstance(view, ViewOp)
    assert view.byte_offset == 8 * 4  # one row of eight floats


def test_a_foreign_operation_takes_operands_in():
    block = Block(arg_types=[X])
    parts = [add(block, NegateOp(block.args[0])) for _ in range(3)]
    for number, part in enumerate(parts):
        part.res[0].name_hint = f"part{number}"
    stack = add(block, StackOp([part.res[0] for part in parts]))
    stack.res[0].name_hint = "stack"
    doubled = add(block, NegateOp(stack.res[0]))
    main = planned(block, doubled.res[0])
    found = next(op for op in main.body.block.ops if isinstance(op, StackOp))
    assert found.absorbed() == {0, 1, 2}
    at = offsets(main)
    size = 4 * 8 * 4
    assert [at[f"part{n}"] - at["stack"] for n in range(3)] == [0, size, 2 * size]


def test_the_same_operand_twice_is_not_taken_in():
    block = Block(arg_types=[X])
    part = add(block, NegateOp(block.args[0]))
    other = add(block, NegateOp(block.args[0]))
    stack = add(block, StackOp([part.res[0], other.res[0], part.res[0]]))
    main = planned(block, add(block, NegateOp(stack.res[0])).res[0])
    found = next(op for op in main.body.block.ops if isinstance(op, StackOp))
    assert found.absorbed() == {1}


def test_a_foreign_operation_works_in_place():
    block = Block(arg_types=[X])
    value = block.args[0]
    for _ in range(3):
        value = add(block, NegateOp(value)).res[0]
    skip = add(block, SkipOp(value))
    main = planned(block, add(block, NegateOp(skip.res[0])).res[0])
    arena = main.body.block.args[0].type
    assert isinstance(arena, MemRefType)
    assert arena.get_shape() == (4 * 8 * 4,)  # one buffer for all of them


@pytest.mark.parametrize("kind", [NegateOp, SkipOp])
def test_what_is_not_said_is_not_done(kind):
    x = Block(arg_types=[X]).args[0]
    op = kind(x)
    assert op.view_of_result(dense_strides_of(x)) is None
    assert op.absorbed_parts(dense_strides_of(x)) == {}
    with pytest.raises(NotImplementedError, match=r"foreign\.\w+ does not keep the bytes"):
        op.layout_after(None)


def test_an_operation_says_why_it_failed():
    x = Block(arg_types=[X]).args[0]
    said = NegateOp(x).failure_message()
    assert said == "an operand has a value that the operation does not take"
