"""Models in which the data decides sizes: one program, or else reference operations."""

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.compiler.open_model import PER_SIZES
from stepwell.errors import InputError

HEADER = '<ir_version: 10, opset_import: ["" : 17]>'

MODELS = {
    "positions of any size": "(float[N, S] x) => (int64[2, A] y) { y = NonZero(x) }",
    "positions": "(float[6, 7] x) => (int64[2, A] y) { y = NonZero(x) }",
    "elements": """(float[N, S] x) => (float[A] y) {
        z = Constant<value = float {0.0}>() m = Greater(x, z) p = NonZero(m)
        r = Transpose<perm = [1, 0]>(p) e = GatherND(x, r) y = Relu(e) }""",
    "the first rows": """(float[N, S] x) => (float[A, S] y) {
        z = Constant<value = float {0.0}>() m = Greater(x, z) i = Cast<to = 7>(m)
        a = Constant<value = int64[1] {1}>() k = ReduceMax<keepdims = 0>(i)
        t = Constant<value = int64[1] {-1}>() e = Reshape(k, t)
        b = Constant<value = int64[1] {0}>() y = Slice(x, b, e, b) }""",
}


def model(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f"{HEADER} g {text}")


def drawn(given: onnx.ModelProto, n: int, s: int) -> np.ndarray:
    dims = given.graph.input[0].type.tensor_type.shape.dim
    shape = [d.dim_value or {"N": n, "S": s}[d.dim_param] for d in dims]
    x = np.random.default_rng(n).standard_normal(shape).astype(np.float32)
    x[x < -0.5] = 0
    return x


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_one_program_without_reference_operations(text: str):
    from onnx.reference import ReferenceEvaluator

    given = model(text)
    engine = stepwell.compile(given)
    assert PER_SIZES not in engine.program.provenance.options
    assert not engine.program.reference_ops
    reference = ReferenceEvaluator(given)
    for n, s in ((3, 7), (1, 1), (6, 7), (2, 40), (1, 0)):
        x = drawn(given, n, s)
        for array in (x, np.zeros_like(x), np.ones_like(x)):
            [expected] = map(np.asarray, reference.run(None, {"x": array}))
            np.testing.assert_array_equal(engine(array), expected)


def test_what_has_no_program_is_left_to_references():
    """A scan over rows that the data counts is none that a program could have."""
    text = """(float[N, S] x) => (float[A] y) {
        p = NonZero(x) r = Transpose<perm = [1, 0]>(p) u = Unique<axis = 0>(r)
        f = Cast<to = 1>(u) y = ReduceSum<keepdims = 0>(f, a) }"""
    text = text.replace("{\n", "{ a = Constant<value = int64[1] {1}>()\n", 1)
    engine = stepwell.compile(model(text))
    x = np.array([[1, 0, 2], [0, 0, 3]], np.float32)
    assert engine(x).tolist() == [0, 2, 3]


def test_a_size_that_does_not_fit_is_refused():
    text = """(float[N, S] x, float[N] b) => (float[N] y) {
        z = Constant<value = float {0.0}>() m = Greater(x, z) p = NonZero(m)
        r = Transpose<perm = [1, 0]>(p) e = GatherND(x, r) y = Add(e, b) }"""
    engine = stepwell.compile(model(text))
    x = np.array([[1, 0], [0, 2]], np.float32)
    assert engine(x, np.ones(2, np.float32)).tolist() == [2, 3]
    with pytest.raises(InputError, match="Add"):
        engine(np.ones((3, 2), np.float32), np.ones(3, np.float32))
    assert engine(x, np.ones(2, np.float32)).tolist() == [2, 3]
