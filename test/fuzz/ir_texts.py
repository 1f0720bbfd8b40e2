"""Valid texts of levels 1 to 5, which the mutations begin with."""

from __future__ import annotations

from functools import cache

from stepwell.compiler.compile import LoweredText, lower
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.ir.parse_ir import parse_ir
from stepwell.test.fuzz.base_models import KINDS
from stepwell.test.fuzz.programs import corpus

LEVELS = ("framework", "engine", "layout", "plan", "kernels")
WITHOUT_FILES = tuple(name for name in KINDS if name != "external data")


@cache
def text_of(level: str, number: int) -> str:
    """
    A text of a level, of a number of any size.

    Levels 1 and 2 are models; levels 2 and below are single operations, whose texts are short.
    Raises `StepwellError` where the program does not go so far down, or not without weights.
    """
    models, programs = len(WITHOUT_FILES), corpus()
    number %= models + (len(programs) if level != "framework" else 0)
    if number < models:
        deepest = level if level in ("framework", "engine", "layout") else "plan"
        return _whole(lower(KINDS[WITHOUT_FILES[number]](), deepest, target="x86-64-v3"))
    context = make_context()
    module = parse_ir(context, programs[number - models], "<program>")
    return _whole(lower(module, level, context=context, target="x86-64-v3"))


def _whole(lowered: LoweredText) -> str:
    if lowered.weights:
        raise StepwellError("has weights beside it")
    return lowered.text


def written(level: str, number: int) -> str:
    """The text of a level, or of the deepest one above that the program reaches."""
    for reached in LEVELS[LEVELS.index(level) :: -1]:
        try:
            return text_of(reached, number)
        except StepwellError:
            continue
    return corpus()[number % len(corpus())]
