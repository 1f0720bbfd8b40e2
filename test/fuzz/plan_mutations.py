"""Faults in memory plans: one change to a level-4 function that a faulty planner could make."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    BoolAttr,
    DenseArrayBase,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    MemRefType,
    f32,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from stepwell.dialects.engine import ConstantOp, LayoutAttr, LoopOp, ViewOp, YieldOp
from stepwell.dialects.engine.base import (
    ABSORBED,
    EngineOp,
    int_array,
    int_values,
    layout_of,
    physical_strides_of,
    shape_of,
)
from stepwell.dialects.engine.loop import in_line
from stepwell.dialects.engine.sizes import ExtentsAttr, extent_array, extent_values

Fault = Callable[[random.Random, FuncOp], bool]
"""Changes the function, and says whether it found something to change."""


def _operations(main: FuncOp) -> list[Operation]:
    return [op for op in in_line(main.body.block) if not isinstance(op, YieldOp | ReturnOp)]


def _steps(main: FuncOp) -> list[Operation]:
    """What computes."""
    return [op for op in _operations(main) if not isinstance(op, ViewOp | ConstantOp)]


def _views(main: FuncOp) -> list[ViewOp]:
    return [op for op in _operations(main) if isinstance(op, ViewOp)]


def _memrefs(main: FuncOp) -> list[SSAValue]:
    results = [r for op in _operations(main) for r in op.results]
    return [v for v in (*main.body.block.args[1:], *results) if isinstance(v.type, MemRefType)]


def _retype(value: SSAValue, type_: Attribute) -> None:
    """Give a memref another type wherever it is used."""
    assert isinstance(value, OpResult)
    value._type = type_


def _pick(rng: random.Random, things: Sequence[Any]) -> Any:
    return rng.choice(things) if things else None


def moved_offset(rng: random.Random, main: FuncOp) -> bool:
    """A view begins elsewhere."""
    view = _pick(rng, _views(main))
    if view is None:
        return False
    by = rng.choice([4, -4, 64, -64, 8, 256, 1024, -1024, 4096, 28, 2])
    view.properties["offset"] = IntegerAttr(max(view.byte_offset + by, 0), i64)
    return True


def same_offset(rng: random.Random, main: FuncOp) -> bool:
    """A view lies where another one lies: as if that had died earlier."""
    views = _views(main)
    if len(views) < 2:
        return False
    one, other = rng.sample(views, 2)
    one.properties["offset"] = IntegerAttr(other.byte_offset, i64)
    return True


def swapped_offsets(rng: random.Random, main: FuncOp) -> bool:
    """Two views have each other's offsets."""
    views = _views(main)
    if len(views) < 2:
        return False
    one, other = rng.sample(views, 2)
    offsets = other.byte_offset, one.byte_offset
    for view, offset in zip((one, other), offsets, strict=True):
        view.properties["offset"] = IntegerAttr(offset, i64)
    return True


def other_size(rng: random.Random, main: FuncOp) -> bool:
    """A view has one row more or less in one dimension."""
    view = _pick(rng, [v for v in _views(main) if shape_of(v.res)])
    if view is None:
        return False
    shape = list(shape_of(view.res))
    shape[rng.randrange(len(shape))] += rng.choice([-1, 1])
    type_ = view.res.type
    _retype(view.res, MemRefType(type_.element_type, shape, type_.layout))
    return True


def smaller_arena(rng: random.Random, main: FuncOp) -> bool:
    """The arena ends earlier."""
    arena = main.body.block.args[0]
    assert isinstance(arena.type, MemRefType)
    size = arena.type.get_shape()[0]
    arena._type = MemRefType(arena.type.element_type, [max(size - rng.choice([1, 64, 512]), 0)])
    inputs = [a.type for a in main.body.block.args]
    main.properties["function_type"] = FunctionType.from_lists(
        inputs, main.function_type.outputs.data
    )
    return size > 0


def other_strides(rng: random.Random, main: FuncOp) -> bool:
    """A view has another stride in one dimension."""
    view = _pick(rng, [v for v in _views(main) if shape_of(v.res)])
    if view is None:
        return False
    strides = list(physical_strides_of(view.res))
    at = rng.randrange(len(strides))
    strides[at] = max(strides[at] + rng.choice([1, -1, 4, 16, -16, strides[at]]), 0)
    tag = str(layout_of(view.res))
    type_ = view.res.type
    layout = LayoutAttr(tag, strides)
    _retype(view.res, MemRefType(type_.element_type, shape_of(view.res), layout))
    return True


