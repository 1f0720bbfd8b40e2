"""What `memory` says is what the compiled program takes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.compiler.questions.memory import MemoryAnswer
from stepwell.tools.commands.memory_picture import memory_page, memory_svg

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[1,8,16,16] x, float[N,64] v) => (float[1,16,16,16] y, float[1,1,2048] z, float[M,64] u)
<float[8,8,3,3] f = {FILTER}>
{
  [conv] a = Conv <pads = [1,1,1,1]> (x, f)
  [second] b = Softmax <axis = 1> (x)
  [joined] y = Concat <axis = 1> (a, b)
  [big] c = Softmax <axis = 2> (x)
  [small] m = ReduceMax <keepdims = 1> (c)
  [shape] s = Constant <value_ints: ints = [1, 1, 2048]> ()
  [flat] w = Reshape (c, s)
  [again] z = Add (w, m)
  [twice] u = Concat <axis = 0> (v, v)
}
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    numbers = np.random.default_rng(0).standard_normal(8 * 8 * 9)
    text = MODEL.replace("FILTER", ",".join(f"{n:.3f}" for n in numbers))
    model = onnx.parser.parse_model(text)
    model.graph.node[0].name = "<a&b>"
    return model


@pytest.fixture(scope="module")
def answer(model: onnx.ModelProto) -> MemoryAnswer:
    return stepwell.memory(model, shapes={"N": 2}, target="x86-64-v3")


def test_it_is_what_the_program_takes(model: onnx.ModelProto, answer: MemoryAnswer) -> None:
    assert (answer["schema"], answer["version"]) == ("stepwell.memory", 1)
    needs = stepwell.compile(model, shapes={"N": 2}, target="x86-64-v3").memory()
    assert answer["arena"]["bytes"] == needs.intermediate
    weights = answer["weights"]
    assert 0 <= needs.weights - weights["bytes"] < 4096  # whole lines
    parts = (weights[part] for part in ("model", "winograd", "second_layout", "wider", "padding"))
    assert weights["bytes"] == sum(parts)


def test_the_peak_is_where_most_bytes_live(answer: MemoryAnswer) -> None:
    def living(step: int) -> int:
        return sum(
            -(-b["bytes"] // 64) * 64 for b in answer["buffers"] if b["first"] <= step <= b["last"]
        )

    most = max(living(step) for step in range(len(answer["steps"])))
    assert living(answer["peak"]) == most == answer["arena"]["bound"]
    assert answer["arena"]["best"] <= most <= answer["arena"]["given_bound"]
    assert answer["at_peak"][0]["bytes"] == max(b["bytes"] for b in answer["at_peak"])


def test_copies_have_a_reason(answer: MemoryAnswer) -> None:
    found = {copy["reason"]: copy for copy in answer["copies"]}
    twice = found["the same value is several parts"]
    assert (twice["operation"], twice["nodes"], twice["bytes"]) == ("concat", ["twice"], 512)
    assert found["an input, which the caller owns"]["operation"] == "pad"


def test_the_picture_has_every_buffer_and_escapes_names(answer: MemoryAnswer) -> None:
    svg = memory_svg(answer)
    root = ElementTree.fromstring(svg)
    shapes = [e for e in root.iter() if e.get("class") == "b"]
    assert len(shapes) == len(answer["buffers"]) > 1
    titles = " ".join(e.text or "" for e in root.iter() if e.tag.endswith("title"))
    assert "<a&b>" in titles
    page = memory_page(answer, "<text> & more")
    assert "&lt;text&gt; &amp; more" in page
    assert svg in page
    assert "<a&b>" not in page
    for outside in ("src=", "href=", "@import", "url("):
        assert outside not in page


def test_an_answer_is_json_and_open_sizes_are_those_planned_for(model: onnx.ModelProto) -> None:
    answer = stepwell.memory(model, sizes={"N": stepwell.Dim(1, 64, hint=16)})
    assert json.loads(json.dumps(answer)) == answer
    [twice] = [copy for copy in answer["copies"] if copy["nodes"] == ["twice"]][:1]
    assert twice["bytes"] == 16 * 64 * 4
