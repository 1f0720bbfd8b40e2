"""Opsets that are asked for, operators of onnxruntime's own, and graphs in branches and loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

import stepwell as sw
from stepwell.errors import UsageError

Feed = dict[str, Any]

RNG = np.random.default_rng(3)

LAYERS = """
<ir_version: 8, opset_import: ["" : 23]>
layers (float[2,4,6,6] x) => (float[2,4,6,6] y, float[2,4,6,6] z, float[2,3] g)
<float none = {0}, float six = {6}, float one = {1}, float root = {1.4142135}, float half = {0.5}>
{
  [first] a = Conv <pads = [1,1,1,1]> (x, k, b)
  [clip] c = Clip (a, none, six)
  [second] d = Conv <pads = [1,1,1,1]> (c, k)
  [skip] s = Add (x, d)
  [relu] y = Relu (s)
  [third] e = Conv <pads = [1,1,1,1]> (y, k, b)
  [gate] t = Sigmoid (e)
  [swish] w = Mul (e, t)
  [rms] r = RMSNormalization <axis = 3> (w, scale)
  [norm] n = GroupNormalization <num_groups = 2> (r, four, four)
  [div] q = Div (n, root)
  [erf] f = Erf (q)
  [plus] p = Add (f, one)
  [times] o = Mul (n, p)
  [gelu] z = Mul (o, half)
  [mean] m = GlobalAveragePool (z)
  [flat] l = Flatten (m)
  [dense] h = Gemm (l, w1, b1)
  [leaky] g = LeakyRelu <alpha = 0.2> (h)
}
"""

LOOPS = """
<ir_version: 8, opset_import: ["" : 18]>
loops (float[5,n,4] xs, float[n,4] h, float stop) =>
      (float[n,4] last, float[t,n] rows, float[n,4] sum, float[5,n,4] back, int64[n] best)
<int64 most = {6}, bool yes = {1}, float zero = {0}, int64 two = {2}, int64 even = {0}>
{
  [while] last, rows = Loop <body = body (int64 i, bool go, float[n,4] v)
        => (bool on, float[n,4] next, float[n] row) {
    [mod] r = Mod (i, two)
    [odd] o = Equal (r, even)
    [if] next = If (o) <
      then_branch = yes () => (float[n,4] a) { [tanh] t = Tanh (v)  [up] a = Add (t, h) },
      else_branch = no () => (float[n,4] c) { [exp] e = Sigmoid (v)  [down] c = Sub (e, h) }>
    axes = Constant <value = int64[1] {1}> ()
    [row] row = ReduceSum <keepdims = 0> (next, axes)
    whole = Constant <value = int64[1] {0}> ()
    [top] m = ReduceMax <keepdims = 0> (row, whole)
    [less] on = Less (m, stop)
  }> (most, yes, h)
  [scan] sum, back = Scan <num_scan_inputs = 1, scan_input_directions = [1],
      scan_output_directions = [1], body = step (float[n,4] s, float[n,4] x)
        => (float[n,4] u, float[n,4] w) { [acc] u = Add (s, x)  w = Identity (u) }> (h, xs)
  [best] best = ArgMax <axis = 1, keepdims = 0> (last)
}
"""


def layers() -> onnx.ModelProto:
    model = onnx.parser.parse_model(LAYERS)
    shapes = {"k": (4, 4, 3, 3), "b": (4,), "w1": (4, 3), "b1": (3,), "four": (4,), "scale": (6,)}
    for name, shape in shapes.items():
        weight = (RNG.standard_normal(shape) * 0.3).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    onnx.checker.check_model(model, full_check=True)
    return model


def operators_of(model: onnx.ModelProto, path: Path, feed: Feed, **options: Any) -> set[str]:
    """The operators of the optimised model, which computes what the model does."""
    optimized = sw.optimize(model, **options)
    optimized.save(path)
    written = onnx.load(path)
    assert optimized.answer["after"]["count"] == sum(_nodes(written.graph))
    runtime: Any = onnxruntime
    plain = runtime.SessionOptions()
    plain.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    before = runtime.InferenceSession(model.SerializeToString(), plain).run(None, feed)
    after = runtime.InferenceSession(str(path), plain).run(None, feed)
    for wanted, found in zip(before, after, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)
    return {node.op_type for node in written.graph.node}


def _nodes(graph: onnx.GraphProto) -> list[int]:
    found = [len(graph.node)]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                found += _nodes(attribute.g)
    return found


def test_operators_are_those_of_the_opset(tmp_path: Path) -> None:
    model, path = layers(), tmp_path / "a.onnx"
    feed = {"x": RNG.standard_normal((2, 4, 6, 6)).astype(np.float32)}
    newer = {"Gelu": 20, "GroupNormalization": 21, "RMSNormalization": 23, "Swish": 24}
    for opset in (18, 20, 21, 23, 24):
        found = operators_of(model, path, feed, opset=opset)
        assert found & newer.keys() == {name for name, since in newer.items() if since <= opset}
        assert onnx.load(path).opset_import[0].version == opset
        onnx.checker.check_model(str(path), full_check=True)
    # Swish is of an opset that few runtimes have yet.
    assert "Swish" not in operators_of(model, path, feed)
    for opset in (9, 99):
        with pytest.raises(UsageError, match="expected"):
            sw.optimize(model, opset=opset)
    with pytest.raises(UsageError, match="expected"):
        sw.optimize(model, runtime="tensorrt")


def test_operators_of_onnxruntime_take_in_what_follows(tmp_path: Path) -> None:
    model, path = layers(), tmp_path / "a.onnx"
    feed = {"x": RNG.standard_normal((2, 4, 6, 6)).astype(np.float32)}
    found = operators_of(model, path, feed, opset=24, runtime="onnxruntime")
    assert {"FusedConv", "FusedGemm", "Conv", "Swish"} <= found
    assert not found & {"Clip", "Relu", "Add", "LeakyRelu", "Gemm"}
    # What something else reads, and what broadcasts, stays.
    small = numpy_helper.from_array(np.ones((4, 1, 1), np.float32), "small")
    near = onnx.ModelProto()
    near.CopyFrom(model)
    near.graph.initializer.append(small)
    node = next(n for n in near.graph.node if n.name == "skip")
    node.input[0] = "small"
    near.graph.output.append(onnx.ValueInfoProto(name="a"))
    near.graph.output[-1].type.CopyFrom(near.graph.input[0].type)
    assert "Clip" in operators_of(near, path, feed, runtime="onnxruntime")


def test_branches_and_loops_have_graphs_of_their_own(tmp_path: Path) -> None:
    model, path = onnx.parser.parse_model(LOOPS), tmp_path / "a.onnx"
    onnx.checker.check_model(model, full_check=True)
    for stop in (-100.0, 2.0, 100.0):
        feed = {
            "xs": RNG.standard_normal((5, 3, 4)).astype(np.float32),
            "h": RNG.standard_normal((3, 4)).astype(np.float32),
            "stop": np.array(stop, np.float32),
        }
        assert {"Loop", "ArgMax"} <= operators_of(model, path, feed)
    onnx.checker.check_model(str(path), full_check=True)
