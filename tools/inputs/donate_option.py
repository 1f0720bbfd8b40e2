"""The option `--donate PAST=PRESENT`."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import UsageError


def parse_donations(texts: Sequence[str]) -> dict[str, str]:
    """
    `past=present` as a table of inputs and the outputs that get their memory.

    Raises:
        UsageError: for anything else, and for an input that is named twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, output = text.partition("=")
        if not (name and output) or "=" in output:
            raise UsageError(f"--donate {text}: expected INPUT=OUTPUT, as past=present")
        if name in found:
            raise UsageError(f"--donate {text}: '{name}' is given to '{found[name]}' already")
        found[name] = output
    return found
