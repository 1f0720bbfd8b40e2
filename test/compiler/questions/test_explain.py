"""What `explain` says is what the compiler did."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

import stepwell
from stepwell.compiler.compile import lower
from stepwell.errors import UsageError

DIGITS = Path(__file__).resolve().parents[3] / "examples" / "digits" / "digits.onnx"

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[2,3] x) => (float[2,4] y, float[3,2] z)
<float[3,4] w = {1,2,3,4,5,6,7,8,9,10,11,12}, float[4] b = {1,2,3,4}, float two = {2}>
{
  [product] p = MatMul(x, w)
  [bias] q = Add(p, b)
  [relu] y = Relu(q)
  [there] t = Transpose <perm = [1, 0]> (x)
  [double] d = Mul(t, two)
  [back] u = Transpose <perm = [1, 0]> (d)
  [there_again] z = Transpose <perm = [1, 0]> (u)
}
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.parser.parse_model(MODEL)


def test_rules_and_passes(model: onnx.ModelProto) -> None:
    found = stepwell.explain(model)
    assert (found["schema"], found["version"]) == ("stepwell.explain", 1)
    assert json.loads(json.dumps(found)) == found
    names = [p["name"] for p in found["passes"]]
    assert names[0] == "convert-to-engine"
    assert names.index("optimize") < names.index("plan-memory")
    fused = next(r for r in found["rules"] if r["name"] == "fuse-map-into-contraction")
    assert fused["count"] == 2
    assert fused["operations"] == [4, 2]
    # The product reads and writes 24 + 48 + 32 bytes; two maps read 32 + 16 and 32, write 32 each.
    assert fused["bytes"] == [104 + 80 + 120 + 64, 120 + 120]
    assert fused["samples"][0]["nodes"] == ["product", "bias"]
    optimize = next(p for p in found["passes"] if p["name"] == "optimize")
    assert optimize["operations"] == [7, 3]
    assert optimize["flops"][1] <= optimize["flops"][0]


def test_what_the_rules_did_is_what_the_pass_did() -> None:
    found = stepwell.explain(str(DIGITS))
    optimize = next(p for p in found["passes"] if p["name"] == "optimize")
    removed = sum(r["operations"][0] - r["operations"][1] for r in found["rules"])
    assert removed == optimize["operations"][0] - optimize["operations"][1]
    assert found["choice"]["optimization"] == 2
    assert not stepwell.explain(str(DIGITS), optimization=0)["rules"]


def test_every_node_has_steps_or_a_fate(model: onnx.ModelProto) -> None:
    fates = {node.name: stepwell.explain(model, node=node.name) for node in model.graph.node}
    stories = {name: found["node"] for name, found in fates.items()}
    for name, story in stories.items():
        assert story is not None
        assert story["name"] == name
        assert story["fate"]
        assert story["levels"][0]["after"] == "import"
        assert len(story["levels"][0]["operations"]) == 1
        assert bool(story["steps"]) == story["fate"].startswith("computed by")
    relu = stories["relu"]
    assert relu is not None
    assert [r["rule"] for r in relu["rewrites"]] == ["fuse-map-into-contraction"]
    assert relu["steps"][0]["operation"].startswith("engine.matmul of ")
    assert relu["steps"][0]["nodes"] == ["product", "bias", "relu"]
    plan = lower(model, "plan").text
    assert "relu" in plan


def test_a_node_that_is_not_there(model: onnx.ModelProto) -> None:
    with pytest.raises(UsageError, match=r"unknown node 'relo'; .*'relu'"):
        stepwell.explain(model, node="relo")
