"""What a module with names for sizes leaves out becomes a relation that every call is held to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import stepwell
from stepwell.errors import InputError
from stepwell.test.fuzz.artifacts import MAKERS


def rows(name: str, columns: str = "") -> str:
    return f'tensor<?x{columns}f32, #engine.sizes<"{name}">>'


def program(inputs: str, result: str, names: str, *steps: str) -> str:
    body = "\n  ".join((*steps, f"func.return %z : {result}"))
    head = f"func.func @main({inputs}) -> ({result})"
    return f"{head} attributes {{sizes = #engine.names<{names}>}} {{\n  {body}\n}}\n"


N, M, N4 = rows("N"), rows("M"), rows("N", "4x")
SUM = """{
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    engine.yield %c : f32
  }"""

NEEDY = {
    "operands of a map": (
        program(
            f"%x: {N}, %y: {M}", N, "N in 0 hint 3, M in 0 hint 3",
            f"%z = engine.map ins(%x, %y : {N}, {M}) -> {N} {SUM}",
        ),
        [(3,), (1,)], [(5000,), (2,)], "'engine.map' needs equal sizes",
    ),
    "depths of a product": (
        program(
            f'%x: tensor<2x?xf32, #engine.sizes<"N">>, %y: {rows("M", "3x")}', "tensor<2x3xf32>",
            "N in 0 hint 3, M in 0 hint 3",
            f'%z = engine.matmul %x, %y : tensor<2x?xf32, #engine.sizes<"N">>, {rows("M", "3x")}'
            " -> tensor<2x3xf32>",
        ),
        [(2, 9), (9, 3)], [(2, 5000), (2, 3)], "'engine.matmul' needs equal sizes",
    ),
    "elements of another shape": (
        program(
            f"%x: {N4}, %y: {M}", M, "N in 0 hint 3, M in 0 hint 3",
            f"%s = engine.softmax %x {{axis = 1 : i64}} : {N4} -> {N4}",
            f"%r = engine.reshape %s : {N4} -> {M}",
            f"%z = engine.softmax %r {{axis = 0 : i64}} : {M} -> {M}",
        ),
        [(2, 4), (8,)], [(2, 4), (5000,)], "'engine.reshape' needs equal sizes",
    ),
    "the end of a slice": (
        program(
            f"%x: {N}, %y: {M}", M, "N in 0 hint 9, M in 0 hint 3",
            '%z = engine.slice %x {starts = array<i64: 2>, sizes = #engine.extents<["M"]>,'
            f" steps = array<i64: 1>}} : {N} -> {M}",
        ),
        [(6,), (4,)], [(6,), (5000,)], "'engine.slice' needs",
    ),
    "what is cut off": (
        program(
            f"%x: {N}, %y: {M}", rows("N - M"), "N in 0 hint 9, M in 0 hint 3",
            '%z = engine.pad %x {low = #engine.extents<["0 - M"]>, high = array<i64: 0>,'
            f' mode = "constant", value = 0.000000e+00 : f32}} : {N} -> {rows("N - M")}',
        ),
        [(6,), (4,)], [(6,), (7,)], "needs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NEEDY)
def test_a_call_is_held_to_what_operations_need(what: str, tmp_path: Path):
    text, fit, do_not, message = NEEDY[what]
    path = tmp_path / "given.mlir"
    path.write_text(text)
    engine = stepwell.compile(path)
    assert not engine.program.is_open, "one program for all sizes"
    engine(*(np.ones(shape, np.float32) for shape in fit))
    with pytest.raises(InputError, match=message):
        engine(*(np.ones(shape, np.float32) for shape in do_not))


BRANCH = program(
    f"%c: tensor<i1>, %x: {N4}, %y: {M}",
    M,
    "N in 0 hint 3, M in 0 hint 3",
    f"""%z = engine.if %c : tensor<i1> -> {M} {{
    %r = engine.reshape %x : {N4} -> {M}
    engine.yield %r : {M}
  }} else {{
    engine.yield %y : {M}
  }}""",
)


def test_in_a_branch_nothing_can_be_asked_of_every_call(tmp_path: Path):
    path = tmp_path / "given.mlir"
    path.write_text(BRANCH)
    assert stepwell.compile(path).program.is_open


def test_what_a_branch_asks_of_calls_that_take_it_counts_there(tmp_path: Path):
    said = '{then_relations = [#engine.relation<"N * 4", "M", "/r">]}'
    path = tmp_path / "given.mlir"
    path.write_text(BRANCH.replace("engine.if %c :", f"engine.if %c {said} :"))
    engine = stepwell.compile(path)
    assert not engine.program.is_open
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 4), np.float32), rng.random(8, np.float32)
    feeds = dict(zip([i.name for i in engine.inputs], (np.bool_(True), x, y), strict=True))
    np.testing.assert_array_equal(engine(**feeds), x.reshape(8))
    other = dict(feeds, **{engine.inputs[2].name: y[:3]})
    with pytest.raises(InputError, match="needs equal sizes"):
        engine(**other)
    other = {**other, engine.inputs[0].name: np.bool_(False)}
    np.testing.assert_array_equal(engine(**other), y[:3])


@pytest.mark.parametrize("number", [6, 7])
def test_what_the_compiler_wrote_needs_nothing_more(number: int, tmp_path: Path):
    """A model compiled anew from its artifact is one program with the relations that it had."""
    first = stepwell.compile(MAKERS[number]())
    first.save(tmp_path / "model.well")
    again = stepwell.load(tmp_path / "model.well", recompile=True)
    assert not again.program.is_open
    assert again.program.relations == first.program.relations
