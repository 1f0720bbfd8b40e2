"""Whole programs by the reference, against records of eager torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp

from stepwell.conversion.source import open_source
from stepwell.conversion.torch_import.archive import open_archive
from stepwell.conversion.torch_import.import_program import import_program
from stepwell.dialects import make_context
from stepwell.interpreters.running import run
from stepwell.test.conversion.torch_import.recorded_programs import (
    NAMES,
    arrays_of,
    inputs_of,
    path_of,
    values_of,
)


def imported(name: str) -> tuple[Context, ModuleOp]:
    ctx = make_context()
    archive = open_archive(open_source(path_of(name)))
    return ctx, import_program(archive, ctx, values=values_of(name))


def called(
    ctx: Context, module: ModuleOp, inputs: Sequence[Any], more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The results by name."""
    [main] = module.ops
    assert isinstance(main, FuncOp)
    names, outputs = (main.attributes[f"{which}_names"] for which in ("input", "output"))
    assert isinstance(names, ArrayAttr)
    assert isinstance(outputs, ArrayAttr)
    texts = [n.data for n in names if isinstance(n, StringAttr)]
    given = {**dict(zip(texts, inputs, strict=False)), **(more or {})}
    results = run(ctx, module, given)
    return dict(zip([n.data for n in outputs if isinstance(n, StringAttr)], results, strict=True))


def check(found: Mapping[str, Any], wanted: Sequence[Any]) -> None:
    outputs = [value for name, value in found.items() if name.startswith("output_")]
    assert len(outputs) == len(wanted)
    for output, want in zip(outputs, wanted, strict=True):
        assert np.shape(output) == np.shape(want)
        np.testing.assert_allclose(output, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_programs(name: str) -> None:
    ctx, module = imported(name)
    check(called(ctx, module, inputs_of(name)), arrays_of(name, "output"))


@pytest.mark.parametrize("name", ["convolutional", "language", "language_core", "sizes"])
def test_programs_at_other_sizes(name: str) -> None:
    ctx, module = imported(name)
    check(called(ctx, module, inputs_of(name, "other_input")), arrays_of(name, "other_output"))


@pytest.mark.parametrize("name", ["cache", "cache_core"])
def test_what_is_kept_goes_into_the_next_call(name: str) -> None:
    ctx, module = imported(name)
    first = called(ctx, module, inputs_of(name))
    kept = {what: first[f"{what}_after"] for what in ("rows", "count")}
    check(called(ctx, module, inputs_of(name), kept), arrays_of(name, "again"))


def test_an_input_that_is_written_into_is_given_back() -> None:
    ctx, module = imported("signature")
    inputs = inputs_of("signature")
    np.testing.assert_allclose(called(ctx, module, inputs)["pair_1_after"], inputs[1] + 1)
