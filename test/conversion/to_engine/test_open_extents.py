"""
Operators on open sizes: converted once without a reference operation, right at every size.

A model leaves sizes open by name. What is converted has no `engine.reference`, and its interpreter
gives at each point what the standard's reference gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp
from stepwell.dialects.engine.size_facts import all_relations_of, facts_of
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.ir.verify_ir import verify_ir

HEADER = '<ir_version: 10, opset_import: ["" : 23]>'

Point = Mapping[str, int]


def model_of(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f"{HEADER} g {text}")


def converted(
    model: onnx.ModelProto, point: Point | None = None, *, data_sizes: str = "bounded"
) -> tuple[Context, ModuleOp]:
    """At level 2, with numbers for the names that `point` has."""
    ctx = make_context()
    shapes = {name: [size] for name, size in (point or {}).items()}
    module = import_model(model.SerializeToString(), ctx, shapes=shapes)
    ConvertToEnginePass(data_sizes=data_sizes).apply(ctx, module)
    verify_ir(module)
    return ctx, module


def drawn(model: onnx.ModelProto, point: Point, rng: np.random.Generator) -> list[Any]:
    """Inputs at a point: floats around 0, integers of it or from 0 to 1, booleans."""
    arrays: list[Any] = []
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        shape = [point[d.dim_param] if d.dim_param else d.dim_value for d in dims]
        match value.type.tensor_type.elem_type:
            case onnx.TensorProto.INT64 if value.name in point:
                arrays.append(np.array(point[value.name]).reshape(shape))
            case onnx.TensorProto.INT64:
                arrays.append(rng.integers(0, 2, shape))
            case onnx.TensorProto.BOOL:
                arrays.append(rng.random(shape) < 0.5)
            case _:
                arrays.append(rng.standard_normal(shape).astype(np.float32))
    return arrays


def check(text: str, *points: Point, data_sizes: str = "bounded") -> ModuleOp:
    model = model_of(text)
    ctx, module = converted(model, data_sizes=data_sizes)
    reasons = [str(op.attributes["reason"]) for op in module.walk() if isinstance(op, ReferenceOp)]
    assert reasons == []
    rng = np.random.default_rng(0)
    for point in points:
        inputs = drawn(model, point, rng)
        names = [value.name for value in model.graph.input]
        expected = ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))
        for found, wanted in zip(run(ctx, module, inputs), expected, strict=True):
            assert found.shape == np.shape(wanted), point
            np.testing.assert_allclose(
                found, np.asarray(wanted), rtol=1e-4, atol=1e-5, err_msg=str(point)
            )
    return module


NS = ({"N": 2, "S": 5}, {"N": 1, "S": 1}, {"N": 3, "S": 8})

ON_ROWS = {
    "shape arithmetic into a reshape": """(float[N, S, 12] x) => (float[N, A, B, C] y) {
        s = Shape(x) zero = Constant<value = int64[1] {0}>() one = Constant<value = int64[1] {1}>()
        n = Gather(s, zero) t = Gather(s, one) h = Constant<value = int64[2] {3, -1}>()
        w = Concat<axis = 0>(n, t, h) y = Reshape(x, w) }""",
    "a range up to a size, scaled": """(float[N, S] x) => (int64[A] y) {
        s = Shape(x) one = Constant<value = int64 {1}>() n = Gather(s, one)
        three = Constant<value = int64 {3}>() end = Mul(n, three)
        two = Constant<value = int64 {2}>() y = Range(one, end, two) }""",
    "sizes as floats": """(float[N, S] x) => (float[N, S] y) {
        s = Shape(x) one = Constant<value = int64 {1}>() n = Gather(s, one)
        f = Cast<to = 1>(n) y = Div(x, f) }""",
    "a constant of a computed shape": """(float[N, S] x) => (float[A, B] y) {
        s = Shape(x) y = ConstantOfShape<value = float[1] {2.5}>(s) }""",
    "an expansion to a computed shape": """(float[N, S] x, float[S] b) => (float[A, B] y) {
        s = Shape(x) y = Expand(b, s) }""",
    "repetition": """(float[N, S] x) => (float[A, B] y) {
        r = Constant<value = int64[2] {2, 3}>() y = Tile(x, r) }""",
    "a slice from the end": """(float[N, S] x) => (float[N, A] y) {
        b = Constant<value = int64[1] {-2}>() e = Constant<value = int64[1] {9223372036854775807}>()
        a = Constant<value = int64[1] {1}>() y = Slice(x, b, e, a) }""",
    "a slice backwards": """(float[N, S] x) => (float[N, A] y) {
        b = Constant<value = int64[1] {-1}>() e = Constant<value = int64[1] {-99999999999}>()
        a = Constant<value = int64[1] {1}>() t = Constant<value = int64[1] {-2}>()
        y = Slice(x, b, e, a, t) }""",
    "an upper triangle": "(float[N, S, S] x) => (float[N, S, S] y) { y = Trilu(x) }",
    "a lower triangle": """(float[N, S] x) => (float[N, S] y) {
        k = Constant<value = int64 {1}>() y = Trilu<upper = 0>(x, k) }""",
    "a diagonal": "(float[N, S] x) => (float[N, S] y) { y = EyeLike<k = 1>(x) }",
    "the largest": "(float[N, S] x) => (int64[N, 1] y) { y = ArgMax<axis = 1>(x) }",
    "the last smallest": """(float[N, S] x) => (int64[S] y) {
        y = ArgMin<axis = 0, keepdims = 0, select_last_index = 1>(x) }""",
    "one at the largest": "(float[N, S] x) => (float[N, S] y) { y = Hardmax<axis = 1>(x) }",
    "one-hot rows of a size": """(int64[N, S] i) => (float[N, S, A] y) {
        s = Shape(i) one = Constant<value = int64 {1}>() d = Gather(s, one)
        two = Constant<value = int64 {2}>() e = Max(d, two)
        v = Constant<value = float[2] {0.0, 1.0}>() y = OneHot(i, e, v) }""",
    "gathered elements": """(float[N, 3] x, int64[N, S] i) => (float[N, S] y) {
        y = GatherElements<axis = 1>(x, i) }""",
    "gathered tuples": """(float[4, 2, S] x, int64[N, 2] i) => (float[N, S] y) {
        y = GatherND(x, i) }""",
    "gathered tuples of a batch": """(float[N, 2, S] x, int64[N, 3, 1] i) => (float[N, 3, S] y) {
        y = GatherND<batch_dims = 1>(x, i) }""",
    "scattered elements": """(float[3, S] x, int64[1, S] i, float[1, S] u) => (float[3, S] y) {
        y = ScatterElements<axis = 0>(x, i, u) }""",
    "rows of a cache": """(float[N, 9, 4] c, float[N, 2, 4] u, int64[N] i) => (float[N, 9, 4] y) {
        y = TensorScatter<axis = 1>(c, u, i) }""",
    "reversed sequences": """(float[S, N, 2] x, int64[N] n) => (float[S, N, 2] y) {
        y = ReverseSequence<time_axis = 0, batch_axis = 1>(x, n) }""",
    "a product with a diagonal": """(float[S, S, N] x, float[S, N] z) => (float[N] y) {
        y = Einsum<equation = "iij,ij->j">(x, z) }""",
    "parts of a size": """(float[N, S] x, float[N, 3] z) => (float[N, A] y, float[N, B] w) {
        c = Concat<axis = 1>(x, z) s = Shape<start = 1>(x)
        t = Constant<value = int64[1] {3}>() p = Concat<axis = 0>(s, t)
        y, w = Split<axis = 1>(c, p) }""",
    "attention on what came before": """(float[N, 2, S, 4] q, float[N, 2, S, 4] k,
        float[N, 2, S, 4] v, float[N, 2, P, 4] pk, float[N, 2, P, 4] pv)
        => (float[N, 2, S, 4] y, float[N, 2, A, 4] ok, float[N, 2, A, 4] ov) {
        y, ok, ov = Attention<is_causal = 1>(q, k, v, "", pk, pv) }""",
    "attention of any head size": """(float[N, 2, S, D] q, float[N, 2, P, D] k,
        float[N, 2, P, D] v) => (float[N, 2, S, D] y) { y = Attention(q, k, v) }""",
    "gates of what a body defines": """(float[N, S] x) => (float[N, S] y) {
        y = Swish<alpha = 1.5>(x) }""",
    "middles": """(float[N, S] x) => (float[A, B] y) {
        s = Constant<value = int64[2] {4, 3}>() y = CenterCropPad(x, s) }""",
    "padding by a size": """(float[N, S] x) => (float[N, A] y) {
        n = Shape<start = 0, end = 1>(x) z = Constant<value = int64[1] {0}>()
        p = Concat<axis = 0>(z, n, z, n) y = Pad(x, p) }""",
    "the scale of blocks": """(int64[N, S] i, float[N, 1] c) => (float[N, S] y) {
        q = Cast<to = 3>(i) y = DequantizeLinear<axis = 1, block_size = 64>(q, c) }""",
}


@pytest.mark.parametrize("name", ON_ROWS)
def test_rows(name: str) -> None:
    points = [{**point, "P": 1 + 3 * (at % 2), "D": 3 + at} for at, point in enumerate(NS)]
    check(ON_ROWS[name], *points)


HW = ({"N": 2, "H": 6, "W": 8}, {"N": 1, "H": 5, "W": 7}, {"N": 1, "H": 9, "W": 4})

ON_IMAGES = {
    "blocks of pixels": """(float[N, 8, H, W] x) => (float[N, 2, A, B] y) {
        y = DepthToSpace<blocksize = 2>(x) }""",
    "twice as large": """(float[N, 2, H, W] x) => (float[N, 2, A, B] y) {
        s = Constant<value = float[4] {1.0, 1.0, 2.0, 2.0}>() e = Constant<value = float[0] {}>()
        y = Resize<mode = "linear">(x, e, s) }""",
    "as large as another": """(float[N, 2, H, W] x, float[N, 2, W, H] z)
        => (float[N, 2, W, H] y) {
        t = Shape(z) y = Resize<mode = "linear">(x, "", "", t) }""",
    "the nearest of another's pixels": """(float[N, 2, H, W] x, float[N, 2, W, H] z)
        => (float[N, 2, W, H] y) {
        t = Shape(z) y = Resize<coordinate_transformation_mode = "asymmetric",
            nearest_mode = "floor">(x, "", "", t) }""",
    "a convolution that pads by itself": """(float[N, 2, H, W] x, float[3, 2, 3, 3] w)
        => (float[N, 3, A, B] y) {
        y = Conv<auto_pad = "SAME_UPPER", strides = [2, 2]>(x, w) }""",
    "a transposed convolution": """(float[N, 2, H, W] x, float[2, 3, 3, 3] w)
        => (float[N, 3, A, B] y) {
        y = ConvTranspose<strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]>(x, w)
        }""",
    "means over three dimensions": """(float[N, 2, H, W, H] x) => (float[N, 2, A, B, C] y) {
        y = AveragePool<kernel_shape = [2, 3, 2], strides = [2, 1, 2],
            pads = [0, 1, 1, 0, 1, 0]>(x) }""",
    "powers of windows": """(float[N, 2, H, W] x) => (float[N, 2, A, B] y) {
        y = LpPool<kernel_shape = [2, 2], strides = [2, 2], p = 2>(x) }""",
    "points of a grid": """(float[N, 2, H, W] x, float[N, W, H, 2] g) => (float[N, 2, W, H] y) {
        y = GridSample<align_corners = 1>(x, g) }""",
    "points mirrored at edges": """(float[N, 2, H, W] x, float[N, W, H, 2] g)
        => (float[N, 2, W, H] y) { y = GridSample<padding_mode = "reflection">(x, g) }""",
}


@pytest.mark.parametrize("name", ON_IMAGES)
def test_images(name: str) -> None:
    check(ON_IMAGES[name], *HW)


AS_BOUND = {
    "a pool that pads by itself": """(float[N, 2, H, W] x) => (float[N, 2, A, B] y) {
        y = MaxPool<kernel_shape = [3, 3], auto_pad = "SAME_LOWER", strides = [2, 2]>(x) }""",
    "means of what pads by itself": """(float[N, 2, H, W] x) => (float[N, 2, A, B] y) {
        y = AveragePool<kernel_shape = [3, 2], auto_pad = "SAME_UPPER", strides = [2, 2]>(x) }""",
    "responses of neighbours": """(float[N, 4, H, W] x) => (float[N, 4, H, W] y) {
        y = LRN<size = 3>(x) }""",
}
"""Where the standard's reference errs: compared with the conversion of numbers."""