def swapped_strides(rng: random.Random, main: FuncOp) -> bool:
    """Two dimensions of a view have each other's strides."""
    view = _pick(rng, [v for v in _views(main) if len(shape_of(v.res)) > 1])
    if view is None:
        return False
    strides = list(physical_strides_of(view.res))
    one, other = rng.sample(range(len(strides)), 2)
    strides[one], strides[other] = strides[other], strides[one]
    type_ = view.res.type
    layout = LayoutAttr(str(layout_of(view.res)), strides)
    _retype(view.res, MemRefType(type_.element_type, shape_of(view.res), layout))
    return True


def other_layout(rng: random.Random, main: FuncOp) -> bool:
    """A view has another order of dimensions."""
    view = _pick(rng, [v for v in _views(main) if len(shape_of(v.res)) > 1])
    if view is None:
        return False
    letters = list("abcdefgh"[: len(shape_of(view.res))])
    rng.shuffle(letters)
    type_ = view.res.type
    layout = LayoutAttr("".join(letters))
    _retype(view.res, MemRefType(type_.element_type, shape_of(view.res), layout))
    return True


def other_elements(rng: random.Random, main: FuncOp) -> bool:
    """A view says that it has other elements of its base."""
    view = _pick(rng, [v for v in _views(main) if v.elements is not None])
    if view is None:
        return False
    numbers = list(int_values(view.elements))
    at = rng.randrange(len(numbers))
    numbers[at] += rng.choice([1, -1, 2, 8])
    view.properties["elements"] = int_array(numbers)
    return True


def no_elements(rng: random.Random, main: FuncOp) -> bool:
    """A view of a value is memory of its own, or the other way round."""
    view = _pick(rng, _views(main))
    if view is None:
        return False
    if view.elements is not None:
        del view.properties["elements"]
    else:
        strides = physical_strides_of(view.res)[: len(shape_of(view.res))]
        view.properties["elements"] = int_array((0, *strides))
    return True


def wrong_alias(rng: random.Random, main: FuncOp) -> bool:
    """A view is one of another buffer of the same type."""
    views = _views(main)
    rng.shuffle(views)
    for view in views:
        others = [v for v in _memrefs(main) if v.type == view.base.type and v is not view.base]
        others = [v for v in others if v is not view.res]
        if others:
            view.operands[0] = rng.choice(others)
            return True
    return False


def dropped_operation(rng: random.Random, main: FuncOp) -> bool:
    """An operation is not there."""
    op = _pick(rng, [op for op in _steps(main) if not op.results])
    if op is None:
        return False
    op.detach()
    op.erase()
    return True


def swapped_operations(rng: random.Random, main: FuncOp) -> bool:
    """Two operations take each other's turn."""
    steps = _steps(main)
    if len(steps) < 2:
        return False
    at = rng.randrange(len(steps) - 1)
    other = min(at + rng.choice([1, 1, 2, 5]), len(steps) - 1)
    first, second = steps[at], steps[other]
    if first is second:
        return False
    marker = arith.ConstantOp(BoolAttr.from_bool(True))
    block = first.parent
    if block is None or second.parent is not block:
        return False
    block.insert_op_before(marker, first)
    first.detach()
    block.insert_op_before(first, second)
    second.detach()
    block.insert_op_before(second, marker)
    marker.detach()
    marker.erase()
    return True


def late_operation(rng: random.Random, main: FuncOp) -> bool:
    """An operation runs last."""
    op = _pick(rng, [op for op in _steps(main) if not op.results])
    block = None if op is None else op.parent
    if op is None or block is None or block.last_op is None:
        return False
    op.detach()
    block.insert_op_before(op, block.last_op)
    return True


def repeated_operation(rng: random.Random, main: FuncOp) -> bool:
    """An operation runs a second time, later."""
    op = _pick(rng, [op for op in _steps(main) if not op.results])
    if op is None:
        return False
    block = op.parent
    assert block is not None
    block.insert_op_before(op.clone(), rng.choice(list(block.ops)))
    return True


