"""One program at levels 2, 3 and 4: same results, and what must not be read is poisoned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import f32, i64
from xdsl.dialects.func import FuncOp
from xdsl.interpreter import Interpreter
from xdsl.ir import Operation
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import OPERATIONS
from stepwell.dialects.engine.base import EngineOp, tensor
from stepwell.errors import InputError, StepwellError
from stepwell.interpreters import make_interpreter, run
from stepwell.interpreters.engine import SEMANTICS, PoisonDeadBytes, accumulating_in_f64
from stepwell.interpreters.engine.layout import pack, poison, unpack, view_of


def execute(text: str, *inputs: Any) -> list[Any]:
    """Parse, verify and run `@main`."""
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    module.verify()
    return run(ctx, module, list(inputs))


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


TAGS = ["abcd", "acdb", "aBcd16b", "aBcd3b", "ABcd2b4a", "dcba"]


@settings(max_examples=60, deadline=None)
@given(tag=st.sampled_from(TAGS), shape=st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_packing_is_undone_by_unpacking(tag, shape):
    type_ = tensor(tuple(shape), f32, tag)
    x = numbers(*shape)
    packed = pack(x, type_)
    assert np.isnan(packed).sum() == packed.size - x.size
    np.testing.assert_array_equal(unpack(packed, type_), x)


def test_poison_of_every_type():
    assert np.isnan(poison(np.dtype(np.float16)))
    assert poison(np.dtype(np.int8)) == -0x5B
    assert poison(np.dtype(np.uint16)) == 0xA5A5
    assert pack(np.zeros((3,), np.int64), tensor((3,), i64, "A2a")).tolist()[1][1] != 0


CONV = """
func.func @main(%x: tensor<1x5x6x6xf32>, %w: tensor<7x5x3x3xf32>) -> tensor<1x7x4x4xf32> {{
  %xl = engine.relayout %x : tensor<1x5x6x6xf32> -> tensor<1x5x6x6xf32{input}>
  %wl = engine.relayout %w : tensor<7x5x3x3xf32> -> tensor<7x5x3x3xf32{weight}>
  %y = engine.conv %xl, %wl {{strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      dilations = array<i64: 1, 1>, groups = 1 : i64}}
      : tensor<1x5x6x6xf32{input}>, tensor<7x5x3x3xf32{weight}> -> tensor<1x7x4x4xf32{output}>
  %r = engine.relayout %y : tensor<1x7x4x4xf32{output}> -> tensor<1x7x4x4xf32>
  func.return %r : tensor<1x7x4x4xf32>
}}
"""


def layout(tag: str) -> str:
    return f', #engine.layout<"{tag}">' if tag else ""


@pytest.mark.parametrize("output", ["", "acdb", "aBcd4b"])
@pytest.mark.parametrize(("input_", "weight"), [("", ""), ("aBcd16b", "ABcd16b4a"), ("acdb", "")])
def test_padding_lanes_never_reach_a_result(input_, weight, output):
    x, w = numbers(1, 5, 6, 6), numbers(7, 5, 3, 3)
    plain = execute(CONV.format(input="", weight="", output=""), x, w)
    tags = {"input": layout(input_), "weight": layout(weight), "output": layout(output)}
    [result] = execute(CONV.format(**tags), x, w)
    assert not np.isnan(result).any()
    np.testing.assert_array_equal(result, plain[0])


PLANNED = """
func.func @main(%arena: memref<{size}xi8>, %x: memref<2x3xf32>, %y: memref<3x2xf32>)
    attributes {{input_names = ["x"], output_names = ["y"]}} {{
  %a = engine.view %arena {{offset = {first} : i64}} : memref<{size}xi8> -> memref<2x3xf32>
  %b = engine.view %arena {{offset = {second} : i64}} : memref<{size}xi8> -> memref<2x3xf32>
  engine.map ins(%x : memref<2x3xf32>) outs(%a : memref<2x3xf32>) {{
  ^bb0(%s: f32):
    %c = arith.constant 2.0 : f32
    %r = arith.mulf %s, %c : f32
    engine.yield %r : f32
  }}
  engine.map ins(%{read}, %x : memref<2x3xf32>, memref<2x3xf32>) outs(%b : memref<2x3xf32>) {{
  ^bb0(%s: f32, %t: f32):
    %r = arith.addf %s, %t : f32
    engine.yield %r : f32
  }}
  engine.transpose %b outs(%y : memref<3x2xf32>) {{perm = array<i64: 1, 0>}} : memref<2x3xf32>
  func.return
}}
"""


@pytest.mark.parametrize(("first", "second"), [(0, 64), (64, 0), (0, 0)])
def test_planned_program(first, second):
    x = numbers(2, 3)
    text = PLANNED.format(size=128, first=first, second=second, read="a")
    [result] = execute(text, x)
    np.testing.assert_allclose(result, (3 * x).T, rtol=1e-6)


def test_memory_that_nothing_wrote_is_poison():
    [result] = execute(PLANNED.format(size=128, first=0, second=64, read="b"), numbers(2, 3))
    assert np.isnan(result).all()


def test_poison_mode_fills_what_nobody_reads_again():
    text = PLANNED.format(size=128, first=0, second=64, read="a")
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    main = next(op for op in module.ops if isinstance(op, FuncOp))
    interpreter = make_interpreter(ctx, module)
    arena = np.zeros(128, np.int8)
    states: list[tuple[str, bool, bool]] = []

    class Watch(Interpreter.Listener):
        def did_interpret_op(self, op: Operation, results: Any) -> None:
            floats = arena.view(np.float32)
            first, second = floats[:6], floats[16:22]
            states.append((op.name, bool(np.isnan(first).all()), bool(np.isnan(second).all())))

    interpreter.listeners = (PoisonDeadBytes(main), Watch())
    x, y = numbers(2, 3), np.zeros((3, 2), np.float32)
    interpreter.call_op("main", (arena, x, y))
    np.testing.assert_allclose(y, (3 * x).T, rtol=1e-6)
    maps = [state for state in states if state[0].startswith("engine.")]
    maps = [state for state in maps if state[0] not in ("engine.view", "engine.yield")]
    assert maps == [
        ("engine.map", False, False),
        ("engine.map", True, False),
        ("engine.transpose", True, True),
    ]


def test_poison_mode_keeps_the_parts_of_a_larger_buffer():
    ctx = make_context()
    module = Parser(ctx, STRIDED).parse_module()
    main = next(op for op in module.ops if isinstance(op, FuncOp))
    interpreter = make_interpreter(ctx, module)
    interpreter.listeners = (PoisonDeadBytes(main),)
    x, y = numbers(1, 2, 2, 2), np.zeros((1, 2, 4, 4), np.float32)
    arena = np.zeros(512, np.int8)
    interpreter.call_op("main", (arena, x, y))
    np.testing.assert_array_equal(y, np.pad(-x, [(0, 0), (0, 0), (1, 1), (1, 1)]))
    assert np.isnan(arena[:128].view(np.float32)).all()


STRIDED = """
func.func @main(%arena: memref<512xi8>, %x: memref<1x2x2x2xf32>, %y: memref<1x2x4x4xf32>)
    attributes {input_names = ["x"], output_names = ["y"]} {
  %whole = engine.view %arena {offset = 0 : i64} : memref<512xi8> -> memref<1x2x4x4xf32>
  %inside = engine.view %arena {offset = 20 : i64} : memref<512xi8>
      -> memref<1x2x2x2xf32, #engine.layout<"abcd", [32, 16, 4, 1]>>
  engine.map ins(%x : memref<1x2x2x2xf32>)
      outs(%inside : memref<1x2x2x2xf32, #engine.layout<"abcd", [32, 16, 4, 1]>>) {
  ^bb0(%s: f32):
    %r = arith.negf %s : f32
    engine.yield %r : f32
  }
  engine.pad %inside outs(%whole : memref<1x2x4x4xf32>) {low = array<i64: 0, 0, 1, 1>,
      high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.0 : f32}
      : memref<1x2x2x2xf32, #engine.layout<"abcd", [32, 16, 4, 1]>>
  engine.map ins(%whole : memref<1x2x4x4xf32>) outs(%y : memref<1x2x4x4xf32>) {
  ^bb0(%s: f32):
    engine.yield %s : f32
  }
  func.return
}
"""


def test_a_part_of_a_larger_buffer():
    x = numbers(1, 2, 2, 2)
    [result] = execute(STRIDED, x)
    np.testing.assert_array_equal(result, np.pad(-x, [(0, 0), (0, 0), (1, 1), (1, 1)]))


def test_views_stay_within_their_memory():
    type_ = Parser(make_context(), "memref<4xf32>").parse_type()
    base = np.zeros(16, np.uint8)
    assert view_of(base, 0, type_).shape == (4,)
    with pytest.raises(ValueError, match="buffer"):
        view_of(base, 4, type_)


def test_constants_are_stored_in_their_layout_with_zero_padding():
    text = """