@pytest.mark.parametrize("name", AS_BOUND)
def test_as_with_numbers(name: str) -> None:
    model = model_of(AS_BOUND[name])
    ctx, module = converted(model)
    assert not any(isinstance(op, ReferenceOp) for op in module.walk())
    for point in HW:
        inputs = drawn(model, point, np.random.default_rng(1))
        [found] = run(ctx, module, inputs)
        bound_ctx, bound = converted(model, point)
        [wanted] = run(bound_ctx, bound, inputs)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6, err_msg=str(point))


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_of_open_length(layer: str) -> None:
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[layer]
    check(
        f"""(float[S, N, 3] x, float[1, {gates * 2}, 3] w, float[1, {gates * 2}, 2] r)
        => (float[S, 1, N, 2] y, float[1, N, 2] h) {{
        y, h = {layer}<hidden_size = 2>(x, w, r) }}""",
        *NS,
    )


def test_a_table_of_positions_bounds_the_length() -> None:
    """What is added to every row is a part of the table, and all of it has to be there."""
    text = """(float[N, S, 2] x, float[6, 2] t) => (float[N, S, 2] y) {
        b = Constant<value = int64[1] {0}>() e = Shape<start = 1, end = 2>(x)
        p = Slice(t, b, e) y = Add(x, p) }"""
    module = check(text, {"N": 2, "S": 6}, {"N": 1, "S": 1})
    [main] = module.ops
    assert facts_of(main).dims["S"].upper == 6
    assert all_relations_of(main) == ()
    ctx, module = converted(model_of(text))
    with pytest.raises(InputError, match="has S = 7, expected 0 to 6"):
        run(ctx, module, [np.zeros((1, 7, 2), np.float32), np.zeros((6, 2), np.float32)])


