"""Operators that `onnx.reference` lacks or gets wrong, against onnxruntime."""

from typing import Any

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.interpreters.onnx.corrections import CORRECTIONS
from stepwell.interpreters.onnx.recurrence import GATES
from stepwell.test.conversion.onnx_import.old_models import (
    Array,
    node_model,
    run_imported,
    run_original,
)
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnx, by_onnxruntime, typed
from stepwell.test.conversion.onnx_to_engine.node_check import node_model as two_results

RNG = np.random.default_rng(1)
X = RNG.standard_normal((2, 6, 5, 7)).astype(np.float32)
ROIS = np.array([[0, 0, 0, 4, 3], [1, 1, 2, 6, 9], [0, 5, 5, 2, 2]], np.float32)

PLACES = RNG.integers(-7, 7, (2, 6, 5, 3))

CASES: list[tuple[str, dict[str, Array | None], dict[str, Any]]] = [
    ("GatherElements", {"x": X, "i": PLACES}, {"axis": 3}),
    ("GatherElements", {"x": X[:, :, 0, :5], "i": PLACES[:, :, :, 0] % 2}, {"axis": -3}),
    ("GlobalLpPool", {"x": X}, {"p": 3}),
    ("LRN", {"x": X}, {"size": 3, "alpha": 0.1}),
    ("LRN", {"x": X}, {"size": 5, "beta": 0.5, "bias": 2.0}),
    ("MaxPool", {"x": X}, {"kernel_shape": [2, 2]}),
    ("MaxPool", {"x": X}, {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}),
    ("MaxPool", {"x": X}, {"kernel_shape": [3, 3], "auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    ("MaxPool", {"x": X}, {"kernel_shape": [2, 3], "ceil_mode": 1, "strides": [2, 2]}),
    ("MaxPool", {"x": X}, {"kernel_shape": [2, 2], "dilations": [2, 3]}),
    ("MaxRoiPool", {"x": X, "rois": ROIS}, {"pooled_shape": [2, 3]}),
    ("MaxRoiPool", {"x": X, "rois": ROIS}, {"pooled_shape": [3, 3], "spatial_scale": 0.5}),
    (
        "OneHot",
        {"i": np.array([[0, -1], [2, 1]], np.int64), "d": np.array([4]), "v": np.array([2, 5])},
        {"axis": 0},
    ),
    ("Pad", {"x": X, "p": np.array([0, -1, 1, 0, 0, 1, -2, 3])}, {"mode": "constant"}),
    ("Pad", {"x": X, "p": np.array([0, -1, 1, 0, 0, 1, -2, 3])}, {"mode": "edge"}),
]


BOXES = RNG.integers(0, 6, (2, 9, 4)).astype(np.float32)
SCORES = RNG.integers(0, 9, (2, 3, 9)).astype(np.float32)
"""Few values, so that scores are equal and boxes cover each other exactly by half."""


@pytest.mark.parametrize("scalar", [True, False])
@pytest.mark.parametrize("centers", [0, 1])
@pytest.mark.parametrize(
    ("most", "covered", "least"),
    [(3, 0.5, 2.0), (20, 0.0, 0.0), (20, 0.3, None), (2, None, 4.0), (None, None, None), (0, 1, 0)],
)
def test_suppression(most, covered, least, centers, scalar) -> None:
    """Operands may be absent, scalars or vectors."""
    shape = () if scalar else (1,)

    def operand(value, dtype) -> Array | None:
        return None if value is None else np.full(shape, value, dtype)

    inputs = {
        "b": BOXES,
        "s": SCORES,
        "m": operand(most, np.int64),
        "i": operand(covered, np.float32),
        "t": operand(least, np.float32),
    }
    model = node_model("NonMaxSuppression", 11, inputs, center_point_box=centers)
    [result], [expected] = run_imported(model, inputs), run_original(model, inputs)
    np.testing.assert_array_equal(result, expected)
    assert bool(len(result)) == bool(most)


@pytest.mark.parametrize(("op_type", "inputs", "attributes"), CASES)
def test_like_onnxruntime(
    op_type: str, inputs: dict[str, Array | None], attributes: dict[str, Any]
) -> None:
    constants = ("p",) if op_type == "Pad" else ()
    model = node_model(op_type, 13, inputs, constants=constants, **attributes)
    [result], [expected] = run_imported(model, inputs), run_original(model, inputs)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "window",
    [
        {"kernel_shape": [2, 2]},
        {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "storage_order": 1},
        {"kernel_shape": [2, 3], "strides": [2, 2], "dilations": [2, 2], "ceil_mode": 1},
    ],
)
def test_indices_of_largest(window: dict[str, Any]) -> None:
    model, feeds = two_results("MaxPool", [X], outputs=2, opset=22, **window)
    values, places = by_onnxruntime(model, feeds)
    found = stepwell.compile(onnx.shape_inference.infer_shapes(model)).run(feeds)
    np.testing.assert_array_equal(found["o0"], values)
    np.testing.assert_array_equal(found["o1"], places)


def test_the_largest_with_nan_is_nan() -> None:
    x = X.copy()
    x[0, 2, 3, 4] = np.nan
    x[0, 2, 3, 5] = np.inf
    x[1, 1, :2, :3] = -np.inf
    model = node_model("MaxPool", 13, {"x": x}, kernel_shape=[2, 2], pads=[1, 1, 0, 0])
    padded = np.pad(x, ((0, 0), (0, 0), (1, 0), (1, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2, 2), axis=(2, 3))
    np.testing.assert_array_equal(run_imported(model, {"x": x})[0], windows.max(axis=(4, 5)))


def test_group_normalization() -> None:
    scale, bias = (RNG.standard_normal(6).astype(np.float32) for _ in range(2))
    inputs: dict[str, Array | None] = {"x": X, "s": scale, "b": bias}
    model = node_model("GroupNormalization", 21, inputs, num_groups=2)
    groups = X.reshape(2, 2, -1)
    normal = (groups - groups.mean(2, keepdims=True)) / np.sqrt(groups.var(2, keepdims=True) + 1e-5)
    expected = normal.reshape(X.shape) * scale.reshape(6, 1, 1) + bias.reshape(6, 1, 1)
    np.testing.assert_allclose(run_imported(model, inputs)[0], expected, rtol=1e-4, atol=1e-5)


def test_category_mapper() -> None:
    names: dict[str, Array | None] = {"x": np.array([["b", "?"]], object)}
    model = node_model(
        "CategoryMapper", 1, names, domain="ai.onnx.ml",
        cats_strings=["a", "b"], cats_int64s=[10, 20], default_int64=-7,
    )  # fmt: skip
    np.testing.assert_array_equal(run_imported(model, names)[0], [[20, -7]])
    numbers: dict[str, Array | None] = {"x": np.array([10, 3])}
    model = node_model(
        "CategoryMapper", 1, numbers, domain="ai.onnx.ml",
        cats_strings=["a", "b"], cats_int64s=[10, 20], default_string="none",
    )  # fmt: skip
    np.testing.assert_array_equal(run_imported(model, numbers)[0], ["a", "none"])


def test_zip_map() -> None:
    inputs: dict[str, Array | None] = {"x": np.array([[0.25, 0.75], [1, 0]], np.float32)}
    model = node_model("ZipMap", 1, inputs, domain="ai.onnx.ml", classlabels_strings=["no", "yes"])
    [result] = run_imported(model, inputs)
    assert list(result) == [{"no": 0.25, "yes": 0.75}, {"no": 1.0, "yes": 0.0}]


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("texts", [True, False])
def test_zip_map_of_any_number_of_classes(classes: int, texts: bool) -> None:
    """The keys are those of the attribute, in its order; values are numbers of Python."""
    x = RNG.random((5, classes)).astype(np.float32)
    keys: list[Any] = [f"c{n}" if texts else 10 - n for n in range(classes)]
    attributes: dict[str, Any] = {"classlabels_strings" if texts else "classlabels_int64s": keys}
    inputs: dict[str, Array | None] = {"x": x}
    model = node_model("ZipMap", 1, inputs, domain="ai.onnx.ml", **attributes)
    [result] = run_imported(model, inputs)
    maps: list[Any] = list(result)
    assert [list(row) for row in maps] == [keys] * 5
    np.testing.assert_array_equal(np.array([list(row.values()) for row in maps], np.float32), x)
    assert all(type(value) is float for row in maps for value in row.values())


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_zip_map_of_another_number_of_classes_is_refused(classes: int) -> None:
    inputs: dict[str, Array | None] = {"x": np.ones((2, classes), np.float32)}
    keys = list(range(classes + 1))
    model = node_model("ZipMap", 1, inputs, domain="ai.onnx.ml", classlabels_int64s=keys)
    with pytest.raises(stepwell.StepwellError, match=rf"{classes + 1} labels for {classes} values"):
        run_imported(model, inputs)


def test_multinomial_follows_its_weights() -> None:
    inputs: dict[str, Array | None] = {"x": np.log(np.array([[0.9, 0.1, 1e-9]], np.float32))}
    model = node_model("Multinomial", 7, inputs, sample_size=2000, seed=3.0)
    [result] = run_imported(model, inputs)
    assert result.dtype == np.int32
    shares = np.bincount(result[0], minlength=3) / 2000
    np.testing.assert_allclose(shares, [0.9, 0.1, 0], atol=0.05)


def test_every_correction_is_of_an_operator() -> None:
    from stepwell.dialects.onnx import op_classes

    assert set(CORRECTIONS) <= set(op_classes())


@pytest.mark.parametrize("op_type", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_recurrent_layers_with_lengths(op_type: str, direction: str) -> None:
    count, gates = 2 if direction == "bidirectional" else 1, GATES[op_type]

    def array(*shape: int) -> Array:
        return RNG.standard_normal(shape).astype(np.float32)

    inputs: list[Array | None] = [
        array(5, 3, 4),
        array(count, gates * 6, 4),
        array(count, gates * 6, 6),
        array(count, gates * 12),
        np.array([4, 1, 5], np.int32),
        array(count, 3, 6),
    ]
    if op_type == "LSTM":
        inputs += [array(count, 3, 6), array(count, 18)]
    names = [f"i{at}" for at in range(len(inputs))]
    model, feeds = two_results(
        op_type, inputs, outputs=2, opset=21, hidden_size=6, direction=direction
    )
    expected = by_onnxruntime(model, feeds)
    for info, value in zip(model.graph.output, expected, strict=True):
        info.CopyFrom(typed(info.name, value))
    found = run_imported(model, dict(zip(names, inputs, strict=True)))
    for got, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def test_a_wrong_length_names_the_node() -> None:
    x, w, r = np.zeros((2, 1, 1)), np.zeros((1, 1, 1)), np.zeros((1, 1, 1))
    model, feeds = two_results(
        "RNN",
        [*(a.astype(np.float32) for a in (x, w, r)), None, np.array([3], np.int32)],
        hidden_size=1,
    )
    model.graph.output[0].CopyFrom(typed("o0", np.zeros((2, 1, 1, 1), np.float32)))
    with pytest.raises(stepwell.StepwellError, match="RNN '/RNN': sequence_lens has a length"):
        run_imported(model, dict(feeds))


@pytest.mark.parametrize("like", [False, True])
def test_booleans_are_numbers_as_strings(like: bool):
    """As onnxruntime writes them, and back again, the words included."""
    booleans = np.array([[True, False], [False, True]])
    strings = np.array(["1", "0", "True", "false", "2.5", "0.0"], object)

    def cast(x: Array, code: int, other: Array) -> Array:
        if like:
            model = node_model("CastLike", 21, {"x": x, "like": other})
            feeds = {"x": x, "like": other}
        else:
            model, feeds = node_model("Cast", 21, {"x": x}, to=code), {"x": x}
        return stepwell.compile(model).run(feeds)["y0"]

    text = cast(booleans, onnx.TensorProto.STRING, np.array(["a"], object))
    assert text.tolist() == [["1", "0"], ["0", "1"]]
    truth = cast(strings, onnx.TensorProto.BOOL, np.array([True]))
    assert truth.tolist() == [True, False, True, False, True, False]


@pytest.mark.parametrize("dtype", [object, np.bool_])
def test_the_nearest_of_elements_without_arithmetic(dtype: Any) -> None:
    """Like the same operator on their positions, and nothing for what lies outside."""
    at = np.arange(24).reshape(1, 2, 3, 4)
    x = np.array([f"s{n}" for n in range(24)], object) if dtype is object else RNG.random(24) < 0.5
    grid = (RNG.random((1, 5, 4, 2)) * 3 - 1.5).astype(np.float32)
    crop = np.array([0, 0, -0.5, 0, 1, 1, 1.5, 0.5], np.float32)
    sizes = np.array([1, 2, 5, 7])
    cut = {"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 0.0}
    cases: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("GridSample", [grid], {"mode": "nearest"}),
        ("GridSample", [grid], {"mode": "nearest", "padding_mode": "border"}),
        ("Resize", [None, np.array([1, 1, 2, 1.5], np.float32)], {"mode": "nearest"}),
        ("Resize", [None, None, sizes[2:]], {"mode": "nearest", "axes": [2, 3]}),
        ("Resize", [crop, None, sizes], {"mode": "nearest", **cut}),
    ]
    for op_type, others, attributes in cases:
        constants = range(1, 4)
        model, feeds = two_results(op_type, [at + 1.0, *others], constants, **attributes)
        [positions] = by_onnx(model, feeds)
        outside = np.array([""], object) if dtype is object else np.array([False])
        expected = np.concatenate([outside, x])[positions.astype(np.int64)]
        model, feeds = two_results(op_type, [x.reshape(at.shape), *others], constants, **attributes)
        model.graph.output[0].CopyFrom(typed("o0", expected))
        [found] = stepwell.compile(model).run(feeds).values()
        np.testing.assert_array_equal(found, expected)
        [found] = run_imported(model, feeds)
        np.testing.assert_array_equal(found, expected)
