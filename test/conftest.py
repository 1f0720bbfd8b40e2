"""Fixtures of the whole suite: the shared models and their inputs."""

import gc
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy.typing as npt
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "models"

# An example may have to wait for the other processor; how long it takes says nothing.
# A check of somebody's change must not fail for an example that nobody has tried before: with CI
# set the examples are the same each time.
settings.register_profile("stepwell", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("stepwell")


def pytest_collection_finish() -> None:
    """What there is now, half a million objects, stays to the end: collections leave it alone."""
    gc.collect()
    gc.freeze()


def models_folder() -> Path:
    """Where the stripped models lie: `$STEPWELL_MODELS` or `../shared/models`."""
    return Path(os.environ.get("STEPWELL_MODELS", ROOT.parent / "shared" / "models"))


@lru_cache(maxsize=1)
def materialize() -> ModuleType:
    """The script beside the models that fills in their weights."""
    script = models_folder() / "materialize.py"
    if not script.exists():
        pytest.skip(f"no models at {script.parent} (set STEPWELL_MODELS)")
    spec = importlib.util.spec_from_file_location("materialize", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _materialized(name: str) -> Path:
    """The model in the cache folder, made in a process of its own if it is not there.

    Two processes may make the same model: each writes its own and the rename of the later wins.
    """
    target = CACHE / f"{name}.onnx"
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            part = Path(folder) / target.name
            command = [sys.executable, str(models_folder() / "materialize.py"), name, str(part)]
            subprocess.run(command, check=True, capture_output=True)
            os.replace(part, target)
    return target


@pytest.fixture(scope="session")
def model_path() -> Callable[[str], Path]:
    """`model_path(name)`: the shared model with its weights, in the cache folder."""
    materialize()
    return _materialized


@pytest.fixture(scope="session")
def model_inputs() -> Callable[[str], dict[str, npt.NDArray[Any]]]:
    """`model_inputs(name)`: the inputs that the shared model's results are judged on."""
    return materialize().inputs_of
