"""Tables of sizes: computed when sizes change, with the memory that they ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stepwell.errors import NotEnoughMemoryError, UsageError
from stepwell.runtime import call_frame
from stepwell.runtime.abi import FrameSlot
from stepwell.runtime.call_frame import PATIENCE
from stepwell.runtime.code_seal import sealed
from stepwell.runtime.engine import Engine
from stepwell.runtime.load import load
from stepwell.runtime.program import CompiledProgram, TensorSignature
from stepwell.runtime.program_check import problem_of


@pytest.fixture
def sized_program(link_texts):
    """y[0, 0] = N, y[0, 1] = how often its frame's table was computed; 100 N bytes of arena."""
    first = int(FrameSlot.ARGUMENTS)
    code = link_texts(f"""
        define void @stepwell_bind(ptr %frame) {{
          %slot = getelementptr ptr, ptr %frame, i64 {FrameSlot.TABLE}
          %table = load ptr, ptr %slot
          %n_slot = getelementptr i64, ptr %frame, i64 {first + 2}
          %n = load i64, ptr %n_slot
          %bytes = mul i64 %n, 100
          store i64 %bytes, ptr %table
          %count_slot = getelementptr i64, ptr %table, i64 1
          %count = load i64, ptr %count_slot
          %more = add i64 %count, 1
          store i64 %more, ptr %count_slot
          ret void
        }}
        define i32 @stepwell_main(ptr %frame) {{
          %slot = getelementptr ptr, ptr %frame, i64 {FrameSlot.TABLE}
          %table = load ptr, ptr %slot
          %y_slot = getelementptr ptr, ptr %frame, i64 {first + 1}
          %y = load ptr, ptr %y_slot
          %bytes = load i64, ptr %table
          %n = udiv i64 %bytes, 100
          store i64 %n, ptr %y
          %count_slot = getelementptr i64, ptr %table, i64 1
          %count = load i64, ptr %count_slot
          %second = getelementptr i64, ptr %y, i64 1
          store i64 %count, ptr %second
          ret i32 0
        }}""")
    return CompiledProgram(
        inputs=(TensorSignature("x", "bool", ("N",)),),
        outputs=(TensorSignature("y", "int64", ("N + 1", 2)),),
        codes=(code,),
        weights=(),
        weights_size=0,
        arena_size=700,
        table_entries=2,
        size_limit="N * 100",
        dims={"N": "0..@7"},
    )


def test_the_table_of_sizes_is_computed_when_sizes_change(sized_program):
    engine = Engine(sized_program, threads=1)
    assert engine.arena_bytes == 700
    counts = []
    for n in (5, 5, 0, 5, 8):
        y = engine(np.zeros(n, np.bool_))
        assert y.shape == (n + 1, 2)
        assert y[0, 0] == n
        assert engine.arena_bytes == 100 * n
        counts.append(int(y[0, 1]))
    assert counts == [1, 1, 2, 3, 4]
    needs = engine.memory(N=50)
    assert (needs.intermediate, needs.arguments) == (5000, 50 + 51 * 16)
    with pytest.raises(UsageError, match="the names of the sizes of the model are N"):
        engine.memory(M=1)


def test_memory_of_large_sizes_is_given_back_when_calls_stay_small(sized_program):
    engine = Engine(sized_program, threads=1)
    engine(np.zeros(1000, np.bool_))
    (frame,) = engine._idle
    for _ in range(PATIENCE):
        engine(np.zeros(10, np.bool_))
    assert frame.arena.size == 100_000
    engine(np.zeros(10, np.bool_))
    assert frame.arena.size == 1000


def test_a_frame_without_memory_asks_again(sized_program, monkeypatch):
    """Also where what fails is giving memory back, between calls of the same sizes."""
    engine = Engine(sized_program, threads=1)
    engine(np.zeros(1000, np.bool_))
    for _ in range(PATIENCE):
        engine(np.zeros(10, np.bool_))

    def none(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(call_frame, "aligned_empty", none)
        with pytest.raises(NotEnoughMemoryError, match="does not give"):
            engine(np.zeros(10, np.bool_))
    engine(np.zeros(10, np.bool_))
    (frame,) = engine._idle
    assert frame.arena.size == 1000
    assert frame.slots[FrameSlot.ARENA] == frame.arena.ctypes.data


def test_sizes_beyond_64_bits_are_refused(sized_program):
    engine = Engine(replace(sized_program, size_limit="N * 4611686018427387904"), threads=1)
    engine(np.zeros(0, np.bool_))
    with pytest.raises(NotEnoughMemoryError, match="with N = 1, .* than any machine has"):
        engine(np.zeros(1, np.bool_))
    engine(np.zeros(0, np.bool_))


def test_results_that_no_machine_holds_are_refused(sized_program):
    """Also where the inputs are empty, so that they could be given."""
    output = TensorSignature("y", "int64", ("N + 1", 1 << 40))
    engine = Engine(replace(sized_program, outputs=(output,)), threads=1)
    with pytest.raises(NotEnoughMemoryError, match="a call with N = 0 needs"):
        engine(np.zeros(0, np.bool_))


def test_a_table_of_sizes_survives_in_an_artifact(sized_program, tmp_path):
    path = tmp_path / "sized.well"
    Engine(sized_program, threads=1).save(path)
    assert load(path, threads=1)(np.zeros(3, np.bool_))[0, 0] == 3


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"table_entries": -1}, "-1 entries"),
        ({"size_limit": "M"}, "names that no input gives: M"),
        ({"size_limit": "N +"}, "the limit of its sizes"),
        ({"inputs": (TensorSignature("x", "bool", (3,)),)}, "its sizes are numbers"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(sized_program, changed, problem):
    assert problem_of(sealed(sized_program)) is None
    assert problem in (problem_of(sealed(replace(sized_program, **changed))) or "")


@pytest.mark.parametrize("changed", [{"table_entries": 3}, {"size_limit": "N"}])
def test_a_table_that_the_code_was_not_made_for_is_refused(sized_program, changed):
    spoilt = replace(sealed(sized_program), **changed)
    assert "made for another header" in (problem_of(spoilt) or "")
