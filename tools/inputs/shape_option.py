"""The options `--shape NAME=1,3,...` of both tools, and `--variant NAME=1,OTHER=128`."""

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


def parse_variants(texts: Sequence[str]) -> list[dict[str, int]]:
    """`N=1,S=128` as sizes by name, one for each text.

    Raises:
        UsageError: for anything else.
    """
    variants: list[dict[str, int]] = []
    for text in texts:
        sizes: dict[str, int] = {}
        for part in text.split(","):
            name, _, number = part.rpartition("=")
            if not name or not number.strip().isdecimal() or name in sizes:
                raise UsageError(f"--variant {text}: expected a size for each name: N=1,S=128")
            sizes[name] = int(number)
        variants.append(sizes)
    return variants
