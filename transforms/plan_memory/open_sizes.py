"""What is known of the sizes of a function that leaves some open."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block

from ...dialects.engine.opaque import has_sizes
from ...dialects.engine.size_facts import facts_of, relations_of
from ...runtime.size_proofs import SizeProofs


def proofs_of(function: FuncOp) -> SizeProofs | None:
    """What can be proven of the sizes of a function; None where all of them are numbers."""
    if not has_open_sizes(function.body.block):
        return None
    return SizeProofs(facts_of(function), [relation.sides for relation in relations_of(function)])


def has_open_sizes(block: Block) -> bool:
    """Whether a tensor of a block has a size by name."""
    values = (*block.args, *(result for op in block.ops for result in op.results))
    types = (value.type for value in values)
    return any(isinstance(t, TensorType) and has_sizes(t) for t in types)
