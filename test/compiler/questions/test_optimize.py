"""Optimised models are valid ONNX and compute what they computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

import stepwell as sw
from stepwell.errors import StepwellError, UsageError

IMAGES = """
<ir_version: 8, opset_import: ["" : 18]>
images (float[2,8,9,9] x) => (float[2,1,4] y, float[2,8,5,5] pooled)
<float[8] zero = {0,0,0,0,0,0,0,0}, float[8] one = {1,1,1,1,1,1,1,1},
 float lowest = {0}, float highest = {6}, int64[2] halves = {4,4}>
{
  [conv] a = Conv <pads = [1,1,1,1]> (x, k, b)
  [norm] n = BatchNormalization (a, one, zero, zero, one)
  [relu] r = Relu (n)
  [skip] s = Add (r, x)
  [swish] h = HardSwish (s)
  [clip] c = Clip (h, lowest, highest)
  [pool] pooled = MaxPool <kernel_shape = [3,3], strides = [2,2], pads = [1,1,1,1]> (c)
  [sigmoid] g = Sigmoid (pooled)
  [swish2] w = Mul (g, pooled)
  [split] first, second = Split <axis = 1> (w, halves)
  [join] j = Concat <axis = 1> (second, first)
  [leaky] l = LeakyRelu <alpha = 0.1> (j)
  [mean] m = GlobalAveragePool (l)
  [flat] f = Flatten (m)
  [dense] d = Gemm <transB = 1> (f, w1, b1)
  [log] o = LogSoftmax (d)
  [lift] axes = Constant <value = int64[1] {1}> ()
  [out] y = Unsqueeze (o, axes)
}
"""

WORDS = """
<ir_version: 8, opset_import: ["" : 20]>
words (int64[batch,5] ids, bool[batch,1,1,5] seen) => (float[batch,5,8] y, int64[batch,5] best)
<float low = {-1e9}, float none = {0}, int64[4] split = {0,0,2,4}, int64[3] join = {0,0,8},
 float small = {0.5}, float root = {1.4142135}, float one = {1}>
{
  [embed] e = Gather (table, ids)
  [ln] n = LayerNormalization <epsilon = 1e-5> (e, scale, shift)
  [q] q0 = MatMul (n, wq)
  [k] k0 = MatMul (n, wk)
  [v] v0 = MatMul (n, wv)
  q1 = Reshape (q0, split)
  k1 = Reshape (k0, split)
  v1 = Reshape (v0, split)
  q2 = Transpose <perm = [0,2,1,3]> (q1)
  k2 = Transpose <perm = [0,2,3,1]> (k1)
  v2 = Transpose <perm = [0,2,1,3]> (v1)
  [scores] s0 = MatMul (q2, k2)
  [scale] s1 = Mul (s0, small)
  [mask] m = Where (seen, none, low)
  [masked] s2 = Add (s1, m)
  [soft] p = Softmax (s2)
  [mix] o0 = MatMul (p, v2)
  o1 = Transpose <perm = [0,2,1,3]> (o0)
  o2 = Reshape (o1, join)
  [add] a = Add (o2, e)
  [in] g0 = Div (a, root)
  [erf] g1 = Erf (g0)
  [plus] g2 = Add (g1, one)
  [times] g3 = Mul (a, g2)
  [gelu] y = Mul (g3, small)
  [best] best = ArgMax <axis = 2, keepdims = 0> (y)
}
"""

SCALARS = """
<ir_version: 8, opset_import: ["" : 18]>
scalars (float[3,7] x, int32[3,7] i, uint8[7] u) => (float[3,7] y, int32[3,7] z, float[1,7] r,
                                                     uint8[7] codes, float[7] back)
