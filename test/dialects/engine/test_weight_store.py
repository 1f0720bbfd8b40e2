"""The file of a weight store, and constants that are computed from others."""

import os
import stat
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stepwell.dialects.engine import WeightAttr
from stepwell.dialects.engine.weights import Array, ConstantAttr, WeightStore


@pytest.mark.skipif(os.name != "posix", reason="no file modes")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_saved_weights_have_the_mode_that_the_umask_says(tmp_path: Path, umask: int, mode: int):
    store = WeightStore()
    attr = store.add(np.arange(100, dtype=np.float32), "w")
    assert isinstance(attr, WeightAttr)
    before = os.umask(umask)
    try:
        store.save(tmp_path / "w.safetensors", [attr])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "w.safetensors").stat().st_mode) == mode
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def derived_chain(
    store: WeightStore, steps: int, compute: Callable[..., Array], inputs: int
) -> ConstantAttr:
    """A constant of a hundred ones, and `steps` constants each computed from the one before."""
    attr = store.add(np.ones(100, np.float32), "w")
    assert isinstance(attr, WeightAttr)
    for step in range(steps):
        attr = store.derive(f"step {step}", compute, [attr] * inputs, attr.type, "w")
        assert isinstance(attr, WeightAttr)
    return attr


def test_a_constant_behind_thousands_of_steps():
    store = WeightStore()
    attr = derived_chain(store, 5000, lambda a: a + np.float32(1), 1)
    assert np.array_equal(store.array(attr), np.full(100, 5001, np.float32))
    store.release(attr)


def test_a_step_that_many_others_need_is_computed_once():
    store, computed = WeightStore(), 0

    def mean(a: Array, b: Array) -> Array:
        nonlocal computed
        computed += 1
        return (a + b) / np.float32(2)

    # Each step needs the one before twice: without sharing this is two to the power of 50.
    attr = derived_chain(store, 50, mean, 2)
    assert np.array_equal(store.array(attr), np.ones(100, np.float32))
    assert computed == 50


def test_no_step_outlives_the_last_one_that_needs_it():
    store = WeightStore()
    alive: list[int] = []
    steps: list[weakref.ref[Array]] = []

    def step(a: Array) -> Array:
        result = a + np.float32(1)
        steps.append(weakref.ref(result))
        alive.append(sum(ref() is not None for ref in steps))
        return result

    store.array(derived_chain(store, 20, step, 1))
    assert max(alive) == 2
