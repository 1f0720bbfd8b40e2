"""
Places of values among others.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import ReduceOp, YieldOp
from ...dialects.engine.base import element_of, extents_of, rank_of, tensor
from ...dialects.engine.weights import dtype_of
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, select, value
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import reduce
from .arguments import flag, result_element
from .overloads import named
from .promotion import promoted, wide
from .scalar_maps import operand_named


def _counted(lo: Lowering, edges: SSAValue, values: SSAValue, *, right: bool) -> SSAValue:
    """How many edges lie before each value, `[..., edges]` beside `[..., values]`."""
    element = wide(promoted([edges, values]))
    n = Numbers(element)
    edges, values = cast(lo, edges, element), cast(lo, values, element)
    rank, last = rank_of(values), extents_of(edges)[-1]
    spread = lo.reshape(values, (*extents_of(values), 1))
    lead = extents_of(edges)[:-1]
    if lead:
        edges = lo.reshape(edges, (*lead, 1, last))
    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        a, edge = block.args
        before = n.compare("le" if right else "lt", edge, a)
        one, zero = Numbers(i64).number(1), Numbers(i64).number(0)
        YieldOp(select(before, one, zero))
    type_ = tensor(extents_of(values), i64)
    found = lo.emit(
        ReduceOp([spread, edges], "sum", [rank], type_, keepdims=False, body=Region(block))
    )
    return cast(lo, found, result_element(lo))


def _search(edges: str, values: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        if "sorter" in lo.op.SIGNATURE.operand_names and lo.optional("sorter") is not None:
            raise NoNativeForm("by an order of its own")
        right = flag(lo, "right") or lo.text("side") == "right"
        given = operand_named(lo, values)
        if not isinstance(given, SSAValue):
            dtype = dtype_of(element_of(lo.operand(edges)))
            given = lo.constant(np.asarray(given, dtype), "value")
        return _counted(lo, lo.operand(edges), given, right=right)

    return convert


def _isin(values: str, of: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        parts = [operand_named(lo, name) for name in (values, of)]
        element = promoted(parts)
        n = Numbers(element)
        given, known = (
            cast(lo, v, element)
            if isinstance(v, SSAValue)
            else lo.constant(np.asarray(v, dtype_of(element)), "value")
            for v in parts
        )
        count = product_of(extents_of(known))
        row = lo.reshape(known, (*[1] * rank_of(given), count))
        spread = lo.reshape(given, (*extents_of(given), 1))
        equal = lo.map([spread, row], lambda a, b: n.compare("eq", a, b), i1)
        found = reduce(lo, "max", equal, [rank_of(given)], keep=False)
        if not flag(lo, "invert"):
            return found
        return lo.map([found], lambda a: value(arith.XOrIOp(a, Numbers(i1).number(1))))

    return convert


OPERATORS: dict[str, Conversion] = {
    **named("searchsorted.Tensor searchsorted.Scalar", _search("sorted_sequence", "self")),
    **named("bucketize.Tensor bucketize.Scalar", _search("boundaries", "self")),
    "isin.Tensor_Tensor": _isin("elements", "test_elements"),
    "isin.Tensor_Scalar": _isin("elements", "test_element"),
    "isin.Scalar_Tensor": _isin("element", "test_elements"),
}
"""Conversions by the operator and its overload, without one for the default."""
