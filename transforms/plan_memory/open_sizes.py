"""The sizes of a function that leaves some open: what is known, and whether they can be planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, OpResult, SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.engine.base import names_of as node_names
from ...dialects.engine.loop import blocks_in_line, defined_in
from ...dialects.engine.opaque import has_sizes, is_opaque
from ...dialects.engine.size_definitions import SizeDefinitions
from ...dialects.engine.size_facts import facts_of, relations_of
from ...errors import CompileError
from ...runtime.size_bounds import largest
from ...runtime.size_facts import names_of
from ...runtime.size_proofs import SizeProofs
from .structures import OpenBuffer


def proofs_of(function: FuncOp) -> SizeProofs | None:
    """What can be proven of the sizes of a function; None where all of them are numbers."""
    if not has_open_sizes(function.body.block):
        return None
    return SizeProofs(facts_of(function), [relation.sides for relation in relations_of(function)])


def has_open_sizes(block: Block) -> bool:
    """Whether a tensor of a block has a size by name."""
    values = (v for b in blocks_in_line(block) for v in defined_in(b))
    return any(isinstance(v.type, TensorType) and has_sizes(v.type) for v in values)


def with_bounds(
    buffers: Mapping[SSAValue, OpenBuffer], definitions: SizeDefinitions
) -> dict[SSAValue, OpenBuffer]:
    """Buffers as large as they can be, whatever sizes the data decides."""
    return {
        value: replace(buffer, size=largest(buffer.size, definitions.bounds))
        for value, buffer in buffers.items()
    }


def check_plannable(function: FuncOp, buffers: Mapping[SSAValue, OpenBuffer]) -> None:
    """
    Refuse buffers whose sizes no input says: what the arena needs is known before anything runs.

    Raises:
        CompileError: naming the node, the size, and how to give numbers instead.
    """
    arguments = [a for a in function.body.block.args if not is_opaque(a)]
    known = set(names_of(n for a in arguments for n in extents_of(a)))
    for value, buffer in buffers.items():
        left = [name for name in names_of([buffer.size]) if name not in known]
        if left:
            nodes = ", ".join(node_names(value.op, "nodes")) if isinstance(value, OpResult) else ""
            what = f"'{nodes}'" if nodes else f"a value of {value.type}"
            raise CompileError(
                f"plan-memory: {what} needs {buffer.size} bytes, and no input says what"
                f" {' and '.join(left)} {'is' if len(left) == 1 else 'are'}; give the inputs"
                " numbers for their sizes (--shape, shapes=)"
            )
