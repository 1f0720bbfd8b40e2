"""The measuring of `stepwell bench`: turns, figures and judgements. No test asserts a time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from stepwell.errors import UsageError
from stepwell.tools.measure.bench import busy, compare, deviation, machine, mean_speed
from stepwell.tools.measure.peers import OnnxRuntime, Runtime, Session, peer

AnyArray = npt.NDArray[Any]

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.onnx"
FEEDS = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}


class Fake(Runtime):
    """Doubles its input, plus an error of `off`, and writes its name into a shared log."""

    package = "nothing"

    def __init__(self, name: str, log: list[str], off: float = 0.0):
        self.name = name
        self.log = log
        self.off = off

    def version(self) -> str:
        return "1.0"

    def load(self, model: Path, threads: int) -> Session:
        def run(feeds: Mapping[str, AnyArray]) -> Sequence[AnyArray]:
            self.log.append(self.name)
            return [feeds["x"] * 2 + np.float32(self.off)]

        return run


class Broken(Fake):
    def load(self, model: Path, threads: int) -> Session:
        raise RuntimeError(f"no kernel for {model.name}")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"0123456789")
    return path


def test_runtimes_take_turns_in_a_rotating_order(model: Path) -> None:
    log: list[str] = []
    compare(model, FEEDS, [Fake("a", log)], rounds=2, subject=Fake("b", log))
    turns = [name for at, name in enumerate(log) if at == 0 or log[at - 1] != name]
    # the first calls, round 1 (a, b), round 2 (b, a)
    assert turns == ["a", "b", "a", "b", "a"]


def test_figures_are_complete_and_json(model: Path) -> None:
    log: list[str] = []
    result = compare(model, FEEDS, [Fake("a", log)], rounds=3, subject=Fake("b", log))
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["model"], result["model_bytes"], result["reference"]) == ("tiny", 10, "a")
    assert set(result["runtimes"]) == {"a", "b"}
    for timing in result["runtimes"].values():
        assert len(timing.get("rounds_ms", [])) == 3
        assert 0 < timing.get("best_ms", 0) <= timing.get("median_ms", 0)
        assert timing.get("agrees") is True
    a, b = result["runtimes"]["a"], result["runtimes"]["b"]
    assert result["speed_against"]["a"] == a.get("median_ms", 0) / b.get("median_ms", 1)
    assert mean_speed([result, result], "a") == pytest.approx(result["speed_against"]["a"])
    assert mean_speed([result], "c") is None


@pytest.mark.parametrize(("off", "agrees"), [(9e-4, True), (2e-3, False), (math.nan, False)])
def test_wrong_numbers_are_reported(model: Path, off: float, agrees: bool) -> None:
    log: list[str] = []
    # the largest output is 10: 1e-3 is the limit
    result = compare(model, FEEDS, [Fake("a", log)], rounds=1, subject=Fake("b", log, off))
    timing = result["runtimes"]["b"]
    assert timing.get("agrees") is agrees
    assert (timing.get("deviation") is None) is math.isnan(off)


def test_a_broken_peer_does_not_stop_the_others(model: Path) -> None:
    log: list[str] = []
    peers = [Broken("bad", log), Fake("good", log)]
    result = compare(model, FEEDS, peers, rounds=1, subject=Fake("ours", log))
    assert result["runtimes"]["bad"].get("error") == "no kernel for tiny.onnx"
    assert "median_ms" not in result["runtimes"]["bad"]
    assert result["reference"] == "good"
    assert set(result["speed_against"]) == {"good"}


def test_a_broken_subject_is_the_callers_matter(model: Path) -> None:
    log: list[str] = []
    with pytest.raises(RuntimeError, match="no kernel"):
        compare(model, FEEDS, [Fake("good", log)], rounds=1, subject=Broken("ours", log))


def test_deviation_of_unlike_outputs_is_infinite() -> None:
    ones, zeros = np.ones((2, 2), np.float32), np.zeros((2, 2), np.float32)
    assert deviation([ones], [ones]) == 0
    assert deviation([zeros], [zeros]) == 0
    assert deviation([ones], [zeros]) == math.inf
    assert deviation([ones], [ones[0]]) == math.inf
    assert deviation([ones, ones], [ones]) == math.inf
    assert deviation([ones * np.nan], [ones * np.nan]) == 0
    assert deviation([np.array([3])], [np.array([4])]) == 0.25


@pytest.mark.parametrize(
    ("name", "hint"),
    [("onnx-runtime", "did you mean 'onnxruntime'"), ("tvm", "known are mnn, onnxruntime, openv")],
)
def test_unknown_peer_names_the_known_ones(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        peer(name)


def test_missing_peer_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(UsageError, match="pip install onnxruntime"):
        peer("onnxruntime")


def test_onnxruntime_against_itself() -> None:
    images = np.random.default_rng(0).random((40, 1, 8, 8), np.float32)
    twin = OnnxRuntime()
    twin.name = "twin"
    result = compare(DIGITS, {"images": images}, [OnnxRuntime()], rounds=1, subject=twin)
    assert result["runtimes"]["twin"].get("deviation") == 0


def test_a_busy_machine_is_told() -> None:
    state = machine()
    state["cores"], state["load_average"] = 2, [0.9, 5.0, 5.0]
    assert busy(state) is None
    state["load_average"] = [1.2, 0.0, 0.0]
    assert "load 1.2 on 2 processors" in (busy(state) or "")


def test_machine_is_described() -> None:
    found = machine()
    assert found["processor"]
    assert found["cores"] >= 1
    assert len(found["load_average"]) == 3
