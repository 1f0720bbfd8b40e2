"""The table of frontends, those of plug-ins included."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ..plugins import extend
from .frontend import Frontend

FrontendFactory = Callable[[], Frontend]


def _own(module: str, symbol: str) -> FrontendFactory:
    def load() -> Frontend:
        return getattr(import_module(module, __package__), symbol)

    return load


def frontends() -> dict[str, FrontendFactory]:
    """Factories of all frontends by the name of their dialect."""
    return extend("frontends", {"onnx": _own(".onnx_import.frontend", "ONNX_FRONTEND")})
