"""The file of a weight store."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from stepwell.dialects.engine import WeightAttr
from stepwell.dialects.engine.weights import WeightStore


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
