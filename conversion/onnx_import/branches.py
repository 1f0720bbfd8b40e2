"""
The branches of an `If`: which of them can run.

The standard evaluates the branch that is taken and no other. A branch that does not fit the
model's shapes is therefore no mistake of the model (one graph for 8 and for 16 kHz holds both) but
one that must not be taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import onnx
from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, Block, Region

from ...dialects.engine.size_facts import BroadcastRelationAttr, RelationAttr
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import YieldOp
from ..size_relations import Relations
from .inference import InferenceFailure, Value

THEN, ELSE = "then_branch", "else_branch"


@dataclass(frozen=True)
class Branch:
    """One branch as far as it could be built."""

    name: str
    """`then_branch` or `else_branch`."""
    block: Block
    """Its operations, without a terminator."""
    outputs: Sequence[Value | None]
    """Its outputs, None for one that could not be built."""
    misfits: tuple[str, ...] = ()
    """Why it cannot run with these shapes."""
    relations: Relations = field(default_factory=Relations)
    """What must hold of the sizes of a call in which it is taken."""

    @property
    def relations_name(self) -> str:
        """The attribute of the node that holds them: `framework.then_relations`."""
        return _relations_name(self.name)

    @property
    def complete(self) -> bool:
        """Whether nothing is wrong with it but its shapes."""
        return bool(self.misfits) or None not in self.outputs

    @property
    def values(self) -> list[Value]:
        """The outputs of a branch that fits."""
        return [value for value in self.outputs if value is not None]

    @property
    def types(self) -> list[Attribute]:
        """Their types."""
        return [value.type for value in self.values]

    def region(self) -> Region:
        """The branch as a subgraph."""
        self.block.add_op(YieldOp([value.ssa for value in self.values]))
        return Region(self.block)


def branch_relations(
    op: FrameworkOp, name: str
) -> tuple[RelationAttr | BroadcastRelationAttr, ...]:
    """What must hold of the sizes of a call that takes a branch of an `If`."""
    found = op.attributes.get(_relations_name(name))
    entries = found if isinstance(found, ArrayAttr) else ()
    return tuple(e for e in entries if isinstance(e, RelationAttr | BroadcastRelationAttr))


def _relations_name(name: str) -> str:
    return f"framework.{name.removesuffix('_branch')}_relations"


def branch_graph(node: onnx.NodeProto, name: str) -> onnx.GraphProto:
    """One branch of an `If`. Raises `InferenceFailure` where it is missing."""
    for attribute in node.attribute:
        if attribute.name == name:
            return attribute.g
    raise InferenceFailure(f"it has no {name}")


def condition_of(value: Value | None) -> bool | None:
    """Whether the condition of an `If` holds, None where only the data decides."""
    if value is None or value.constant is None or value.constant.size != 1:
        return None
    return bool(value.constant.reshape(-1)[0])


def move_operations(source: Block, target: Block) -> None:
    """Append the operations of one block to another."""
    for op in list(source.ops):
        op.detach()
        target.add_op(op)


def require_outputs(node: onnx.NodeProto, branch: str, values: Sequence[object]) -> None:
    """Raise `InferenceFailure` where a branch gives fewer values than the node wants."""
    if len(values) < len(node.output):
        raise InferenceFailure(
            f"its {branch} has {len(values)} outputs, the node has {len(node.output)}"
        )


def not_to_be_taken(label: str, branch: Branch) -> str:
    """What is said when the branch is taken that does not fit."""
    return (
        f"{label}: its {branch.name} was taken, which does not fit the shapes the model was "
        f"compiled for ({'; '.join(branch.misfits)})"
    )
