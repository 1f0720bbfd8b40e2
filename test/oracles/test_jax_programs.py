"""
Programs and operators of JAX, compiled, against JAX itself.

The programs are those that `tools/record/stablehlo.py` records, in all the forms that JAX writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import stepwell

jax = pytest.importorskip("jax")
export = pytest.importorskip("jax.export")
recorded = pytest.importorskip("stepwell.tools.record.stablehlo")

TOLERANCE = {1: 0.2, 2: 1e-2, 4: 1e-4, 8: 1e-9}
"""Of the largest magnitude, by the bytes of an element."""

WIDE = ("elementwise", "types", "reduction")
"""Families in which numbers may have 64 bits."""


def check(found: Any, wanted: Sequence[Any]) -> None:
    outputs = list(found) if isinstance(found, list | tuple) else [found]
    for output, want in zip(outputs, map(np.asarray, wanted), strict=True):
        array = np.asarray(output)
        assert (array.shape, array.dtype) == (want.shape, want.dtype)
        if want.dtype.kind in "iub":
            np.testing.assert_array_equal(array, want)
            continue
        a, b = array.astype(np.float64), want.astype(np.float64)
        finite = np.abs(b[np.isfinite(b)])
        largest = max(float(finite[finite < 1e30].max(initial=0)), 1.0)
        allowed = TOLERANCE[want.dtype.itemsize] * (8 if want.dtype == ml_dtypes.bfloat16 else 1)
        np.testing.assert_allclose(a, b, rtol=allowed, atol=allowed * largest)


def operators() -> Iterator[Any]:
    for family in recorded.FAMILIES:
        for name, function, arguments in family():
            values = function, arguments, family.__name__ in WIDE
            yield pytest.param(*values, id=f"{family.__name__}-{name}")


@pytest.mark.parametrize(("function", "arguments", "wide"), list(operators()))
def test_operators(function: Any, arguments: Sequence[Any], *, wide: bool) -> None:
    jax.config.update("jax_enable_x64", wide)
    jitted = jax.jit(function)
    wanted = jax.tree.leaves(jitted(*arguments))
    engine = stepwell.compile(jitted.lower(*arguments).as_text().encode())
    check(engine(*arguments), wanted)


@pytest.mark.parametrize("make", recorded.PROGRAMS, ids=lambda make: make.__name__)
def test_programs_in_all_forms(make: Any) -> None:
    jax.config.update("jax_enable_x64", val=False)
    name, function, arguments = make()
    jitted = jax.jit(function)
    wanted = jax.tree.leaves(jitted(*arguments))
    fixed = export.export(jitted)(*arguments)
    shape = export.symbolic_shape(recorded.OPEN[name])
    opened = export.export(jitted)(jax.ShapeDtypeStruct(shape, arguments[0].dtype))
    for source in (
        jitted.lower(*arguments).as_text().encode(),
        fixed,
        fixed.mlir_module_serialized,
        bytes(fixed.serialize()),
        opened,
        bytes(opened.serialize()),
        str(opened.mlir_module()).encode(),
    ):
        engine = stepwell.compile(source)
        assert not engine.reference_ops
        check(engine(*arguments), wanted)


@pytest.mark.parametrize("rows", [1, 3, 8])
def test_one_program_takes_other_batches(rows: int) -> None:
    jax.config.update("jax_enable_x64", val=False)
    for make in recorded.PROGRAMS:
        name, function, arguments = make()
        [x] = arguments
        axis = [part.strip() for part in recorded.OPEN[name].split(",")].index("b")
        given = np.resize(np.moveaxis(x, axis, 0), (rows, *np.moveaxis(x, axis, 0).shape[1:]))
        given = np.ascontiguousarray(np.moveaxis(given, 0, axis))
        shape = export.symbolic_shape(recorded.OPEN[name])
        opened = export.export(jax.jit(function))(jax.ShapeDtypeStruct(shape, x.dtype))
        check(stepwell.compile(opened)(given), jax.tree.leaves(jax.jit(function)(given)))
