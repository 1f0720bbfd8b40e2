"""
What operations of a dialect mean, from a table: one function on numpy arrays for each operator.

    def conv_2d(call: Call) -> Array:
        x, w, bias = call.operand("input"), call.operand("filter"), call.optional("bias")
        strides = call.integer("stride_h"), call.integer("stride_w")
        ...

    SEMANTICS: Table = {"tfl.CONV_2D": conv_2d, ...}

A function gives one array, or the results by position as a list or tuple, None for one that is
absent. What it gives is cast to the element type that the operation says, and must have the shape
that it says. An operator without a function has no reference semantics, which is an error where it
is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, cast

import numpy as np
from xdsl.ir import Attribute, Region

from ..dialects.engine.weights import Array, WeightStore
from ..dialects.framework import (
    AttributeReader,
    AttributeValue,
    FrameworkOp,
    Kind,
    dims_of,
    element_of,
    element_type_of_ir,
)
from ..dialects.framework.constant_array import ArrayOf, constant_array
from ..errors import StepwellError
from .framework_calls import RunRegion, Semantics, Value, Values

Function = Callable[["Call"], Any]
"""The results of one operation: one, or by position."""

Table = Mapping[str, Function]
"""Functions by the name of the operation, as in `tfl.CONV_2D`."""


class Call(AttributeReader):
    """One operation that is run, with the values of its operands, by the names of the schema."""

    def __init__(self, op: FrameworkOp, inputs: Values, array_of: ArrayOf, run: RunRegion | None):
        self.op = op
        self._inputs = inputs
        self._array_of = array_of
        self._run = run

    # Operands.

    @cached_property
    def _values(self) -> dict[str, Value | list[Value] | None]:
        """One value for each formal parameter, a list for a variadic one."""
        given = [value for value in self._inputs if value is not None]
        found: dict[str, Value | list[Value] | None] = {}
        at = 0
        for formal in self.op.SIGNATURE.inputs:
            count = self.op.operand_count(formal.name)
            part = given[at : at + count]
            at += count
            found[formal.name] = part if formal.is_variadic else part[0] if part else None
        return found

    @property
    def operands(self) -> list[Value]:
        """All operands that are there, in order."""
        return [value for value in self._inputs if value is not None]

    def operand(self, name: str) -> Array:
        """A required operand."""
        value = self._values[name]
        assert value is not None
        return cast(Array, value)

    def optional(self, name: str) -> Array | None:
        """An optional operand, None where it is absent."""
        return cast("Array | None", self._values[name])

    def group(self, name: str) -> list[Array]:
        """The operands of a variadic parameter."""
        return cast("list[Array]", self._values[name])

    # Attributes, with the defaults of the schema.

    def attribute(self, name: str) -> AttributeValue | Array | None:
        """An attribute as a Python value; a constant tensor as an array."""
        found = self.op.properties.get(name)
        if found is not None and self.op.SIGNATURE.attributes[name].kind == Kind.TENSOR:
            return constant_array(found, self._array_of)
        return self.op.attribute(name)

    # Results.

    def result_type(self, at: int = 0) -> Attribute:
        """The type of a result by its position."""
        return self.op.results[at].type

    def dtype(self, at: int = 0) -> np.dtype[Any]:
        """The dtype of a result.

        Raises:
            StepwellError: for a result that is not a tensor of a type that numpy has.
        """
        element = element_of(self.result_type(at))
        row = None if element is None else element_type_of_ir(element)
        if row is None:
            raise StepwellError(f"{self.op.label}: result {at} is {self.result_type(at)}")
        return row.numpy

    def shape(self, at: int = 0) -> tuple[int, ...] | None:
        """The shape of a result where it is known from the model."""
        return _known_shape(self.result_type(at))

    def wants(self, result: str) -> bool:
        """Whether an optional result is there."""
        return self.op.result_named(result) is not None

    # Regions.

    def run(self, region: str, *arguments: Value) -> list[Value]:
        """What a region yields for these arguments."""
        found = self.op.graph(region)
        assert found is not None, f"{self.op.label} has no region '{region}'"
        return self.run_region(found, *arguments)

    def run_region(self, region: Region, *arguments: Value) -> list[Value]:
        """What one of the operation's regions yields; for those that have no name of their own."""
        assert self._run is not None
        return list(self._run(region, arguments))


def table_semantics(table: Table, store: WeightStore) -> Semantics:
    """The meaning of a dialect's operations, whose constants are in `store`."""
    return Semantics(partial(_results, table, store.array))


def table_evaluate(
    table: Table, op: FrameworkOp, arrays: Sequence[Array | None], store: WeightStore
) -> Sequence[Array | None]:
    """The results of an operation without regions on arrays; see `DialectConversion.evaluate`."""
    return _results(table, store.array, op, arrays, None)


def _results(
    table: Table, array_of: ArrayOf, op: FrameworkOp, inputs: Values, run: RunRegion | None
) -> Values:
    if op.SIGNATURE.schema.constant:
        return [constant_array(op.properties["value"], array_of)]
    function = table.get(op.name)
    if function is None:
        raise StepwellError(f"{op.label}: {op.name} has no reference semantics")
    with np.errstate(all="ignore"):
        found = function(Call(op, inputs, array_of, run))
    results: Values = list(cast(Values, found)) if isinstance(found, list | tuple) else [found]
    slots = op.result_slots
    if len(results) < len(slots):
        raise StepwellError(f"{op.label}: gave {len(results)} results, expected {len(slots)}")
    for slot, value in zip(slots, results, strict=False):
        wanted = None if slot is None else _known_shape(slot.type)
        shape = wanted if value is None else np.asarray(value).shape
        if wanted is not None and shape != wanted:
            gave = f"gave a result of shape {list(shape or ())}"
            raise StepwellError(f"{op.label}: {gave}, expected {list(wanted)}")
    return results


def _known_shape(type_: Attribute) -> tuple[int, ...] | None:
    dims = dims_of(type_)
    sizes = [dim for dim in dims or () if isinstance(dim, int)]
    return tuple(sizes) if dims is not None and len(sizes) == len(dims) else None
