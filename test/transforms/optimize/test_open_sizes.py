"""Rewrites of programs whose sizes have names: which apply, which decline, and the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.compiler.planned_program import main_of
from stepwell.dialects import make_context
from stepwell.dialects.engine.base import element_of, shape_of
from stepwell.dialects.engine.weights import Array, dtype_of
from stepwell.interpreters import run
from stepwell.ir.bind_sizes import bind_sizes
from stepwell.transforms.optimize import OptimizePass

NAMES = "attributes {sizes = #engine.names<N in 1 hint 1, S in 1 hint 8, P in 0 hint 4, T in 0>}"

CACHE = """
func.func @main(%past: tensor<?x?x6xf32, #engine.sizes<"N", "P">>,
                %x: tensor<?x?x6xf32, #engine.sizes<"N", "S">>)
    -> tensor<?x?x6xf32, #engine.sizes<"N", "S">> NAMES {
  %all = engine.concat %past, %x {axis = 1 : i64}
    : tensor<?x?x6xf32, #engine.sizes<"N", "P">>, tensor<?x?x6xf32, #engine.sizes<"N", "S">>
    -> tensor<?x?x6xf32, #engine.sizes<"N", "P + S">>
  %y = engine.slice %all {starts = START,
      sizes = #engine.extents<["N", "S", 6]>, steps = array<i64: 1, 1, 1>}
    : tensor<?x?x6xf32, #engine.sizes<"N", "P + S">>
    -> tensor<?x?x6xf32, #engine.sizes<"N", "S">>
  func.return %y : tensor<?x?x6xf32, #engine.sizes<"N", "S">>
}
"""
"""What is sliced out of a join of a cache and what is new."""

FIRST_TOKEN = """
func.func @main(%x: tensor<?x?x6xf32, #engine.sizes<"N", "AXIS">>)
    -> tensor<?x6xf32, #engine.sizes<"N">> NAMES {
  %i = engine.constant dense<0> : tensor<i64> -> tensor<i64>
  %y = engine.gather %x, %i {axis = 1 : i64}
    : tensor<?x?x6xf32, #engine.sizes<"N", "AXIS">>, tensor<i64>
    -> tensor<?x6xf32, #engine.sizes<"N">>
  func.return %y : tensor<?x6xf32, #engine.sizes<"N">>
}
"""

HEADS = """
func.func @main(%x: tensor<?x?x36xf32, #engine.sizes<"N", "S">>)
    -> tensor<?x3x?x4xf32, #engine.sizes<"N", "S">> NAMES {
  %s = engine.slice %x {starts = array<i64: 0, 0, 12>,
      sizes = #engine.extents<["N", "S", 12]>, steps = array<i64: 1, 1, 1>}
    : tensor<?x?x36xf32, #engine.sizes<"N", "S">> -> tensor<?x?x12xf32, #engine.sizes<"N", "S">>
  %h = engine.reshape %s : tensor<?x?x12xf32, #engine.sizes<"N", "S">>
    -> tensor<?x?x3x4xf32, #engine.sizes<"N", "S">>
  %t = engine.transpose %h {perm = array<i64: 0, 2, 1, 3>}
    : tensor<?x?x3x4xf32, #engine.sizes<"N", "S">> -> tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>
  func.return %t : tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>
}
"""

ATTENTION = """
func.func @main(%q: tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>,
                %k: tensor<?x3x?x4xf32, #engine.sizes<"KEYS", "P + S">>,
                %v: tensor<?x3x?x4xf32, #engine.sizes<"KEYS", "P + S">>)
    -> tensor<?x3x?x4xf32, #engine.sizes<"N", "S">> NAMES {
  %t = engine.transpose %k {perm = array<i64: 0, 1, 3, 2>}
    : tensor<?x3x?x4xf32, #engine.sizes<"KEYS", "P + S">>
    -> tensor<?x3x4x?xf32, #engine.sizes<"KEYS", "P + S">>
  %s = engine.matmul %q, %t
    : tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>,
      tensor<?x3x4x?xf32, #engine.sizes<"KEYS", "P + S">>
    -> tensor<?x3x?x?xf32, #engine.sizes<"SCORES", "S", "P + S">>
  %p = engine.softmax %s {axis = 3 : i64}
    : tensor<?x3x?x?xf32, #engine.sizes<"SCORES", "S", "P + S">>
    -> tensor<?x3x?x?xf32, #engine.sizes<"SCORES", "S", "P + S">>
  %y = engine.matmul %p, %v
    : tensor<?x3x?x?xf32, #engine.sizes<"SCORES", "S", "P + S">>,
      tensor<?x3x?x4xf32, #engine.sizes<"KEYS", "P + S">>
    -> tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>
  func.return %y : tensor<?x3x?x4xf32, #engine.sizes<"N", "S">>
}
"""

FUSION = """
func.func @main(%x: tensor<?x?x6xf32, #engine.sizes<"N", "S">>, %w: tensor<6x5xf32>,
                %b: tensor<5xf32>, %r: tensor<?x?x5xf32, #engine.sizes<"N", "S">>)
    -> tensor<?x5xf32, #engine.sizes<"N * S">> NAMES {
  %y = engine.matmul %x, %w
    : tensor<?x?x6xf32, #engine.sizes<"N", "S">>, tensor<6x5xf32>
    -> tensor<?x?x5xf32, #engine.sizes<"N", "S">>
  %e = engine.broadcast %b : tensor<5xf32> -> tensor<?x?x5xf32, #engine.sizes<"N", "S">>
  %z = engine.map ins(%y, %e, %r : tensor<?x?x5xf32, #engine.sizes<"N", "S">>,
      tensor<?x?x5xf32, #engine.sizes<"N", "S">>, tensor<?x?x5xf32, #engine.sizes<"N", "S">>)
    -> tensor<?x?x5xf32, #engine.sizes<"N", "S">> {
  ^bb0(%a: f32, %c: f32, %d: f32):
    %0 = arith.addf %a, %c : f32
    %1 = arith.addf %0, %d : f32
    engine.yield %1 : f32
  }
  %v = engine.reshape %z : tensor<?x?x5xf32, #engine.sizes<"N", "S">>
    -> tensor<?x5xf32, #engine.sizes<"N * S">>
  func.return %v : tensor<?x5xf32, #engine.sizes<"N * S">>
}
"""

POINTS = ({"N": 1, "S": 1, "P": 0}, {"N": 2, "S": 7, "P": 3}, {"N": 3, "S": 16, "P": 1})


def module_of(text: str, **words: str) -> ModuleOp:
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    module = Parser(make_context(), text.replace("NAMES", NAMES)).parse_module()
    module.verify()
    return module


def optimized(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    OptimizePass().apply(make_context(), copy)
    copy.verify()
    return copy


def results(module: ModuleOp, sizes: dict[str, int]) -> list[Array]:
    copy = module.clone()
    bind_sizes(copy, sizes)
    copy.verify()
    rng = np.random.default_rng(0)
    arguments = main_of(copy).body.block.args
    inputs = [rng.random(shape_of(a)).astype(dtype_of(element_of(a))) for a in arguments]
    return run(make_context(), copy, inputs)


def check(module: ModuleOp, after: ModuleOp) -> None:
    for sizes in POINTS:
        for a, b in zip(results(module, sizes), results(after, sizes), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("start", "joined"),
    [('#engine.extents<[0, "P", 0]>', False), ("array<i64: 0, 0, 0>", True)],
)
def test_a_slice_is_taken_from_the_operand_it_lies_in(start: str, joined: bool) -> None:
    """Past the cache it is; from the start it may be in the cache or not."""
    module = module_of(CACHE, START=start)
    after = optimized(module)
    assert ("engine.concat" in str(after)) == joined
    check(module, after)


@pytest.mark.parametrize(("name", "sliced"), [("S", True), ("T", False)])
def test_an_index_is_a_slice_where_the_axis_is_known_to_have_it(name: str, sliced: bool) -> None:
    module = module_of(FIRST_TOKEN, AXIS=name)
    after = optimized(module)
    assert ("engine.slice" in str(after)) == sliced
    if sliced:
        check(module, after)


def test_heads_of_a_joint_projection_are_views() -> None:
    module = module_of(HEADS)
    after = optimized(module)
    ops = [op.name for op in main_of(after).body.block.ops]
    assert ops[:2] == ["engine.reshape", "engine.slice"]
    check(module, after)


def test_attention_of_open_length() -> None:
    module = module_of(ATTENTION, KEYS="N", SCORES="N")
    after = optimized(module)
    assert [op.name for op in main_of(after).body.block.ops] == ["engine.attention", "func.return"]
    check(module, after)


def test_keys_of_another_batch_are_no_attention() -> None:
    """The two names may stand for one number, or one of them for 1."""
    after = optimized(module_of(ATTENTION, KEYS="T", SCORES="broadcast(N, T)"))
    assert "engine.attention" not in str(after)


def test_epilogues_are_those_of_the_bound_program() -> None:
    module = module_of(FUSION)
    bound = module.clone()
    bind_sizes(bound, POINTS[1])
    after, wanted = optimized(module), optimized(bound)
    names = [op.name for op in main_of(after).body.block.ops]
    assert "engine.map" not in names
    assert names == [op.name for op in main_of(wanted).body.block.ops]
    check(module, after)
