"""Names of values in the IR, from those of a framework."""

from __future__ import annotations

import re


def name_hint(name: str) -> str:
    """`name` as the name of an SSA value: `/layer1/Conv_output_0` is `layer1.Conv_output.0`.

    xDSL reads a number after the last underscore as its own disambiguation and drops it, so that
    underscore becomes a point.
    """
    text = re.sub(r"[^A-Za-z0-9_$.-]+", ".", name).strip(".")
    text = re.sub(r"_(?=\d+$)", ".", text)
    return text if re.match(r"[A-Za-z_$.-]", text) else f"v{text}"
