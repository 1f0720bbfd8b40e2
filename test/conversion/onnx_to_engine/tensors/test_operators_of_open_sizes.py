"""Operators whose positions are computed where sizes are names: what the standard gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import stepwell

HEADER = '<ir_version: 10, opset_import: ["" : 21]> g '

BY_COLUMNS = "places of maxima by columns"
"""`onnx.reference` counts other places."""

MODELS = {
    "regions of images": """(float[N, 3, H, W] x, float[R, 4] r, int64[R] b)
            => (float[R, 3, 2, 3] y)
        { y = RoiAlign<output_height = 2, output_width = 3, sampling_ratio = 2>(x, r, b) }""",
    "points of a filter": """(float[N, 2, H, W] x, float[N, 8, H, W] o) => (float[N, 3, H, W] y)
        <float[3, 2, 2, 2] w = {WEIGHT}>
        { y = DeformConv<kernel_shape = [2, 2], pads = [0, 0, 1, 1]>(x, w, o) }""",
    "a grid for each image": """(float[N, 2, 3] t, float[N, 1, H, W] x) => (float[N, H, W, 2] y)
        { s = Shape(x) y = AffineGrid<align_corners = 1>(t, s) }""",
    "places of maxima": """(float[N, C, H, W] x) => (float[N, C, P, Q] y, int64[N, C, P, Q] i)
        { y, i = MaxPool<kernel_shape = [3, 2], strides = [2, 1], pads = [1, 0, 1, 1]>(x) }""",
    BY_COLUMNS: """(float[N, C, H, W] x) => (float[N, C, P, Q] y, int64[N, C, P, Q] i)
        { y, i = MaxPool<kernel_shape = [2, 2], storage_order = 1>(x) }""",
    "smaller images": """(float[N, 1, H, W] x) => (float[N, 1, P, Q] y)
        <float[4] s = {1.0, 1.0, 0.5, 0.25}>
        { y = Resize<mode = "linear", antialias = 1>(x, , s) }""",
    "words in rows": """(int64[N, L] x) => (float[N, 4] y)
        { y = TfIdfVectorizer<mode = "TF", min_gram_length = 1, max_gram_length = 2,
            max_skip_count = 1, ngram_counts = [0, 2], ngram_indexes = [0, 1, 2, 3],
            pool_int64s = [1, 2, 0, 1, 1, 1]>(x) }""",
}  # fmt: skip

SIZES: tuple[Mapping[str, int], ...] = (
    {"N": 1, "C": 2, "H": 7, "W": 5, "R": 4, "L": 6},
    {"N": 3, "C": 1, "H": 4, "W": 9, "R": 1, "L": 2},
)


def model(name: str) -> onnx.ModelProto:
    numbers = np.random.default_rng(0).standard_normal(24).round(3)
    text = MODELS[name].replace("WEIGHT", ", ".join(map(str, numbers)))
    return onnx.parser.parse_model(HEADER + text)


def feeds(model: onnx.ModelProto, sizes: Mapping[str, int]) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    found: dict[str, Any] = {}
    for value in model.graph.input:
        type_ = value.type.tensor_type
        shape = [sizes[d.dim_param] if d.dim_param else d.dim_value for d in type_.shape.dim]
        if type_.elem_type == onnx.TensorProto.INT64:
            found[value.name] = rng.integers(
                0, min(sizes["N"], 3) if value.name == "b" else 3, shape
            )
        else:
            found[value.name] = rng.standard_normal(shape).astype(np.float32)
    if "r" in found:
        corners = np.sort(rng.uniform(0, 6, (sizes["R"], 2, 2)), axis=1)
        found["r"] = corners.reshape(sizes["R"], 4).astype(np.float32)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_one_program_for_all_sizes(name: str):
    proto = model(name)
    engine = stepwell.compile(proto)
    assert not engine.program.is_open
    assert not engine.reference_ops
    for sizes in SIZES:
        given = feeds(proto, sizes)
        shapes = {name: array.shape for name, array in given.items()}
        found = list(engine.run(given).values())
        assert_same(found, list(stepwell.compile(proto, shapes=shapes).run(given).values()))
        if name != BY_COLUMNS:
            assert_same(found, ReferenceEvaluator(proto).run(None, given))


def assert_same(found: Sequence[Any], wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
