"""Random programs of level 2 whose sizes are open, in `S`, `P`, and some that the data decides."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ArrayAttr, FloatAttr, ModuleOp, StringAttr, f32, i1
from xdsl.ir import Block, Operation, Region, SSAValue

from stepwell.dialects.engine import (
    CompressOp,
    ConcatOp,
    MapOp,
    MatmulOp,
    NamesAttr,
    PadOp,
    ReshapeOp,
    ScanOp,
    SliceOp,
    SoftmaxOp,
    TransposeOp,
    YieldOp,
)
from stepwell.dialects.engine.base import extents_of, tensor
from stepwell.dialects.engine.size_facts import SIZES, name_attr
from stepwell.runtime.abi import INPUT_NAMES, MAIN, OUTPUT_NAMES
from stepwell.runtime.size import Extent, named, product_of
from stepwell.runtime.size_facts import Dim

S, P = named("S"), named("P")

DIMS = {"S": Dim(1, 200, hint=12), "P": Dim(0, None, hint=5)}

WIDTHS = (4, 6, 16)
"""Of rows that are numbers; a program uses few, so that many pairs fit."""

Array = np.ndarray

Step = Callable[[random.Random, list[SSAValue]], Operation | None]


def _map(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    one = rng.choice(values)
    alike = [v for v in values if v.type == one.type]
    operands = [one, *rng.sample(alike, min(len(alike), rng.randrange(2)))]
    block = Block(arg_types=[f32] * len(operands))
    last: SSAValue = block.args[0]
    for argument in block.args:
        op = arith.AddfOp(last, argument)
        block.add_op(op)
        last = op.result
    block.add_op(YieldOp(last))
    return MapOp(operands, Region(block))


def _concat(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    one, axis = rng.choice(values), rng.randrange(2)
    fit = [v for v in values if extents_of(v)[1 - axis] == extents_of(one)[1 - axis]]
    return ConcatOp([one, *rng.sample(fit, min(len(fit), 2))], axis)


def _slice(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    value = rng.choice(values)
    extents = list(extents_of(value))
    starts: list[Extent] = [0, 0]
    axis = rng.randrange(2)
    n = extents[axis]
    if isinstance(n, int):
        starts[axis] = rng.randrange(max(n - 1, 1))
        extents[axis] = n - int(str(starts[axis]))
    elif "S" in n.names and rng.random() < 0.7:  # there is at least one
        starts[axis], extents[axis] = (n - 1, 1) if rng.random() < 0.5 else (0, n - 1)
    return SliceOp(value, starts, extents)


def _transpose(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    return TransposeOp(rng.choice(values), [1, 0])


def _reshape(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    value = rng.choice(values)
    rows, columns = extents_of(value)
    if isinstance(columns, int) and columns % 2 == 0:
        return ReshapeOp(value, (rows * 2, columns // 2))
    return ReshapeOp(value, (product_of((rows, columns)), 1))


def _softmax(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    return SoftmaxOp(rng.choice(values), rng.randrange(2))


def _scan(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    return ScanOp(rng.choice(values), "sum", rng.randrange(2))


def _pad(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    low, high = ([rng.randrange(3), rng.randrange(3)] for _ in range(2))
    return PadOp(rng.choice(values), low, high, FloatAttr(0.5, f32))


def _matmul(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    one = rng.choice(values)
    fit = [v for v in values if extents_of(v)[0] == extents_of(one)[1]]
    return MatmulOp(one, rng.choice(fit)) if fit else None


def _compress(rng: random.Random, values: list[SSAValue]) -> Operation | None:
    """The rows that an input marks: as many as the data says."""
    block = values[0].owner
    while not isinstance(block, Block):
        parent = block.parent
        assert parent is not None
        block = parent
    fit = [v for v in values if extents_of(v)[0] == S]
    number = sum(isinstance(op, CompressOp) for op in block.ops)
    if not fit or number == MOST_FOUND:
        return None
    return CompressOp(rng.choice(fit), block.args[-1], 0, f"K{number}")


MOST_FOUND = 2
"""Sizes that the data decides."""

STEPS: tuple[Step, ...] = (
    _compress,
    _map,
    _concat,
    _slice,
    _transpose,
    _reshape,
    _softmax,
    _scan,
    _pad,
    _matmul,
)

LARGEST = 20_000
"""Elements of one value at the sizes that are planned for."""


def open_program(seed: int) -> ModuleOp:
    """A program with three inputs, marks of rows, and up to three outputs."""
    rng = random.Random(seed)
    width = rng.choice(WIDTHS)
    shapes: list[tuple[Extent, ...]] = [(S, width), (P, width), (width, S)]
    types = [tensor(shape, f32) for shape in shapes]
    block = Block(arg_types=[*types, tensor((S,), i1)])
    values: list[SSAValue] = list(block.args[:-1])
    for _ in range(rng.randrange(2, 16)):
        op = rng.choice(STEPS)(rng, values[-8:])
        if op is not None and _elements(op) <= LARGEST:
            block.add_op(op)
            values.append(op.results[0])
    outputs = [values[-1], *rng.sample(values[-5:], min(rng.randrange(3), len(values[-5:])))]
    block.add_op(func.ReturnOp(*outputs))
    signature = ([a.type for a in block.args], [v.type for v in outputs])
    function = func.FuncOp(MAIN, signature, Region(block))
    found = [n for op in block.ops if isinstance(op, CompressOp) for n in op.defined_names]
    data = [name_attr(name, Dim(0, None, hint=6), upper=S, data=True) for name in found]
    function.attributes[SIZES] = NamesAttr(ArrayAttr([*NamesAttr.of(DIMS).names, *data]))
    function.attributes[INPUT_NAMES] = _names("x", len(block.args))
    function.attributes[OUTPUT_NAMES] = _names("y", len(outputs))
    return ModuleOp([function])


def _names(name: str, count: int) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(f"{name}{n}") for n in range(count)])


def _elements(op: Operation) -> int:
    return evaluated_at_hints(product_of(extents_of(op.results[0])))


def evaluated_at_hints(size: Extent) -> int:
    """A size where names are what is planned for."""
    return NamesAttr.of(DIMS).facts.evaluated_at_hints(size)


def inputs_at(s: int, p: int, width: int, seed: int) -> list[Array]:
    """Inputs with these sizes."""
    rng = np.random.default_rng(seed)
    shapes = [(s, width), (p, width), (width, s)]
    numbers = [rng.standard_normal(shape, np.float32) for shape in shapes]
    return [*numbers, rng.random(s) < 0.6]


def width_of(module: ModuleOp) -> int:
    """The width that a program was drawn with."""
    function = next(op for op in module.ops if isinstance(op, func.FuncOp))
    width = extents_of(function.body.block.args[0])[1]
    assert isinstance(width, int)
    return width
