"""
Which tensors of a model are codes, and who reads them as such.

A tensor becomes codes once, where it is made: at the inputs of products and convolutions that are
computed with codes, and behind such a convolution and its clamp, so that all runtimes compute it
with codes and no number of 32 bits is written. Between a product and its bias, activation or clamp
there is nothing. Operations that only move numbers have the same codes on both sides, and sums of
tensors that are codes anyway read them as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import Float32Type
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, OpResult, SSAValue

from ...dialects.framework import element_of
from ...dialects.onnx import OnnxOp
from .products import Product

Read = tuple[Operation, int]
"""An operation, and the number of the operand that it reads as codes."""

_REARRANGES = frozenset(
    f"onnx.{name}"
    for name in (
        "Reshape",
        "Transpose",
        "Squeeze",
        "Unsqueeze",
        "Flatten",
        "Slice",
        "Split",
        "DepthToSpace",
        "SpaceToDepth",
        "Identity",
    )
)
"""Operators whose numbers are those of their first operand, in another place."""

_COLLECTS = frozenset(("onnx.MaxPool", "onnx.Concat", "onnx.Resize"))
"""The same, of several operands or of more work: codes are less to move."""

_SUMS = frozenset(
    f"onnx.{name}" for name in ("Add", "Mul", "AveragePool", "GlobalAveragePool", "ReduceMean")
)
"""Operators that may read codes where all their operands are."""

_CLAMPS = frozenset(("onnx.Relu", "onnx.Clip"))


@dataclass
class Places:
    """
    `coded` are the tensors that are codes, in order, each with the first of those that have the
    same codes; `reads` says who reads them as codes.
    """

    coded: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    reads: dict[Read, SSAValue] = field(default_factory=dict[Read, SSAValue])

    def groups(self) -> dict[SSAValue, list[SSAValue]]:
        """The tensors that have the same codes, by the first."""
        found: dict[SSAValue, list[SSAValue]] = {}
        for value, first in self.coded.items():
            found.setdefault(first, []).append(value)
        return found


def result_of(product: Product) -> SSAValue:
    """What a convolution gives: behind its clamp where that is its only reader."""
    value: SSAValue = product.op.results[0]
    uses = list(value.uses)
    if len(uses) == 1 and uses[0].operation.name in _CLAMPS and uses[0].index == 0:
        return uses[0].operation.results[0]
    return value


def _is_output(value: SSAValue) -> bool:
    """Whether a tensor is nothing but an output of the model, which is not rounded once more."""
    return all(isinstance(use.operation, ReturnOp) for use in value.uses)


def places_of(main: FuncOp, products: Sequence[Product]) -> Places:
    """Where codes are, if these products and no others are computed with them."""
    by_op = {product.op: product for product in products}
    marked: set[SSAValue] = set()
    made: set[SSAValue] = set()
    for product in products:
        marked.add(product.data)
        if product.is_convolution and not _is_output(result := result_of(product)):
            # Whoever reads it reads codes: the numbers are never written.
            made.add(result)
    marked |= made
    ops = [op for op in main.body.block.ops if isinstance(op, OnnxOp)]
    _spread(ops, marked)
    places = Places()
    for argument in main.body.block.args:
        if argument in marked:
            places.coded[argument] = argument
    for op in ops:
        numbers = _numbers(op)
        if op in by_op:
            places.reads[op, 0] = op.operands[0]
        else:
            together = _reads_codes(op, [op.operands[at] for at in numbers], marked)
            for at in numbers:
                if together or op.operands[at] in made:
                    places.reads[op, at] = op.operands[at]
        for result in op.results:
            if result in marked:
                places.coded[result] = result
    last = main.body.block.last_op
    if isinstance(last, ReturnOp):
        places.reads.update({(last, at): v for at, v in enumerate(last.operands) if v in made})
    _join(ops, places)
    return places


def moves(op: Operation) -> bool:
    """Whether the results are numbers of the operands, unchanged."""
    if op.name == "onnx.Resize":
        assert isinstance(op, OnnxOp)
        return op.attribute("mode") == "nearest"
    return op.name in _REARRANGES or op.name in _COLLECTS


def _numbers(op: OnnxOp) -> list[int]:
    """The operands that are tensors of numbers of 32 bits."""
    found = [at for at, v in enumerate(op.operands) if element_of(v.type) == Float32Type()]
    return found[:1] if op.name in _REARRANGES or op.name == "onnx.Resize" else found


def _spread(ops: Sequence[OnnxOp], marked: set[SSAValue]) -> None:
    """Mark what collecting operators take, and what lies between codes and codes."""
    for op in reversed(ops):
        if op.name in _COLLECTS and moves(op) and any(r in marked for r in op.results):
            marked.update(op.operands[at] for at in _numbers(op))
    wanted: set[SSAValue] = set(marked)
    for op in reversed(ops):
        if moves(op) and any(r in wanted for r in op.results):
            wanted.update(op.operands[at] for at in _numbers(op))
    for op in ops:
        numbers = _numbers(op)
        if moves(op) and numbers and all(op.operands[at] in marked for at in numbers):
            marked.update(r for r in op.results if r in wanted)


def _reads_codes(op: OnnxOp, numbers: Sequence[SSAValue], marked: set[SSAValue]) -> bool:
    """Whether an operator reads all its operands as codes, though there are numbers as well."""
    if not numbers or not all(value in marked for value in numbers):
        return False
    if moves(op):
        return any(result in marked for result in op.results)
    return op.name in _SUMS and len(numbers) > 1


def _join(ops: Sequence[OnnxOp], places: Places) -> None:
    """Give the same codes to what is moved."""
    parent = places.coded

    def first(value: SSAValue) -> SSAValue:
        while parent[value] is not value:
            value = parent[value]
        return value

    order = {value: at for at, value in enumerate(parent)}
    for op in ops:
        if not moves(op):
            continue
        read = [places.reads[op, at] for at in _numbers(op) if (op, at) in places.reads]
        ends = [*read, *(r for r in op.results if r in parent)]
        if not read:
            continue
        roots = sorted({first(value) for value in ends}, key=lambda v: order[v])
        for other in roots[1:]:
            parent[other] = roots[0]
    for value in parent:
        parent[value] = first(value)


def name_of(value: SSAValue) -> str:
    """What a message calls a tensor: its name, or the node that makes it."""
    if isinstance(value, OpResult) and isinstance(value.op, OnnxOp):
        return next(iter(value.op.nodes), "") or value.name_hint or value.op.label
    return value.name_hint or "an input"
