"""Operations that run by their reference semantics while a compiled program runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .installed import compiler_needed


def reference_function(text: str, name: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """
    The function that the module `text` says, run by the interpreters; `name` is for messages.

    Raises:
        InvalidIRError: for text that does not parse.
    """
    with compiler_needed(f"{name}, which runs by its reference semantics,"):
        from ..dialects import make_context
        from ..interpreters import repeated
        from ..ir.parse_ir import parse_ir  # reads infinities, which xDSL's parser does not

    context = make_context()
    module = parse_ir(context, text, name)
    return repeated(context, module)
