"""Every version step of every operator keeps the meaning of the older version."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.onnx_import.opset_upgrade.upgrade import (
    STEPS,
    all_operators,
    is_compatible,
    versions,
)
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError
from stepwell.test.conversion.onnx_import.old_models import (
    Array,
    node_model,
    run_imported,
    run_original,
)

RNG = np.random.default_rng(0)


def f32(*shape: int) -> Array:
    return RNG.standard_normal(shape).astype(np.float32)


def i64(*values: int) -> Array:
    return np.array(values, np.int64)


X = f32(2, 3, 4, 5)
POSITIVE = np.abs(X) + 0.5
IMAGE = f32(1, 2, 4, 6)


class Case:
    """One node of an old opset; `expected` where onnxruntime does not have that opset."""

    def __init__(
        self,
        op_type: str,
        opset: int,
        inputs: dict[str, Array | None],
        expected: Callable[..., Any] | None = None,
        **options: Any,
    ):
        self.op_type, self.opset, self.inputs = op_type, opset, inputs
        self.expected, self.options = expected, options

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.options.items() if k not in ("constants", "domain")}
        return f"{self.op_type}-{self.opset}-{shown}"

    def check(self) -> None:
        model = node_model(self.op_type, self.opset, self.inputs, **self.options)
        results = run_imported(model, self.inputs)
        if self.expected is None:
            wanted = run_original(model, self.inputs)
        else:
            given = [value for value in self.inputs.values() if value is not None]
            value = self.expected(*given)
            wanted = list(value) if isinstance(value, tuple) else [value]
        assert len(results) == len(wanted)
        for result, expected in zip(results, wanted, strict=True):
            assert result.dtype == expected.dtype
            if expected.dtype == np.dtype(np.object_):
                np.testing.assert_array_equal(result, expected)
            else:
                np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-5)


def _along(axis: int, rank: int, array: Array) -> Array:
    return array.reshape(array.shape + (1,) * (rank - axis - array.ndim))


_ARITHMETIC: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Div": np.divide,
    "Mul": np.multiply,
    "Pow": np.power,
    "Sub": np.subtract,
}
_LOGIC: dict[str, Callable[[Array, Array], Array]] = {
    "And": np.logical_and,
    "Or": np.logical_or,
    "Xor": np.logical_xor,
}
_COMPARISONS: dict[str, Callable[[Array, Array], Array]] = {"Greater": np.greater, "Less": np.less}

ELEMENTWISE = [
    *(
        Case(name, 6, {"a": POSITIVE, "b": np.abs(f32(3))}, broadcast=1, axis=1,
             expected=lambda a, b, f=f: f(a, _along(1, 4, b)))
        for name, f in _ARITHMETIC.items()
    ),
    *(
        Case(name, 6, {"a": X > 0, "b": f32(3, 4) > 0}, broadcast=1, axis=1,
             expected=lambda a, b, f=f: f(a, _along(1, 4, b)))
        for name, f in _LOGIC.items()
    ),
    *(
        Case(name, 6, {"a": X, "b": f32(2)}, broadcast=1, axis=0,
             expected=lambda a, b, f=f: f(a, _along(0, 4, b)))
        for name, f in _COMPARISONS.items()
    ),
    Case("Equal", 6, {"a": i64(1, 2, 3), "b": i64(1, 0, 3)}, expected=np.equal),
    Case("Add", 6, {"a": X, "b": f32(4, 5)}, broadcast=1, expected=np.add),
    Case("Add", 1, {"a": X, "b": X}, consumed_inputs=[0, 0], expected=np.add),
    Case("Relu", 1, {"x": X}, consumed_inputs=[0], expected=lambda x: np.maximum(x, 0)),
    Case("Cast", 5, {"x": X}, to="INT32", expected=lambda x: x.astype(np.int32)),
    Case("Cast", 6, {"x": X}, to=7),
    Case("Clip", 5, {"x": X}, max=0.5, expected=lambda x: np.minimum(x, np.float32(0.5))),
    Case("Clip", 10, {"x": X}, min=-0.5, max=0.5),
    Case("Clip", 6, {"x": np.array([np.inf, -np.inf, 1], np.float32)},
         expected=lambda x: np.clip(x, np.finfo(np.float32).min, np.finfo(np.float32).max)),
    Case("Clip", 6, {"x": X.astype(np.float16)}, min=0.0, max=1.0,
         expected=lambda x: np.clip(x, np.float16(0), np.float16(1))),
    Case("PRelu", 6, {"x": X, "slope": f32(3)},
         expected=lambda x, s: np.where(x < 0, x * s.reshape(3, 1, 1), x)),
    Case("PRelu", 6, {"x": X, "slope": f32(1)}, expected=lambda x, s: np.where(x < 0, x * s, x)),
    Case("PRelu", 7, {"x": X, "slope": f32(3, 1, 1)}),
    Case("Selu", 1, {"x": X}, expected=lambda x: np.where(
        x > 0, np.float32(1.0507) * x, np.float32(1.0507 * 1.6732) * np.expm1(x))),
    Case("Max", 6, {"a": X, "b": -X}, expected=np.maximum),
    Case("Sum", 6, {"a": X, "b": X, "c": X}, expected=lambda a, b, c: a + b + c),
]  # fmt: skip

_BATCH_NORM: dict[str, Array | None] = {
    "x": X, "s": f32(3), "b": f32(3), "m": f32(3), "v": np.abs(f32(3)) + 1,
}  # fmt: skip


def _normalized(x: Array, s: Array, b: Array, m: Array, v: Array) -> Array:
    s, b, m, v = (_along(1, 4, p) for p in (s, b, m, v))
    return (x - m) / np.sqrt(v + np.float32(1e-5)) * s + b


def _group_normalized(x: Array, s: Array, b: Array) -> Array:
    groups = x.reshape(x.shape[0], len(s), -1)
    mean, variance = groups.mean(2, keepdims=True), groups.var(2, keepdims=True)
    scaled = (groups - mean) / np.sqrt(variance + np.float32(1e-5))
    return (scaled * s[:, None] + b[:, None]).reshape(x.shape)


_REDUCTIONS = [name for _, name, version in STEPS if version == 18 and name.startswith("Reduce")]
_RECURRENT: dict[str, int] = {"GRU": 3, "LSTM": 4, "RNN": 1}

LAYERS = [
    Case("BatchNormalization", 6, _BATCH_NORM, is_test=1, expected=_normalized),
    Case("BatchNormalization", 7, _BATCH_NORM),
    Case("BatchNormalization", 9, _BATCH_NORM, epsilon=0.1),
    Case("BatchNormalization", 14, _BATCH_NORM),
    Case("Dropout", 6, {"x": X}, is_test=1, expected=lambda x: x),
    Case("Dropout", 7, {"x": X}, ratio=0.3),
    Case("Dropout", 10, {"x": X}),
    Case("Gemm", 6, {"a": f32(2, 3), "b": f32(3, 4), "c": f32(4)}, broadcast=1,
         expected=lambda a, b, c: a @ b + c),
    Case("Gemm", 7, {"a": f32(3, 2), "b": f32(3, 4), "c": f32(4)}, transA=1, alpha=0.5),
    Case("Gemm", 9, {"a": f32(2, 3), "b": f32(3, 4), "c": f32(1)}),
    Case("GroupNormalization", 18, {"x": f32(2, 6, 5), "s": f32(3), "b": f32(3)}, num_groups=3,
         expected=_group_normalized),
    Case("GlobalLpPool", 1, {"x": X}, p=2.0,
         expected=lambda x: np.sqrt((x * x).sum((2, 3), keepdims=True))),
    Case("LpPool", 1, {"x": X}, p=1.0, kernel_shape=[4, 5],
         expected=lambda x: np.abs(x).sum((2, 3), keepdims=True)),
    Case("LpPool", 2, {"x": X}, kernel_shape=[2, 2]),
    *(Case(name, 11, {"x": X}, axis=axis)
      for name in ("Softmax", "LogSoftmax", "Hardmax") for axis in (0, 1, 2, 3, -1)),
    *(Case(name, 11, {"x": X}) for name in ("Softmax", "LogSoftmax", "Hardmax")),
    Case("Softmax", 1, {"x": f32(3, 7)}),
    Case("Softmax", 13, {"x": X}, axis=1),
    *(Case(name, 11, {"x": POSITIVE}, axes=[1, 3], keepdims=k)
      for name in (*_REDUCTIONS, "ReduceSum") for k in (0, 1)),
    *(Case(name, 13, {"x": POSITIVE}, axes=[-2]) for name in _REDUCTIONS),
    *(Case(name, 13, {"x": POSITIVE}) for name in _REDUCTIONS),
    Case("ReduceMean", 1, {"x": X}, axes=[0]),
    Case("ReduceSum", 13, {"x": X, "axes": i64(1)}, constants=["axes"]),
    *(Case(name, 7, {"x": f32(5, 2, 3), "w": f32(1, g * 4, 3), "r": f32(1, g * 4, 4),
                     "b": f32(1, g * 8)}, hidden_size=4, outputs=2)
      for name, g in _RECURRENT.items()),
    Case("LSTM", 1, {"x": f32(5, 2, 3), "w": f32(1, 16, 3), "r": f32(1, 16, 4)}, hidden_size=4,
         output_sequence=1, expected=lambda *given: run_original(
             node_model("LSTM", 7, dict(zip("xwr", given, strict=True)), hidden_size=4),
             dict(zip("xwr", given, strict=True)))[0]),
    Case("GRU", 1, {"x": f32(5, 2, 3), "w": f32(1, 12, 3), "r": f32(1, 12, 4)}, hidden_size=4,
         outputs=2, expected=lambda *given: tuple(run_original(
             node_model("GRU", 7, dict(zip("xwr", given, strict=True)), hidden_size=4, outputs=2),
             dict(zip("xwr", given, strict=True))))),
    Case("DFT", 17, {"x": f32(2, 6, 4, 1)}, axis=1),
    Case("DFT", 17, {"x": f32(2, 6, 4, 1)}, axis=2, onesided=1),
    Case("RoiAlign", 10, {"x": IMAGE, "rois": np.array([[0, 0, 3, 3]], np.float32),
                          "at": i64(0)}, output_height=2, output_width=2),
    Case("LabelEncoder", 1, {"x": i64(2, 0, 7)}, domain="ai.onnx.ml",
         classes_strings=["a", "b", "c"], default_string="?",
         expected=lambda x: np.array(["c", "a", "?"], object)),
    Case("LabelEncoder", 1, {"x": np.array(["c", "a", "z"], object)}, domain="ai.onnx.ml",
         classes_strings=["a", "b", "c"], default_int64=-5, expected=lambda x: i64(2, 0, -5)),
]  # fmt: skip

MOVEMENT = [
    Case("Concat", 1, {"a": X, "b": X}, expected=lambda a, b: np.concatenate([a, b], 1)),
    Case("GridSample", 16, {"x": IMAGE, "g": np.tanh(f32(1, 3, 3, 2))}),
    Case("GridSample", 16, {"x": IMAGE, "g": np.tanh(f32(1, 3, 3, 2))}, mode="bicubic"),
    Case("GridSample", 16, {"x": IMAGE, "g": np.tanh(f32(1, 3, 3, 2))}, mode="nearest"),
    Case("OneHot", 9, {"i": i64(0, 2, 1), "d": i64(3), "v": i64(5, 7)}),
    Case("OneHot", 9, {"i": i64(0, -1, 3), "d": i64(3), "v": i64(0, 1)},
         expected=lambda i, d, v: np.array([[1, 0, 0], [0, 0, 0], [0, 0, 0]], np.int64)),
    Case("Pad", 1, {"x": X}, paddings=[0, 0, 1, 2, 0, 0, 0, 1], value=2.0,
         expected=lambda x: np.pad(
             x, [(0, 0), (0, 0), (1, 0), (2, 1)], constant_values=2)),
    Case("Pad", 10, {"x": X}, pads=[0, 0, 1, 2, 0, 0, 0, 1], value=1.5),
    Case("Pad", 10, {"x": X}, pads=[0, 0, 1, 2, 0, 0, 0, 1], mode="reflect"),
    Case("Pad", 10, {"x": X}, pads=[0, 0, -1, 2, 0, 0, 0, 1], mode="edge",
         expected=lambda x: np.pad(x[:, :, 1:], [(0, 0), (0, 0), (0, 0), (2, 1)], mode="edge")),
    Case("Reshape", 1, {"x": X}, shape=[0, -1], expected=lambda x: x.reshape(2, -1)),
    Case("Reshape", 5, {"x": X, "s": i64(0, -1, 10)}, constants=["s"]),
    Case("Resize", 10, {"x": IMAGE, "s": np.array([1, 1, 2, 1.5], np.float32)}, constants=["s"]),
    Case("Resize", 10, {"x": IMAGE, "s": np.array([1, 1, 0.6, 0.5], np.float32)}, constants=["s"]),
    Case("Resize", 10, {"x": IMAGE, "s": np.array([1, 1, 2, 2], np.float32)}, constants=["s"],
         mode="linear"),
    Case("Resize", 11, {"x": IMAGE, "r": np.empty(0, np.float32), "s": np.empty(0, np.float32),
                        "z": i64(1, 2, 8, 9)}, constants=["r", "s", "z"], mode="linear"),
    Case("Resize", 11, {"x": IMAGE, "r": np.empty(0, np.float32),
                        "s": np.array([1, 1, 2, 2], np.float32)}, constants=["r", "s"],
         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    Case("Resize", 13, {"x": IMAGE, "r": None, "s": np.array([1, 1, 0.5, 2], np.float32)},
         constants=["s"], mode="cubic"),
    Case("Scatter", 9, {"x": X, "i": np.zeros((1, 3, 4, 5), np.int64), "u": f32(1, 3, 4, 5)}),
    Case("Slice", 9, {"x": X}, starts=[1, -3], ends=[3, -1], axes=[1, 3]),
    Case("Slice", 9, {"x": X}, starts=[0, 1], ends=[1, 1000]),
    Case("Split", 1, {"x": X, "s": np.array([1, 3], np.float32)}, constants=["s"], axis=2,
         outputs=2, expected=lambda x, s: (x[:, :, :1], x[:, :, 1:])),
    Case("Split", 2, {"x": X}, split=[2, 3], axis=3, outputs=2),
    Case("Split", 2, {"x": X}, axis=2, outputs=2),
    Case("Split", 13, {"x": X, "s": i64(1, 2)}, constants=["s"], axis=1, outputs=2),
    Case("Split", 13, {"x": X}, outputs=2),
    Case("Squeeze", 11, {"x": f32(1, 3, 1, 2)}, axes=[0, 2]),
    Case("Squeeze", 11, {"x": f32(1, 3, 1, 2)}),
    Case("Tile", 1, {"x": X, "t": f32(1) * 0 + 3, "a": f32(1) * 0 + 2}, constants=["t", "a"],
         expected=lambda x, t, a: np.tile(x, (1, 1, 3, 1))),
    Case("TopK", 9, {"x": X}, k=2, axis=2, outputs=2),
    Case("TopK", 10, {"x": X, "k": i64(3)}, constants=["k"], outputs=2),
    Case("Unsqueeze", 11, {"x": X}, axes=[0, -1]),
    Case("Upsample", 6, {"x": IMAGE}, height_scale=2.0, width_scale=3.0,
         expected=lambda x: x.repeat(2, 2).repeat(3, 3)),
    Case("Upsample", 7, {"x": IMAGE}, scales=[1.0, 1.0, 2.0, 2.0]),
    Case("Upsample", 7, {"x": IMAGE}, scales=[1.0, 1.0, 2.0, 2.0], mode="linear"),
    Case("Upsample", 9, {"x": IMAGE, "s": np.array([1, 1, 1.5, 2], np.float32)}, constants=["s"]),
]  # fmt: skip

RUNNING_SUM = onnx.parser.parse_graph(
    "sums (float[1] sum, float[1] next) => (float[1] new, float[1] out)"
    " { new = Add(sum, next) out = Identity(new) }"
)
STATE, SEQUENCE = f32(2, 1), f32(2, 3, 1)


def running_sums(sequence: Array) -> Array:
    return STATE[:, None] + np.cumsum(sequence, 1)


LOOPS = [
    Case("Scan", 8, {"n": None, "s": STATE, "x": SEQUENCE}, body=RUNNING_SUM, num_scan_inputs=1,
         outputs=2, expected=lambda s, x: (running_sums(x)[:, -1], running_sums(x))),
    Case("Scan", 8, {"n": None, "s": STATE, "x": SEQUENCE}, body=RUNNING_SUM, num_scan_inputs=1,
         directions=[1], outputs=2,
         expected=lambda s, x: (running_sums(x[:, ::-1])[:, -1], running_sums(x[:, ::-1]))),
]  # fmt: skip

UNCHANGED = [
    Case("ArgMax", 1, {"x": X}, axis=2),
    Case("AveragePool", 7, {"x": X}, kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    Case("AveragePool", 10, {"x": X}, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    Case("Conv", 1, {"x": X, "w": f32(4, 3, 3, 3)}, pads=[1, 1, 1, 1]),
    Case("ConvTranspose", 1, {"x": X, "w": f32(3, 4, 3, 3)}, strides=[2, 2]),
    Case("DepthToSpace", 1, {"x": f32(1, 8, 2, 2)}, blocksize=2),
    Case("Expand", 8, {"x": f32(3, 1), "s": i64(2, 1, 6)}, constants=["s"]),
    Case("Flatten", 9, {"x": X}, axis=2),
    Case("Gather", 1, {"x": X, "i": i64(0, 2)}, axis=3),
    Case("InstanceNormalization", 6, {"x": X, "s": f32(3), "b": f32(3)}),
    Case("LRN", 1, {"x": X}, size=3),
    Case("MatMul", 1, {"a": X, "b": f32(5, 6)}),
    Case("MaxPool", 1, {"x": X}, kernel_shape=[2, 2]),
    Case("MaxPool", 8, {"x": X}, kernel_shape=[2, 2], strides=[2, 2], outputs=2),
    Case("Max", 8, {"a": X, "b": f32(5)}),
    Case("QuantizeLinear", 10,
         {"x": X, "s": np.array(0.1, np.float32), "z": np.array(7, np.uint8)}),
    Case("Shape", 1, {"x": X}),
    Case("Tile", 6, {"x": X, "r": i64(1, 2, 1, 3)}, constants=["r"]),
    Case("Where", 9, {"c": X > 0, "a": X, "b": -X}),
]  # fmt: skip


@pytest.mark.parametrize("case", [*ELEMENTWISE, *LAYERS, *LOOPS, *MOVEMENT, *UNCHANGED], ids=repr)
def test_meaning_is_kept(case: Case) -> None:
    case.check()


REFUSED: list[tuple[Case, str]] = [
    (Case("BatchNormalization", 6, _BATCH_NORM), "training mode"),
    (Case("BatchNormalization", 7, _BATCH_NORM, spatial=0), "spatial = 0"),
    (Case("BatchNormalization", 9, _BATCH_NORM, outputs=3), "training output 'y1'"),
    (Case("Dropout", 10, {"x": X}, outputs=2), "training output 'y1'"),
    (Case("LpPool", 1, {"x": X}, p=2.5, kernel_shape=[2, 2]), "p = 2.5"),
    (Case("Cast", 1, {"x": X}, to="NUMBER"), "casts to 'NUMBER'"),
    (Case("Scan", 8, {"n": i64(1, 3), "s": f32(2, 1), "x": f32(2, 3, 1)}, body=RUNNING_SUM,
          num_scan_inputs=1, outputs=2), "sequences of different lengths"),
    (Case("Resize", 10, {"x": IMAGE, "s": np.array([1, 1, 2, 0.5], np.float32)},
          constants=["s"]), "both enlarges and shrinks"),
    (Case("Resize", 11, {"x": IMAGE, "r": np.empty(0, np.float32),
                         "s": np.array([1, 1, 2, 2], np.float32)}, constants=["r", "s"],
          coordinate_transformation_mode="tf_half_pixel_for_nn"), "tf_half_pixel_for_nn"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "reason"), REFUSED, ids=repr)
def test_forms_without_an_upgrade_are_reported(case: Case, reason: str) -> None:
    model = node_model(case.op_type, case.opset, case.inputs, **case.options)
    with pytest.raises(ImportModelError) as caught:
        import_model(model, make_context())
    assert reason in str(caught.value)
    assert f"{case.op_type} 'node'" in str(caught.value)


def test_every_step_is_a_rule_or_compatible_or_known_to_be_refused() -> None:
    refused = {
        (name, new)
        for domain, name in all_operators()
        for old, new in zip(
            list(versions(domain, name)), list(versions(domain, name))[1:], strict=False
        )
        if (domain, name, new) not in STEPS and not is_compatible(domain, name, old, new)
    }
    assert refused == set()


def test_newer_opsets_than_known_are_reported() -> None:
    model = node_model("Relu", 999, {"x": X})
    with pytest.raises(ImportModelError, match=r"version 999 of the operators of 'ai\.onnx'"):
        import_model(model, make_context())
