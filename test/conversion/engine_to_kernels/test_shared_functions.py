"""Functions that several kernels call are in a module of level 5 once."""

from __future__ import annotations

import numpy as np

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.interpreters import run
from stepwell.test.conversion.to_engine.test_open_extents import model_of


def test_two_kernels_reduce_large_angles():
    text = """(double[N] x, double[M] z) => (double[N] a, double[M] b)
        { a = Sin(x) c = Cos(z) b = Add(c, z) }"""
    compilation = Compilation.of(model_of(text), Options())
    compilation.lower_to("kernels")
    x, z = np.array([1.0, 1e8, -3.0]), np.array([1e9])
    found = run(compilation.ctx, compilation.module, {"x": x, "z": z})
    for one, other in zip(found, (np.sin(x), np.cos(z) + z), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-15)
