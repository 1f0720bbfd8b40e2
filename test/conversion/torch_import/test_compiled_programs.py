"""Whole programs as engines, against records of eager torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.errors import InputError, UsageError
from stepwell.runtime.engine import Engine
from stepwell.test.conversion.torch_import.recorded_programs import (
    arrays_of,
    inputs_of,
    path_of,
    values_of,
)


def check(engine: Engine, inputs: Sequence[Any], wanted: Sequence[Any]) -> None:
    assert not engine.host_ops
    found = engine(*inputs)
    outputs = [found] if isinstance(found, np.ndarray) else list(found)
    assert len(outputs) >= len(wanted)
    for output, want in zip(outputs, wanted, strict=False):
        np.testing.assert_allclose(output, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["courses", "storage", "stored", "signature", "tagger", "views"])
def test_programs(name: str) -> None:
    check(stepwell.compile(path_of(name)), inputs_of(name), arrays_of(name, "output"))


@pytest.mark.parametrize("name", ["language", "sizes"])
def test_programs_of_any_size(name: str) -> None:
    engine = stepwell.compile(path_of(name))
    for prefix in ("", "other_"):
        check(engine, inputs_of(name, f"{prefix}input"), arrays_of(name, f"{prefix}output"))


@pytest.mark.parametrize("name", ["counted", "counted_core"])
def test_numbers_of_the_data_are_sizes(name: str) -> None:
    engine = stepwell.compile(path_of(name))
    assert not engine.reference_ops
    for prefix in ("", "other_"):
        check(engine, inputs_of(name, f"{prefix}input"), arrays_of(name, f"{prefix}output"))


def test_a_number_that_is_given_is_computed_with() -> None:
    engine = stepwell.compile(path_of("number"), values=values_of("number"))
    x, y = inputs_of("number")
    check(engine, [x, y], arrays_of("number", "output"))
    with pytest.raises(
        InputError, match="has s17 = 3, expected 4 to 64, which slice 'slice_1' needs"
    ):
        engine(x, y[:3])


def test_what_a_program_checks_of_numbers_of_the_data() -> None:
    engine = stepwell.compile(path_of("counted"))
    x = np.zeros(6, np.float32)
    for count, said in ((7, "u0"), (1, "u0 - 2"), (-1, "a size is out of bounds: u0 is 0 to 64")):
        with pytest.raises(InputError) as error:
            engine(x, np.array(count), np.array(2))
        assert said in str(error.value)


@pytest.mark.parametrize("name", ["cache", "cache_core"])
def test_what_a_buffer_holds_is_kept(name: str) -> None:
    engine = stepwell.compile(path_of(name))
    inputs = inputs_of(name)
    for _ in range(2):
        check(engine, inputs, arrays_of(name, "output"))
        check(engine, inputs, arrays_of(name, "again"))
        engine.reset()


def test_example_inputs_are_for_modules() -> None:
    with pytest.raises(UsageError, match="example= is for a module in memory; the model is a file"):
        stepwell.compile(path_of("cache"), example=(1,))
