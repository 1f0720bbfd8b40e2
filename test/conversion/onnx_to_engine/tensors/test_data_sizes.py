"""Operators whose results the data sizes: converted without a reference operation, right."""

from typing import Any

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

import stepwell
from stepwell.compiler.planned_program import main_of
from stepwell.dialects.engine import AsSizeOp, CompressOp, NonZeroOp, ReferenceOp, SizeDefiningOp
from stepwell.dialects.engine.data_sizes import data_names
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.test.conversion.to_engine.test_open_extents import check, converted, model_of

POINTS = ({"N": 2, "S": 5}, {"N": 1, "S": 1}, {"N": 3, "S": 8}, {"N": 0, "S": 4})

FOUND = {
    "positions": "(int64[N, S] x) => (int64[2, A] y) { y = NonZero(x) }",
    "positions of numbers": "(float[3, 4] x) => (int64[2, A] y) { y = NonZero(x) }",
    "marked rows": "(float[S, N] x, bool[S] c) => (float[A, N] y) { y = Compress<axis = 0>(x, c) }",
    "marked columns": """(float[N, S] x, bool[S] c) => (float[N, A] y) {
        y = Compress<axis = -1>(x, c) }""",
    "marked elements": "(float[S, 3] x, bool[S] c) => (float[A] y) { y = Compress(x, c) }",
    "elements at the positions of others": """(float[N, S] x, int64[N, S] m) => (float[A] y) {
        p = NonZero(m) r = Transpose<perm = [1, 0]>(p) e = GatherND(x, r) y = Relu(e) }""",
    "how many": """(int64[N, S] x) => (int64[A] y, int64[1] n) {
        p = NonZero(x) n = Shape<start = 1>(p) z = Constant<value = int64 {0}>()
        k = Squeeze(n) o = Constant<value = int64 {1}>() y = Range(z, k, o) }""",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_is_native_and_right(text: str):
    check(text, *POINTS, data_sizes="all")


GIVEN = {
    "a range up to a number": """(int64 k) => (int64[A] y) {
        z = Constant<value = int64 {1}>() d = Constant<value = int64 {2}>() y = Range(z, k, d) }""",
    "a range of small integers": """(int64 k) => (int32[A] y) {
        n = Cast<to = 6>(k) z = Constant<value = int32 {7}>() d = Constant<value = int32 {-3}>()
        y = Range(z, n, d) }""",
    "a range of floats": """(int64 k) => (float[A] y) {
        n = Cast<to = 1>(k) z = Constant<value = float {0.5}>() d = Constant<value = float {0.3}>()
        y = Range(z, n, d) }""",
    "zeros": """(int64 k) => (float[A, B] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Constant<value = int64[1] {3}>()
        s = Concat<axis = 0>(r, t) y = ConstantOfShape(s) }""",
    "repeated rows": """(int64 k, float[N, 4] x) => (float[A, N, 4] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Shape(x)
        s = Concat<axis = 0>(r, t) y = Expand(x, s) }""",
    "repetitions": """(int64 k, float[N, 4] x) => (float[N, A] y) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) t = Constant<value = int64[1] {1}>()
        s = Concat<axis = 0>(t, r) y = Tile(x, s) }""",
    "the best": """(int64 k, float[N, 9] x) => (float[N, A] y, int64[N, A] i) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a) y, i = TopK(x, r) }""",
    "the worst columns": """(int64 k, float[9, N] x) => (float[A, N] y, int64[A, N] i) {
        a = Constant<value = int64[1] {-1}>() r = Reshape(k, a)
        y, i = TopK<axis = 0, largest = 0>(x, r) }""",
    "one-hot rows": """(int64 k, int64[N] x) => (float[N, A] y) {
        v = Constant<value = float[2] {0.0, 1.0}>() y = OneHot(x, k, v) }""",
    "what follows from a number": """(int64 k) => (float[A] y, int64[1] n) {
        z = Constant<value = int64 {0}>() o = Constant<value = int64 {1}>() m = Add(k, o)
        r = Range(z, m, o) f = Cast<to = 1>(r) e = Exp(f) g = Neg(e) y = Exp(g) n = Shape(y) }""",
}


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_a_number_becomes_a_size(text: str):
    check(text, *({"N": n, "k": k} for n, k in ((2, 5), (1, 1), (3, 8), (2, 0))), data_sizes="all")


def test_repeats_of_a_result_that_is_declared_in_numbers():
    """The operand's sizes are names, so the declared ones do not say the repeats."""
    text = "(float[N, S] x, int64[2] r) => (float[6, 8] y) { y = Tile(x, r) }"
    ctx, module = converted(model_of(text), data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    [y] = run(ctx, module, [x, np.array([2, 2])])
    np.testing.assert_array_equal(y, np.tile(x, (2, 2)))


MASKS = {
    "of all dimensions": ("(float[N, S] x, int64[N, S] m) => (float[A] y)", True),
    "of the first": ("(float[S, N, 3] x, bool[S] m) => (float[A, N, 3] y)", True),
    "of the first two": ("(float[S, N, 3] x, float[S, N] m) => (float[A, 3] y)", True),
    "of other sizes": ("(float[S, S] x, bool[N, S] m) => (float[A] y)", False),
}


@pytest.mark.parametrize(("head", "picked"), MASKS.values(), ids=MASKS)
def test_a_mask_picks_elements(head: str, picked: bool):
    text = f"""{head} {{
        p = NonZero(m) r = Transpose<perm = [1, 0]>(p) y = GatherND(x, r) }}"""
    points = POINTS[:3] if picked else ({"N": 2, "S": 5}, {"N": 1, "S": 1})
    module = check(text, *points, data_sizes="all")
    kinds = {type(op) for op in module.walk() if isinstance(op, SizeDefiningOp)}
    assert kinds == ({CompressOp} if picked else {NonZeroOp})


def test_positions_with_another_use_are_made():
    text = """(float[N, S] x) => (float[A] y, int64[A, 2] r) {
        p = NonZero(x) r = Transpose<perm = [1, 0]>(p) y = GatherND(x, r) }"""
    _, module = converted(model_of(text), data_sizes="all")
    kinds = [type(op) for op in module.walk() if isinstance(op, SizeDefiningOp)]
    assert kinds == [NonZeroOp]


SLICES = {
    "to an end": """(int64[1] e, float[S, 3] x) => (float[A, 3] y) {
        b = Constant<value = int64[1] {1}>() a = Constant<value = int64[1] {0}>()
        y = Slice(x, b, e, a) }""",
    "from a begin": """(int64[1] e, float[S, 3] x) => (float[A, 3] y) {
        n = Constant<value = int64[1] {9223372036854775807}>()
        a = Constant<value = int64[1] {0}>() y = Slice(x, e, n, a) }""",
    "every second": """(int64[1] e, float[3, S] x) => (float[3, A] y) {
        b = Constant<value = int64[1] {1}>() a = Constant<value = int64[1] {-1}>()
        t = Constant<value = int64[1] {2}>() y = Slice(x, b, e, a, t) }""",
    "backwards from a begin": """(int64[1] e, float[S] x) => (float[A] y) {
        n = Constant<value = int64[1] {-9223372036854775807}>()
        a = Constant<value = int64[1] {0}>() t = Constant<value = int64[1] {-1}>()
        y = Slice(x, e, n, a, t) }""",
}


@pytest.mark.parametrize("text", SLICES.values(), ids=SLICES)
def test_slices(text: str):
    model = model_of(text)
    ctx, module = converted(model, data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    shape = [d.dim_value or 6 for d in model.graph.input[1].type.tensor_type.shape.dim]
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    for bound in (0, 1, 3, 5, 6, 7, -1, -4, -6, -9, 2**63 - 1, -(2**63)):
        given = np.array([bound])
        [expected] = map(np.asarray, ReferenceEvaluator(model).run(None, {"e": given, "x": x}))
        [found] = run(ctx, module, [given, x])
        assert found.shape == expected.shape, bound
        np.testing.assert_array_equal(found, expected, str(bound))


STEPS = {
    "of the data": """(int64[1] b, int64[1] e, int64[1] t, float[S, 3] x) => (float[A, 3] y) {
        a = Constant<value = int64[1] {0}>() y = Slice(x, b, e, a, t) }""",
    "of numbers": """(int64[1] b, int64[1] e, int64[1] t, float[7, 3] x) => (float[A, 3] y) {
        a = Constant<value = int64[1] {-2}>() y = Slice(x, b, e, a, t) }""",
}


@pytest.mark.parametrize("text", STEPS.values(), ids=STEPS)
def test_steps_of_slices(text: str):
    model = model_of(text)
    ctx, module = converted(model, data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    x = np.arange(21, dtype=np.float32).reshape(7, 3)
    most, least = 2**63 - 1, -(2**63)
    walks = [(0, 9, 2), (1, -1, 1), (-1, -100, -1), (5, 0, -2), (0, most, 3), (-1, least, -2)]
    walks += [(3, 3, 1), (20, 30, 1), (0, 5, 100), (5, 0, least), (0, 5, most), (0, 7, 7)]
    for walk in walks:
        given = [np.array([n]) for n in walk]
        [found] = run(ctx, module, [*given, x])
        np.testing.assert_array_equal(found, x[slice(*walk)], str(walk))
    with pytest.raises(InputError, match="a size is out of bounds"):
        run(ctx, module, [np.array([0]), np.array([5]), np.array([0]), x])


def test_a_step_that_is_a_size():
    check("(float[S, N] x) => (float[A, N] y) { " + STEP_OF_SIZE, *POINTS[:3], data_sizes="all")


STEP_OF_SIZE = """z = Constant<value = int64[1] {0}>() e = Constant<value = int64[1] {100}>()
    t = Shape<start = 1>(x) y = Slice(x, z, e, z, t) }"""


PADS = {
    "constant": """(int64[4] p, float[N, 4] x) => (float[A, B] y) {
        c = Constant<value = float {2.5}>() y = Pad(x, p, c) }""",
    "edge": "(int64[4] p, float[N, 4] x) => (float[A, B] y) { y = Pad<mode = 'edge'>(x, p) }",
    "wrap": "(int64[4] p, float[N, 4] x) => (float[A, B] y) { y = Pad<mode = 'wrap'>(x, p) }",
    "reflect": "(int64[4] p, float[3, 4] x) => (float[A, B] y) { y = Pad<mode = 'reflect'>(x, p) }",
    "reflect of open sizes": """(int64[4] p, float[N, S] x) => (float[A, B] y) {
        y = Pad<mode = 'reflect'>(x, p) }""",
}


@pytest.mark.parametrize("text", PADS.values(), ids=PADS)
def test_pads(text: str):
    model = model_of(text.replace("'", '"'))
    ctx, module = converted(model, data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    for pads in ([0, 0, 0, 0], [1, 2, 0, 1], [0, 3, 2, 0], [2, 3, 2, 3]):
        given = np.array(pads)
        [expected] = ReferenceEvaluator(model).run(None, {"p": given, "x": x})
        np.testing.assert_array_equal(run(ctx, module, [given, x])[0], expected, str(pads))


def test_what_is_empty_is_padded_with_the_constant():
    text = """(int64[4] p, float[N, S] x) => (float[A, B] y) {
        c = Constant<value = float {2.5}>() y = Pad(x, p, c) }"""
    engine = stepwell.compile(model_of(text))
    assert engine.reference_ops == ()
    for shape in ((0, 3), (2, 0), (0, 0), (2, 3)):
        x = np.ones(shape, np.float32)
        for pads in ([1, 1, 2, 2], [0, 0, 0, 0], [0, 3, 1, 0]):
            wanted = np.pad(x, [pads[::2], pads[1::2]], constant_values=2.5)
            found = engine.run({"p": np.array(pads), "x": x})["y"]
            np.testing.assert_array_equal(found, wanted, f"{shape} {pads}")


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
@pytest.mark.parametrize("declared", ["A, B", "N, S"])
def test_pads_that_crop_repeat_what_is_left(mode: Any, declared: str):
    text = f"""(int64[4] p, float[N, S] x) => (float[{declared}] y) {{
        y = Pad<mode = "{mode}">(x, p) }}"""
    ctx, module = converted(model_of(text), data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, ReferenceOp)]
    x = np.arange(15, dtype=np.float32).reshape(3, 5)
    for before, behind in ((-2, 2), (3, -3), (-1, 1), (4, -4)):
        part = x[:, max(-before, 0) : 5 + min(behind, 0)]
        wanted = np.pad(part, ((0, 0), (max(before, 0), max(behind, 0))), mode=mode)
        found = run(ctx, module, [np.array([0, before, 0, behind]), x])[0]
        np.testing.assert_array_equal(found, wanted, f"{before} {behind}")


def test_parts_of_a_split():
    text = """(int64[3] p, float[2, S] x) => (float[2, A] a, float[2, B] r, float[2, C] c) {
        a, b, c = Split<axis = 1>(x, p) r = Relu(b) }"""
    engine = stepwell.compile(model_of(text))
    assert engine.reference_ops == ()
    for parts in ([2, 3, 4], [0, 9, 0], [1, 0, 0], [0, 0, 0]):
        x = np.random.default_rng(0).standard_normal((2, sum(parts))).astype(np.float32)
        wanted = np.split(x, np.cumsum(parts)[:2], axis=1)
        wanted[1] = np.maximum(wanted[1], 0)
        for name, part in zip("arc", wanted, strict=True):
            found = engine.run({"p": np.array(parts), "x": x})[name]
            np.testing.assert_array_equal(found, part)
    for parts in ([2, 3, 5], [2, 3, 3], [9, 9, -9], [2**62, 2**62, 9]):
        with pytest.raises(InputError, match=r"Split.* (needs equal sizes|out of bounds)"):
            engine.run({"p": np.array(parts), "x": np.zeros((2, 9), np.float32)})


def test_a_pad_along_one_axis_leaves_others_alone():
    text = """(int64[1] p, float[N, 4] x) => (float[N, A] y) {
        z = Constant<value = int64[3] {0, 0, 0}>() w = Concat<axis = 0>(z, p) y = Pad(x, w) }"""
    _, module = converted(model_of(text), data_sizes="all")
    [found] = [op for op in module.walk() if isinstance(op, AsSizeOp)]
    assert len(found.defines) == 1


def test_a_shape_of_the_data_with_what_is_left():
    text = """(int64[2] s, float[N, 6] x) => (float[A, B] y) { y = Reshape(x, s) }"""
    ctx, module = converted(model_of(text), data_sizes="all")
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    for shape in ([8, 3], [-1, 2], [0, -1], [24, 1], [0, 0]):
        [y] = run(ctx, module, [np.array(shape), x])
        wanted = [n if n else x.shape[at] for at, n in enumerate(shape)]
        np.testing.assert_array_equal(y, x.reshape(wanted))
    with pytest.raises(InputError, match="needs equal sizes"):
        run(ctx, module, [np.array([5, 3]), x])


def test_a_negative_size_is_refused():
    text = "(int64[1] s) => (float[A] y) { y = ConstantOfShape(s) }"
    ctx, module = converted(model_of(text), data_sizes="all")
    with pytest.raises(InputError, match="ConstantOfShape.* a size is out of bounds"):
        run(ctx, module, [np.array([-2])])


def test_names_are_listed_with_their_bounds():
    text = "(float[N, S] x) => (int64[2, A] y) { y = NonZero(x) }"
    _, module = converted(model_of(text), data_sizes="all")
    function = main_of(module)
    assert {name: str(e.upper_bound) for name, e in data_names(function).items()} == {"A": "N * S"}


def test_what_nobody_needs_is_not_found():
    text = """(float[N, S] x) => (float[N, S] y) {
        p = NonZero(x) n = Shape(p) y = Relu(x) }"""
    _, module = converted(model_of(text), data_sizes="all")
    assert not [op for op in module.walk() if isinstance(op, SizeDefiningOp)]
    function = main_of(module)
    assert not data_names(function)


def test_a_size_alone_is_need_enough():
    text = "(float[N, S] x) => (int64[1] y) { p = NonZero(x) y = Shape<start = 1>(p) }"
    _, module = converted(model_of(text), data_sizes="all")
    assert [op for op in module.walk() if isinstance(op, SizeDefiningOp)]
