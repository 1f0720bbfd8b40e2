"""
Functions that a model defines itself, put in the place of their calls.
"""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import inliner

from ..problems import Problems

_SHOWN = 6
"""How many of the calls of a circle are named."""


def inline_functions(model: onnx.ModelProto, problems: Problems) -> onnx.ModelProto:
    """`model` with every call of one of its own functions replaced by the function's body.

    Reports functions that call themselves, and calls too deep for the `onnx` package.
    """
    if not model.functions:
        return model
    if _report_recursion(model, problems):
        return model
    try:
        return inliner.inline_local_functions(model)
    except onnx.checker.ValidationError as error:
        # The onnx package puts a limit on calls within calls.
        problems.add(f"the model's functions cannot be inlined: {str(error).splitlines()[0]}")
        return model


def _report_recursion(model: onnx.ModelProto, problems: Problems) -> bool:
    """Whether a function calls itself; each cycle of calls that is found is reported."""
    bodies = {(f.domain, f.name): f for f in model.functions}
    finished: set[tuple[str, str]] = set()
    found = False
    for start in bodies:
        # Chains of calls may be long, so the calls that are open are a list of their own.
        path: dict[tuple[str, str], Iterator[onnx.NodeProto]] = {}
        key: tuple[str, str] | None = start
        while key is not None:
            if key in path:
                open_calls = list(path)
                cycle = open_calls[open_calls.index(key) :]
                calls = " -> ".join(name for _, name in (*cycle[:_SHOWN], key))
                if len(cycle) > _SHOWN:
                    calls += f" (and {len(cycle) - _SHOWN} more)"
                problems.add(f"the function '{key[1]}' calls itself: {calls}")
                found = True
            elif key in bodies and key not in finished:
                path[key] = iter(bodies[key].node)
            key = _next_call(path, finished)
    return found


def _next_call(
    path: dict[tuple[str, str], Iterator[onnx.NodeProto]], finished: set[tuple[str, str]]
) -> tuple[str, str] | None:
    """The next call in the innermost open function; those without one are finished."""
    while path:
        innermost = next(reversed(path))
        node = next(path[innermost], None)
        if node is not None:
            return node.domain, node.op_type
        finished.add(innermost)
        del path[innermost]
    return None
