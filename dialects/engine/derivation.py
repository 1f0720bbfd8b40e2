"""
The value of a constant that is computed from others, which may be computed themselves.

Derivations are as deep as the chain of constant operations that a model has, thousands of steps
in some, and what one step computes may be needed by many others. So nothing here calls itself, and
each step is computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

NodeT = TypeVar("NodeT", bound=Hashable)
ValueT = TypeVar("ValueT")

Inputs = Callable[[NodeT], Sequence[NodeT]]
"""What a node is computed from; nothing for one that is there already."""


def nodes_below(root: NodeT, inputs_of: Inputs[NodeT]) -> list[NodeT]:
    """`root` and all it is computed from, each once and after its own inputs."""
    found: dict[NodeT, None] = {}
    pending = [(root, False)]
    while pending:
        node, inputs_are_found = pending.pop()
        if node in found:
            continue
        if inputs_are_found:
            found[node] = None
            continue
        pending.append((node, True))
        pending += [(needed, False) for needed in reversed(inputs_of(node))]
    return list(found)


def evaluate(
    root: NodeT,
    inputs_of: Inputs[NodeT],
    compute: Callable[[NodeT, Sequence[ValueT]], ValueT],
) -> ValueT:
    """
    The value of `root`: `compute(node, values of its inputs)` for each node below it, in order.

    A value is let go of as soon as no other step needs it.
    """
    order = nodes_below(root, inputs_of)
    uses = Counter(needed for node in order for needed in inputs_of(node))
    values: dict[NodeT, ValueT] = {}
    for node in order:
        inputs = inputs_of(node)
        values[node] = compute(node, [values[needed] for needed in inputs])
        for needed in inputs:
            uses[needed] -= 1
            if not uses[needed]:
                del values[needed]
    return values[root]
