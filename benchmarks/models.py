"""The models of the benchmarks: real exporters' graphs, and nine classic networks.

Exporters' graphs are kept without their weights. They lie in the folder `STEPWELL_MODELS` (by
default `../shared/models` beside the repository) with a script `materialize.py` that fills the
weights in again, and inputs to go with them. The classic networks come with the `onnx` package
(`light_models.py`). What is made is kept in `.cache/models`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from light_models import PREFIX, light_feeds, write_light_model
from opened_models import SUFFIX, write_opened_model

from stepwell.errors import UsageError

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "models"

EXPORTED = (
    "resnet18",
    "resnet50_bn",
    "resnet50_noopt",
    "mobilenetv2",
    "mobilenetv3_small_legacy",
    "squeezenet1_1",
    "densenet121",
    "unet_resize",
    "yolov8n",
    "vgg16",
    "convnext_tiny_legacy",
    "vit_base",
    "bert_base",
    "bert_small",
    "distilbert",
    "t5_small_encoder",
    "gpt2",
    "gpt2_decode",
    "llama_4l",
    "lstm_tagger",
    "dcgan_generator",
    "dlrm",
)

LIGHT = (
    "light_bvlc_alexnet",
    "light_densenet121",
    "light_inception_v1",
    "light_inception_v2",
    "light_resnet50",
    "light_shufflenet",
    "light_squeezenet",
    "light_vgg19",
    "light_zfnet512",
)

GROUPS = {"exported": EXPORTED, "light": LIGHT}
"""By name; a geometric mean is taken of each."""

DEFAULT = (*EXPORTED, *LIGHT)

COMPILED = ("resnet50_bn", "bert_base", "yolov8n", "resnet18", "mobilenetv2")
"""Those whose cost of compiling is measured."""


def group_of(name: str) -> str:
    """The group of a model, `other` where it is in none."""
    return next((group for group, names in GROUPS.items() if name in names), "other")


def model_path(name: str) -> Path:
    """The full model as a file; raises `UsageError` if there is none of that name."""
    path = CACHE / f"{name}.onnx"
    if name.startswith(PREFIX):
        return _made(path, partial(write_light_model, name))
    if name.endswith(SUFFIX):
        source = model_path(name.removesuffix(SUFFIX))
        return _made(path, partial(write_opened_model, source, name))
    return _made(path, partial(_materialize, [name]))


def model_feeds(name: str) -> dict[str, npt.NDArray[Any]]:
    """The inputs that belong to the model."""
    if name.startswith(PREFIX):
        return light_feeds(name)
    path = _made(CACHE / f"{name}.npz", partial(_materialize, ["--inputs", name]))
    with np.load(path) as arrays:
        return dict(arrays)


def _made(path: Path, make: Callable[[Path], None]) -> Path:
    """`path`, made if it is not there."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    # made under another name: whoever runs beside us never sees half a file
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
    make(unfinished)
    unfinished.replace(path)
    return path


def _materialize(arguments: Sequence[str], path: Path) -> None:
    """Have the script beside the models write `path`."""
    folder = Path(os.environ.get("STEPWELL_MODELS", ROOT.parent / "shared" / "models"))
    script = folder / "materialize.py"
    if not script.exists():
        raise UsageError(f"no models in {folder}: set STEPWELL_MODELS to the folder that has them")
    command = [sys.executable, str(script), *arguments, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not path.exists():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise UsageError(f"{script} cannot make {arguments[-1]}: {' '.join(last)}")
