"""Remainders of floats are exact, however large the quotient."""

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import check_node

SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, np.inf, -np.inf, np.nan, 1e-30, 1e30]


@pytest.mark.parametrize("fmod", [0, 1])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_mod(dtype, fmod):
    rng = np.random.default_rng(0)
    powers = 3 if dtype == np.float16 else 30
    a, b = (rng.standard_normal(500) * 10.0 ** rng.integers(-powers, powers, 500) for _ in range(2))
    with np.errstate(all="ignore"):
        every = np.array(SPECIAL).astype(dtype)
        a = np.concatenate([a.astype(dtype), np.repeat(every, len(every))])
        b = np.concatenate([b.astype(dtype), np.tile(every, len(every))])
    check_node("Mod", [a, b], fmod=fmod, rtol=0, atol=0)
