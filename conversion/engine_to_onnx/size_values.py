"""
Sizes as values: a shape is a constant, or what `Shape` says of the inputs, computed with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from ...runtime.size import Atom, Extent, Size, name_of, range_of
from .nodes import Nodes, NoOnnxForm, sizes


def shape_operand(nodes: Nodes, extents: Sequence[Extent]) -> SSAValue:
    """
    Sizes as a list of `int64`.

    Raises:
        NoOnnxForm: for a size that no input has.
    """
    if all(isinstance(n, int) for n in extents):
        return nodes.integers([n for n in extents if isinstance(n, int)])
    parts = [size_value(nodes, n) for n in extents]
    if len(parts) == 1:
        return parts[0]
    return nodes.one("Concat", parts, i64, (len(parts),), {"axis": 0})


def reshape_operand(nodes: Nodes, before: Sequence[Extent], after: Sequence[Extent]) -> SSAValue:
    """The shape of a Reshape: one size may be left to it, and one that stays is said as 0."""
    if all(isinstance(n, int) for n in after):
        return nodes.integers([n for n in after if isinstance(n, int)])
    said: list[int] = []
    for axis, n in enumerate(after):
        kept = axis < len(before) and before[axis] == n
        said.append(n if isinstance(n, int) else 0 if kept else -1)
    if said.count(-1) <= 1 and not any(n == 0 for n in after) and -1 not in after:
        return nodes.integers(said)
    return shape_operand(nodes, after)


def size_value(nodes: Nodes, size: Extent) -> SSAValue:
    """A size as a list of one `int64`."""
    if isinstance(size, int):
        if size < 0:
            raise NoOnnxForm("it has a size that nothing says")
        return nodes.integers([size])
    total: SSAValue | None = None
    for monomial, coefficient in size.terms:
        product: SSAValue | None = None
        for atom in monomial:
            product = _times(nodes, product, _atom(nodes, atom))
        if product is None or coefficient != 1:
            product = _times(nodes, product, nodes.constant(np.array([coefficient])))
        total = product if total is None else nodes.each("Add", total, product)
    assert total is not None, "a size has terms"
    return total


def _times(nodes: Nodes, a: SSAValue | None, b: SSAValue) -> SSAValue:
    return b if a is None else nodes.each("Mul", a, b)


def _atom(nodes: Nodes, atom: Atom) -> SSAValue:
    if atom.kind == "name":
        return _named(nodes, atom.name)
    a, b = (size_value(nodes, operand) for operand in atom.operands[:2])
    if atom.kind == "floordiv" and all(range_of(n)[0] >= 0 for n in atom.operands):
        return nodes.each("Div", a, b)
    if atom.kind in ("min", "max"):
        result = a
        for operand in atom.operands[1:]:
            other = size_value(nodes, operand)
            result = nodes.each("Min" if atom.kind == "min" else "Max", result, other)
        return result
    if atom.kind == "broadcast" and len(atom.operands) == 2:
        one = nodes.each("Equal", a, nodes.integers([1]), gives=i1)
        return nodes.each("Where", one, b, a, gives=i64)
    raise NoOnnxForm(f"ONNX has no form for the size '{atom.text}'")


def _named(nodes: Nodes, name: str) -> SSAValue:
    """The size of an input that has this name, or what the data says it is."""
    if (said := nodes.said(name)) is not None:
        return said
    for value in nodes.main.block.args:
        for axis, n in enumerate(sizes(value)):
            if name_of(n) == name:
                return nodes.main.one("Shape", [value], i64, (1,), {"start": axis, "end": axis + 1})
    for value in nodes.main.block.args:
        for axis, n in enumerate(sizes(value)):
            if (found := _solved(nodes, value, axis, n, name)) is not None:
                return found
    raise NoOnnxForm(f"no input has the size '{name}', which the data decides")


def _solved(nodes: Nodes, value: SSAValue, axis: int, n: Extent, name: str) -> SSAValue | None:
    """`name` of a dimension that is `c * name + k`."""
    if not isinstance(n, Size) or n.names != (name,):
        return None
    factor, rest = 0, 0
    for monomial, coefficient in n.terms:
        if not monomial:
            rest = coefficient
        elif len(monomial) == 1 and monomial[0].kind == "name":
            factor = coefficient
        else:
            return None
    main = nodes.main
    found = main.one("Shape", [value], i64, (1,), {"start": axis, "end": axis + 1})
    if rest:
        found = main.each("Sub", found, main.constant(np.array([rest])))
    return found if factor == 1 else main.each("Div", found, main.constant(np.array([factor])))
