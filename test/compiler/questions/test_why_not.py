"""`why_not` names the condition that failed, with its values."""

from __future__ import annotations

import json

import onnx
import pytest

import stepwell
from stepwell.compiler.questions.why_not import WhyNot
from stepwell.errors import UsageError

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[2,3] x, float[4,3] v) => (float[2,4] y, float[2,4] s)
<float[3,4] w = {1,2,3,4,5,6,7,8,9,10,11,12}, float[4] b = {1,2,3,4}>
{
  [product] p = MatMul(x, w)
  [bias] y = Add(p, b)
  [relu] r = Relu(p)
  [exp] e = Exp(r)
  [scale] s = Mul(e, b)
}
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.parser.parse_model(MODEL)


def asked(model: onnx.ModelProto, rule: str, node: str | None = None) -> WhyNot:
    found = stepwell.why_not(model, rule, node=node)
    assert (found["schema"], found["version"]) == ("stepwell.why_not", 1)
    assert json.loads(json.dumps(found)) == found
    return found


def test_the_condition_that_failed(model: onnx.ModelProto) -> None:
    found = asked(model, "fuse-map-into-contraction", "bias")
    assert not found["applied"]
    miss = found["misses"][0]
    assert miss["nodes"] == ["bias"]
    assert miss["operation"].startswith("engine.map of arith.addf")
    assert miss["final"]
    assert miss["place"].startswith("contractions.py:")
    assert miss["clause"].endswith("read only here")


def test_the_nearest_comes_first(model: onnx.ModelProto) -> None:
    found = asked(model, "fuse-map-into-contraction")
    final = [miss["held"] for miss in found["misses"] if miss["final"]]
    assert final == sorted(final, reverse=True)


def test_where_it_applied(model: onnx.ModelProto) -> None:
    found = asked(model, "fuse-map-into-map")
    assert found["applied"]
    assert set(found["applied"][0]) == {"relu", "exp", "scale"}


def test_the_values_of_a_condition() -> None:
    text = """<ir_version: 8, opset_import: ["" : 18]>
    g (float[2,3,4] x) => (float[4,2,3] y) { [move] y = Transpose <perm = [2, 0, 1]> (x) }"""
    found = asked(onnx.parser.parse_model(text), "drop-identity-transpose")
    (miss,) = found["misses"]
    assert "perm = array<i64: 2, 0, 1>" in miss["operation"]


def test_a_rule_that_is_offered_nothing(model: onnx.ModelProto) -> None:
    found = asked(model, "merge-transposes")
    assert found["reason"] == "nothing is what the rule begins with: engine.transpose"


def test_a_rule_that_takes_no_part(model: onnx.ModelProto) -> None:
    rule = "fuse-map-into-map"
    reason = stepwell.why_not(model, rule, optimization=0)["reason"]
    assert reason == "it takes part from -O1 on, or with --enable fuse-map-into-map"
    assert stepwell.why_not(model, rule, disable=[rule])["reason"] == "it is disabled"
    reason = stepwell.why_not(model, "fold-affine-epilogue", exactness="bitwise")["reason"]
    assert reason == "it is of class rounding, and exactness is bitwise"


def test_names_that_are_not_there(model: onnx.ModelProto) -> None:
    with pytest.raises(UsageError, match="unknown rewrite 'merge-transpose'; did you mean"):
        stepwell.why_not(model, "merge-transpose")
    with pytest.raises(UsageError, match="'use-winograd' is a pass, not a rule"):
        stepwell.why_not(model, "use-winograd")
    with pytest.raises(UsageError, match="unknown node 'bais'; did you mean 'bias'"):
        stepwell.why_not(model, "merge-transposes", node="bais")
