"""
Functions that a model defines itself, put in the place of their calls.
"""

from __future__ import annotations

import onnx
from onnx import inliner

from ..problems import Problems


def inline_functions(model: onnx.ModelProto, problems: Problems) -> onnx.ModelProto:
    """`model` with every call of one of its own functions replaced by the function's body.

    Reports functions that call themselves.
    """
    if not model.functions:
        return model
    if _report_recursion(model, problems):
        return model
    return inliner.inline_local_functions(model)


def _report_recursion(model: onnx.ModelProto, problems: Problems) -> bool:
    bodies = {(f.domain, f.name): f for f in model.functions}
    finished: set[tuple[str, str]] = set()
    found = False

    def visit(key: tuple[str, str], path: list[tuple[str, str]]) -> None:
        nonlocal found
        if key in path:
            calls = " -> ".join(name for _, name in [*path[path.index(key) :], key])
            problems.add(f"the function '{key[1]}' calls itself: {calls}")
            found = True
            return
        if key in finished or key not in bodies:
            return
        for node in bodies[key].node:
            visit((node.domain, node.op_type), [*path, key])
        finished.add(key)

    for key in bodies:
        visit(key, [])
    return found
