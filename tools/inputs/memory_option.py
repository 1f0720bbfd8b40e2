"""`--memory-limit 32MiB`: an amount of memory as a person writes it."""

from __future__ import annotations

import re

from ...errors import UsageError

UNITS = {
    **{"": 1, "b": 1, "bytes": 1},
    **{"kb": 1000, "mb": 1000**2, "gb": 1000**3},
    **{"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30},
}


def parse_memory(text: str) -> int:
    """
    The bytes that a text such as `32MiB`, `1.5 GB` or `4096` says.

    Raises:
        UsageError: for a text that does not.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if found is None or found[2].lower() not in UNITS or float(found[1]) == 0:
        raise UsageError(
            f"--memory-limit is '{text}', expected an amount of memory such as 32MiB, 1.5GB or"
            " 65536"
        )
    return int(float(found[1]) * UNITS[found[2].lower()])
