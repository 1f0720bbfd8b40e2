"""A function of `jax.jit` and example arguments as a program."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ...errors import ImportModelError


def exported(source: Any, example: Sequence[Any]) -> Any:
    """
    What `jax.export.export` makes of a function of `jax.jit`, as a program of this machine's kind.

    Raises `ImportModelError` for another object, and with what JAX says where it fails.
    """
    if not callable(source) or not hasattr(source, "lower"):
        kind = f"{type(source).__module__}.{type(source).__qualname__}"
        raise ImportModelError("model", f"is a {kind}; example= is for a function of jax.jit")
    export: Any = import_module("jax.export")
    try:
        return export.export(source)(*example)
    except Exception as error:
        kind, text = type(error).__name__, " ".join(str(error).split())
        raise ImportModelError("model", f"jax.export.export fails: {kind}: {text}") from error
