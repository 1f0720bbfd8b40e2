"""How the model of a question is compiled: the keywords of `compile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

from xdsl.context import Context

from ...transforms.optimize.choice import DEFAULT_LEVEL, Choice
from ..compilation import Compilation, given_model
from ..options import Shapes, Sizes, options_of


class ModelOptions(TypedDict, total=False):
    """The keywords of `compile` that say what a model is and how it is optimised."""

    threads: int
    target: str | None
    shapes: Shapes | None
    values: Mapping[str, Any] | None
    sizes: Sizes | None
    weights: Any
    signature: str | None
    optimization: int
    exactness: str | None
    enable: Sequence[str]
    disable: Sequence[str]
    precision: str | None
    context: Context | None


class ChoiceAnswer(TypedDict):
    """What was chosen of rewrites and passes."""

    optimization: int
    exactness: str
    enable: list[str]
    disable: list[str]


def opened(model: Any, **keywords: Unpack[ModelOptions]) -> Compilation:
    """
    A compilation of `model` at level 1.

    Raises:
        StepwellError: as `compile`.
    """
    options = options_of(
        keywords.get("threads", 1),
        keywords.get("target"),
        keywords.get("shapes"),
        keywords.get("exactness"),
        keywords.get("values"),
        (),
        keywords.get("sizes"),
        keywords.get("weights"),
        keywords.get("signature"),
        optimization=keywords.get("optimization", DEFAULT_LEVEL),
        enable=keywords.get("enable", ()),
        disable=keywords.get("disable", ()),
    )
    return Compilation.of(given_model(model), options, context=keywords.get("context"))


def model_name(model: Any) -> str:
    """What a model is called in an answer: the name of its file."""
    return Path(model).name if isinstance(model, str | Path) else ""


def choice_answer(choice: Choice) -> ChoiceAnswer:
    """A choice as an answer has it."""
    return ChoiceAnswer(
        optimization=choice.optimization,
        exactness=choice.exactness,
        enable=list(choice.enable),
        disable=list(choice.disable),
    )
