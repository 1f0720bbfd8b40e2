"""
Objects of torch as what `torch.export.save` would write of them; torch is there, as they are.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

from ...errors import ImportModelError
from ..source import Content

_EXPORT = (
    "program = torch.export.export(model.eval(), (example,)); stepwell.compile(program), or: "
    "stepwell.compile(model.eval(), example=(example,))"
)
"""What to write for a module."""


def content_of(source: Content | Any) -> Content:
    """
    A file as it is, a `torch.export.ExportedProgram` as a file in memory.

    Raises:
        ImportModelError: for any other object, with what to do about it.
    """
    if isinstance(source, Content):
        return source
    torch = sys.modules["torch"]
    if isinstance(source, torch.export.ExportedProgram):
        written = io.BytesIO()
        try:
            torch.export.save(source, written)
        except Exception as error:
            raise _failed("cannot be saved by torch.export.save", error) from error
        return Content("model", memoryview(written.getvalue()))
    kind = f"{type(source).__module__}.{type(source).__qualname__}"
    if isinstance(source, torch.jit.ScriptModule):
        raise ImportModelError(
            "model", f"is a {kind}, which was scripted; export the module that it was made of"
        )
    if isinstance(source, torch.nn.Module):
        raise ImportModelError(
            "model", f"is a {kind}, which says no shapes; give it example inputs: {_EXPORT}"
        )
    raise ImportModelError("model", f"is a {kind}, expected a module or an exported program")


def exported(module: Any, example: Sequence[Any]) -> Any:
    """
    The `torch.export.ExportedProgram` of a module for example inputs.

    Raises:
        ImportModelError: for what is no module, and where torch cannot export it.
    """
    torch = sys.modules["torch"]
    if isinstance(module, torch.jit.ScriptModule) or not isinstance(module, torch.nn.Module):
        kind = f"{type(module).__module__}.{type(module).__qualname__}"
        raise ImportModelError("model", f"is a {kind}; only a torch.nn.Module has example inputs")
    if module.training:
        raise ImportModelError(
            "model", "is in training mode, in which it computes something else; call model.eval()"
        )
    try:
        with torch.no_grad():
            return torch.export.export(module, tuple(example))
    except Exception as error:
        raise _failed("cannot be exported by torch.export.export", error) from error


def _failed(what: str, error: Exception) -> ImportModelError:
    text = str(error).strip().splitlines()
    return ImportModelError("model", f"{what}: {type(error).__name__}: {text[0] if text else ''}")
