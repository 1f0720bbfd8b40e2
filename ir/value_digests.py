"""
What every value of a function is computed from, as a digest.

Two values with equal digests are the same number for number: the digest is that of the operation,
its properties and regions, and of the digests of its operands. Where a value lies, in which layout
and with which strides does not enter, so a planned function has the digests of the one it was
planned from. What only renames elements is told by the elements it takes, whether it is computed
or a view; a `relayout` is its operand.

What a loop carries has, in its region, a digest of what the loop begins with; that of a result is
of this and of what the region yields. A result of a branch is told by the condition and by what
either region yields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import xxhash
from xdsl.dialects.arith import FastMathFlagsAttr
from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
)
from xdsl.ir import (
    Attribute,
    Operation,
    Region,
    SSAValue,
    TypeAttribute,
)

from ..dialects.engine import (
    ConstantOp,
    IfOp,
    LoopOp,
    RelayoutOp,
    WeightAttr,
    YieldOp,
)
from ..dialects.engine.base import EngineOp, element_of, extents_of, int_values
from ..dialects.engine.memory_part import Elements
from ..dialects.engine.opaque import is_opaque
from ..dialects.text import type_text
from ..runtime.format_tag import dense_stride_extents
from ..runtime.size import is_one

_SEGMENTS = "operandSegmentSizes"

_NOT_MEANT = frozenset(("nodes", "rewrites"))
"""Attributes that say where an operation comes from, not what it computes."""


@dataclass
class ValueDigests:
    """Digests of the values of one function, told in program order."""

    known: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    _loops: dict[Operation, str] = field(default_factory=dict[Operation, str])

    def input(self, value: SSAValue, number: int) -> None:
        """Note the `number`-th input."""
        self.known[value] = _digest(f"input {number} {_type(value)}")

    def constant(self, op: ConstantOp) -> None:
        """Note a constant: what it holds."""
        self.known[op.res] = _digest(f"{_type(op.res)} {_attribute(op.value)}")

    def selection(self, value: SSAValue, source: SSAValue, elements: Elements) -> None:
        """Note a value that consists of elements of another."""
        shape, before = extents_of(value), extents_of(source)
        steps = [0 if is_one(n) else s for n, s in zip(shape, elements.steps, strict=True)]
        strides = dense_stride_extents(before)
        same = [0 if is_one(n) else s for n, s in zip(before, strides, strict=True)]
        if shape == before and elements.first == 0 and steps == same:
            self.known[value] = self.known[source]
        else:
            text = f"{self.known[source]} {elements.first} {steps} {shape}"
            self.known[value] = _digest(text)

    def operation(
        self, op: Operation, sources: Sequence[SSAValue], targets: Sequence[SSAValue]
    ) -> None:
        """Note what an operation gives: its results, or what it writes."""
        elements = op.elements_of_operand() if isinstance(op, EngineOp) else None
        if isinstance(op, RelayoutOp):
            self.known[targets[0]] = self.known[sources[0]]
        elif elements is not None:
            self.selection(targets[0], sources[0], elements)
        else:
            operands = " ".join(self.known[v] for v in sources)
            types = " ".join(map(_type, targets))
            text = f"{op.name} {_properties(op)} {operands} {types} {_regions(op.regions)}"
            for number, target in enumerate(targets):
                self.known[target] = _digest(f"{number} {text}")

    def loop(self, op: LoopOp) -> None:
        """Note what the region of a loop takes."""
        given = " ".join(self.known[v] for v in _begins_with(op))
        text = f"{op.name} {op.backwards} {op.upwards} {len(op.inits)} {given}"
        self._loops[op] = _digest(text)
        if op.counter is not None:
            self.known[op.counter] = _digest(f"{self._loops[op]} number")
        for number, argument in enumerate(op.body.block.args):
            what = number if number else "number"
            self.known[argument] = _digest(f"{self._loops[op]} {what}")

    def border(self, op: YieldOp) -> None:
        """Note what a branch or loop gives, at the end of its last region."""
        parent = op.parent_op()
        if isinstance(parent, LoopOp):
            yielded = " ".join(self.known[v] for v in op.values)
            text = f"{self._loops.pop(parent)} {yielded}"
            results = [*parent.res[: len(parent.inits)], *parent.stacked]
            if parent.count is not None:
                results.append(parent.count)
            for number, result in enumerate(results):
                self.known[result] = _digest(f"{number} {text}")
        elif isinstance(parent, IfOp) and op.parent is parent.else_region.block:
            then = parent.then_region.block.last_op
            assert isinstance(then, YieldOp)
            condition = self.known[parent.condition]
            targets = parent.outs or parent.res
            for one, other, target in zip(then.values, op.values, targets, strict=True):
                self.known[target] = _digest(
                    f"if {condition} {self.known[one]} {self.known[other]}"
                )


def _begins_with(op: LoopOp) -> list[SSAValue]:
    single = [v for v in (op.limit, op.condition) if v is not None]
    return [*single, *op.inits, *op.scanned]


def _digest(text: str) -> str:
    """128 bits that tell programs apart, not friend from foe."""
    return xxhash.xxh3_128_hexdigest(text.encode())


def _type(value: SSAValue) -> str:
    """Shape and elements of a value, whatever level it is at."""
    if is_opaque(value):
        return type_text(value.type)
    return f"{extents_of(value)}{type_text(element_of(value))}"


def _properties(op: Operation) -> str:
    texts = [f"{k}={_attribute(v)}" for k, v in sorted(op.properties.items()) if k != _SEGMENTS]
    segments = op.properties.get(_SEGMENTS)
    if isinstance(segments, DenseArrayBase):
        texts.append(str(int_values(segments)[:-1]))  # the last is that of `outs`
    return ",".join(texts)


def _dictionary(attributes: Mapping[str, Attribute]) -> str:
    kept = sorted(attributes.keys() - _NOT_MEANT)
    return ",".join(f"{key}={_attribute(attributes[key])}" for key in kept)


def _attribute(attr: Attribute) -> str:
    """An attribute as text; `str` of one takes 50 us."""
    kind = type(attr)
    if kind is DenseArrayBase:
        assert isinstance(attr, DenseArrayBase)
        return f"{type_text(attr.elt_type)}:{attr.data.data.hex()}"
    if kind is IntegerAttr:
        assert isinstance(attr, IntegerAttr)
        return f"{attr.value.data}:{type_text(attr.type)}"
    if kind is FloatAttr:
        assert isinstance(attr, FloatAttr)
        return f"{attr.value.data!r}:{type_text(attr.type)}"
    if kind is StringAttr:
        assert isinstance(attr, StringAttr)
        return repr(attr.data)
    if kind is WeightAttr:
        assert isinstance(attr, WeightAttr)
        return attr.digest.data
    if kind is DenseIntOrFPElementsAttr:
        assert isinstance(attr, DenseIntOrFPElementsAttr)
        return xxhash.xxh3_128_hexdigest(attr.data.data)
    # The text of what holds no numbers is made once.
    cached = isinstance(attr, TypeAttribute | FastMathFlagsAttr)
    return type_text(attr) if cached else str(attr)


def _regions(regions: Iterable[Region]) -> str:
    """Regions as text in which values are numbered, so that names do not matter."""
    numbers: dict[SSAValue, int] = {}
    lines: list[str] = []
    for region in regions:
        lines.append(_arguments(region, numbers))
        for op in region.walk():
            operands = [numbers.get(v, -1) for v in op.operands]
            for result in op.results:
                numbers[result] = len(numbers)
            types = ",".join(type_text(r.type) for r in op.results)
            inner = "".join(_arguments(r, numbers) for r in op.regions)
            lines.append(
                f"{op.name}{operands}{{{_dictionary(op.properties)}}}"
                f"{{{_dictionary(op.attributes)}}}:{types}{inner}"
            )
    return ";".join(lines)


def _arguments(region: Region, numbers: dict[SSAValue, int]) -> str:
    """Number the arguments of a region's blocks: how many there are, and of which types."""
    texts: list[str] = []
    for block in region.blocks:
        for argument in block.args:
            numbers[argument] = len(numbers)
        texts.append(",".join(type_text(a.type) for a in block.args))
    return f"({'|'.join(texts)})"
