"""Models that keep values from one call to the next."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.errors import InputError, InvalidArtifactError, UsageError

COUNTER = """
func.func @main(%x: tensor<4xf32>, %sum: tensor<4xf32>, %n: tensor<1xi64>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<1xi64>)
    attributes {input_names = ["x", "sum", "n"], output_names = ["y", "sum_after", "n_after"],
                state = [#framework.state<"sum", argument = 1, result = 1,
                                          initial = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>>,
                         #framework.state<"n", argument = 2, result = 2>]} {
  %one = engine.constant dense<1> : tensor<1xi64> -> tensor<1xi64>
  %y = engine.map ins(%x, %sum : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    engine.yield %c : f32
  }
  %m = engine.map ins(%n, %one : tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64> {
  ^bb0(%a: i64, %b: i64):
    %c = arith.addi %a, %b : i64
    engine.yield %c : i64
  }
  func.return %y, %y, %m : tensor<4xf32>, tensor<4xf32>, tensor<1xi64>
}
"""
"""Gives the sum of its inputs so far, and counts them; the state is between argument and result."""

FIRST = np.array([1, 2, 3, 4], np.float32)
X = np.array([1, 0, -1, 2], np.float32)


@pytest.fixture(name="model", scope="module")
def _model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "counter.mlir"
    path.write_text(COUNTER)
    return path


@pytest.fixture(name="engine", scope="module")
def _engine(model: Path) -> Any:
    return stepwell.compile(model)


@pytest.fixture(name="engine_now")
def _engine_now(engine: Any) -> Any:
    engine.reset()
    return engine


def test_calls_go_on_from_each_other(engine_now: Any):
    assert [str(t) for t in engine_now.inputs] == ["x: float32[4]"]
    assert [str(t) for t in engine_now.outputs] == ["y: float32[4]"]
    assert [str(t) for t in engine_now.state] == ["sum: float32[4]", "n: int64[1]"]
    results = [engine_now(X) for _ in range(50)]
    for number, y in enumerate(results, 1):  # none of them is memory that is used again
        np.testing.assert_array_equal(y, FIRST + number * X)
    assert list(engine_now.run({"x": X})) == ["y"]
    engine_now.reset()
    np.testing.assert_array_equal(engine_now(x=X), FIRST + X)


def test_sessions_do_not_meet(engine_now: Any):
    first, second = engine_now.session(), engine_now.session()
    for _ in range(3):
        first(X)
    np.testing.assert_array_equal(second(X), FIRST + X)
    np.testing.assert_array_equal(first.run({"x": X})["y"], FIRST + 4 * X)
    np.testing.assert_array_equal(engine_now(X), FIRST + X)
    np.testing.assert_array_equal(first.state["sum"], FIRST + 4 * X)
    np.testing.assert_array_equal(first.state["n"], [4])
    first.reset()
    np.testing.assert_array_equal(first.state["sum"], FIRST)
    first.state["sum"][:] = 0  # a copy
    np.testing.assert_array_equal(first(X), FIRST + X)


def test_results_where_the_caller_wants_them(engine_now: Any):
    out = np.empty(4, np.float32)
    for number in range(1, 4):
        assert engine_now(X, out=out) is out
        np.testing.assert_array_equal(out, FIRST + number * X)
    out[:] = 0
    np.testing.assert_array_equal(engine_now(X), FIRST + 4 * X)


def test_state_is_no_input(engine_now: Any):
    with pytest.raises(InputError, match=r"'sum' is not an input but state, .*takes 1 input: x: "):
        engine_now.run({"x": X, "sum": X})
    with pytest.raises(InputError, match=r"2 inputs given, the model takes 1 input: x: float"):
        engine_now(X, X)
    with pytest.raises(InputError, match=r"missing: 'x'; the model takes 1 input"):
        engine_now.run({})
    with pytest.raises(InputError, match=r"there is no output 'sum_after'; the model gives 'y'"):
        engine_now(X, out={"sum_after": X})


def test_a_call_that_fails_changes_nothing(engine_now: Any):
    engine_now(X)
    for wrong in (X.astype(np.float64), X[:2], "x"):
        with pytest.raises(InputError):
            engine_now(wrong)
    np.testing.assert_array_equal(engine_now(X), FIRST + 2 * X)


def test_one_call_at_a_time(engine_now: Any):
    """A call that comes while another runs on the same state is refused; sessions are not."""
    session = engine_now.session()
    whole = engine_now.run_whole
    inside, going_on = threading.Event(), threading.Event()

    class Slow:
        """The engine, whose calls wait for a word."""

        program, outputs = engine_now.program, engine_now.outputs
        feeds_of, require_given = engine_now.feeds_of, engine_now.require_given

        def run_whole(self, *arguments: Any) -> Any:
            inside.set()
            assert going_on.wait(20)
            return whole(*arguments)

    session.engine = Slow()
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(session(X)))
    thread.start()
    assert inside.wait(20)
    try:
        with pytest.raises(UsageError, match="another call on this state is running"):
            session(X)
        with pytest.raises(UsageError, match="reset it when the call has returned"):
            session.reset()
        np.testing.assert_array_equal(engine_now(X), FIRST + X)
    finally:
        going_on.set()
        thread.join()
    np.testing.assert_array_equal(results[0], FIRST + X)


def test_threads_with_sessions(engine_now: Any):
    wrong: list[int] = []

    def calls(seed: int) -> None:
        session, x = engine_now.session(), np.full(4, seed, np.float32)
        last = [session(x) for _ in range(200)][-1]
        if not np.array_equal(last, FIRST + 200 * x):
            wrong.append(seed)

    threads = [threading.Thread(target=calls, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_artifacts_begin_anew(engine_now: Any, tmp_path: Path):
    """What is saved is the model, not where its calls have come to."""
    engine_now(X)
    path = tmp_path / "counter.well"
    engine_now.save(path)
    for loaded in (
        stepwell.load(path),
        stepwell.load(path, recompile=True),
        pickle.loads(pickle.dumps(engine_now)),
    ):
        np.testing.assert_array_equal(loaded(X), FIRST + X)
        np.testing.assert_array_equal(loaded(X), FIRST + 2 * X)
        assert [str(t) for t in loaded.state] == ["sum: float32[4]", "n: int64[1]"]
    np.testing.assert_array_equal(engine_now(X), FIRST + 2 * X)


def test_a_model_without_state_has_sessions(tmp_path: Path):
    """Programs that drive any model need not ask whether it keeps something."""
    path = tmp_path / "plain.mlir"
    path.write_text(
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
        "  func.return %x : tensor<2xf32>\n}\n"
    )
    engine = stepwell.compile(path)
    session = engine.session()
    np.testing.assert_array_equal(session(X[:2]), X[:2])
    engine.reset()
    assert session.state == {}
    assert engine.state == ()


LEVELS = ("engine", "layout", "plan", "kernels")


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_says_it(model: Path, tmp_path: Path, level: str):
    """The attribute is kept on the way down, and what is read again at a level runs the same."""
    from stepwell.compiler.compile import lower

    lowered = lower(model, level)
    assert '#framework.state<"sum", argument = 1, result = 1, initial = dense' in lowered.text
    path = tmp_path / "lowered.mlir"
    path.write_text(lowered.text)
    engine = stepwell.compile(path)
    for number in range(1, 4):
        np.testing.assert_array_equal(engine(X), FIRST + number * X)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("argument = 2, result = 2", "argument = 3, result = 2", "is argument 3, there are 3"),
        ("argument = 2, result = 2", "argument = 2, result = 1", "two states .* the result 1"),
        ("argument = 2, result = 2", "argument = 0, result = 2", "is tensor<4xf32> as an argument"),
        ("state = [", 'state = ["n", ', "must be an array of #framework.state"),
    ],
)
def test_a_module_that_says_it_wrongly(tmp_path: Path, was: str, now: str, expected: str):
    path = tmp_path / "wrong.mlir"
    path.write_text(COUNTER.replace(was, now))
    with pytest.raises(stepwell.StepwellError, match=expected):
        stepwell.compile(path)


@pytest.mark.parametrize("field", ["input", "output", "initial"])
def test_a_file_that_says_what_cannot_be(engine_now: Any, tmp_path: Path, field: str):
    """Numbers of inputs and outputs, and sizes of initial values, are checked when it is read."""
    from dataclasses import replace

    from stepwell.runtime.artifact import read_artifact, write_artifact

    program = engine_now.program
    value = np.zeros(3, np.float32) if field == "initial" else 7
    states = (replace(program.states[0], **{field: value}), program.states[1])
    path = tmp_path / "wrong.well"
    write_artifact(replace(program, states=states), path)
    with pytest.raises(InvalidArtifactError, match=r"state 'sum'|header is malformed"):
        read_artifact(path)


OPEN = COUNTER.replace("%x: tensor<4xf32>", '%rows: tensor<?x4xf32, #engine.sizes<"N">>').replace(
    "%one =",
    '%x = engine.reduce ins(%rows : tensor<?x4xf32, #engine.sizes<"N">>)'
    ' {kind = "sum", axes = array<i64: 0>} -> tensor<4xf32>\n  %one =',
)


def test_open_sizes(tmp_path: Path):
    """Calls of other sizes go on with the same state; programs of chosen sizes share it."""
    path = tmp_path / "open.mlir"
    path.write_text(OPEN)
    engine = stepwell.compile(path, variants=[{"N": 2}])
    artifact = tmp_path / "open.well"
    engine.save(artifact)
    for each in (engine, stepwell.load(artifact)):
        expected = FIRST
        for rows in (1, 2, 5, 2):
            expected = expected + rows * X
            np.testing.assert_array_equal(each(np.tile(X, (rows, 1))), expected)


def test_what_a_call_has_read_is_what_the_next_one_writes(engine_now: Any):
    """Two buffers take turns, whatever the number of calls; nothing is copied."""
    session = engine_now.session()
    places: list[int] = []
    for _ in range(8):
        session(X)
        places.append(session._values[0].ctypes.data)
    assert len(set(places)) == 2
    assert places[0::2] == places[:1] * 4
