"""The work of `optimize` grows with the program, not faster, and not on Python's stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from xdsl.dialects import arith, func, math
from xdsl.dialects.builtin import FloatAttr, ModuleOp, f32
from xdsl.ir import Block, Operation, Region, SSAValue

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConcatOp, MapOp, ReduceOp, TransposeOp
from stepwell.dialects.engine.base import names_of, set_names, tensor
from stepwell.transforms.optimize import OptimizePass
from stepwell.transforms.optimize.rewriting import scalar_code

Step = Callable[[SSAValue, SSAValue], Operation]


def chain(count: int, step: Step) -> ModuleOp:
    """`count` operations, each on the result of the one before."""
    block = Block(arg_types=[tensor((2, 3), f32)])
    [first] = block.args
    value: SSAValue = first
    for number in range(count):
        op = step(value, first)
        set_names(op, "nodes", [f"/{number}"])
        block.add_op(op)
        value = op.results[0]
    block.add_op(func.ReturnOp(value))
    main = func.FuncOp("main", ([first.type], [value.type]), Region(block))
    return ModuleOp([main])


def operations(module: ModuleOp) -> list[Operation]:
    [main] = [op for op in module.ops if isinstance(op, func.FuncOp)]
    return list(main.body.block.ops)


def of_map(build: Callable[[SSAValue], Operation]) -> Step:
    return lambda value, _: MapOp.of([value], lambda a: build(a).results[0])


def plus_one(a: SSAValue) -> Operation:
    return arith.AddfOp(a, arith.ConstantOp(FloatAttr(1.0, f32)).result)


def copies(module: ModuleOp, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many scalar operations `optimize` copies."""
    count = 0
    plain = scalar_code.clone_with

    def counted(*arguments: object) -> Operation:
        nonlocal count
        count += 1
        return plain(*arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(scalar_code, "clone_with", counted)
    OptimizePass().apply(make_context(), module)
    monkeypatch.undo()
    return count


@pytest.mark.parametrize("build", [math.TanhOp, plus_one], ids=["tanh", "sum"])
def test_the_code_of_a_chain_is_copied_once(
    build: Callable[[SSAValue], Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = (copies(chain(n, of_map(build)), monkeypatch) for n in (300, 600))
    assert long <= 2.2 * short
    assert short <= 3 * 300


def test_a_chain_becomes_maps_of_bounded_size() -> None:
    module = chain(1000, of_map(math.TanhOp))
    OptimizePass().apply(make_context(), module)
    maps = [op for op in operations(module) if isinstance(op, MapOp)]
    assert sum(len(list(op.body.block.ops)) - 1 for op in maps) == 1000
    assert len(maps) == 11
    nodes = [name for op in maps for name in names_of(op, "nodes")]
    assert nodes == [f"/{number}" for number in range(1000)]


@pytest.mark.parametrize(
    "step",
    [
        lambda value, _: TransposeOp(value, (1, 0)),
        lambda value, first: ConcatOp([value, first], 1),
    ],
    ids=["transposes", "concats"],
)
def test_what_takes_in_thousands_knows_them_all(step: Step) -> None:
    module = chain(3000, step)
    OptimizePass().apply(make_context(), module)
    found = {name for op in operations(module) for name in names_of(op, "nodes")}
    if len(operations(module)) > 1:
        assert found == {f"/{number}" for number in range(3000)}


def test_a_long_scalar_region_is_no_depth() -> None:
    """`softmax` is found behind a region of thousands of operations."""
    block = Block(arg_types=[tensor((2, 3), f32)])
    [x] = block.args

    def difference(a: SSAValue, b: SSAValue) -> SSAValue:
        return math.ExpOp(arith.SubfOp(a, b).result).result

    def quotient(a: SSAValue, b: SSAValue) -> SSAValue:
        value = arith.DivfOp(a, b).result
        for _ in range(3000):
            value = math.TanhOp(value).result
        return value

    peak = ReduceOp([x], "max", [1])
    powers = MapOp.of([x, peak.results[0]], difference)
    total = ReduceOp([powers.results[0]], "sum", [1])
    result = MapOp.of([powers.results[0], total.results[0]], quotient)
    returned = func.ReturnOp(result.results[0])
    block.add_ops([peak, powers, total, result, returned])
    module = ModuleOp([func.FuncOp("main", ([x.type], [result.results[0].type]), Region(block))])
    OptimizePass().apply(make_context(), module)
    assert [op.name for op in operations(module)] == [
        "engine.softmax",
        "engine.map",
        "func.return",
    ]