def swapped_operands(rng: random.Random, main: FuncOp) -> bool:
    """Two operands of one type change places, of one operation or of two."""
    uses = [(op, n) for op in _steps(main) for n in range(len(op.operands))]
    rng.shuffle(uses)
    for op, n in uses:
        others = [
            (o, m)
            for o, m in (uses if rng.random() < 0.5 else [(op, m) for m in range(len(op.operands))])
            if o.operands[m].type == op.operands[n].type and o.operands[m] is not op.operands[n]
        ]
        if others:
            other, m = rng.choice(others)
            op.operands[n], other.operands[m] = other.operands[m], op.operands[n]
            return True
    return False


def other_operand(rng: random.Random, main: FuncOp) -> bool:
    """An operand, or what is written, is another buffer of the same type."""
    uses = [(op, n) for op in _steps(main) for n in range(len(op.operands))]
    rng.shuffle(uses)
    for op, n in uses:
        old = op.operands[n]
        others = [v for v in _memrefs(main) if v.type == old.type and v is not old]
        if others:
            op.operands[n] = rng.choice(others)
            return True
    return False


def swapped_constants(rng: random.Random, main: FuncOp) -> bool:
    """Two constants of one type hold each other's numbers."""
    constants = [op for op in _operations(main) if isinstance(op, ConstantOp)]
    rng.shuffle(constants)
    for one in constants:
        for other in constants:
            if one.value != other.value and one.res.type == other.res.type:
                one.properties["value"], other.properties["value"] = other.value, one.value
                return True
    return False


def other_absorbed(rng: random.Random, main: FuncOp) -> bool:
    """`absorbed` names an operand more or less."""
    op = _pick(rng, [o for o in _steps(main) if isinstance(o, EngineOp) and not o.regions])
    if op is None:
        return False
    numbers = set(op.absorbed())
    numbers ^= {rng.randrange(len(op.sources))}
    if numbers:
        op.attributes[ABSORBED] = int_array(sorted(numbers))
    else:
        del op.attributes[ABSORBED]
    return True


def less_absorbed(rng: random.Random, main: FuncOp) -> bool:
    """Nothing is `absorbed` where something was."""
    op = _pick(rng, [o for o in _steps(main) if ABSORBED in o.attributes])
    if op is None:
        return False
    del op.attributes[ABSORBED]
    return True


def in_place(rng: random.Random, main: FuncOp) -> bool:
    """An operation writes over what it reads."""
    steps = _steps(main)
    rng.shuffle(steps)
    for op in steps:
        if not isinstance(op, EngineOp) or not op.destinations:
            continue
        sources = [v for v in op.sources if isinstance(v.owner, ViewOp)]
        target = op.destinations[0]
        if sources and isinstance(target.owner, ViewOp):
            source = rng.choice(sources).owner
            assert isinstance(source, ViewOp)
            target.owner.operands[0] = source.base
            target.owner.properties["offset"] = IntegerAttr(source.byte_offset, i64)
            return True
    return False


def other_number(rng: random.Random, main: FuncOp) -> bool:
    """An operation has another number in one of its properties."""
    steps = _steps(main)
    rng.shuffle(steps)
    for op in steps:
        keys = [
            key
            for key, value in op.properties.items()
            if key != "operandSegmentSizes"
            and isinstance(value, DenseArrayBase | IntegerAttr)
            and (isinstance(value, IntegerAttr) or (value.elt_type == i64 and len(value)))
        ]
        if not keys:
            continue
        key = rng.choice(keys)
        value = op.properties[key]
        if isinstance(value, IntegerAttr):
            changed: Attribute = IntegerAttr(max(value.value.data + 1, 0), value.type)
            if value.type != i64:
                continue
        else:
            assert isinstance(value, DenseArrayBase)
            numbers = list(int_values(value))
            rng.shuffle(numbers)
            changed = int_array(numbers)
        if changed != value:
            op.properties[key] = changed
            return True
    return False


