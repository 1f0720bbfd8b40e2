"""What was chosen of rewrites reaches the artifact, and comes back from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import stepwell
from stepwell.compiler.chosen_options import chosen_options, recorded_choice
from stepwell.compiler.compile import lower
from stepwell.compiler.reopen import reopen
from stepwell.errors import UsageError
from stepwell.runtime.artifact import read_artifact
from stepwell.runtime.describe import artifact_rows
from stepwell.transforms.optimize.choice import Choice

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.onnx"


def test_a_level_is_recorded_shown_and_used_again(tmp_path: Path) -> None:
    chosen = {"optimization": 0, "enable": ("split-padding",), "disable": ("use-winograd",)}
    engine = stepwell.compile(str(DIGITS), **chosen)  # pyright: ignore[reportArgumentType]
    assert not engine.program.provenance.rewrites
    images = np.random.default_rng(0).random((40, 1, 8, 8), np.float32)
    assert engine.inputs[0].shape == images.shape
    (name,) = engine.run({engine.inputs[0].name: images})
    expected = stepwell.compile(str(DIGITS)).run({engine.inputs[0].name: images})
    np.testing.assert_allclose(
        engine.run({engine.inputs[0].name: images})[name], expected[name], rtol=1e-4, atol=1e-5
    )
    path = tmp_path / "digits.well"
    engine.save(path)
    rows = [f"{name} {value}" for name, value in artifact_rows(path)]
    assert "option optimization = 0" in rows
    assert "option enable = split-padding" in rows
    assert "option disable = use-winograd" in rows
    assert "exactness rounding" in rows
    again = reopen(read_artifact(path))
    assert again.options.choice == Choice(0, "rounding", ("split-padding",), ("use-winograd",))


def test_recorded_and_read_again() -> None:
    choice = Choice(3, "approximate", ("merge-transposes",), ("use-winograd", "split-padding"))
    assert recorded_choice(choice.exactness, chosen_options(choice)) == choice
    assert recorded_choice("", {}) == Choice()


def test_what_a_stranger_recorded_is_no_error() -> None:
    strange = {"optimization": "9", "enable": "use-winograd,gone,split-padding", "disable": "x,y"}
    assert recorded_choice("bitwise", strange) == Choice(2, "bitwise", ("split-padding",), ())
    both = {"enable": "split-padding", "disable": "split-padding"}
    assert recorded_choice("odd", both) == replace(Choice(), disable=("split-padding",))


def test_wrong_choices_are_said_before_the_work() -> None:
    with pytest.raises(UsageError, match=r"'fuse-nothing'.*'use-winogard'; did you mean"):
        lower("no.onnx", "engine", enable=("fuse-nothing",), disable=("use-winogard",))
    with pytest.raises(UsageError, match="optimization is 'high' of type str"):
        lower("no.onnx", "engine", optimization="high")  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="enable is 'merge-transposes', expected a list"):
        lower("no.onnx", "engine", enable="merge-transposes")


def test_sessions_take_a_choice_for_models_alone(tmp_path: Path) -> None:
    session = stepwell.InferenceSession(str(DIGITS), optimization=1, disable=["use-winograd"])
    assert session.engine.program.provenance.options["optimization"] == "1"
    path = tmp_path / "digits.well"
    session.engine.save(path)
    with pytest.raises(UsageError, match="how it was optimised is what it is"):
        stepwell.InferenceSession(str(path), exactness="bitwise")