func.func @main() -> tensor<2x3xf32, #engine.layout<"aB4b">> {
  %c = engine.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      -> tensor<2x3xf32, #engine.layout<"aB4b">>
  func.return %c : tensor<2x3xf32, #engine.layout<"aB4b">>
}
"""
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    [packed] = make_interpreter(ctx, module).call_op("main", ())
    assert packed.tolist() == [[[1, 2, 3, 0]], [[4, 5, 6, 0]]]


IF = """
func.func @main(%c: tensor<i1>, %a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<2xf32> {
  %y = engine.if %c : tensor<i1> -> tensor<2xf32> {
    engine.yield %a : tensor<2xf32>
  } else {
    engine.yield %b : tensor<2xf32>
  }
  func.return %y : tensor<2xf32>
}
"""


@pytest.mark.parametrize("condition", [True, False])
def test_if(condition):
    a, b = numbers(2), -numbers(2)
    [result] = execute(IF, np.asarray(condition), a, b)
    np.testing.assert_array_equal(result, a if condition else b)


LOOP = """
func.func @main(%go: tensor<i1>, %x: tensor<i64>) -> tensor<i64> {
  %y = engine.loop while(%go : tensor<i1>) carry(%x : tensor<i64>) -> tensor<i64> {
  ^bb0(%i: tensor<i64>, %v: tensor<i64>):
    %n = engine.map ins(%v : tensor<i64>) -> tensor<i64> {
    ^bb1(%s: i64):
      %r = arith.addi %s, %s : i64
      engine.yield %r : i64
    }
    %more = engine.map ins(%n : tensor<i64>) -> tensor<i1> {
    ^bb2(%s: i64):
      %limit = arith.constant 100 : i64
      %r = arith.cmpi slt, %s, %limit : i64
      engine.yield %r : i1
    }
    engine.yield %more, %n : tensor<i1>, tensor<i64>
  }
  func.return %y : tensor<i64>
}
"""


@pytest.mark.parametrize(("go", "expected"), [(True, 192), (False, 3)])
def test_loop(go, expected):
    [result] = execute(LOOP, np.asarray(go), np.asarray(3, np.int64))
    assert int(result) == expected


def test_reference_runs_the_framework_operation():
    text = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.reference(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %axis = onnx.Constant dense<0> : tensor<i64>
    %0 = onnx.CumSum(%a, %axis) : (tensor<4xf32>, tensor<i64>) -> tensor<4xf32>
    engine.yield %0 : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>
}
"""
    x = numbers(4)
    [result] = execute(text, x)
    np.testing.assert_allclose(result, np.cumsum(x), rtol=1e-6)


def test_an_index_outside_is_an_input_error():
    text = """
func.func @main(%x: tensor<4xf32>, %i: tensor<1xi64>) -> tensor<1xf32> {
  %y = engine.gather %x, %i {axis = 0 : i64} : tensor<4xf32>, tensor<1xi64> -> tensor<1xf32>
  func.return %y : tensor<1xf32>
}
"""
    x = numbers(4)
    [last] = execute(text, x, np.array([-1]))
    assert last[0] == x[3]
    with pytest.raises(InputError, match=r"index 4 is outside of -4\.\.3"):
        execute(text, x, np.array([4]))


def test_weights_that_are_not_loaded_are_an_error():
    text = """
func.func @main() -> tensor<100xf32> {
  %c = engine.constant #engine.weight<"w", "00", tensor<100xf32>> -> tensor<100xf32>
  func.return %c : tensor<100xf32>
}
"""
    with pytest.raises(StepwellError, match="numbers of weight 'w'"):
        execute(text)


def test_sums_may_be_accumulated_in_f64():
    text = """
func.func @main(%x: tensor<1x4096xf32>, %y: tensor<4096x1xf32>) -> tensor<1x1xf32> {
  %z = engine.matmul %x, %y : tensor<1x4096xf32>, tensor<4096x1xf32> -> tensor<1x1xf32>
  func.return %z : tensor<1x1xf32>
}
"""
    x, y = np.full((1, 4096), 0.1, np.float32), np.ones((4096, 1), np.float32)
    x[0, 0] = 1e8
    with accumulating_in_f64():
        [precise] = execute(text, x, y)
    assert precise[0, 0] == np.float32(1e8 + 4095 * float(np.float32(0.1)))


def test_sizes_that_types_leave_open_come_from_the_arrays():
    text = """
func.func @main(%x: tensor<?x4x?xf32>, %w: tensor<2x4x3xf32>) -> tensor<?x2x?xf32> {
  %a = engine.map ins(%x : tensor<?x4x?xf32>) -> tensor<?x4x?xf32> {
  ^bb0(%s: f32):
    %r = arith.negf %s : f32
    engine.yield %r : f32
  }
  %b = engine.conv %a, %w {strides = array<i64: 1>, pads = array<i64: 1, 1>,
      dilations = array<i64: 1>, groups = 1 : i64}
      : tensor<?x4x?xf32>, tensor<2x4x3xf32> -> tensor<?x2x?xf32>
  %c = engine.pool %b {kind = "average", kernel = array<i64: 3>, strides = array<i64: 1>,
      pads = array<i64: 1, 1>, dilations = array<i64: 1>} : tensor<?x2x?xf32> -> tensor<?x2x?xf32>
  %m = engine.reduce ins(%c : tensor<?x2x?xf32>) {kind = "mean", axes = array<i64: 2>, keepdims}
      -> tensor<?x2x1xf32>
  %d = engine.map ins(%c, %m : tensor<?x2x?xf32>, tensor<?x2x1xf32>) -> tensor<?x2x?xf32> {
  ^bb0(%s: f32, %t: f32):
    %r = arith.subf %s, %t : f32
    engine.yield %r : f32
  }
  func.return %d : tensor<?x2x?xf32>
}
"""
    x, w = numbers(3, 4, 6), numbers(2, 4, 3)
    [result] = execute(text, x, w)
    static = text.replace("?x4x?", "3x4x6").replace("?x2x?", "3x2x6").replace("?x2x1", "3x2x1")
    np.testing.assert_array_equal(result, execute(static, x, w)[0])
    assert abs(result.mean()) < 1e-5


def test_every_operation_has_semantics():
    operations = {op for op in OPERATIONS if issubclass(op, EngineOp)}
    assert operations == SEMANTICS.keys()
