"""Branches that give tensors of unlike sizes, in one program: a name says which was taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import parser

import stepwell
from stepwell.compiler.compile import compile as compile_module
from stepwell.compiler.compile import lower
from stepwell.dialects import make_context
from stepwell.interpreters import run
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.engine import Engine

CACHE = parser.parse_model("""<ir_version: 8, opset_import: ["": 17]> g
(bool use, float[n, p, 4] past, float[n, s, 4] new)
    => (float[n, k, 4] present, float[n, m, 4] twice)
{
    rows = If(use) <
        then_branch = t () => (a) { a = Concat<axis = 1>(past, new) },
        else_branch = e () => (b) { b = Identity(new) }
    >
    more = If(use) <
        then_branch = t2 () => (c) { c = Neg(rows) },
        else_branch = e2 () => (d) { d = Concat<axis = 1>(past, past, past) }
    >
    present = Abs(rows)
    twice = Exp(more)
}""")
"""A cache that is used or not; then either all of it, or what was given three times."""

SIZES = ((1, 5, 3), (2, 0, 4), (3, 1, 1), (2, 7, 0), (0, 2, 2), (2, 40, 1))


def feeds(n: int, p: int, s: int, *, use: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n + p + s)
    past, new = (rng.standard_normal((n, rows, 4)).astype(np.float32) for rows in (p, s))
    return {"use": np.array(use), "past": past, "new": new}


def expected(given: dict[str, np.ndarray]) -> list[np.ndarray]:
    past, new = given["past"], given["new"]
    rows = np.concatenate([past, new], 1) if given["use"] else new
    return [np.abs(rows), np.exp(-rows if given["use"] else np.concatenate([past] * 3, 1))]


def check(engine: Engine, n: int, p: int, s: int, *, use: bool) -> None:
    given = feeds(n, p, s, use=use)
    for found, wanted in zip(engine.run(given).values(), expected(given), strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_one_program(tmp_path: Path):
    engine = stepwell.compile(CACHE)
    assert not engine.reference_ops
    assert not engine.program.is_open
    assert len(engine.program.decided) == 1, "both branchings are on one condition"
    engine.save(tmp_path / "cache.well")
    for runs in (engine, stepwell.load(tmp_path / "cache.well")):
        for sizes in SIZES:
            for use in (True, False, True):
                check(runs, *sizes, use=use)


def test_the_sizes_of_the_text():
    text = lower(CACHE, "engine").text
    assert 'then_relations = [#engine.relation<"rows_taken", 1, "' in text
    assert 'else_relations = [#engine.relation<"rows_taken", 0, "' in text
    assert '#engine.sizes<"n", "p * rows_taken + s">' in text
    assert '#engine.sizes<"n", "rows_taken * s + p * 3 - p * rows_taken * 2">' in text


@pytest.mark.parametrize("level", ["engine", "layout", "plan", "kernels"])
def test_every_level(level: str):
    text = lower(CACHE, level).text
    ctx = make_context()
    module = parse_ir(ctx, text, "<test>")
    for sizes in SIZES[:3]:
        for use in (True, False):
            given = feeds(*sizes, use=use)
            found = run(ctx, module, given)
            for got, wanted in zip(found, expected(given), strict=True):
                np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_sizes_that_are_numbers():
    engine = stepwell.compile(CACHE, shapes={"n": 2, "p": 3, "s": 4})
    assert not engine.reference_ops
    for use in (True, False):
        check(engine, 2, 3, 4, use=use)


def test_a_variant_beside_it():
    engine = stepwell.compile(CACHE, variants=[{"n": 1, "p": 5, "s": 1}])
    for sizes in ((1, 5, 1), (1, 6, 1)):
        for use in (True, False):
            check(engine, *sizes, use=use)


NESTED = """<ir_version: 8, opset_import: ["": 17]> g
(bool c, bool d, float[n] x) => (float[m] y)
{
    y = If(c) <
        then_branch = t () => (a) {
            a = If(d) <
                then_branch = t2 () => (f) { f = Concat<axis = 0>(x, x) },
                else_branch = e2 () => (g) { g = Neg(x) }
            >
        },
        else_branch = e () => (b) { b = Identity(x) }
    >
}"""


def test_what_a_branch_in_a_branch_gives_runs_by_reference():
    """Names are found at the top of a program alone."""
    engine = stepwell.compile(parser.parse_model(NESTED))
    x = np.arange(3, dtype=np.float32)
    for c, d, wanted in ((True, True, [*x, *x]), (True, False, -x), (False, True, x)):
        [found] = engine.run({"c": np.array(c), "d": np.array(d), "x": x}).values()
        assert found.tolist() == list(wanted)


SHRINKING = """
func.func @main(%x: tensor<?xf32, #engine.sizes<"N">>, %k: tensor<1xi64>)
    -> (tensor<?xi64, #engine.sizes<"N - K">>, tensor<?xf32, #engine.sizes<"N">>) attributes {
    sizes = #engine.names<N in 0 hint 8, K in 0 to "N" data>,
    input_names = ["x", "k"], output_names = ["y", "z"]} {
  %count = engine.as_size %k {at_most = #engine.extents<["N"]>, defines = ["K"]}
      : tensor<1xi64> -> tensor<1xi64>
  %y = engine.iota : tensor<?xi64, #engine.sizes<"N - K">>
  func.return %y, %x : tensor<?xi64, #engine.sizes<"N - K">>, tensor<?xf32, #engine.sizes<"N">>
}"""


def test_a_result_that_is_largest_where_what_is_found_is_smallest():
    ctx = make_context()
    engine = compile_module(parse_ir(ctx, SHRINKING, "<test>"), context=ctx)
    x = np.zeros(9, np.float32)
    for k in (0, 4, 9):
        assert engine(x, np.array([k]))[0].tolist() == list(range(9 - k))
