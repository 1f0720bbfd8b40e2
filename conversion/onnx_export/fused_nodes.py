"""
Several nodes as one of onnxruntime's own operators, which other runtimes do not have.

    Conv, Add of another tensor, an activation    FusedConv
    Gemm, an activation                           FusedGemm

The Add and the activation may be missing, but not both. The operators, and what their kernels for
the CPU take, are those of `docs/ContribOperators.md` in the repository of onnxruntime: f32, an Add
that does not broadcast, and activations of constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, SSAValue

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import element_of
from ...dialects.framework.constant_array import constant_array
from ...dialects.onnx import OnnxOp

DOMAIN = "com.microsoft"

RUNTIME = "onnxruntime"
"""Whose operators these are."""


@dataclass(frozen=True)
class FusedNode:
    """A node in the place of several: it stands where the last of `ops` stood."""

    operator: str
    ops: tuple[OnnxOp, ...]
    operands: tuple[SSAValue | None, ...]
    attributes: Mapping[str, object]
    """Beside those of the first of `ops`."""

    @property
    def last(self) -> OnnxOp:
        """Whose result is the result."""
        return self.ops[-1]


def fused_nodes(block: Block, store: WeightStore) -> list[FusedNode]:
    """What there is to fuse in a block and in the graphs of its operations."""
    found: list[FusedNode] = []
    for op in block.walk():
        if isinstance(op, OnnxOp) and (node := _fused(op, store)) is not None:
            found.append(node)
    # An Add of two convolutions belongs to the first of them.
    taken: set[Operation] = set()
    kept: list[FusedNode] = []
    for node in found:
        if not taken.intersection(node.ops):
            taken.update(node.ops)
            kept.append(node)
    return kept


def _fused(op: OnnxOp, store: WeightStore) -> FusedNode | None:
    if op.name not in ("onnx.Conv", "onnx.Gemm") or element_of(op.results[0].type) != f32:
        return None
    ops: list[OnnxOp] = [op]
    operands = list(op.operand_slots)
    if op.name == "onnx.Conv" and (added := _added(op)) is not None:
        ops.append(added[0])
        operands += [None] * (3 - len(operands))
        operands.append(added[1])
    reader = _reader(ops[-1])
    found = None if reader is None else _activation(reader, store, op.name == "onnx.Conv")
    attributes: dict[str, object] = {}
    if reader is not None and found is not None:
        ops.append(reader)
        attributes["activation"] = reader.schema.name
        if op.name == "onnx.Conv" and found:
            attributes["activation_params"] = found
        else:
            attributes.update(zip(("activation_alpha", "activation_beta"), found, strict=False))
    if len(ops) == 1:
        return None
    return FusedNode(f"Fused{op.schema.name}", tuple(ops), tuple(operands), attributes)


def _reader(op: OnnxOp) -> OnnxOp | None:
    """The only reader of an operation's result, in the same block."""
    [result] = op.results
    if not result.has_one_use():
        return None
    [use] = result.uses
    reader = use.operation
    return reader if isinstance(reader, OnnxOp) and reader.parent is op.parent else None


def _added(op: OnnxOp) -> tuple[OnnxOp, SSAValue] | None:
    """The Add behind a convolution, and the other tensor, of the same sizes."""
    reader = _reader(op)
    if reader is None or reader.name != "onnx.Add":
        return None
    [result] = op.results
    others = [value for value in reader.operands if value is not result]
    same = len(others) == 1 and others[0].type == result.type == reader.results[0].type
    return (reader, others[0]) if same else None


def _activation(op: OnnxOp, store: WeightStore, convolution: bool) -> list[float] | None:
    """The numbers of an activation that can be fused; None for any other operation."""
    match op.name:
        case "onnx.Relu" | "onnx.Sigmoid" | "onnx.Tanh":
            return []
        case "onnx.LeakyRelu":
            return list(_numbers(op, {"alpha": 0.01}))
        case "onnx.HardSigmoid":
            return list(_numbers(op, {"alpha": 0.2, "beta": 0.5}))
        case "onnx.Clip" if convolution:
            return _limits(op, store)
        case _:
            return None


def _numbers(op: OnnxOp, defaults: Mapping[str, float]) -> Iterator[float]:
    for name, default in defaults.items():
        value = op.attribute(name)
        yield default if value is None else cast("float", value)


def _limits(op: OnnxOp, store: WeightStore) -> list[float] | None:
    found: list[float] = []
    slots: Sequence[SSAValue | None] = op.operand_slots
    if len(slots) != 3:
        return None
    for value in slots[1:]:
        owner = None if value is None else value.owner
        if not isinstance(owner, OnnxOp) or "value" not in owner.properties:
            return None
        found.append(float(constant_array(owner.properties["value"], store.array)))
    return found
