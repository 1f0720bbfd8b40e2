"""
Sizes as index arithmetic: what `runtime/size.py` writes down, computed where names have values.

The results are those of `runtime.size.evaluated`, as long as they fit into 64 bits: divisions round
down, one by 0 gives 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects import arith

from ...runtime.size import Atom, Extent, lower_bound
from .core import Index
from .values import BuilderValues


def extent_index(builder: BuilderValues, size: Extent, names: Mapping[str, Index]) -> Index:
    """
    A size as an index, where each of its names is one; equal parts are computed once.

    Nested expressions are at most `size.DEEPEST` deep.

    Raises:
        KeyError: for a name without a value.
    """
    if isinstance(size, int):
        return size
    total: Index = 0
    negative: Index = 0
    for monomial, coefficient in size.terms:
        product: Index = abs(coefficient)
        for atom in monomial:
            product = builder.mul(product, _atom(builder, atom, names))
        if coefficient < 0:
            negative = builder.add(negative, product)
        else:
            total = builder.add(total, product)
    return builder.sub(total, negative)


def _atom(builder: BuilderValues, atom: Atom, names: Mapping[str, Index]) -> Index:
    if atom.kind == "name":
        return names[atom.name]
    first, *others = (extent_index(builder, operand, names) for operand in atom.operands)
    if atom.kind == "floordiv":
        return _quotient(builder, atom, first, others[0])
    for other in others:
        if atom.kind == "min":
            first = builder.min(first, other)
        elif atom.kind == "max":
            first = builder.max(first, other)
        else:  # a broadcast: the size that is left where each is 1 or that size
            one = builder.cmpi("eq", first, 1)
            first = builder.select(one, builder.index(other), builder.index(first))
    return first


def _quotient(builder: BuilderValues, atom: Atom, dividend: Index, divisor: Index) -> Index:
    over, under = atom.operands
    low = lower_bound(under)
    if low >= 1:
        return _rounded_down(builder, over, dividend, divisor)
    quotient = _rounded_down(builder, over, dividend, builder.max(divisor, 1))
    none = builder.cmpi("eq", divisor, 0)
    return builder.select(none, builder.index(0), builder.index(quotient))


def _rounded_down(builder: BuilderValues, over: Extent, dividend: Index, divisor: Index) -> Index:
    if lower_bound(over) >= 0:
        return builder.floordiv(dividend, divisor)
    return builder.apply(arith.FloorDivSIOp, builder.index(dividend), builder.index(divisor))
