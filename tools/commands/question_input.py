"""What the commands that ask questions of a model have in common."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...compiler.questions.model_options import ModelOptions
from ...errors import UsageError
from ...runtime.size import Extent, Size
from ...runtime.size_facts import Dim
from ..inputs.choice_option import NO_CHOICE, ChoiceOption
from ..inputs.model_parts import NO_PARTS, ModelParts


@dataclass(frozen=True)
class QuestionInput:
    """A model as the command line describes it."""

    model: Path
    shapes: Mapping[str, tuple[Extent, ...]] = field(
        default_factory=dict[str, "tuple[Extent, ...]"]
    )
    sizes: Mapping[str, Dim] = field(default_factory=dict[str, Dim])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    target: str | None = None
    choice: ChoiceOption = NO_CHOICE
    parts: ModelParts = NO_PARTS

    def __post_init__(self) -> None:
        if self.model.suffix.lower() == ".well":
            raise UsageError(
                f"{self.model} is compiled: what happened to it is over; ask of the model that it "
                "was compiled from"
            )

    @property
    def options(self) -> ModelOptions:
        """As keywords of the questions."""
        texts = {
            name: tuple(s.text if isinstance(s, Size) else s for s in shape)
            for name, shape in self.shapes.items()
        }
        chosen = self.choice.keywords
        return ModelOptions(
            target=self.target,
            shapes=texts,
            sizes=self.sizes,
            values=self.values,
            optimization=chosen["optimization"],
            exactness=chosen["exactness"],
            enable=chosen["enable"],
            disable=chosen["disable"],
            **self.parts.options,
        )


def put_json(answer: object) -> None:
    """An answer on standard output."""
    json.dump(answer, sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")
