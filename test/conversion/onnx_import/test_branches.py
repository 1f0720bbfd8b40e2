"""`If`: branches that are decided when a model is compiled, and those that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

import stepwell
from stepwell.compiler.compile import lower
from stepwell.conversion.import_model import import_model
from stepwell.conversion.onnx_to_engine.convert import ConvertOnnxToEnginePass
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError, InputError
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import by_onnx


def model_of(text: str) -> onnx.ModelProto:
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["": 16]> g {text}')
    onnx.checker.check_model(model)
    return model


BY_RATE = """(float[1, n] x, int64 sr) => (float[m] y)
<int64 k16 = {16000}, int64[1] first = {0}, int64[2] wide = {-1, 576}, int64[2] narrow = {-1, 288}>
{
    is16 = Equal(sr, k16)
    y = If(is16) <
        then_branch = at16 () => (float[a] t) { r16 = Reshape(x, wide)  t = Squeeze(r16, first) },
        else_branch = at8 () => (float[b] e) { r8 = Reshape(x, narrow)  e = Squeeze(r8, first) }
    >
}"""
"""What silero-vad does: one graph for 16 and for 8 kHz, chosen by an input."""


def equal(engine: stepwell.Engine, model: onnx.ModelProto, feeds: dict[str, Any]) -> None:
    expected = by_onnx(model, feeds)
    results = list(engine.run(feeds).values())
    for got, want in zip(results, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
        assert got.shape == want.shape


@pytest.mark.parametrize(("length", "rate"), [(576, 16000), (288, 8000)])
def test_a_branch_that_does_not_fit_must_not_be_taken(length, rate):
    """The other one is compiled, and the condition is checked when the model runs."""
    model = model_of(BY_RATE)
    engine = stepwell.compile(model, shapes={"x": (1, length)})
    assert not engine.reference_ops
    x = np.arange(length, dtype=np.float32)[None]
    equal(engine, model, {"x": x, "sr": np.array(rate)})
    wrong = np.array(24000 - rate)
    taken, node = (
        ("else_branch", "Squeeze 'e'") if rate == 16000 else ("then_branch", "Reshape 'r16'")
    )
    with pytest.raises(InputError) as caught:
        engine.run({"x": x, "sr": wrong})
    assert f"If 'y': its {taken} was taken, which does not fit the shapes" in str(caught.value)
    assert node in str(caught.value)


def test_the_same_at_the_first_level():
    ctx = make_context()
    module = import_model(model_of(BY_RATE), ctx, shapes={"x": (1, 288)})
    module.verify()
    assert "onnx.If" not in str(module)
    x = np.ones((1, 288), np.float32)
    [y] = run(ctx, module, {"x": x, "sr": np.array(8000)})
    assert y.shape == (288,)
    with pytest.raises(InputError, match="then_branch was taken"):
        run(ctx, module, {"x": x, "sr": np.array(16000)})


def test_neither_branch_fits():
    with pytest.raises(ImportModelError) as caught:
        stepwell.compile(model_of(BY_RATE), shapes={"x": (1, 32)})
    assert "neither of its branches fits" in str(caught.value)


def test_what_is_wrong_whatever_the_sizes_are_is_still_a_problem():
    """Here the initializer of a branch has too few numbers."""
    model = model_of(BY_RATE)
    branch = model.graph.node[1].attribute[1].g
    branch.initializer.append(onnx.TensorProto(name="w", data_type=1, dims=[4], float_data=[1.0]))
    with pytest.raises(ImportModelError, match="initializer 'w'"):
        stepwell.compile(model, shapes={"x": (1, 576)})


@pytest.mark.parametrize("value", [16000, np.int64(16000), [16000], np.array(16000, np.int32)])
def test_a_value_decides_a_branch(value):
    model = model_of(BY_RATE)
    engine = stepwell.compile(model, shapes={"x": (1, 576)}, values={"sr": value})
    assert [i.name for i in engine.inputs] == ["x"]
    assert not engine.reference_ops
    x = np.arange(576, dtype=np.float32)[None]
    np.testing.assert_array_equal(engine(x), x[0])


NESTED = """(float[a, b, c] x) => (y)
<int64[1] axis = {0}, int64 zero = {0}, int64 three = {3}>
{
    s = Shape(x)
    n = Gather(s, zero)
    c = Cast<to = 9>(n)
    w = If(c) <
        then_branch = outer () => (t) {
            rank = Size(s)
            c2 = Equal(rank, three)
            z = If(c2) <
                then_branch = inner () => (i) { i = Squeeze(x, axis) },
                else_branch = other () => (o) { o = Identity(x) }
            >
            t = Unsqueeze(z, axis)
        },
        else_branch = negative () => (e) { e = Neg(x) }
    >
    y = Sigmoid(w)
}"""
"""What TorchScript makes of `if h.dim() == 3: h = h.squeeze(0)`."""


def untyped(text: str) -> onnx.ModelProto:
    """A model of values without types, as exporters write them."""
    return parser.parse_model(f'<ir_version: 8, opset_import: ["": 16]> g {text}')


def test_nested_branches_that_the_shape_decides():
    model = untyped(NESTED)
    engine = stepwell.compile(model, shapes={"x": (1, 2, 3)})
    assert not engine.reference_ops
    equal(engine, model, {"x": np.arange(6, dtype=np.float32).reshape(1, 2, 3)})
    text = lower(model, "framework", shapes={"x": (1, 2, 3)}).text
    assert "onnx.If" not in text
    assert "onnx.Neg" not in text


def test_the_other_branch_when_the_shape_says_so():
    model = untyped(NESTED)
    engine = stepwell.compile(model, shapes={"x": (0, 2, 3)})
    assert engine(np.zeros((0, 2, 3), np.float32)).shape == (0, 2, 3)


TWO_DECIDED_BY_DATA = """(float[4] x, bool c, bool d) => (float[4] y)
{
    y = If(c) <
        then_branch = outer () => (float[4] t) {
            z = If(d) <
                then_branch = inner () => (float[4] i) { i = Exp(x) },
                else_branch = other () => (float[4] o) { o = Neg(x) }
            >
            t = Relu(z)
        },
        else_branch = last () => (float[4] e) { e = Abs(x) }
    >
}"""


@pytest.mark.parametrize(
    ("given", "branches"),
    [({}, 2), ({"c": True}, 1), ({"d": False}, 1), ({"c": True, "d": False}, 0)],
)
def test_values_decide_what_they_can(given, branches):
    model = model_of(TWO_DECIDED_BY_DATA)
    engine = stepwell.compile(model, values=given)
    assert not engine.reference_ops
    assert lower(model, "engine", values=given).text.count("engine.if") == branches
    x = np.array([-1, 0, 0.5, 2], np.float32)
    feeds = {"x": x, "c": np.array(True), "d": np.array(False)}
    expected = by_onnx(model, feeds)
    rest = {name: array for name, array in feeds.items() if name not in given}
    np.testing.assert_allclose(engine.run(rest)["y"], expected[0], rtol=1e-5)


def test_a_branch_may_give_what_lies_outside():
    text = """(float[4] x) => (float[4] y) <bool c = {1}>
    {
        a = Exp(x)
        y = If(c) <
            then_branch = t () => (float[4] a) {},
            else_branch = e () => (float[4] x) {}
        >
    }"""
    model = untyped(text)
    x = np.array([0, 1, 2, 3], np.float32)
    np.testing.assert_allclose(stepwell.compile(model)(x), np.exp(x), rtol=1e-6)


def test_a_decided_branch_gives_too_little():
    text = """(float[4] x) => (float[4] y, float[4] z) <bool c = {1}>
    {
        y, z = If(c) <
            then_branch = t () => (float[4] a) { a = Exp(x) },
            else_branch = e () => (float[4] b, float[4] d) { b = Neg(x) d = Exp(x) }
        >
    }"""
    with pytest.raises(ImportModelError, match="its then_branch has 1 outputs, the node has 2"):
        stepwell.compile(untyped(text))


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("And(k, never)", "Neg"),
        ("And(never, k)", "Neg"),
        ("Or(always, k)", "Exp"),
        ("Not(o)", "Neg"),
    ],
)
def test_a_condition_that_sizes_decide_a_part_of(condition: str, taken: str):
    """Whatever the input `k` is."""
    text = f"""(float[n] x, bool k) => (y) <int64 first = {{0}}, int64 three = {{3}}>
    {{
        s = Shape(x)
        n = Gather(s, first)
        always = Equal(n, three)
        never = Not(always)
        o = Or(k, always)
        c = {condition}
        y = If(c) <
            then_branch = t () => (a) {{ a = Exp(x) }},
            else_branch = e () => (b) {{ b = Neg(x) }}
        >
    }}"""
    engine = stepwell.compile(untyped(text), shapes={"x": (3,)})
    assert not engine.reference_ops
    x = np.array([0, 1, 2], np.float32)
    expected = np.exp(x) if taken == "Exp" else -x
    for k in (False, True):
        np.testing.assert_allclose(engine(x, np.array(k)), expected, rtol=1e-6)


UNLIKE_RANKS = """(float[n, m] x) => (y)
<int64[1] last = {-1}, int64[1] one = {1}, float[3, 2] w = {1, 2, 3, 4, 5, 6}>
{
    s = Shape(x)
    d = Gather(s, last)
    c = Equal(d, one)
    z = If(c) <
        then_branch = t () => (a) { a = Squeeze(x, last) },
        else_branch = e () => (b) { b = Identity(x) }
    >
    y = MatMul(z, w)
}"""
"""A row of three, or three columns."""


def test_what_follows_says_which_branch_can_be_taken():
    """Behind this one only a matrix can be transposed so."""
    text = UNLIKE_RANKS.replace("y = MatMul(z, w)", "y = Transpose<perm = [1, 0]>(z)")
    model = untyped(text)
    module = import_model(model, make_context())
    assert "onnx.If" not in str(module)
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    assert engine.program.sizes
    equal(engine, model, {"x": np.arange(6, dtype=np.float32).reshape(3, 2)})
    with pytest.raises(InputError, match="then_branch was taken, which does not fit"):
        engine.run({"x": np.ones((3, 1), np.float32)})


def test_both_branches_can_be_taken():
    """Rows of one and of two dimensions can be multiplied with a matrix."""
    module = import_model(untyped(UNLIKE_RANKS), make_context())
    assert "onnx.If" in str(module)


BY_INPUT = """(bool c, float[n, m] x, float[k, m] b) => (float[n, m] y)
{
    y = If(c) <
        then_branch = t () => (float[n, m] a) { a = MatMul(x, b) },
        else_branch = e () => (float[n, m] o) { o = Neg(x) }
    >
}"""


def test_sizes_that_one_branch_needs_to_be_equal():
    """They are asked of calls that take it, before anything in it runs, and of no other."""
    model = model_of(BY_INPUT)
    text = lower(model, "engine").text
    assert 'then_relations = [#engine.relation<"m", "k", "MatMul_0">]' in text
    engine = stepwell.compile(model)
    assert not engine.reference_ops
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    right, wrong = (np.ones((k, 3), np.float32) for k in (3, 7))
    for c in (True, False):
        equal(engine, model, {"c": np.array(c), "x": x, "b": right})
    np.testing.assert_array_equal(engine(np.array(False), x, wrong), -x)
    with pytest.raises(InputError, match="needs equal sizes, and .* are not"):
        engine(np.array(True), x, wrong)
    equal(engine, model, {"c": np.array(True), "x": x, "b": right})


def test_the_same_by_the_interpreter():
    ctx = make_context()
    module = import_model(model_of(BY_INPUT), ctx)
    ConvertOnnxToEnginePass().apply(ctx, module)
    assert "onnx" not in str(module)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    feeds = {"c": np.array(True), "x": x, "b": np.ones((7, 3), np.float32)}
    with pytest.raises(InputError, match="needs equal sizes"):
        run(ctx, module, feeds)
    [y] = run(ctx, module, {**feeds, "c": np.array(False)})
    np.testing.assert_array_equal(y, -x)
