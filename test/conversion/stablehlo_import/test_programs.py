"""Whole programs in every format, compiled and run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context
from stepwell.runtime.engine import Engine
from stepwell.test.conversion.stablehlo_import.recorded_cases import (
    PROGRAMS,
    assert_close,
    bytes_of,
    cases,
)


def results(engine: Engine, inputs: Sequence[Any]) -> list[Any]:
    found = engine(*inputs)
    return list(found) if isinstance(found, list | tuple) else [found]


@pytest.mark.parametrize("program", PROGRAMS)
def test_text_and_bytecode_are_one_program(program: str):
    [case] = cases(program).values()
    for source in (case.text, bytes_of(program, ".mlirbc")):
        engine = stepwell.compile(source)
        assert not engine.reference_ops
        assert_close(results(engine, case.inputs), case.outputs, factor=20)


@pytest.mark.parametrize("program", PROGRAMS)
def test_open_sizes_have_their_names_and_one_program(program: str):
    [case] = cases(program).values()
    text = import_model(case.open_text, make_context())
    file = import_model(bytes_of(program, ".jaxexport"), make_context())
    for module in (text, file):
        assert '#framework.dims<["' in str(module)
        assert '"b"' in str(module)
        assert "?" not in str(module).replace("<?", "").replace("x?", "").replace("?x", "")
    engine = stepwell.compile(bytes_of(program, ".jaxexport"))
    assert not engine.reference_ops
    assert_close(results(engine, case.inputs), case.outputs, factor=20)


def test_one_program_takes_batches_of_any_size():
    [case] = cases("mlp").values()
    engine = stepwell.compile(bytes_of("mlp", ".jaxexport"))
    [x] = case.inputs
    for rows in (1, 2, 5):
        given = np.resize(x, (rows, *x.shape[1:]))
        [wanted] = case.outputs
        assert_close([engine(given)], [np.resize(wanted, (rows, *wanted.shape[1:]))], factor=20)


def test_sizes_may_be_bound():
    [case] = cases("attention").values()
    module = import_model(
        bytes_of("attention", ".jaxexport"), make_context(), shapes={"b": [2], "s": [5]}
    )
    assert "?" not in str(module)
    engine = stepwell.compile(bytes_of("attention", ".jaxexport"), shapes={"arg0": [2, 5, 8]})
    assert_close([engine(*case.inputs)], case.outputs, factor=20)


def test_an_input_may_be_a_constant():
    [case] = cases("mlp").values()
    [x] = case.inputs
    module = import_model(case.text, make_context(), values={"arg0": x})
    assert "bound_inputs" in str(module)
    assert "@main() ->" in str(module)
