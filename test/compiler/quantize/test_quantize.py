"""Quantised models: valid, right in other runtimes, within their budget, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import stepwell as sw
from stepwell.errors import CompileError, InputError, StepwellError, UsageError
from stepwell.test.quantize_models import image_samples, images, word_samples, words

DIGITS = Path(__file__).parents[3] / "examples" / "digits"


def digit_samples():
    from sklearn.datasets import load_digits

    held = np.load(DIGITS / "held_out.npz")["images"].reshape(360, -1).round(4)
    known = {row.tobytes() for row in held}
    digits: Any = load_digits()
    rows = (digits.images / 16).astype(np.float32).reshape(-1, 64)
    rest = np.array([row for row in rows if row.round(4).tobytes() not in known])
    return [{"images": part} for part in rest[:1400].reshape(35, 40, 1, 8, 8)]


MODELS = {
    "digits": (str(DIGITS / "digits.onnx"), digit_samples),
    "images": (images, lambda: image_samples(32)),
    "words": (words, lambda: word_samples(32)),
}
CASES = [
    ("digits", "int8", 0.02),
    ("digits", "weights-int8", 0.02),
    ("images", "int8", 0.05),
    ("images", "weights-int4", 0.05),
    ("words", "int8", 0.05),
    ("words", "int8-dynamic", 0.05),
    ("words", "weights-int8", 0.05),
    ("words", "weights-int4", 0.3),
]


def model_of(name):
    given = MODELS[name][0]
    return given if isinstance(given, str) else given()


@cache
def quantised(name, scheme, budget):
    return sw.quantize(model_of(name), MODELS[name][1](), scheme=scheme, budget=budget)


def deviation(found, expected):
    return float(np.sqrt(np.square(found - expected).mean()) / expected.std())


@pytest.mark.parametrize(("name", "scheme", "budget"), CASES)
def test_the_file_is_valid_and_says_the_same_everywhere(name, scheme, budget, tmp_path):
    report = quantised(name, scheme, budget)
    path = tmp_path / "coded.onnx"
    report.save(path)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version >= 21
    assert {op.domain for op in model.graph.node} <= {""}
    samples = MODELS[name][1]()[:3]
    ours = sw.compile(str(path))
    assert ours.reference_ops == ()
    options = onnxruntime.SessionOptions()
    # What it optimises takes weights of 8 bits for a reason to round what they meet.
    if scheme.startswith("weights"):
        level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(str(path), options)
    original = sw.compile(model_of(name))
    for sample in samples:
        [found] = ours.run(sample).values()
        [theirs] = session.run(None, sample)
        [expected] = original.run(sample).values()
        # Codes may differ by one where a number lies in the middle between two.
        assert deviation(found, theirs) < 0.1 * deviation(theirs, expected) + 1e-6
        assert deviation(found, expected) < 2 * budget


@pytest.mark.parametrize("name", ["images", "words"])
def test_products_of_four_bits_as_onnxruntime_has_them(name, tmp_path):
    report = quantised(name, "weights-int4", 0.05 if name == "images" else 0.3)
    paths = [tmp_path / "standard.onnx", tmp_path / "microsoft.onnx"]
    report.save(paths[0])
    replace(report, microsoft=True).save(paths[1])
    model = onnx.load(paths[1])
    products = [node for node in model.graph.node if node.domain == "com.microsoft"]
    assert len(products) == (1 if name == "images" else 7)
    assert not any(t.data_type == onnx.TensorProto.INT4 for t in model.graph.initializer)
    sample = MODELS[name][1]()[0]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    standard, theirs = (
        onnxruntime.InferenceSession(str(path), options).run(None, sample)[0] for path in paths
    )
    [ours] = sw.compile(str(paths[1])).run(sample).values()
    assert deviation(theirs, standard) < 1e-5
    assert deviation(ours, standard) < 1e-5


@pytest.mark.parametrize(("name", "scheme", "budget"), CASES)
def test_the_report_says_what_was_done(name, scheme, budget):
    answer = quantised(name, scheme, budget).answer
    json.dumps(answer, allow_nan=False)
    model = answer["model"]
    assert model["error"] is not None
    assert 0 < model["error"] <= budget
    assert model["bytes"][1] < 0.45 * model["bytes"][0]
    assert model["held_out"] >= 8
    done = [o for o in answer["operations"] if o["precision"].startswith(("int8", "weights-int"))]
    assert done
    assert all(o["why"] == "within the budget" for o in done)
    if scheme == "int8":
        assert model["seconds"][1] < model["seconds"][0]
        assert all(o["range"] is not None for o in done)
        assert all(o["clipped"] is not None and 0 <= o["clipped"] < 0.01 for o in done)


def test_digits_keep_their_accuracy(tmp_path):
    held = np.load(DIGITS / "held_out.npz")
    batches = held["images"].reshape(9, 40, 1, 8, 8)
    right = {}
    for scheme in ("", "int8", "weights-int8"):
        path = str(DIGITS / "digits.onnx")
        if scheme:
            path = str(tmp_path / "coded.onnx")
            quantised("digits", scheme, 0.02).save(path)
        engine = sw.compile(path)
        found = np.concatenate([engine(batch).argmax(1) for batch in batches])
        right[scheme] = float((found == held["labels"]).mean())
    assert right["int8"] >= right[""] - 0.003
    assert right["weights-int8"] >= right[""] - 0.003


def test_the_same_file_each_time(tmp_path):
    texts = []
    for number in range(2):
        path = tmp_path / f"{number}.onnx"
        sw.quantize(images(), image_samples(12)).save(path)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_the_worst_are_left_out_until_the_budget_holds():
    """Two channels of a weight that are apart by a factor of 3000 do not fit into one scale."""
    free = quantised("words", "int8", 0.05).answer["model"]["error"]
    assert free is not None
    tight = sw.quantize(words(), word_samples(32), budget=0.8 * free).answer
    assert tight["model"]["error"] is not None
    assert tight["model"]["error"] <= 0.8 * free
    left = [o for o in tight["operations"] if o["precision"] != "int8"]
    done = [o for o in tight["operations"] if o["precision"] == "int8"]
    assert left
    assert done
    worst = max(o["sqnr"] or 0 for o in left)
    assert worst <= min(o["sqnr"] or 0 for o in done)
    assert all("left out for the budget" in o["why"] for o in left)


def test_what_is_to_be_kept_is_kept():
    answer = sw.quantize(images(), image_samples(12), keep="^(stem|dense)$").answer
    kept = [o["name"] for o in answer["operations"] if o["precision"] == "f32"]
    assert kept == ["stem", "dense"]


def test_a_metric_decides():
    seen = []

    def metric(samples, expected, found):
        seen.append((len(samples), len(expected), len(found)))
        return float(np.abs(found[0]["y"] - expected[0]["y"]).max())

    report = sw.quantize(images(), image_samples(12), metric=metric, budget=0.5)
    error = report.answer["model"]["error"]
    assert error is not None
    assert error <= 0.5
    assert set(seen) == {(3, 3, 3)}


def test_equalising_helps_where_channels_differ():
    model = words()
    spread = onnx.ModelProto()
    spread.CopyFrom(model)
    rng = np.random.default_rng(5)
    factors = np.exp(rng.normal(size=128) * 1.5).astype(np.float32)
    for tensor in spread.graph.initializer:
        if tensor.name in ("g1", "h1"):
            array = onnx.numpy_helper.to_array(tensor) * factors
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
        if tensor.name == "wu":
            array = onnx.numpy_helper.to_array(tensor) / factors[:, None]
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    with_, without = (
        sw.quantize(spread, word_samples(24), equalise=strength, budget=1.0).answer
        for strength in (0.5, None)
    )
    assert without["equalised"] == []
    assert any("ln2" in line for line in with_["equalised"])
    errors = [answer["model"]["error"] or 0 for answer in (with_, without)]
    assert 0 < errors[0] < errors[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scheme": "int7"}, "scheme is 'int7', expected one of int8, int8-dynamic"),
        ({"ranges": "all"}, "ranges is 'all', expected one of minmax"),
        ({"budget": -1}, "budget is -1"),
        ({"budget": float("nan")}, "budget is nan"),
        ({"equalise": 2.0}, "equalise is 2.0"),
        ({"block": 33}, "block is 33"),
        ({"microsoft": True}, "MatMulNBits is for weights-int4, and scheme is int8"),
        ({"keep": "("}, "not a regular expression"),
        ({"calibration": None}, "int8 needs calibration"),
        ({"calibration": None, "scheme": "weights-int8", "metric": max}, "a metric needs"),
    ],
)
def test_wrong_arguments(change, said):
    arguments: dict[str, Any] = {"calibration": image_samples(4), **change}
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        sw.quantize(images(), **arguments)


def test_all_wrong_arguments_are_said_at_once():
    with pytest.raises(UsageError, match=r"scheme is 'a'.*ranges is 'b'.*budget is -1"):
        sw.quantize(images(), [], scheme="a", ranges="b", budget=-1)


def test_an_unreachable_budget_says_what_is_best_and_what_costs_most():
    with pytest.raises(CompileError) as error:
        sw.quantize(words(), word_samples(16), budget=1e-6)
    text = str(error.value)
    assert "cannot keep to the budget of 1e-06: with all 7 operations quantised it is 0.0" in text
    assert "with nothing quantised 0;" in text
    assert "most with '" in text
    assert "nothing is written" in text


def test_a_metric_that_nothing_satisfies():
    with pytest.raises(CompileError, match="with nothing quantised 7"):
        sw.quantize(images(), image_samples(12), metric=lambda *_: 7.0)


def test_a_metric_that_fails():
    with pytest.raises(InputError, match="the metric of the budget failed: ZeroDivisionError"):
        sw.quantize(images(), image_samples(12), metric=lambda *_: 1 / 0)
    with pytest.raises(InputError, match="the metric of the budget is not a number"):
        sw.quantize(images(), image_samples(12), metric=lambda *_: float("nan"))


def test_a_model_that_is_quantised_already(tmp_path):
    path = tmp_path / "coded.onnx"
    quantised("images", "int8", 0.05).save(path)
    with pytest.raises(CompileError, match=r"coded\.onnx is quantised already: .*Linear '"):
        sw.quantize(path, image_samples(8))


def test_a_model_that_would_not_gain():
    with pytest.raises(CompileError, match="would not gain by int8-dynamic: with 1 of 1"):
        sw.quantize(images(), image_samples(8), scheme="int8-dynamic")


def test_a_model_without_products():
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[4] x) => (float[4] y) { y = Relu (x) }'
    )
    with pytest.raises(CompileError, match="has nothing that int8 is for"):
        sw.quantize(model, [{"x": np.zeros(4, np.float32)}] * 4)


def test_numbers_that_are_not_finite_are_said_with_their_nodes():
    model = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[4,4] x) => (float[4,4] y)'
        " <float[4,4] w = {1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1}>"
        " { [root] r = Log (x) [mul] y = MatMul (r, w) }"
    )
    with pytest.raises(InputError, match="infinite or not a number in 'root'"):
        sw.quantize(model, [{"x": np.zeros((4, 4), np.float32)}] * 4)


def test_nothing_is_written_where_it_fails(tmp_path):
    out = tmp_path / "out.onnx"
    with pytest.raises(UsageError, match="ends in .onnx"):
        quantised("images", "int8", 0.05).save(tmp_path / "out.txt")
    with pytest.raises(StepwellError):
        sw.quantize(images(), image_samples(3)).save(out)
    assert not list(tmp_path.iterdir())
