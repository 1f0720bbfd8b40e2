"""Running functions: inputs by name or position, and what is said about wrong ones."""

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.errors import InputError, StepwellError
from stepwell.interpreters import make_interpreter, run

TEXT = """
func.func @main(%a: tensor<2xf32>, %b: tensor<?x2xf32>) -> tensor<?x2xf32>
    attributes {input_names = ["a", "b"], output_names = ["y"]} {
  %y = onnx.Sub(%b, %a) {nodes = ["sub"]} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}
func.func @other(%a: tensor<2xf32>) -> tensor<2xf32> {
  %y = onnx.Neg(%a) : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}
"""

A = np.array([1, 2], np.float32)
B = np.ones((3, 2), np.float32)


@pytest.fixture
def context() -> Context:
    return make_context()


@pytest.fixture
def module(context: Context) -> ModuleOp:
    return Parser(context, TEXT).parse_module()


def test_by_position_and_by_name(context: Context, module: ModuleOp) -> None:
    for inputs in ([A, B], {"b": B, "a": A}):
        [result] = run(context, module, inputs)
        np.testing.assert_array_equal(result, B - A)
    [result] = run(context, module, [A], function="other")
    np.testing.assert_array_equal(result, -A)


def test_wrong_inputs(context: Context, module: ModuleOp) -> None:
    with pytest.raises(InputError, match=r"no input 'b' was given \(inputs: a, b\)"):
        run(context, module, {"a": A})
    with pytest.raises(InputError, match="there is no input 'c'"):
        run(context, module, {"a": A, "b": B, "c": A})
    with pytest.raises(InputError, match="@main takes 2 inputs, 1 were given"):
        run(context, module, [A])
    with pytest.raises(InputError, match="@main takes 2 inputs, 3 were given"):
        run(context, module, [A, B, A])
    with pytest.raises(InputError, match=r"input 'b' has shape \[2\], expected \?x2"):
        run(context, module, [A, A])
    with pytest.raises(InputError, match="input 'a' is float64, expected float32"):
        run(context, module, [A.astype(np.float64), B])
    with pytest.raises(StepwellError, match="no function @none"):
        run(context, module, [A, B], function="none")


def test_an_operator_that_fails_is_named(context: Context) -> None:
    text = """
    func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %z = onnx.Add(%x, %y) {nodes = ["/sum"]} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
      func.return %z : tensor<?xf32>
    }
    """
    module = Parser(context, text).parse_module()
    with pytest.raises(StepwellError, match="Add '/sum': "):
        run(context, module, [np.ones(2, np.float32), np.ones(3, np.float32)])


def test_outputs_of_the_planned_level_are_returned(context: Context) -> None:
    text = """
    func.func @main(%arena: memref<64xi8>, %x: memref<4xf32>, %y: memref<4xf32>)
        attributes {input_names = ["x"], output_names = ["y"]} {
      engine.relayout %x outs(%y : memref<4xf32>) : memref<4xf32>
      func.return
    }
    """
    module = Parser(context, text).parse_module()
    x = np.arange(4, dtype=np.float32)
    [result] = run(context, module, {"x": x})
    np.testing.assert_array_equal(result, x)


def test_an_interpreter_knows_only_what_the_module_needs(
    context: Context, module: ModuleOp
) -> None:
    interpreter = make_interpreter(context, module)
    np.testing.assert_array_equal(interpreter.call_op("other", (A,))[0], -A)