def test_an_index_that_may_be_outside_is_asked_of_the_call() -> None:
    text = """(float[N, S] x) => (float[N] y) {
        i = Constant<value = int64 {2}>() y = Gather<axis = 1>(x, i) }"""
    check(text, {"N": 2, "S": 3}, {"N": 1, "S": 9})
    ctx, module = converted(model_of(text))
    with pytest.raises(InputError, match="expected at least 3, which Gather"):
        run(ctx, module, [np.zeros((1, 2), np.float32)])


def test_what_a_branch_needs_is_not_asked_of_the_call() -> None:
    text = """(float[N] x, bool c) => (float[N] y) {
        y = If (c) <
            then_branch = a () => (float[A] p) {
                i = Constant<value = int64 {3}>() q = Gather(x, i) p = Add(x, q) },
            else_branch = b () => (float[B] r) { r = Neg(x) }
        > }"""
    ctx, module = converted(model_of(text))
    assert not any(isinstance(op, ReferenceOp) for op in module.walk())
    x = np.arange(2, dtype=np.float32)
    [found] = run(ctx, module, [x, np.array(False)])
    np.testing.assert_array_equal(found, -x)
    with pytest.raises(InputError, match="index 3 is outside"):
        run(ctx, module, [x, np.array(True)])


def test_a_bound_that_may_be_negative() -> None:
    """Three elements from the end, or what counts from the end for fewer."""
    text = """(float[S] x) => (float[A] y) {
        s = Shape(x) t = Constant<value = int64[1] {3}>() b = Sub(s, t) y = Slice(x, b, s) }"""
    ctx, module = converted(model_of(text))
    assert not any(isinstance(op, ReferenceOp) for op in module.walk())
    for size in range(8):
        x = np.arange(size, dtype=np.float32)
        [found] = run(ctx, module, [x])
        np.testing.assert_array_equal(found, x[size - 3 : size])


def test_declared_sizes_by_name_say_those_behind_elementwise_operators() -> None:
    """Axes are data; what the result is declared to be says which, and a call is held to it."""
    text = """(float[N, S, 3] x, int64[1] axes) => (float[N, 3] y) {
        r = ReduceSum<keepdims = 0>(x, axes) q = Sqrt(r) y = Neg(q) }"""
    ctx, module = converted(model_of(text))
    assert not any(isinstance(op, ReferenceOp) for op in module.walk())
    x = np.random.default_rng(0).random((2, 4, 3)).astype(np.float32)
    [found] = run(ctx, module, [x, np.array([1])])
    np.testing.assert_allclose(found, -np.sqrt(x.sum(1)), rtol=1e-6)
    with pytest.raises(InputError, match="axes"):
        run(ctx, module, [x, np.array([0])])