<float two = {2}, float step = {0.05}, uint8 middle = {128}, int64[1] rows = {0}>
{
  [plus] a = Softplus (x)
  [mish] b = Mish (x)
  [tanh] c = Tanh (a)
  [pow] d = Pow (b, two)
  [sum] e = Add (c, d)
  [less] l = Less (x, e)
  [where] w = Where (l, x, e)
  [elu] f = Elu <alpha = 0.5> (w)
  [abs] g = Abs (f)
  [root] y = Sqrt (g)
  [cast] h = Cast <to = 6> (l)
  [mul] m = Mul (h, i)
  [max] z = Max (m, i)
  [reduce] r = ReduceSum <keepdims = 1> (y, rows)
  [decode] back = DequantizeLinear (u, step, middle)
  [half] t = Div (back, two)
  [encode] codes = QuantizeLinear (t, step, middle)
}
"""


NEAR = """
<ir_version: 8, opset_import: ["" : 18]>
near (float[2,7] x, float[4,1,3] s) => (float[2,7] a, float[2,7] b, float[2,7] c, float[2,7] d,
                                       float[2,7] e, float[4,1,1,2] h)
<float two = {2}, float root = {1.4142135}, float one = {1}, float most = {0.4},
 float fifth = {0.2}, float half = {0.5}, float zero = {0}, float three = {3}>
{
  q = Div (x, root)
  r = Erf (q)
  p = Add (r, one)
  t = Mul (x, p)
  a = Mul (t, most)
  b0 = Mul (x, fifth)
  b1 = Add (b0, half)
  b2 = Clip (b1, zero, one)
  b = Mul (x, b2)
  n = Neg (x)
  m = Exp (n)
  o = Add (m, two)
  c = Div (one, o)
  l = Less (x, one)
  k = Mul (x, most)
  d = Where (l, k, x)
  e0 = Max (x, three)
  e = Min (e0, one)
  h = LSTM <hidden_size = 2, clip = 0.5> (s, w, r0)
}
"""

LAYERS = """
<ir_version: 8, opset_import: ["" : 18]>
layers (float[6,batch,5] x) => (float[6,2,batch,4] both, float[6,1,batch,4] back,
                                float[1,batch,4] end)
{
  [both] both = LSTM <hidden_size = 4, direction = "bidirectional"> (x, w, r, b)
  [back] back, end =
      RNN <hidden_size = 4, direction = "reverse", activations = ["Relu"]> (x, w1, r1)
}
"""


def with_weights(text: str, **shapes: tuple[int, ...]) -> onnx.ModelProto:
    model = onnx.parser.parse_model(text)
    rng = np.random.default_rng(0)
    for name, shape in shapes.items():
        weight = (rng.standard_normal(shape) * 0.5).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    return model


IMAGES_MODEL = with_weights(IMAGES, k=(8, 8, 3, 3), b=(8,), w1=(4, 8), b1=(4,))
WORDS_MODEL = with_weights(
    WORDS, table=(20, 8), scale=(8,), shift=(8,), wq=(8, 8), wk=(8, 8), wv=(8, 8)
)
LAYERS_MODEL = with_weights(
    LAYERS, w=(2, 16, 5), r=(2, 16, 4), b=(2, 32), w1=(1, 4, 5), r1=(1, 4, 4)
)
NEAR_MODEL = with_weights(NEAR, w=(1, 8, 3), r0=(1, 8, 2))
SCALARS_MODEL = onnx.parser.parse_model(SCALARS)

RNG = np.random.default_rng(1)
IMAGES_FEED = {"x": RNG.standard_normal((2, 8, 9, 9)).astype(np.float32)}
WORDS_FEED = {"ids": RNG.integers(0, 20, (3, 5)), "seen": RNG.random((3, 1, 1, 5)) > 0.3}
LAYERS_FEED = {"x": RNG.standard_normal((6, 3, 5)).astype(np.float32)}
NEAR_FEED = {
    "x": RNG.standard_normal((2, 7)).astype(np.float32) * 2,
}
SCALARS_FEED = {
    "x": RNG.standard_normal((3, 7)).astype(np.float32) * 3,
    "i": RNG.integers(-5, 5, (3, 7)).astype(np.int32),
    "u": RNG.integers(0, 256, 7).astype(np.uint8),
}


@pytest.mark.parametrize(
    ("model", "feed", "gone", "there"),
    [
        (IMAGES_MODEL, IMAGES_FEED, ["BatchNormalization", "Slice"], ["HardSwish", "Split"]),
        (WORDS_MODEL, WORDS_FEED, ["Erf"], ["Gelu", "LayerNormalization", "Softmax"]),
        (LAYERS_MODEL, LAYERS_FEED, ["Concat", "MatMul", "Split"], ["LSTM", "RNN"]),
        (
            SCALARS_MODEL,
            SCALARS_FEED,
            ["Log", "Pow", "Clip", "Round"],
            ["Elu", "Where", "QuantizeLinear", "DequantizeLinear"],
        ),
    ],
)
def test_equal_in_onnxruntime(
    model: onnx.ModelProto,
    feed: dict[str, np.ndarray],
    gone: list[str],
    there: list[str],
    tmp_path: Path,
) -> None:
    onnx.checker.check_model(model, full_check=True)
    optimized = sw.optimize(model)
    path = tmp_path / "optimized.onnx"
    optimized.save(path)
    onnx.checker.check_model(str(path), full_check=True)
    operators = {node.op_type for node in onnx.load(path).graph.node}
    assert operators.isdisjoint(gone)
    assert operators.issuperset(there)
    assert optimized.answer["after"]["count"] == len(onnx.load(path).graph.node)
    before = onnxruntime.InferenceSession(model.SerializeToString())
    after = onnxruntime.InferenceSession(str(path))
    names = [output.name for output in before.get_outputs()]
    assert [output.name for output in after.get_outputs()] == names
    assert [i.name for i in after.get_inputs()] == [i.name for i in before.get_inputs()]
    for name, wanted, found in zip(
        names, before.run(None, feed), after.run(None, feed), strict=True
    ):
        np.testing.assert_allclose(
            np.asarray(found), np.asarray(wanted), rtol=2e-5, atol=2e-5, err_msg=name
        )


def test_what_is_nearly_an_operator_is_not_one(tmp_path: Path) -> None:
    with pytest.raises(StepwellError, match="recurrence"):
        sw.optimize(NEAR_MODEL)
    model = onnx.ModelProto()
    model.CopyFrom(NEAR_MODEL)
    del model.graph.node[-1], model.graph.output[-1], model.graph.input[-1]
    path = tmp_path / "near.onnx"
    sw.optimize(model).save(path)
    operators = {node.op_type for node in onnx.load(path).graph.node}
    assert operators.isdisjoint({"Gelu", "HardSwish", "Sigmoid", "LeakyRelu"})
    feed = {"x": NEAR_FEED["x"]}
    before = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)
    after = onnxruntime.InferenceSession(str(path)).run(None, feed)
    for wanted, found in zip(before, after, strict=True):
        np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-5, atol=1e-6)


def test_nodes_have_the_names_of_those_they_came_from(tmp_path: Path) -> None:
    sw.optimize(IMAGES_MODEL).save(tmp_path / "a.onnx")
    names = {n.op_type: n.name for n in onnx.load(tmp_path / "a.onnx").graph.node}
    assert names["MaxPool"] == "pool"
    assert names["LogSoftmax"] == "log"


def test_all_operations_without_a_form_are_named(tmp_path: Path) -> None:
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 18]>
        g (float[n] x) => (float[m] y, float[k] z)
        {
          [first] i = NonZero (x)
          [row] j = Squeeze (i)
          [taken] y = Gather (x, j)
          [second] z = Compress (x, c)
        }
    """)
    flags = numpy_helper.from_array(np.array([True, False, True]), "c")
    model.graph.initializer.append(flags)
    with pytest.raises(StepwellError, match="first"):
        sw.optimize(model).save(tmp_path / "never.onnx")
    assert not list(tmp_path.iterdir())


def test_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.onnx"):
        sw.optimize(IMAGES_MODEL).save(tmp_path / "a.mlir")
