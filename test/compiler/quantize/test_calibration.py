"""Samples that do not fit a model, and those that do."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from stepwell.compiler.quantize.calibration import Calibration, ModelInput
from stepwell.compiler.quantize.sample_files import samples_in
from stepwell.errors import InputError, UsageError
from stepwell.runtime.size import named

IMAGE = ModelInput("x", np.dtype(np.float32), (2, 3))
TEXT = (
    ModelInput("ids", np.dtype(np.int64), (named("N"), named("S"))),
    ModelInput("mask", np.dtype(np.int64), (named("N"), named("S"))),
)


def sample(value=0.0):
    return {"x": np.full((2, 3), value, np.float32)}


def refused(feeds, inputs=(IMAGE,)) -> str:
    calibration = Calibration(feeds, inputs)
    with pytest.raises(InputError) as error:
        list(calibration.observed())
    return str(error.value)


def test_a_quarter_is_held_out_of_every_kind():
    calibration = Calibration([sample(n) for n in range(64)], (IMAGE,))
    seen = {int(s["x"][0, 0]) for s in calibration.observed()}
    held = [int(s["x"][0, 0]) for s in calibration.held_out]
    assert sorted([*seen, *held]) == list(range(64))
    assert [n // 4 for n in held] == list(range(16))
    assert {n % 4 for n in held} == {0, 1, 2, 3}  # kinds that take turns are all there
    assert 3 in held  # four samples are enough to have one


def test_the_first_are_given_again():
    calibration = Calibration(iter([sample(n) for n in range(10)]), (IMAGE,))
    assert [float(s["x"][0, 0]) for s in calibration.first(3)] == [0, 1, 2]
    assert len(list(calibration.observed())) == 8


def test_all_that_is_wrong_is_said_at_once():
    text = refused(
        [
            {"y": np.zeros((2, 3), np.float32)},
            {"x": np.zeros((2, 4), np.float32)},
            {"x": np.array([["a"] * 3] * 2)},
            {"x": np.full((2, 3), np.nan, np.float32)},
            {"x": np.zeros((2, 3), np.int64)},
            7,
        ]
    )
    assert "the model has no input 'y'; it has 'x'" in text
    assert "there is no data for input 'x'" in text
    assert "'x' of sample 1 has the shape [2, 4], expected float32[2, 3]" in text
    assert "'x' of sample 2 is of <U1" in text
    assert "'x' of sample 3 has 6 elements that are infinite or not a number" in text
    assert "'x' of sample 4 is of int64" in text
    assert "sample 5 is of type int" in text


def test_many_problems_are_counted():
    text = refused([{"x": np.zeros((2, n + 4), np.float32)} for n in range(30)])
    assert "and 22 more" in text


def test_sizes_of_one_name_are_equal():
    text = refused([{"ids": np.zeros((1, 5), int), "mask": np.zeros((1, 6), int)}] * 4, TEXT)
    assert "'mask' of sample 0 has 6 where S is, which is 5 in another input" in text


def test_too_few():
    assert "there are 3 samples, expected at least 4" in refused([sample()] * 3)
    assert "there are 0 samples" in refused([])


@pytest.mark.parametrize("given", [{"x": 1}, 5, None, "data.npz"])
def test_no_samples_at_all(given):
    with pytest.raises(UsageError, match="expected an iterable of samples"):
        Calibration(given, (IMAGE,))


def test_integers_of_another_width_and_floats_become_those_of_the_model():
    calibration = Calibration([{"x": np.ones((2, 3))}] * 4, (IMAGE,))
    assert all(s["x"].dtype == np.float32 for s in calibration.observed())
    narrow = {"ids": np.ones((1, 2), np.int32), "mask": np.ones((1, 2), np.int8)}
    assert all(s["ids"].dtype == np.int64 for s in Calibration([narrow] * 4, TEXT).observed())


def test_memory_does_not_grow_with_the_number_of_samples():
    wide = ModelInput("x", np.dtype(np.float32), (1, 250_000))

    def peak(count):
        feeds = ({"x": np.zeros((1, 250_000), np.float32)} for _ in range(count))
        tracemalloc.start()
        calibration = Calibration(feeds, (wide,))
        seen = sum(1 for _ in calibration.observed())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seen == count - count // 4
        assert len(calibration.held_out) > 64
        return most

    assert peak(3000) < 1.1 * peak(1100)


def test_files_are_read_row_by_row(tmp_path):
    path = tmp_path / "data.npz"
    rows = np.arange(8 * 6, dtype=np.float32).reshape(16, 3)
    np.savez(path, x=rows)
    read = list(samples_in([str(path), str(path)], (IMAGE,)))
    assert len(read) == 16
    assert np.array_equal(read[1]["x"], rows[2:4])
    np.savez_compressed(path, ids=np.zeros((5, 1, 7), int), mask=np.zeros((5, 1, 7), int))
    assert [s["ids"].shape for s in samples_in([str(path)], TEXT)] == [(1, 7)] * 5
    np.savez(path, ids=np.zeros((5, 7), int), mask=np.zeros((5, 7), int))
    assert [s["ids"].shape for s in samples_in([str(path)], TEXT)] == [(1, 7)] * 5


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.zeros((5, 3), np.float32)}, "'x' has 5 rows, expected a multiple of the batch"),
        ({"x": np.zeros((6, 3)), "y": np.zeros(4)}, "3 of 'x', 4 of 'y'"),
        ({}, "holds no arrays"),
        ({"x": np.zeros((6, 3), order="F")}, "stored by columns"),
        ({"x": np.array([{}, {}])}, "holds objects"),
    ],
)
def test_files_that_hold_no_samples(tmp_path, arrays, said):
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=said):
        list(samples_in([str(path)], (IMAGE,)))


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        list(samples_in([str(tmp_path / "none.npz")], (IMAGE,)))
    text = tmp_path / "text.npz"
    text.write_text("no archive")
    with pytest.raises(InputError, match=r"not a \.npz file"):
        list(samples_in([str(text)], (IMAGE,)))
    whole = tmp_path / "whole.npz"
    np.savez(whole, x=np.zeros((200, 3), np.float32))
    half = tmp_path / "half.npz"
    half.write_bytes(whole.read_bytes()[:900])
    with pytest.raises(InputError, match=r"not a \.npz file"):
        list(samples_in([str(half)], (IMAGE,)))
