"""The option `--value NAME=V`: inputs that are given their value when a model is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...conversion.import_model import summary_of
from ...conversion.input_values import bound_values
from ...conversion.problems import Problems
from ...errors import UsageError
from .model_parts import NO_PARTS, ModelParts


def parse_values(texts: Sequence[str]) -> dict[str, Any]:
    """
    `sr=16000`, `size=224,224`, `flag=true` as a table; what is no number is a string.

    Raises:
        UsageError: for anything else.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value.strip()):
            raise UsageError(f"--value {text}: expected NAME=16000, NAME=1,2,3 or NAME=true")
        parts = [_element(part.strip()) for part in value.removesuffix(",").split(",")]
        values[name] = parts if "," in value else parts[0]
    return values


def _element(text: str) -> bool | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def value_arrays(
    model: Path, values: Mapping[str, Any], parts: ModelParts = NO_PARTS
) -> dict[str, Any]:
    """
    The values as the inputs of a model take them.

    Raises:
        ImportModelError: for values that do not fit the model.
    """
    if not values:
        return {}
    problems = Problems(str(model))
    arrays = bound_values(summary_of(model, **parts.options).inputs, values, problems)
    problems.stop()
    return arrays
