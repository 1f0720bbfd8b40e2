"""Equal operations are computed once, and only those."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp, IfOp, MapOp, MatmulOp, ReferenceOp, TransposeOp
from stepwell.dialects.engine.base import names_of
from stepwell.dialects.engine.weights import weight_store
from stepwell.transforms.optimize import OptimizePass
from stepwell.transforms.optimize.rewriting import apply_rewrites


def merged(text: str) -> ModuleOp:
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    apply_rewrites(ctx, module, [])
    module.verify()
    return module


def count(module: ModuleOp, kind: type[Operation]) -> int:
    return sum(isinstance(op, kind) for op in module.walk())


def two_maps(first: str, second: str, types: str = "tensor<3xf32>") -> str:
    def one(name: str, body: str) -> str:
        return f"""
      %{name} = engine.map ins(%x : tensor<3xf32>) attributes {{nodes = ["/{name}"]}} -> {types} {{
      ^bb0(%a: f32):
        {body}
        engine.yield %0 : {types[9:-1]}
      }}"""

    return f"""
    func.func @main(%x: tensor<3xf32>) -> ({types}, {types}) {{{one("p", first)}{one("q", second)}
      func.return %p, %q : {types}, {types}
    }}"""


def test_equal_regions_are_equal_and_keep_both_nodes() -> None:
    module = merged(two_maps("%0 = arith.negf %a : f32", "%0 = arith.negf %a : f32"))
    [op] = [op for op in module.walk() if isinstance(op, MapOp)]
    assert names_of(op, "nodes") == ["/p", "/q"]
    assert "merge-equal-operations" in names_of(op, "rewrites")


def test_another_operation_order_or_constant_in_the_region_is_not_equal() -> None:
    bodies = [
        "%0 = arith.negf %a : f32",
        "%0 = math.absf %a : f32",
        "%c = arith.constant 1.0 : f32\n%0 = arith.subf %a, %c : f32",
        "%c = arith.constant 1.0 : f32\n%0 = arith.subf %c, %a : f32",
        "%c = arith.constant 2.0 : f32\n%0 = arith.subf %a, %c : f32",
    ]
    for i, first in enumerate(bodies):
        for second in bodies[i + 1 :]:
            assert count(merged(two_maps(first, second)), MapOp) == 2


def test_zeros_of_different_sign_are_not_equal() -> None:
    plus = "%c = arith.constant 0.0 : f32\n%0 = arith.divf %a, %c : f32"
    assert count(merged(two_maps(plus, plus.replace("0.0", "-0.0"))), MapOp) == 2


def test_properties_and_result_types_count() -> None:
    module = merged("""
    func.func @main(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
      %a = engine.transpose %x {perm = array<i64: 0, 1>} : tensor<2x2xf32> -> tensor<2x2xf32>
      %b = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x2xf32> -> tensor<2x2xf32>
      func.return %a, %b : tensor<2x2xf32>, tensor<2x2xf32>
    }""")
    assert count(module, TransposeOp) == 2


def test_scalars_inside_a_region_are_merged_too() -> None:
    module = merged(two_maps(
        "%1 = math.exp %a : f32\n%2 = math.exp %a : f32\n%0 = arith.addf %1, %2 : f32",
        "%0 = arith.negf %a : f32",
    ))  # fmt: skip
    assert str(module).count("math.exp") == 1


def test_constants_are_equal_by_content_not_by_name() -> None:
    ctx = make_context()
    store = weight_store(ctx)
    same = np.arange(100, dtype=np.float32)
    first = store.add(same, "first")
    second = store.add(same.copy(), "second")
    other = store.add(same + 1, "third")
    text = f"""
    func.func @main() -> (tensor<100xf32>, tensor<100xf32>, tensor<100xf32>) {{
      %a = engine.constant {first} -> tensor<100xf32>
      %b = engine.constant {second} -> tensor<100xf32>
      %c = engine.constant {other} -> tensor<100xf32>
      func.return %a, %b, %c : tensor<100xf32>, tensor<100xf32>, tensor<100xf32>
    }}"""
    module = Parser(ctx, text).parse_module()
    apply_rewrites(ctx, module, [])
    assert count(module, ConstantOp) == 2


def test_control_flow_and_reference_operations_are_not_merged() -> None:
    branch = """
      %{0} = engine.if %c : tensor<i1> -> tensor<2xf32> {{
        engine.yield %x : tensor<2xf32>
      }} else {{
        engine.yield %y : tensor<2xf32>
      }}"""
    reference = """
      %{0} = engine.reference(%x) : (tensor<2xf32>) -> tensor<2xf32> {{
      ^bb0(%p: tensor<2xf32>):
        engine.yield %p : tensor<2xf32>
      }}"""
    body = "".join(
        t.format(n) for t, n in ((branch, "a"), (branch, "b"), (reference, "d"), (reference, "e"))
    )
    results = ", ".join(["tensor<2xf32>"] * 4)
    module = merged(f"""
    func.func @main(%c: tensor<i1>, %x: tensor<2xf32>, %y: tensor<2xf32>) -> ({results}) {{{body}
      func.return %a, %b, %d, %e : {results}
    }}""")
    assert count(module, IfOp) == 2
    assert count(module, ReferenceOp) == 2


def test_a_branch_sees_what_was_computed_before_it_but_not_the_other_branch() -> None:
    flip = "engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x2xf32> -> tensor<2x2xf32>"
    absolute = """engine.map ins(%x : tensor<2x2xf32>) -> tensor<2x2xf32> {
        ^bb0(%v: f32):
          %0 = math.absf %v : f32
          engine.yield %0 : f32
        }"""
    module = merged(f"""
    func.func @main(%c: tensor<i1>, %x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {{
      %a = {flip}
      %r = engine.if %c : tensor<i1> -> tensor<2x2xf32> {{
        %b = {flip}
        engine.yield %b : tensor<2x2xf32>
      }} else {{
        %d = {absolute}
        engine.yield %d : tensor<2x2xf32>
      }}
      %e = {absolute}
      %f = engine.transpose %e {{perm = array<i64: 0, 1>}} : tensor<2x2xf32> -> tensor<2x2xf32>
      func.return %r, %f : tensor<2x2xf32>, tensor<2x2xf32>
    }}""")
    assert str(module).count("perm = array<i64: 1, 0>") == 1
    assert count(module, MapOp) == 2


def test_equal_products_with_different_readers_are_one() -> None:
    """Before the first round: with their readers in their epilogues they would differ."""
    ctx = make_context()
    text = """
    func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
      %v = engine.constant dense<0.5> : tensor<3x4xf32> -> tensor<3x4xf32>
      %w = engine.constant dense<0.5> : tensor<3x4xf32> -> tensor<3x4xf32>
      %a = engine.matmul %x, %v {nodes = ["/a"]}
        : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
      %b = engine.matmul %x, %w {nodes = ["/b"]}
        : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
      %c = engine.map ins(%a : tensor<2x4xf32>) -> tensor<2x4xf32> {
      ^bb0(%p: f32):
        %0 = arith.negf %p : f32
        engine.yield %0 : f32
      }
      %d = engine.map ins(%b : tensor<2x4xf32>) -> tensor<2x4xf32> {
      ^bb0(%p: f32):
        %0 = math.tanh %p : f32
        engine.yield %0 : f32
      }
      func.return %c, %d : tensor<2x4xf32>, tensor<2x4xf32>
    }"""
    module = Parser(ctx, text).parse_module()
    OptimizePass().apply(ctx, module)
    module.verify()
    [product] = [op for op in module.walk() if isinstance(op, MatmulOp)]
    assert names_of(product, "nodes") == ["/a", "/b"]
    assert count(module, MapOp) == 2


def test_operands_of_what_commutes_are_equal_in_any_order() -> None:
    def sums(second: str, operation: str = "addf") -> ModuleOp:
        return merged(f"""
        func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {{
          %p = engine.map ins(%x, %y : tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32> {{
          ^bb0(%a: f32, %b: f32):
            %0 = arith.{operation} %a, %b : f32
            engine.yield %0 : f32
          }}
          %q = engine.map ins(%y, %x : tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32> {{
          ^bb0(%a: f32, %b: f32):
            %0 = arith.{operation} {second} : f32
            engine.yield %0 : f32
          }}
          func.return %p, %q : tensor<3xf32>, tensor<3xf32>
        }}""")

    assert count(sums("%a, %b"), MapOp) == 1
    assert count(sums("%b, %a"), MapOp) == 1
    assert count(sums("%b, %a", "subf"), MapOp) == 1
    assert count(sums("%a, %b", "subf"), MapOp) == 2


def test_products_of_equal_maps_are_one_before_their_readers_are_fused() -> None:
    def part(name: str, inner: str, outer: str) -> str:
        return f"""
      %m{name} = engine.map ins(%x : tensor<3x3xf32>) -> tensor<3x3xf32> {{
      ^bb0(%a: f32):
        %0 = math.{inner} %a : f32
        engine.yield %0 : f32
      }}
      %p{name} = engine.matmul %m{name}, %w : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
      %y{name} = engine.map ins(%p{name} : tensor<3x3xf32>) -> tensor<3x3xf32> {{
      ^bb0(%a: f32):
        %0 = math.{outer} %a : f32
        engine.yield %0 : f32
      }}"""

    for second, products in (("tanh", 1), ("absf", 2)):
        text = f"""
        func.func @main(%x: tensor<3x3xf32>, %w: tensor<3x3xf32>)
            -> (tensor<3x3xf32>, tensor<3x3xf32>) {{
          {part("0", "tanh", "floor")}{part("1", second, "absf")}
          func.return %y0, %y1 : tensor<3x3xf32>, tensor<3x3xf32>
        }}"""
        ctx = make_context()
        module = Parser(ctx, text).parse_module()
        OptimizePass().apply(ctx, module)
        assert count(module, MatmulOp) == products
