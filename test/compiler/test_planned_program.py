"""What the run time is told of a planned module."""

from __future__ import annotations

from xdsl.parser import Parser

from stepwell.compiler.planned_program import PlannedProgram
from stepwell.dialects import make_context
from stepwell.transforms.plan_memory import PlanMemoryPass

SEEN_THROUGH_A_VIEW = """
func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>)
    attributes {input_names = ["x"], output_names = ["y", "z"]} {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  %row = engine.slice %a {starts = array<i64: 2, 0>, sizes = array<i64: 1, 8>,
      steps = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<1x8xf32>
  %flat = engine.reshape %row : tensor<1x8xf32> -> tensor<8xf32>
  %y = engine.softmax %x {axis = 0 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  %z = engine.softmax %flat {axis = 0 : i64} : tensor<8xf32> -> tensor<8xf32>
  func.return %y, %z : tensor<4x8xf32>, tensor<8xf32>
}
"""


def test_a_buffer_lives_as_long_as_a_view_of_it_is_read():
    ctx = make_context()
    module = Parser(ctx, SEEN_THROUGH_A_VIEW).parse_module()
    PlanMemoryPass().apply(ctx, module)
    program = PlannedProgram.of(module)
    [buffer] = program.buffers
    operations = list(program.main.body.block.ops)
    assert (buffer.name, buffer.size) == ("a", 128)
    writers = [op.name for op in operations[buffer.first : buffer.last + 1]]
    assert writers[0] == writers[-1] == "engine.softmax"
    assert operations[buffer.last].operands[-1].name_hint == "z"
