"""Layout choices of templates that take strided operands: no copy where none is needed."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine import TransposeOp
from ...dialects.engine.base import EngineOp, layout_of

ANY = "*"


def as_it_comes(value: SSAValue) -> str | None:
    """The permuted layout a value has; row-major (None) is asked for where it is blocked."""
    tag = layout_of(value)
    return None if tag.inner or tag.row_major else str(tag)


def result_before_transpose(op: EngineOp) -> str | None:
    """
    `*` where the only user of the result transposes it and leaves the last dimension last.

    Layout assignment then stores the result so that the transpose is a view.
    """
    if len(op.results) != 1:
        return None
    users = [use.operation for use in op.results[0].uses]
    if len(users) != 1 or not isinstance(users[0], TransposeOp):
        return None
    permutation = users[0].permutation
    return ANY if permutation[-1] == len(permutation) - 1 else None
