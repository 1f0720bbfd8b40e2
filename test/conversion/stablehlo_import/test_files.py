"""Files of programs in the commands: `.mlir` is a program where it is one, and IR otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import stepwell
from stepwell.compiler.compile import lower
from stepwell.test.conversion.stablehlo_import.recorded_cases import assert_close, cases
from stepwell.tools.inputs.ir_file import is_model, is_module_file

IR = """func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> attributes {input_names = ["x"]} {
  %y = stablehlo.abs %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
"""


def test_text_of_jax_is_a_model(tmp_path: Path):
    [case] = cases("mlp").values()
    path = tmp_path / "mlp.mlir"
    path.write_bytes(case.text)
    assert not is_module_file(str(path))
    assert_close([stepwell.compile(path)(*case.inputs)], case.outputs, factor=20)


def test_what_stepwell_prints_is_ir(tmp_path: Path):
    path = tmp_path / "own.mlir"
    path.write_text(IR)
    assert is_module_file(str(path))
    x = np.array([1, -2, 0, -0.5], np.float32)
    np.testing.assert_array_equal(stepwell.compile(path)(x), np.abs(x))


def test_level_one_of_a_program_reads_back(tmp_path: Path):
    case = cases("control")["scan"]
    path = tmp_path / "scan.mlir"
    path.write_text(lower(case.text, "stablehlo").text)
    assert is_module_file(str(path))
    assert_close(list(stepwell.compile(path)(*case.inputs)), case.outputs, factor=20)


def test_a_tool_for_ir_takes_it_as_it_is(tmp_path: Path):
    path = tmp_path / "mlp.mlir"
    path.write_bytes(cases("mlp")["mlp"].text)
    assert not is_model(str(path))
