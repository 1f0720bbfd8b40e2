"""A part of a function as a module of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xdsl.dialects.builtin import ArrayAttr, FunctionType, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.traits import ConstantLike

from ..runtime.abi import DEFAULT_INPUTS, DONATED, INPUT_NAMES, MAIN, OUTPUT_NAMES, STATE

_OF_THE_INTERFACE = frozenset((INPUT_NAMES, OUTPUT_NAMES, DEFAULT_INPUTS, STATE, DONATED))
"""Attributes of a function that speak of its inputs and outputs one by one."""


def read_by(op: Operation) -> Iterator[SSAValue]:
    """The values from outside that an operation reads, those that its regions read included."""
    inside = set(op.walk())
    seen: set[SSAValue] = set()
    for inner in inside if op.regions else (op,):
        for value in inner.operands:
            if value in seen or _is_inside(value, op, inside):
                continue
            seen.add(value)
            yield value


def _is_inside(value: SSAValue, op: Operation, inside: set[Operation]) -> bool:
    owner = value.owner
    if isinstance(owner, Block):
        parent = owner.parent_op()
        return parent is not None and (parent is op or parent in inside)
    return owner is not op and owner in inside


def is_constant(op: Operation) -> bool:
    """Whether an operation is a constant of any level."""
    return op.has_trait(ConstantLike) or op.name.rpartition(".")[2].lower() == "constant"


def between(
    block: Block, last: Iterable[Operation], first: Sequence[Operation], cut: Iterable[SSAValue]
) -> list[Operation]:
    """
    The operations of a block on the ways from `first`, or what reads the values `cut`, to `last`,
    both included, in order; without either, all that `last` needs. Constants come with them.
    """
    wanted = set(last)
    stops = set(first)
    cuts = set(cut)
    needed: set[Operation] = set()
    for op in reversed(list(block.ops)):
        if op in wanted or op in needed:
            needed.add(op)
            if op not in stops:
                needed.update(
                    v.owner for v in read_by(op) if isinstance(v.owner, Operation) and v not in cuts
                )
    if not stops and not cuts:
        return [op for op in block.ops if op in needed]
    reached: set[Operation] = set()
    for op in block.ops:
        if op not in needed:
            continue
        values = list(read_by(op))
        if op in stops or any(v in cuts or v.owner in reached for v in values):
            reached.add(op)
    read = {v.owner for op in reached for v in read_by(op)}
    return [op for op in block.ops if op in reached or (is_constant(op) and op in read)]


def part_of(
    function: FuncOp,
    ops: Sequence[Operation],
    outputs: Sequence[SSAValue],
    inputs: Sequence[SSAValue] = (),
    mapping: dict[SSAValue, SSAValue] | None = None,
) -> ModuleOp:
    """
    A module whose `@main` is `ops` of a function, in order, and returns `outputs`.

    What they read from elsewhere are its inputs, each named as the value is, those of `inputs`
    first. `mapping` gets the value of the module for each of the function.
    """
    found = dict.fromkeys(inputs)
    kept = set(ops)
    for value in (*(v for op in ops for v in read_by(op)), *outputs):
        if not (isinstance(value.owner, Operation) and value.owner in kept):
            found[value] = None
    block = Block(arg_types=[value.type for value in found])
    values = {} if mapping is None else mapping
    for old, new in zip(found, block.args, strict=True):
        new.name_hint = old.name_hint
        values[old] = new
    for op in ops:
        block.add_op(op.clone(values))
    block.add_op(ReturnOp(*(values[value] for value in outputs)))
    types = FunctionType.from_lists([a.type for a in block.args], [v.type for v in outputs])
    main = FuncOp(MAIN, types, Region(block))
    for key, attribute in function.attributes.items():
        if key not in _OF_THE_INTERFACE:
            main.attributes[key] = attribute
    given = _given_names(function)
    main.attributes[INPUT_NAMES] = _names(found, given, "input")
    main.attributes[OUTPUT_NAMES] = _names(outputs, {}, "output")
    return ModuleOp([main])


def _given_names(function: FuncOp) -> dict[SSAValue, str]:
    names = function.attributes.get(INPUT_NAMES)
    if not isinstance(names, ArrayAttr):
        return {}
    texts = [name.data for name in names if isinstance(name, StringAttr)]
    return dict(zip(function.body.block.args, texts, strict=False))


def _names(
    values: Iterable[SSAValue], given: dict[SSAValue, str], stem: str
) -> ArrayAttr[StringAttr]:
    """A name for each value, no two alike."""
    found: dict[str, None] = {}
    for number, value in enumerate(values):
        name = given.get(value) or value.name_hint or f"{stem}{number}"
        found[name if name not in found else f"{name}_{number}_"] = None
    return ArrayAttr([StringAttr(name) for name in found])
