"""Programs in which the data decides sizes: right at all sizes, on threads, from files, as text."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator
from xdsl.dialects.func import FuncOp

import stepwell
from stepwell.compiler.compile import compile as compile_module
from stepwell.compiler.compile import lower
from stepwell.dialects import make_context
from stepwell.dialects.engine.base import shape_of
from stepwell.errors import InputError, InvalidArtifactError, NotEnoughMemoryError
from stepwell.interpreters import run
from stepwell.interpreters.engine import PoisonDeadBytes
from stepwell.interpreters.engine.data_sizes import PendingMemory
from stepwell.interpreters.open_sizes import bound_to_inputs
from stepwell.interpreters.running import make_interpreter
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.engine import Engine
from stepwell.test.conversion.onnx_to_engine.tensors.test_data_sizes import FOUND, POINTS
from stepwell.test.conversion.to_engine.test_open_extents import converted, drawn, model_of
from stepwell.test.fuzz.guarded_memory import guarded_arrays

# What is in rows of a table at the positions of what is not zero, times a matrix.
PICKED = """
func.func @main(%x: tensor<?x?xf32, #engine.sizes<"N", "S">>, %t: tensor<64x8xf32>,
    %w: tensor<8x16xf32>)
    -> (tensor<?x2xi64, #engine.sizes<"K">>, tensor<?x16xf32, #engine.sizes<"K">>) attributes {
    sizes = #engine.names<N in 0 hint 4, S in 0 hint 8, K in 0 to "N * S" data>,
    input_names = ["x", "t", "w"], output_names = ["rows", "y"]} {
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<?x?xf32, #engine.sizes<"N", "S">>
      -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
  %i = engine.slice %rows {starts = array<i64: 0, 1>, sizes = #engine.extents<["K", 1]>,
      steps = array<i64: 1, 1>} : tensor<?x2xi64, #engine.sizes<"K">>
      -> tensor<?x1xi64, #engine.sizes<"K">>
  %j = engine.reshape %i : tensor<?x1xi64, #engine.sizes<"K">> -> tensor<?xi64, #engine.sizes<"K">>
  %g = engine.gather %t, %j {axis = 0 : i64} : tensor<64x8xf32>, tensor<?xi64, #engine.sizes<"K">>
      -> tensor<?x8xf32, #engine.sizes<"K">>
  %y = engine.matmul %g, %w : tensor<?x8xf32, #engine.sizes<"K">>, tensor<8x16xf32>
      -> tensor<?x16xf32, #engine.sizes<"K">>
  func.return %rows, %y : tensor<?x2xi64, #engine.sizes<"K">>, tensor<?x16xf32, #engine.sizes<"K">>
}"""

BOUND = (
    PICKED.replace('tensor<?x?xf32, #engine.sizes<"N", "S">>', "tensor<6x5xf32>")
    .replace("N in 0 hint 4, S in 0 hint 8, ", "")
    .replace('"N * S" data', "30 data")
)
"""The same of inputs whose sizes are numbers."""

SHAPES = ((3, 4), (1, 1), (0, 5), (40, 60), (3, 4))


def compiled(text: str, **options: object) -> Engine:
    ctx = make_context()
    module = parse_ir(ctx, text, "<test>")
    return compile_module(module, context=ctx, **options)  # pyright: ignore[reportArgumentType]


def inputs(shape: tuple[int, int], share: float, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    x = ((rng.random(shape) < share) * rng.standard_normal(shape)).astype(np.float32)
    table, weight = (rng.standard_normal(s).astype(np.float32) for s in ((64, 8), (8, 16)))
    return [x, table, weight]


def check(engine: Engine, shape: tuple[int, int], share: float, seed: int = 0) -> None:
    x, table, weight = inputs(shape, share, seed)
    rows, y = engine(x, table, weight)
    assert np.array_equal(rows, np.argwhere(x))
    np.testing.assert_allclose(y, table[np.argwhere(x)[:, 1]] @ weight, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", FOUND)
def test_operators_that_find_sizes_are_native_and_right(key: str):
    model = model_of(FOUND[key])
    ctx, module = converted(model, data_sizes="all")
    engine = compile_module(module, context=ctx)
    assert engine.program.decided
    assert not engine.reference_ops
    names = [value.name for value in model.graph.input]
    for point in POINTS:
        feeds = dict(zip(names, drawn(model, point, np.random.default_rng(1)), strict=True))
        wanted = map(np.asarray, ReferenceEvaluator(model).run(None, feeds))
        for a, b in zip(engine.run(feeds).values(), wanted, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_one_program_is_right_whatever_is_found():
    engine = compiled(PICKED)
    assert str(engine.outputs[1]) == "y: float32[K, 16]"
    for shape in SHAPES:
        for share in (0.0, 0.01, 0.5, 1.0):
            check(engine, shape, share)


def test_sizes_of_inputs_that_are_numbers():
    engine = compiled(BOUND)
    for share in (0.0, 0.5, 1.0, 0.1):
        check(engine, (6, 5), share)
    assert engine.memory().arguments >= 30 * 2 * 8


def test_threads_change_nothing():
    one, two = (compiled(PICKED, threads=n) for n in (1, 2))
    for share in (0.1, 1.0):
        for a, b in zip(one(*inputs((40, 60), share)), two(*inputs((40, 60), share)), strict=True):
            assert np.array_equal(a, b)


def test_two_threads_call_one_engine_with_other_sizes():
    engine = compiled(PICKED)

    def calls(seed: int) -> None:
        for turn in range(40):
            check(engine, SHAPES[(seed + turn) % len(SHAPES)], (0.2, 0.9)[turn % 2], seed)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(calls, range(2)))


@pytest.mark.parametrize("text", [PICKED, BOUND], ids=["open", "numbers"])
def test_a_file_runs_and_says_the_same(text: str, tmp_path: Path):
    engine = compiled(text)
    engine.save(tmp_path / "m.well", recompilable=False)
    loaded = stepwell.load(tmp_path / "m.well")
    assert loaded.program.decided == engine.program.decided
    for share in (0.0, 0.5, 1.0):
        check(loaded, (6, 5), share)


@pytest.mark.parametrize("text", [PICKED, BOUND], ids=["open", "numbers"])
def test_each_level_is_text_that_runs(text: str):
    x, table, weight = inputs((6, 5), 0.4)
    for level in ("engine", "layout", "plan", "kernels"):
        ctx = make_context()
        module = parse_ir(ctx, text, "<test>")
        lowered = lower(module, level, context=ctx).text
        again = make_context()
        rows, y = run(again, parse_ir(again, lowered, "<level>"), [x, table, weight])
        assert np.array_equal(rows, np.argwhere(x))
        np.testing.assert_allclose(
            y, table[np.argwhere(x)[:, 1]] @ weight, rtol=1e-4, atol=1e-5, err_msg=level
        )
        check(compiled(lowered), (6, 5), 0.7)


# A size that an integer of the data is, with less room than the operation takes integers for.
COUNTED = """
func.func @main(%n: tensor<2xi64>, %x: tensor<?xi64, #engine.sizes<"S">>)
    -> (tensor<?xi64, #engine.sizes<"A">>, tensor<?xi64, #engine.sizes<"A">>) attributes {
    sizes = #engine.names<S in 0 hint 4, A in 1 to 9 data, B in 0 to 9 data>,
    relations = [#engine.relation<"A", "B + 1", "/Pair">, #engine.relation<"A", "S", "/Add">],
    input_names = ["n", "x"], output_names = ["y", "z"]} {
  %counts = engine.as_size %n
      {at_most = array<i64: 100, 100>, defines = ["A", "B"], nodes = ["/Size"]}
      : tensor<2xi64> -> tensor<2xi64>
  %y = engine.iota : tensor<?xi64, #engine.sizes<"A">>
  %z = engine.map ins(%y, %x : tensor<?xi64, #engine.sizes<"A">>,
      tensor<?xi64, #engine.sizes<"S">>) -> tensor<?xi64, #engine.sizes<"A">> {
  ^bb0(%a: i64, %b: i64):
    %c = arith.addi %a, %b : i64
    engine.yield %c : i64
  }
  func.return %y, %z : tensor<?xi64, #engine.sizes<"A">>, tensor<?xi64, #engine.sizes<"A">>
}"""


def test_a_size_beyond_its_bound_or_a_relation_ends_the_call():
    engine = compiled(COUNTED)

    def call(a: int, b: int, s: int) -> list[list[int]]:
        return [v.tolist() for v in engine(np.array([a, b]), np.arange(s))]

    assert call(3, 2, 3) == [[0, 1, 2], [0, 2, 4]]
    for a, b, s, said in (
        (50, 49, 50, "'/Size': .* the size A is not within 1 to 9 or B is not within 0 to 9"),
        (0, 0, 0, "'/Size': .* A is not within 1 to 9"),
        (101, 0, 3, "'/Size': .* out of bounds"),
        (3, 3, 3, r"'/Pair' needs equal sizes, and A and B \+ 1 are not"),
        (3, 2, 4, "'/Add' needs equal sizes, and A and S are not"),
    ):
        with pytest.raises(InputError, match=said):
            call(a, b, s)
        assert call(9, 8, 9)[0] == list(range(9))  # it works on afterwards


def test_no_memory_is_read_that_nobody_needs():
    """Memory of the arena is poisoned as soon as nothing reads it any more."""
    ctx = make_context()
    module = parse_ir(ctx, lower(parse_ir(ctx, BOUND, "<test>"), "plan", context=ctx).text, "<l4>")
    main = next(op for op in module.ops if isinstance(op, FuncOp))
    bound = bound_to_inputs(module, main, ["x", "t", "w"], list(main.function_type.inputs)[1:4], [])
    main = next(op for op in bound.ops if isinstance(op, FuncOp))
    arena = np.zeros(shape_of(main.function_type.inputs.data[0])[0], np.int8)
    for share in (0.0, 0.4, 1.0):
        interpreter = make_interpreter(ctx, bound)
        interpreter.listeners = (PoisonDeadBytes(main),)
        x, table, weight = inputs((6, 5), share)
        rows, y = np.zeros((30, 2), np.int64), np.zeros((30, 16), np.float32)
        interpreter.call_op(
            "main", (arena, x, table, weight, PendingMemory(rows), PendingMemory(y))
        )
        found = np.argwhere(x)
        assert np.array_equal(rows[: len(found)], found)
        np.testing.assert_allclose(y[: len(found)], table[found[:, 1]] @ weight, rtol=1e-4)
    assert (arena.view(np.uint8) == 0xFF).all()


# Sizes that nothing modest bounds: what depends on them gets its memory when they are found.
TABLE = """
func.func @main(%n: tensor<2xi64>, %x: tensor<?xf32, #engine.sizes<"S">>)
    -> (tensor<4xi64>, tensor<?x?xi64, #engine.sizes<"B", "A">>) attributes {
    sizes = #engine.names<S in 1 hint 4, A in 0 to 2147483647 hint 1000000 data,
                          B in 0 to 2147483647 hint 1000000 data>,
    input_names = ["n", "x"], output_names = ["y", "d"]} {
  %counts = engine.as_size %n {at_most = array<i64: 2147483647, 2147483647>,
      defines = ["A", "B"], nodes = ["/Size"]}
      : tensor<2xi64> -> tensor<2xi64>
  %a = engine.iota : tensor<?xi64, #engine.sizes<"A">>
  %b = engine.scan %a {axis = 0 : i64, kind = "sum"}
      : tensor<?xi64, #engine.sizes<"A">> -> tensor<?xi64, #engine.sizes<"A">>
  %c = engine.broadcast %b
      : tensor<?xi64, #engine.sizes<"A">> -> tensor<?x?xi64, #engine.sizes<"B", "A">>
  %d = engine.scan %c {axis = 0 : i64, kind = "sum"} : tensor<?x?xi64, #engine.sizes<"B", "A">>
      -> tensor<?x?xi64, #engine.sizes<"B", "A">>
  %y = engine.size_values {sizes = #engine.extents<["A", "B", "S", 4]>} : tensor<4xi64>
  func.return %y, %d : tensor<4xi64>, tensor<?x?xi64, #engine.sizes<"B", "A">>
}"""


def check_table(a: int, b: int, results: Sequence[np.ndarray]) -> None:
    y, d = results
    assert y.tolist() == [a, b, 3, 4]
    assert np.array_equal(d, np.cumsum(np.broadcast_to(np.cumsum(np.arange(a)), (b, a)), axis=0))


def check_tables(engine: Engine, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    sizes = [(0, 5), (5, 0), (300, 70), *rng.integers(0, 40, (6, 2)).tolist()]
    given = [(a, b, engine(np.array([a, b]), np.zeros(3, np.float32))) for a, b in sizes]
    for a, b, results in given:  # none of which a later call has written to
        check_table(a, b, results)


def test_sizes_that_nothing_modest_bounds(tmp_path: Path):
    engine = compiled(TABLE)
    assert engine.program.grow_entry
    assert [result.output for result in engine.program.grown] == [1]
    check_tables(engine)
    assert 300 * 70 * 8 <= engine.arena_bytes < 2 * 300 * 70 * 8
    engine.save(tmp_path / "m.well")
    loaded = stepwell.load(tmp_path / "m.well")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda seed: check_tables(loaded, seed), range(2)))


@pytest.mark.parametrize(
    ("a", "b", "error", "said"),
    [
        (2**31 - 1, 2**31 - 1, InputError, "with A, B this large, no machine has the memory"),
        (2**31, 1, InputError, "a size is out of bounds: A is 0 to 2147483647"),
        (2**31 - 1, 1000, NotEnoughMemoryError, "a call whose data decides how much it needs"),
    ],
)
def test_more_memory_than_there_is(a: int, b: int, error: type[Exception], said: str):
    engine = compiled(TABLE)
    for _ in range(2):
        with pytest.raises(error, match=said):
            engine(np.array([a, b]), np.zeros(3, np.float32))
        check_tables(engine)


@pytest.mark.parametrize("level", ["engine", "layout", "plan", "kernels"])
def test_levels_of_sizes_that_nothing_modest_bounds(level: str):
    ctx = make_context()
    text = lower(parse_ir(ctx, TABLE, "<test>"), level, context=ctx).text
    for a, b in ((3, 4), (0, 2), (30, 7)):
        again = make_context()
        module = parse_ir(again, text, "<level>")
        check_table(a, b, run(again, module, [np.array([a, b]), np.zeros(3, np.float32)]))
    check_tables(compiled(text))


@pytest.mark.parametrize("at_end", [False, True])
def test_nothing_leaves_its_memory(at_end: bool):
    with guarded_arrays(at_end=at_end):
        engine = compiled(PICKED)
        for shape in SHAPES:
            for share in (0.0, 0.3, 1.0):
                check(engine, shape, share)
        check_tables(compiled(TABLE))


OTHERS = {
    "reference operations": """(float[N, M] x, int64 n) => (float[A] y, float[B] z) {
        i = NonZero(x) t = Transpose<perm = [1, 0]>(i) e = GatherND(x, t)
        s = Cast<to = 8>(e) y = Cast<to = 1>(s)
        zero = Constant<value = int64 {0}>() one = Constant<value = int64 {1}>()
        r = Range(zero, n, one) c = Cast<to = 8>(r) z = Cast<to = 1>(c) }""",
    "a loop behind": """(float[N, M] x, int64 n) => (float[A] y) {
        i = NonZero(x) t = Transpose<perm = [1, 0]>(i) e = GatherND(x, t)
        go = Constant<value = bool {1}>()
        y = Loop(n, go, e) <body = trip (int64 k, bool g, float[A] v) => (bool h, float[A] w) {
            h = Identity(g) w = Sin(v) }> }""",
    "found in a loop": """(float[N, M] x, int64 n) => (float y) {
        go = Constant<value = bool {1}>() from = Constant<value = float {0.0}>()
        y = Loop(n, go, from) <body = trip (int64 k, bool g, float v) => (bool h, float w) {
            h = Identity(g) i = NonZero(x) s = Shape(i) f = Cast<to = 1>(s)
            t = ReduceSum<keepdims = 0>(f) w = Add(v, t) }> }""",
    "a branch behind": """(float[N, M] x, int64 n) => (float[A] y) {
        i = NonZero(x) t = Transpose<perm = [1, 0]>(i) e = GatherND(x, t) c = Cast<to = 9>(n)
        y = If(c) <then_branch = then () => (float[A] v) { v = Exp(e) },
                   else_branch = other () => (float[A] w) { w = Neg(e) }> }""",
    "numbers of several operations": """(float[N, M] x, int64 n) => (float[A, B] y) {
        i = NonZero(x) t = Transpose<perm = [1, 0]>(i) e = GatherND(x, t)
        zero = Constant<value = int64 {0}>() one = Constant<value = int64 {1}>()
        r = Range(zero, n, one) f = Cast<to = 1>(r) last = Constant<value = int64[1] {1}>()
        column = Unsqueeze(e, last) y = Mul(column, f) }""",
}


@pytest.mark.parametrize("key", OTHERS)
def test_among_other_parts_of_a_model(key: str):
    model = model_of(OTHERS[key])
    engine = stepwell.compile(model)
    reference = ReferenceEvaluator(model)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x = ((rng.random((3, 4)) < 0.5) * rng.standard_normal((3, 4))).astype(np.float32)
        feeds = {"x": x, "n": np.array(seed)}
        wanted = map(np.asarray, reference.run(None, feeds))
        for a, b in zip(engine.run(feeds).values(), wanted, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_a_size_that_is_no_size_of_a_value():
    engine = compiled("""
func.func @main(%n: tensor<1xi64>) -> tensor<2xi64> attributes {
    sizes = #engine.names<K in 0 to 16 data>, input_names = ["n"], output_names = ["y"]} {
  %count = engine.as_size %n {at_most = array<i64: 16>, defines = ["K"]}
      : tensor<1xi64> -> tensor<1xi64>
  %y = engine.size_values {sizes = #engine.extents<["K * 3", 1]>} : tensor<2xi64>
  func.return %y : tensor<2xi64>
}""")
    assert engine(np.array([5])).tolist() == [15, 1]


def test_memory_cannot_be_given_for_what_nobody_knows_the_size_of():
    engine = compiled(PICKED)
    with pytest.raises(InputError, match="output 'y', as its size is known only afterwards"):
        engine.run(
            dict(zip(("x", "t", "w"), inputs((2, 2), 1.0), strict=True)),
            out={"y": np.zeros((4, 16), np.float32)},
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"entry": 0}, "the size K is in entry 0"),
        ({"entry": 1 << 20}, "the size K is in entry 1048576"),
        ({"most": "Q"}, "have names that nothing gives: Q"),
        ({"most": "N *"}, "cannot be"),
        ({"name": "L"}, "have names that nothing gives: K"),
    ],
)
def test_a_spoilt_file_is_refused(change: dict[str, object], said: str, tmp_path: Path):
    program = compiled(PICKED).program
    spoilt = replace(program.decided[0], **change)  # pyright: ignore[reportArgumentType]
    changed = replace(program, decided=(spoilt,))
    write_artifact(changed, tmp_path / "m.well")
    with pytest.raises(InvalidArtifactError, match="machine code was made for another header"):
        stepwell.load(tmp_path / "m.well")
    codes = tuple(replace(code, seal=b"") for code in program.codes)  # sealed when it is written
    write_artifact(replace(changed, codes=codes), tmp_path / "m.well")
    with pytest.raises(InvalidArtifactError, match=said):
        stepwell.load(tmp_path / "m.well")
