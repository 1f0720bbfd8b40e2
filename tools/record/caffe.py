"""
Records what layers of Caffe compute, in `test/conversion/caffe_import/recorded/layers.npz`.

    python -m stepwell.tools.record.caffe

No build of Caffe can be installed. Each layer is recorded as PyTorch computes it by the formula of
Caffe's documentation, from its own operators wherever it has the same one. The file has the whole
net of each layer, with its blobs, as a `.caffemodel` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from ...conversion.caffe_import.messages import messages
from .caffe_layers import Case, cases

_RECORDED = Path(__file__).parents[2] / "test" / "conversion" / "caffe_import" / "recorded"


def _values(case: Case, rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Bottoms and blobs: random where the case does not give them."""
    shapes = (*case.bottoms, *case.blobs)
    found: list[Any] = [
        (rng.uniform(0.5, 2, s) if case.positive else rng.standard_normal(s)).astype(np.float32)
        for s in shapes
    ]
    for at, value in enumerate(case.given or ()):
        if value is not None:
            found[at] = np.array(value, np.float32)
    return found[: len(case.bottoms)], found[len(case.bottoms) :]


def net_of(case: Case, bottoms: Sequence[Any], blobs: Sequence[Any]) -> bytes:
    """The net of one layer, as a `.caffemodel` holds it."""
    net: Any = messages()["NetParameter"]()
    lines = [f'name: "{case.name}"']
    for at, value in enumerate(bottoms):
        dims = " ".join(f"dim: {size}" for size in value.shape)
        lines.append(f'input: "x{at}" input_shape {{ {dims} }}')
    wires = [f'bottom: "x{at}"' for at in range(len(bottoms))]
    wires += [f'top: "y{at}"' for at in range(case.tops)]
    lines.append(f'layer {{ name: "{case.name}" {" ".join(wires)} {case.text} }}')
    text_format.Parse("\n".join(lines), net)
    [layer] = net.layer
    for value in blobs:
        blob = layer.blobs.add()
        blob.shape.dim.extend(value.shape)
        blob.data.extend(value.reshape(-1).tolist())
    return net.SerializeToString()


def main() -> None:
    """Write what all cases compute."""
    arrays: dict[str, Any] = {}
    rng = np.random.default_rng(0)
    for case in cases():
        bottoms, blobs = _values(case, rng)
        found = case.results(bottoms, blobs)
        arrays[f"{case.name}/net"] = np.frombuffer(net_of(case, bottoms, blobs), np.uint8)
        arrays |= {f"{case.name}/in/{at}": value for at, value in enumerate(bottoms)}
        arrays |= {f"{case.name}/out/{at}": value for at, value in enumerate(found)}
    _RECORDED.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(_RECORDED / "layers.npz", **arrays)


if __name__ == "__main__":
    main()
