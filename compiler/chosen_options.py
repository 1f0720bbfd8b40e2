"""What was chosen of rewrites and passes, as an artifact records it."""

from __future__ import annotations

from collections.abc import Mapping

from ..transforms.optimize.choice import DEFAULT_LEVEL, LEVELS, OPTIONAL_PASSES, Choice
from ..transforms.optimize.plugged import all_rewrites
from ..transforms.optimize.rewriting import EXACTNESS

OPTIMIZATION, ENABLE, DISABLE = "optimization", "enable", "disable"


def chosen_options(choice: Choice) -> dict[str, str]:
    """A choice as options of the provenance of a program, which has its exactness beside them."""
    named = {ENABLE: choice.enable, DISABLE: choice.disable}
    lists = {name: ",".join(given) for name, given in named.items() if given}
    return {OPTIMIZATION: str(choice.optimization), **lists}


def recorded_choice(exactness: str, options: Mapping[str, str]) -> Choice:
    """
    The choice in the provenance of an artifact, which may be a stranger's, or of a version with
    other rules: what is not known here is left out.
    """
    level = options.get(OPTIMIZATION, "")
    found = Choice(
        int(level) if level in map(str, LEVELS) else DEFAULT_LEVEL,
        exactness if exactness in EXACTNESS else "rounding",
    )
    enable, disable = options.get(ENABLE, ""), options.get(DISABLE, "")
    if not enable and not disable:
        return found
    classes = {name: known.exactness for name, known in OPTIONAL_PASSES.items()}
    classes.update({rule.name: rule.exactness for rule in all_rewrites()})
    left_out = tuple(name for name in disable.split(",") if name in classes)
    allowed = EXACTNESS.index(found.exactness)
    added = tuple(
        name
        for name in enable.split(",")
        if name not in left_out and EXACTNESS.index(classes.get(name, EXACTNESS[-1])) <= allowed
        if name in classes
    )
    return Choice(found.optimization, found.exactness, added, left_out)
