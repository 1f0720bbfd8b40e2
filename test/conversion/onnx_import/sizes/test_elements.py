"""Sizes that graphs compute: the elements of integer tensors, followed into shapes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import parser

from stepwell.compiler.function_inputs import function_named
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.dialects.framework import dims_of
from stepwell.interpreters import run
from stepwell.runtime.size import evaluated

HEAD = '<ir_version: 10, opset_import: ["" : 21]>\n'

CASES = {
    "split heads, join them": (
        "float[N, S, 8] x",
        """
        s = Shape(x)
        zero = Constant<value_int = 0>()
        n = Gather(s, zero)
        n1 = Unsqueeze(n, zero1)
        t = Concat<axis = 0>(n1, minus, two, four)
        y = Reshape(x, t)
        """,
        "N, S, 2, 4",
    ),
    "half of a size, the rest by subtraction": (
        "float[N, S] x",
        """
        s = Shape<start = 1>(x)
        h = Div(s, two)
        r = Sub(s, h)
        y = Slice(x, h, s, one)
        z = Expand(zero1, r)
        """,
        "N, S - (S floordiv 2)",
    ),
    "the larger of a size and a number": (
        "float[N, S] x",
        """
        s = Shape<end = 1>(x)
        m = Max(s, four)
        t = Concat<axis = 0>(m, one)
        y = Expand(f, t)
        """,
        "max(4, N), 1",
    ),
    "-1 of a constant means the size there": (
        "float[N, 1] x",
        """
        w = Concat<axis = 0>(minus, four)
        s = Shape(x)
        eq = Equal(w, minus)
        t = Where(eq, s, w)
        y = Expand(x, t)
        """,
        "N, 4",
    ),
    "positions of a sequence": (
        "float[N, S] x",
        """
        s = Shape<start = 1>(x)
        zero = Constant<value_int = 0>()
        n = Squeeze(s)
        one0 = Constant<value_int = 1>()
        y = Range(zero, n, one0)
        """,
        "S",
    ),
    "all in one": (
        "float[N, S, 3] x",
        """
        s = Shape(x)
        p = ReduceProd<keepdims = 1>(s)
        y = Reshape(x, p)
        """,
        "N * S * 3",
    ),
    "as floats and back": (
        "float[N, S] x",
        """
        s = Shape(x)
        w = Cast<to = 1>(s)
        d = Mul(w, twice)
        e = Floor(d)
        i = Cast<to = 7>(e)
        y = Expand(f, i)
        """,
        "N * 2, S * 2",
    ),
    "a part of the shape turned around": (
        "float[N, S, 4] x",
        """
        s = Shape(x)
        end = Constant<value_ints = [-9223372036854775807]>()
        r = Slice(s, minus, end, zero1, minus)
        y = Reshape(x, r)
        """,
        "4, S, N",
    ),
}

CONSTANTS = """<int64[1] zero1 = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] four = {4},
    int64[1] minus = {-1}, float[1] twice = {2.0}, float[1] f = {1.5}>"""


@pytest.mark.parametrize("name", list(CASES))
def test_a_computed_size_is_an_expression(name: str):
    inputs, nodes, expected = CASES[name]
    text = f"{HEAD} g ({inputs}) => (y) {CONSTANTS} {{ {nodes} }}"
    graph: onnx.ModelProto = parser.parse_model(text)
    ctx = make_context()
    module = import_model(graph, ctx)
    [type_] = function_named(module, "main").function_type.outputs
    dims = dims_of(type_)
    assert dims is not None
    assert ", ".join(map(str, dims)) == expected
    given = dims_of(function_named(module, "main").function_type.inputs.data[0])
    assert given is not None
    for sizes in ({"N": 2, "S": 5}, {"N": 7, "S": 4}):
        x = np.ones([evaluated(0 if d is None else d, sizes) for d in given], np.float32)
        [y] = run(ctx, module, {"x": x})
        assert y.shape == tuple(evaluated(0 if d is None else d, sizes) for d in dims)


HEADS_OF_GROUPS = """
    qs = Shape<start = 1, end = 2>(q)
    ks = Shape<start = 1, end = 2>(k)
    same = Equal(qs, ks)
    other = Not(same)
    rest = Mod(qs, ks)
    whole = Equal(rest, zero1)
    grouped = And(other, whole)
    times = Div(qs, ks)
    n = Where(grouped, times, one)
    y = Expand(f, n)
"""
"""How many queries share a head of keys, as the standard's definition of Attention asks it."""


def test_a_size_that_conditions_on_names_choose():
    text = f"{HEAD} g (float[N, Q] q, float[N, K] k) => (y) {CONSTANTS} {{ {HEADS_OF_GROUPS} }}"
    ctx = make_context()
    module = import_model(parser.parse_model(text), ctx)
    for heads, shared, expected in ((6, 2, 3), (4, 4, 1), (5, 2, 1), (8, 1, 8)):
        q, k = np.ones((2, heads), np.float32), np.ones((2, shared), np.float32)
        [y] = run(ctx, module, {"q": q, "k": k})
        assert y.shape == (expected,)
        [type_] = function_named(module, "main").function_type.outputs
        dims = dims_of(type_)
        assert dims is not None
        [dim] = dims
        assert dim is not None
        assert evaluated(dim, {"Q": heads, "K": shared}) == expected


def test_what_must_hold_in_a_branch_is_said_there():
    """The rows fit one branch alone, which is not always taken: no relation of every call."""
    weights = ", ".join("1" * 32)
    text = f"""{HEAD} g (float[S, 4] x, bool c) => (y) <float[8, 4] w = {{{weights}}}> {{
        y = If(c) <
            then_branch = a () => (p) {{ p = Concat<axis = 1>(x, w) }},
            else_branch = b () => (q) {{ q = Concat<axis = 1>(x, x) }}
        >
    }}"""
    module = import_model(parser.parse_model(text), make_context())
    main = function_named(module, "main")
    assert "relations" not in main.attributes
    [branching] = [op for op in main.walk() if op.name == "onnx.If"]
    assert str(branching.attributes["framework.then_relations"]) == (
        '[#engine.relation<"S", 8, "Concat_0">]'
    )
    assert "framework.else_relations" not in branching.attributes


def test_a_loop_of_a_known_count_stacks_that_many():
    text = f"""{HEAD} g (float[N, 4] x) => (y) <int64 zero = {{0}}, bool go = {{1}}> {{
        s = Shape(x)
        n = Gather(s, zero)
        y = Loop(n, go) <
            body = b (int64 i, bool c) => (bool d, float[4] row) {{
                d = Identity(c)
                row = Gather(x, i)
            }}
        >
    }}"""
    module = import_model(parser.parse_model(text), make_context())
    [type_] = function_named(module, "main").function_type.outputs
    assert [str(d) for d in dims_of(type_) or ()] == ["N", "4"]
