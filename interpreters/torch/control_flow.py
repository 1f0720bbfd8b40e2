"""What operations mean that are no operators of torch: control flow, and numbers as sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..framework_calls import Value
from ..table_functions import Call, Function


def cond(call: Call) -> Sequence[Value]:
    """One of two branches, by a condition of one element."""
    chosen = bool(np.asarray(call.operand("pred")).all())
    return call.run("then_branch" if chosen else "else_branch")


def while_loop(call: Call) -> Sequence[Value]:
    """The body is repeated while the condition on what it carries holds."""
    carried: Sequence[Value] = call.group("carried")
    while np.asarray(call.run("cond", *carried)[0]).all():
        carried = call.run("body", *carried)
    return carried


def scan(call: Call) -> Sequence[Value]:
    """The body takes what is carried and a slice of each; rows are stacked."""
    return _scanned(call, call.group("init"), call.group("xs"))


def map_(call: Call) -> Sequence[Value]:
    """A scan that carries nothing."""
    return _scanned(call, (), call.group("xs"))


def _scanned(call: Call, carried: Sequence[Value], xs: Sequence[Any]) -> Sequence[Value]:
    first = len(carried)
    rows: list[Sequence[Value]] = []
    for step in range(len(xs[0])):
        values = call.run("body", *carried, *(x[step] for x in xs))
        carried = values[:first]
        rows.append(values[first:])
    if not rows:
        return [*carried, *(_no_rows(call, at) for at in range(first, len(call.op.results)))]
    return [*carried, *(np.stack(column) for column in zip(*rows, strict=True))]


def _no_rows(call: Call, at: int) -> Any:
    """The rows of no slices."""
    return np.empty((0, *(call.shape(at) or (0,))[1:]), call.dtype(at))


def as_size(call: Call) -> Sequence[Value]:
    """The number itself."""
    return [call.operand("number")]


FUNCTIONS: Mapping[str, Function] = {
    "torch.cond": cond,
    "torch.while_loop": while_loop,
    "torch.scan": scan,
    "torch.map": map_,
    "torch.as_size": as_size,
}
"""Functions by the name of the operation."""
