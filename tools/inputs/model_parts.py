"""What a model on the command line consists of beside its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ...errors import UsageError


class PartOptions(TypedDict):
    """As `compile` and `import_model` take them."""

    weights: str | None
    signature: str | None


@dataclass(frozen=True)
class ModelParts:
    """The second file of a model of two, and which of several functions of a model."""

    weights: str | None = None
    signature: str | None = None

    @staticmethod
    def of(model: Path, weights: Path | None, signature: str | None) -> ModelParts:
        """
        What the command line gives.

        Raises `UsageError` for a compiled model, which has neither.
        """
        given = weights is not None or signature is not None
        if given and model.suffix.lower() == ".well":
            raise UsageError(f"{model} is compiled: its weights and its function are in it")
        return ModelParts(None if weights is None else str(weights), signature)

    @property
    def options(self) -> PartOptions:
        """As arguments of `compile` and `import_model`."""
        return {"weights": self.weights, "signature": self.signature}


NO_PARTS = ModelParts()
"""A model that is one file and one function."""
