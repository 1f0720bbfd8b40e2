"""Functions whose sizes are open: names get values from inputs, results are the bound ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.errors import InputError
from stepwell.interpreters import run
from stepwell.ir.bind_sizes import bind_sizes

RNG = np.random.default_rng(0)


def sizes(*texts: str) -> str:
    return "#engine.sizes<" + ", ".join(f'"{text}"' for text in texts) + ">"


X, PAST = f"tensor<?x?x8xf32, {sizes('N', 'S')}>", f"tensor<?x?x8xf32, {sizes('N', 'P')}>"
ALL = f"tensor<?x?x8xf32, {sizes('N', 'P + S')}>"
SCORES = f"tensor<?x?x?xf32, {sizes('N', 'S', 'P + S')}>"

PIECES = {
    "sum": (SCORES, SCORES, 'engine.scan %{0} {{kind = "sum", axis = 2 : i64}} : {1} -> {2}'),
}
"""Operations on scores that are put after each other: type before, type after, text."""


def program(steps: list[str]) -> str:
    lines = [
        f"%all = engine.concat %past, %x {{axis = 1 : i64}} : {PAST}, {X} -> {ALL}",
        f"%s0 = engine.matmul %x, %all {{trans_rhs}} : {X}, {ALL} -> {SCORES}",
    ]
    for at, step in enumerate(steps):
        before, after, text = PIECES[step]
        lines.append(f"%s{at + 1} = " + text.format(f"s{at}", before, after))
    lines.append(f"%y = engine.matmul %s{len(steps)}, %all : {SCORES}, {ALL} -> {X}")
    body = "\n  ".join(lines)
    return f"""
func.func @main(%x: {X}, %past: {PAST}) -> {X}
    attributes {{input_names = ["x", "past"], sizes = #engine.names<S in 1 to 64 hint 5>}} {{
  {body}
  func.return %y : {X}
}}"""


def arrays(n: int, s: int, p: int) -> list[np.ndarray]:
    return [RNG.standard_normal((n, length, 8), np.float32) for length in (s, p)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(PIECES)), max_size=3),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(0, 6),
)
def test_results_are_those_of_the_bound_program(steps: list[str], n: int, s: int, p: int) -> None:
    ctx = make_context()
    module = Parser(ctx, program(steps)).parse_module()
    module.verify()
    before = str(module)
    inputs = arrays(n, s, p)
    [found] = run(ctx, module, inputs)
    assert str(module) == before
    bound = module.clone()
    bind_sizes(bound, {"N": n, "S": s, "P": p})
    bound.verify()
    assert "sizes" not in str(bound)
    np.testing.assert_array_equal(found, run(ctx, bound, inputs)[0])
    assert found.shape == (n, s, 8)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 3, 8), (1, 3, 8)), r"input 'past' has shape \[1, 3, 8\], expected \[N = 2"),
        (((2, 65, 8), (2, 3, 8)), "has S = 65, expected 1 to 64"),
        (((2, 3), (2, 3, 8)), "input 'x' has rank 2"),
        (((2, 3, 7), (2, 3, 8)), "input 'x' has shape"),
    ],
)
def test_inputs_that_do_not_fit(shapes: tuple[tuple[int, ...], ...], message: str) -> None:
    ctx = make_context()
    module = Parser(ctx, program([])).parse_module()
    with pytest.raises(InputError, match=message):
        run(ctx, module, [np.zeros(shape, np.float32) for shape in shapes])


def test_sizes_of_strings_bind_names_of_a_plan():
    strings = 'tensor<?x!framework.string, #framework.dims<["N"]>>'
    equal = 'memref<?xi1, #engine.layout<"a", sizes<"N">>>'
    text = f"""
func.func @main(%arena: memref<?xi8>, %x: {strings}, %y: {equal})
    attributes {{input_names = ["x"], output_names = ["y"], plan = #engine.plan<>}} {{
  engine.reference(%x) outs(%y : {equal}) : ({strings}) {{
  ^bb0(%0: {strings}):
    %1 = onnx.Equal(%0, %0) : ({strings}, {strings}) -> tensor<?xi1, #engine.sizes<"N">>
    engine.yield %1 : tensor<?xi1, #engine.sizes<"N">>
  }}
  func.return
}}"""
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    [found] = run(ctx, module, [np.array(["a", "b", "c"], dtype=object)])
    assert found.tolist() == [True, True, True]
