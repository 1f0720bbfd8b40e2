"""What a model says of itself, read without building it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xdsl.ir import Attribute


@dataclass(frozen=True)
class ModelSummary:
    """
    A model as its file describes it; whether it can be compiled is another question.

    `inputs` are those that a caller provides. What has no type that the IR knows is left out.
    """

    facts: tuple[tuple[str, str], ...]
    """What kind of model it is, who made it and of which version: `("opset", "21")`."""
    inputs: Mapping[str, Attribute]
    outputs: Mapping[str, Attribute]
    made_names: frozenset[str] = frozenset()
    """Names of sizes that the model leaves open without a name."""
    operators: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often each operator stands in it, subgraphs and functions included."""
    files: tuple[Path, ...] = ()
    """The files that it consists of."""