def other_computation(rng: random.Random, main: FuncOp) -> bool:
    """A scalar operation inside another computes something else."""
    kinds: dict[type[Operation], type[Any]] = {
        arith.AddfOp: arith.SubfOp,
        arith.SubfOp: arith.AddfOp,
        arith.MulfOp: arith.AddfOp,
        arith.MaximumfOp: arith.MinimumfOp,
    }
    inner = [i for op in _steps(main) for i in op.walk() if i is not op]
    rng.shuffle(inner)
    for op in inner:
        if isinstance(op, arith.ConstantOp) and isinstance(op.value, FloatAttr):
            if op.value.type == f32:
                op.properties["value"] = FloatAttr(op.value.value.data + 1.0, f32)
                return True
        elif type(op) in kinds:
            new = kinds[type(op)](op.operands[0], op.operands[1])
            block = op.parent
            assert block is not None
            block.insert_op_before(new, op)
            op.results[0].replace_all_uses_with(new.results[0])
            op.detach()
            op.erase()
            return True
    return False


def other_move(rng: random.Random, main: FuncOp) -> bool:
    """A view moves further, the other way or by other turns with the trips of a loop."""
    view = _pick(rng, [v for v in _views(main) if v.moves])
    if view is None:
        return False
    name = rng.choice(["steps", "turns"])
    said = view.properties[name]
    assert isinstance(said, DenseArrayBase | ExtentsAttr)
    numbers = list(extent_values(said))
    at = rng.randrange(len(numbers))
    changes = [-1, 2, 0, 1, 64] if name == "steps" else [0, 1, 2, 3]
    by = rng.choice(changes)
    numbers[at] = numbers[at] * by if name == "steps" and abs(by) < 3 else by
    view.properties[name] = extent_array(numbers)
    return True


def other_turn(rng: random.Random, main: FuncOp) -> bool:
    """A carried value has its second place elsewhere, or none, or one although it needs none."""
    loop = _pick(rng, [op for op in _steps(main) if isinstance(op, LoopOp) and op.inits])
    if loop is None:
        return False
    numbers = [loop.turn_of(n) for n in range(len(loop.inits))]
    numbers[rng.randrange(len(numbers))] = rng.choice([0, 64, 128, -64, 60])
    loop.properties["turns"] = extent_array(numbers)
    return True


def other_yield(rng: random.Random, main: FuncOp) -> bool:
    """A branch or trip gives another value of the same type."""
    yields = [op for op in in_line(main.body.block) if isinstance(op, YieldOp)]
    uses = [(op, n) for op in yields for n in range(len(op.operands))]
    rng.shuffle(uses)
    for op, n in uses:
        others = [v for v in _memrefs(main) if v.type == op.operands[n].type]
        others = [v for v in others if v is not op.operands[n]]
        if others:
            op.operands[n] = rng.choice(others)
            return True
    return False


def outside_value(rng: random.Random, main: FuncOp) -> bool:
    """What a loop carries, scans or fills is another buffer of the same type."""
    loop = _pick(rng, [op for op in _steps(main) if isinstance(op, LoopOp)])
    if loop is None:
        return False
    n = rng.randrange(len(loop.operands))
    others = [v for v in _memrefs(main) if v.type == loop.operands[n].type]
    others = [v for v in others if v is not loop.operands[n]]
    if not others:
        return False
    loop.operands[n] = rng.choice(others)
    return True


def other_direction(rng: random.Random, main: FuncOp) -> bool:
    """A loop reads slices or fills rows the other way round."""
    loop = _pick(rng, [op for op in _steps(main) if isinstance(op, LoopOp)])
    if loop is None:
        return False
    name, count = rng.choice([("backwards", len(loop.scanned)), ("upwards", len(loop.stacked))])
    if not count:
        return False
    if name in loop.properties:
        del loop.properties[name]
    else:
        loop.properties[name] = int_array([rng.randrange(count)])
    return True


FAULTS: Sequence[Fault] = (
    moved_offset,
    same_offset,
    swapped_offsets,
    other_size,
    smaller_arena,
    other_strides,
    swapped_strides,
    other_layout,
    other_elements,
    no_elements,
    wrong_alias,
    dropped_operation,
    swapped_operations,
    late_operation,
    repeated_operation,
    swapped_operands,
    other_operand,
    swapped_constants,
    other_absorbed,
    less_absorbed,
    in_place,
    other_number,
    other_computation,
    other_move,
    other_turn,
    other_yield,
    outside_value,
    other_direction,
)
