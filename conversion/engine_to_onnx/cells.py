"""
Which recurrent layer of ONNX a cell is: regions of scalars compared as sums and products, whatever
the order of their terms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

from xdsl.ir import Block, Operation, Region, SSAValue

from ...dialects.engine.base import yielded_values
from .scalar_forms import constant_number

Term = tuple[object, ...]
"""A scalar: the name of its function and the terms that it is of, those of sums sorted."""


def lstm_order(region: Region) -> tuple[int, ...] | None:
    """
    Where the blocks of input, output, forget and cell gate are, if the cell is that of an LSTM.

    None for any other: with peepholes, clips, other functions or coupled gates.
    """
    arguments = region.block.args
    if len(arguments) != 10:
        return None
    found = terms_of(region)
    for order in permutations(range(4)):
        i, o, f, c = (_gate(at, at + 4) for at in order)
        cell = _sum(
            _product(_call("sigmoid", f), _argument(9)),
            _product(_call("sigmoid", i), _call("tanh", c)),
        )
        hidden = _product(_call("sigmoid", o), _call("tanh", cell))
        if found == [hidden, cell]:
            return order
    return None


def rnn_activation(region: Region) -> str | None:
    """The function of a simple layer, `f(x + h)`, as ONNX names it."""
    if len(region.block.args) != 3:
        return None
    total = _gate(0, 1)
    names = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu"}
    return next((n for f, n in names.items() if terms_of(region) == [_call(f, total)]), None)


def _argument(number: int) -> Term:
    return ("argument", number)


def _call(name: str, *operands: Term) -> Term:
    return (name, *operands)


def _gate(x: int, h: int) -> Term:
    return _sum(_argument(x), _argument(h))


def _sum(*parts: Term) -> Term:
    return _joined("sum", parts)


def _product(*parts: Term) -> Term:
    return _joined("product", parts)


def _joined(name: str, parts: Sequence[Term]) -> Term:
    flat: list[Term] = []
    for part in parts:
        flat += [p for p in part[1:] if isinstance(p, tuple)] if part[0] == name else [part]
    return (name, *sorted(flat, key=repr))


def terms_of(region: Region) -> list[Term]:
    """What a region yields."""
    made: dict[SSAValue, Term] = {a: _argument(a.index) for a in region.block.args}
    for op in region.block.ops:
        for result in op.results:
            made[result] = _term(op, result, made)
    return [made[v] for v in yielded_values(region)]


def _term(op: Operation, result: SSAValue, made: Mapping[SSAValue, Term]) -> Term:
    if (number := constant_number(result)) is not None:
        return ("number", float(number))
    parts = [made[v] for v in op.operands]
    match op.name:
        case "arith.addf":
            return _sum(*parts)
        case "arith.mulf":
            return _product(*parts)
        case "arith.divf":
            inner = _logistic(op.operands[1])
            if inner is None:
                return _call(op.name, *parts)
            gate = _call("sigmoid", made[inner])
            return gate if parts[0] == ("number", 1.0) else _product(parts[0], gate)
        case "math.tanh":
            return _call("tanh", *parts)
        case "arith.maximumf" if ("number", 0.0) in parts:
            return _call("relu", *(p for p in parts if p != ("number", 0.0)))
        case _:
            return (op.name, str(op.properties), *parts)


def _logistic(value: SSAValue) -> SSAValue | None:
    """`x` of `1 + exp(-x)`"""
    for name in ("arith.addf", "math.exp", "arith.negf"):
        owner = value.owner
        if isinstance(owner, Block) or owner.name != name:
            return None
        others = [v for v in owner.operands if constant_number(v) != 1]
        if len(others) != 1 or (name == "arith.addf" and len(owner.operands) != 2):
            return None
        value = others[0]
    return value
