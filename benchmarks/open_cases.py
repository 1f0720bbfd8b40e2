"""Models whose sizes are open: those of the shared list, and the dynamic models of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import prod
from typing import Any

import models
import numpy as np

import stepwell
from stepwell.runtime.size import evaluated
from stepwell.runtime.size_text import parse_size

Feeds = dict[str, Any]
Sizes = Mapping[str, int]
Bounds = Mapping[str, tuple[int, ...]]
"""Of each name the least and the most that is drawn, and what that is multiplied with."""

IMAGES: Bounds = {"N": (1, 3), "H": (33, 256), "W": (33, 256)}
"""Few images of any number of rows and columns."""

SHARED: Mapping[str, Bounds] = {
    "lstm_tagger_dyn": {"N": (1, 8), "S": (1, 128)},
    "distilbert_dyn": {"N": (1, 4), "S": (1, 256)},
    "llama_4l_dyn": {"N": (1, 3), "S": (1, 160)},
    "resnet50_dynbatch": {"N": (1, 6)},
    "resnet50_int8_qdq": {"N": (1, 4)},
    "control_flow": {"B": (1, 16)},
    "mobilenetv2_nhw": IMAGES,
    "mobilenetv3_small_legacy_nhw": IMAGES,
    "squeezenet1_1_nhw": IMAGES,
    "resnet18_nhw": IMAGES,
    "densenet121_nhw": IMAGES,
    "convnext_tiny_legacy_nhw": IMAGES,
    "unet_resize_nhw": {"N": (1, 2), "H": (2, 16, 16), "W": (2, 16, 16)},
    "yolov8n_nhw": {"N": (1, 2), "H": (2, 14, 32), "W": (2, 14, 32)},
    "dcgan_generator_nhw": {"N": (1, 4), "H": (1, 3), "W": (1, 3)},
}
"""Models of the list, some with sizes opened, and what their sizes are drawn from."""

FAMILIES = (
    "decoders",
    "encoders",
    "recurrent",
    "speech",
    "detectors",
    "planes",
    "tables",
    "courses",
    "merged",
)
"""Files of `test/dynamic_models` with small models as exporters write them."""


@dataclass(frozen=True)
class OpenCase:
    """One model; `source` gives what is compiled, and `feeds(engine, sizes, seed)` its inputs."""

    name: str
    source: Callable[[], Any]
    bounds: Bounds
    feeds: Callable[[stepwell.Engine, Sizes, int], Feeds]

    def drawn(self, rng: np.random.Generator) -> dict[str, int]:
        """Sizes for every name."""
        return {
            name: int(rng.integers(low, high + 1)) * prod(times)
            for name, (low, high, *times) in self.bounds.items()
        }


def all_cases() -> Iterator[OpenCase]:
    """The shared models, then the small ones."""
    for name, bounds in SHARED.items():
        yield OpenCase(name, partial(models.model_path, name), bounds, _shared_feeds)
    for family in FAMILIES:
        module: Any = import_module(f"stepwell.test.dynamic_models.{family}")
        for model in getattr(module, family.upper()):
            yield OpenCase(model.name, model.graph.model, model.bounds, partial(_feeds_of, model))


def _feeds_of(model: Any, engine: stepwell.Engine, sizes: Sizes, seed: int) -> Feeds:
    return model.graph.feeds(sizes, seed)


def _shared_feeds(engine: stepwell.Engine, sizes: Sizes, seed: int) -> Feeds:
    """Inputs of these sizes: small integers, and normal numbers."""
    rng = np.random.default_rng(seed)
    found: Feeds = {}
    for tensor in engine.inputs:
        shape = tuple(evaluated(parse_size(str(n)), sizes) for n in tensor.shape)
        if tensor.dtype.startswith("int"):
            # A mask is of ones: with none at all, nothing is attended to.
            low, high = (1, 2) if "mask" in tensor.name else (0, 1000)
            found[tensor.name] = rng.integers(low, high, shape).astype(tensor.dtype)
        else:
            found[tensor.name] = rng.standard_normal(shape).astype(tensor.dtype)
    return found
