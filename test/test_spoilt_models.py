"""
Real models on inputs with NaN and infinities, against onnxruntime: the same results are spoilt.

onnxruntime's maxima of windows lose a NaN or keep it, depending on where in the window it stands.
So that the two can be compared, each of them is followed by what puts NaN back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import stepwell
from stepwell.test.conversion.special_numbers import Run, by_onnx, by_onnxruntime
from stepwell.test.test_models import TOLERANCE, Array, ModelInputs, ModelPath

Spoil = Callable[[Array], None]
Oracle = Callable[[onnx.ModelProto], Run]


def with_strict_maxima(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, in which the maximum of a window with NaN is NaN."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    for name, value in (("strict/nan", np.nan), ("strict/zero", 0.0)):
        made.graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    for node in model.graph.node:
        made.graph.node.append(node)
        if node.op_type == "MaxPool":
            made.graph.node.extend(_put_back(made.graph.node[-1]))
    return made


def _put_back(pool: onnx.NodeProto) -> list[onnx.NodeProto]:
    """NaN where a window has one: only that makes NaN of its average without the other numbers."""
    x, y = pool.input[0], pool.output[0]
    pool.output[0] = f"{y}/max"
    window = {
        a.name: helper.get_attribute_value(a)
        for a in pool.attribute
        if a.name in ("kernel_shape", "strides", "pads")
    }
    return [
        helper.make_node("IsNaN", [x], [f"{y}/in"]),
        helper.make_node("Where", [f"{y}/in", "strict/nan", "strict/zero"], [f"{y}/only"]),
        helper.make_node("AveragePool", [f"{y}/only"], [f"{y}/average"], **window),
        helper.make_node("IsNaN", [f"{y}/average"], [f"{y}/out"]),
        helper.make_node("Where", [f"{y}/out", "strict/nan", f"{y}/max"], [y]),
    ]


def assert_same(found: Array, wanted: Array) -> None:
    """NaN and infinities in the same places, the rest within `TOLERANCE` of the largest."""
    finite = np.abs(wanted[np.isfinite(wanted)])
    size = finite.max() if finite.size else 0.0
    np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE * size)


def put(*numbers: float) -> Spoil:
    """Some numbers, each in one place."""

    def spoil(array: Array) -> None:
        places = np.random.default_rng(1).integers(array.size, size=len(numbers))
        array.flat[places] = numbers

    return spoil


def fill(number: float) -> Spoil:
    """One number everywhere."""
    return lambda array: array.fill(number)


SPOILT = {
    "nan": put(np.nan),
    "infinity": put(np.inf),
    "infinities": put(np.inf, -np.inf),
    "nothing_but_nan": fill(np.nan),
    "subnormal": put(1e-40, -1e-45, -0.0),
}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("resnet18", "input"),
        ("mobilenetv2", "input"),
        ("unet_resize", "input"),
        ("dlrm", "dense"),
        ("dcgan_generator", "z"),
    ],
)
def test_spoilt_inputs(
    name: str, given: str, model_path: ModelPath, model_inputs: ModelInputs
) -> None:
    path, feeds = model_path(name), model_inputs(name)
    engine = stepwell.compile(path, threads=2)
    strict = with_strict_maxima(onnx.load(path))
    oracle = by_onnxruntime(strict)
    for spoil in SPOILT.values():
        feeds[given] = model_inputs(name)[given]
        spoil(feeds[given])
        for found, wanted in zip(engine.run(feeds).values(), oracle(feeds), strict=True):
            assert_same(found, wanted)


def spoil_embedding(path: Path, token: int, numbers: list[float]) -> onnx.ModelProto:
    """The model with some numbers at the start of the row of a token in its first embedding."""
    model = onnx.load(path)
    tables = {t.name: t for t in model.graph.initializer if len(t.dims) == 2}
    table = next(
        tables[node.input[0]]
        for node in model.graph.node
        if node.op_type == "Gather" and node.input[0] in tables
    )
    array = numpy_helper.to_array(table).copy()
    array[token, : len(numbers)] = numbers
    table.CopyFrom(numpy_helper.from_array(array, table.name))
    return model


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("name", "oracle"), [("lstm_tagger", by_onnx), ("bert_small", by_onnxruntime)]
)
def test_a_spoilt_token(
    name: str, oracle: Oracle, number: float, model_path: ModelPath, model_inputs: ModelInputs
) -> None:
    """
    A token in the middle of the text has a row with NaN or infinity.

    The gates of onnxruntime's LSTM make a number of NaN, those of ONNX's reference do not.
    """
    feeds = model_inputs(name)
    ids = feeds["input_ids"]
    token = int(ids[0, ids.shape[1] // 2])
    model = spoil_embedding(model_path(name), token, [number, -number])
    engine = stepwell.compile(model)
    for found, wanted in zip(engine.run(feeds).values(), oracle(model)(feeds), strict=True):
        assert_same(found, wanted)
