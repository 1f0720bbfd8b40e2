"""Operations whose attributes do not fit: an error that names the node, no traceback."""

import pytest
from xdsl.parser import Parser

from stepwell.conversion.onnx_to_engine.convert import ConvertOnnxToEnginePass
from stepwell.dialects import make_context
from stepwell.errors import CompileError

CASES = {
    "stride of zero": """
  %y = onnx.MaxPool(%x) {kernel_shape = [2, 2], strides = [0, 1], nodes = ["/pool"]}
      : (tensor<1x2x6x6xf32>) -> tensor<1x2x5x5xf32>""",
    "too few pads": """
  %p = onnx.Constant dense<[1, 1]> : tensor<2xi64>
  %y = onnx.Pad(%x, %p) {nodes = ["/pool"]}
      : (tensor<1x2x6x6xf32>, tensor<2xi64>) -> tensor<1x2x8x8xf32>""",
    "ends without starts": """
  %s = onnx.Constant dense<[1, 1]> : tensor<2xi64>
  %e = onnx.Constant dense<[2]> : tensor<1xi64>
  %y = onnx.Slice(%x, %s, %e) {nodes = ["/pool"]}
      : (tensor<1x2x6x6xf32>, tensor<2xi64>, tensor<1xi64>) -> tensor<1x1x6x6xf32>""",
}


@pytest.mark.parametrize("case", CASES)
def test_the_error_names_the_node(case):
    text = f"func.func @main(%x: tensor<1x2x6x6xf32>) {{{CASES[case]}\n  func.return\n}}"
    ctx = make_context()
    module = Parser(ctx, text).parse_module()
    with pytest.raises(CompileError, match="'/pool': its attributes and operands do not fit"):
        ConvertOnnxToEnginePass().apply(ctx, module)
