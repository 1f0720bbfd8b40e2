"""The models of the benchmarks: real exporters' graphs that are kept without their weights.

They lie in the folder `STEPWELL_MODELS` (by default `../shared/models` beside the repository) with
a script `materialize.py` that fills the weights in again, and inputs to go with them. What it
makes is kept in `.cache/models`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stepwell.errors import UsageError

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "models"

DEFAULT = (
    "resnet18",
    "resnet50_bn",
    "mobilenetv2",
    "squeezenet1_1",
    "bert_small",
    "dlrm",
    "lstm_tagger",
)


def model_path(name: str) -> Path:
    """The full model as a file; raises `UsageError` if there is none of that name."""
    return _made(CACHE / f"{name}.onnx", [name])


def model_feeds(name: str) -> dict[str, npt.NDArray[Any]]:
    """The inputs that belong to the model."""
    with np.load(_made(CACHE / f"{name}.npz", ["--inputs", name])) as arrays:
        return dict(arrays)


def _made(path: Path, arguments: list[str]) -> Path:
    if path.exists():
        return path
    folder = Path(os.environ.get("STEPWELL_MODELS", ROOT.parent / "shared" / "models"))
    script = folder / "materialize.py"
    if not script.exists():
        raise UsageError(f"no models in {folder}: set STEPWELL_MODELS to the folder that has them")
    path.parent.mkdir(parents=True, exist_ok=True)
    # made under another name: whoever runs beside us never sees half a file
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
    command = [sys.executable, str(script), *arguments, str(unfinished)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not unfinished.exists():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise UsageError(f"{script} cannot make {path.stem}: {' '.join(last)}")
    unfinished.replace(path)
    return path
