"""Levels, exactness, and rewrites by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepwell.compiler.named_pipeline import expanded
from stepwell.compiler.options import Options
from stepwell.compiler.passes import get_all_passes
from stepwell.compiler.pipelines import STAGES
from stepwell.errors import UsageError
from stepwell.transforms.optimize.choice import (
    ASKED_FOR,
    LEVEL_OF_GROUP,
    LEVELS,
    MERGE,
    NEEDED,
    OPTIONAL_PASSES,
    Choice,
    exactness_at,
)
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import GROUPS

DOCUMENT = Path(__file__).parents[3] / "docs" / "rewrites.md"


def names(choice: Choice) -> set[str]:
    passes = {name for name in OPTIONAL_PASSES if choice.takes_pass(name)}
    return {rule.name for rule in REWRITES if choice.takes_rule(rule)} | passes


def test_each_level_has_what_the_one_below_has() -> None:
    found = [names(Choice(level, exactness_at(level, None))) for level in LEVELS]
    assert not found[0]
    assert found[0] < found[1] < found[2] <= found[3]
    assert all(Choice(0).takes_pass(name) for name in NEEDED)


def test_every_group_has_a_level() -> None:
    assert LEVEL_OF_GROUP.keys() == GROUPS.keys()
    assert set(LEVEL_OF_GROUP.values()) <= LEVELS.keys()


def test_passes_that_are_optional_or_needed_exist() -> None:
    assert {*OPTIONAL_PASSES, *NEEDED} - {MERGE} <= get_all_passes().keys()
    stages = tuple(make(Options()) for make in STAGES.values())
    used = {pass_.name for pass_ in expanded(stages)}
    asked = {name for name, known in OPTIONAL_PASSES.items() if known.level == ASKED_FOR}
    assert used == {*OPTIONAL_PASSES, *NEEDED} - {MERGE} - asked
    enabled = tuple(make(Options(enable=tuple(asked))) for make in STAGES.values())
    assert {pass_.name for pass_ in expanded(enabled)} == used | asked


def test_exactness_limits_what_may_fire() -> None:
    bitwise, rounding = names(Choice(exactness="bitwise")), names(Choice())
    assert bitwise < rounding
    assert {"fold-affine-epilogue", "use-winograd"} <= rounding - bitwise
    assert exactness_at(3, "bitwise") == "bitwise"


def test_names_choose() -> None:
    choice = Choice(0, enable=("use-winograd", "merge-transposes"))
    assert names(choice) == {"use-winograd", "merge-transposes"}
    choice = Choice(disable=("use-winograd", "merge-transposes"))
    assert names(Choice()) - names(choice) == {"use-winograd", "merge-transposes"}


def test_all_that_is_wrong_is_said_at_once() -> None:
    choice = Choice(
        exactness="bitwise",
        enable=("merge-transpose", "use-winograd", "split-padding"),
        disable=("use-winogard", "plan-memory", "split-padding"),
    )
    with pytest.raises(UsageError) as error:
        choice.check(REWRITES)
    said = str(error.value).split("; ")
    assert said == [
        "enable: there is no rewrite or optional pass 'merge-transpose'",
        next(line for line in said if line.startswith("did you mean 'merge-transposes'")),
        "disable: there is no rewrite or optional pass 'use-winogard'",
        next(line for line in said if line.startswith("did you mean 'use-winograd'")),
        "disable: 'plan-memory' is needed to run and always takes part",
        "'split-padding' is both enabled and disabled",
        "enable: 'use-winograd' is of class rounding, and exactness is bitwise",
        "give exactness rounding",
    ]


@pytest.mark.parametrize("level", [-1, 4])
def test_there_are_four_levels(level: int) -> None:
    with pytest.raises(UsageError, match="expected 0, 1, 2 or 3"):
        Choice(level)
