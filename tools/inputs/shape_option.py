"""The option `--shape NAME=1,3,...` of both tools."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import UsageError


def parse_shapes(texts: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """`NAME=1,3,224,224` as a table; `x` may stand for the comma.

    Raises:
        UsageError: for anything else.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, equals, sizes = text.rpartition("=")
        numbers = sizes.replace("x", ",").split(",") if sizes else []
        if not (name and equals and all(n.strip().isdecimal() for n in numbers)):
            raise UsageError(f"--shape {text}: expected NAME=1,3,224,224")
        shapes[name] = tuple(int(n) for n in numbers)
    return shapes
