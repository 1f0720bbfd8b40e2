"""The conversions of a dialect, put together from its families of operators and from plug-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import cast

from ...plugins import added
from .dialect_conversion import Conversion


def conversions_of(dialect: str, families: Iterable[ModuleType]) -> dict[str, Conversion]:
    """
    The conversion of each operation of a dialect by its name, as in `onnx.Conv`.

    A family is a file with a table `OPERATORS`, by the framework's names.
    """
    own: dict[str, Conversion] = {}
    for family in families:
        operators = cast("Mapping[str, Conversion]", family.OPERATORS)
        own |= {f"{dialect}.{name}": conversion for name, conversion in operators.items()}
    return {**own, **added("conversions", own)}
