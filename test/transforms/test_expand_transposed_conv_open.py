"""Transposed convolutions whose sizes are open as convolutions: same numbers at all sizes."""

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine import ConstantOp, weight_store
from stepwell.dialects.engine.base import shape_of
from stepwell.interpreters import run
from stepwell.transforms.bind_sizes import bind_sizes
from stepwell.transforms.expand_transposed_conv import ExpandTransposedConvPass

CONTEXT = make_context()

MODULE = """
func.func @main(%x: TYPE) -> RESULT attributes {sizes = #engine.names<NAMES>} {
  %w = engine.constant dense<5.000000e-01> : tensor<WEIGHTxf32> -> tensor<WEIGHTxf32>
  %y = engine.conv_transpose %x, %w {strides = array<i64: STRIDES>, pads = array<i64: PADS>,
      dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64}
    : TYPE, tensor<WEIGHTxf32> -> RESULT
  func.return %y : RESULT
}
"""

BATCH = "tensor<?x4x8x8xf32, #engine.sizes<'N'>>"
MAP = "tensor<?x4x?x?xf32, #engine.sizes<'N', 'H', 'W'>>"
NAMES = "N in 0 hint 1, H in 0 hint 8, W in 0 hint 8"


def module_of(type_: str, result: str, weight: str, strides: str, pads: str) -> ModuleOp:
    text = MODULE.replace("TYPE", type_).replace("RESULT", result).replace("WEIGHT", weight)
    text = text.replace("STRIDES", strides).replace("PADS", pads).replace("'", '"')
    names = NAMES if "H" in type_ else NAMES.split(",", maxsplit=1)[0]
    module = Parser(CONTEXT, text.replace("NAMES", names)).parse_module()
    for op in module.walk():
        if isinstance(op, ConstantOp):
            values = np.random.default_rng(1).standard_normal(shape_of(op.res)).astype(np.float32)
            op.properties["value"] = weight_store(CONTEXT).add(values, "w")
    module.verify()
    return module


def expanded(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    ExpandTransposedConvPass(target="x86-64-v4").apply(CONTEXT, copy)
    copy.verify()
    return copy


def names_of(module: ModuleOp) -> list[str]:
    return [op.name for op in module.walk()]


def check(module: ModuleOp, points: list[dict[str, int]], shape: str) -> list[str]:
    """The names of operations afterwards; the numbers are those of the operation before."""
    after, rng = expanded(module), np.random.default_rng(0)
    for point in points:
        sizes = [point.get(part, part) for part in shape.split()]
        x = rng.standard_normal([int(n) for n in sizes]).astype(np.float32)
        results: list[np.ndarray] = []
        for candidate in (module, after):
            bound = candidate.clone()
            for function in bound.body.block.ops:
                bind_sizes(function, point)
            bound.verify()
            results += run(CONTEXT, bound, [x])
        assert results[0].shape == results[1].shape
        np.testing.assert_allclose(results[1], results[0], rtol=1e-4, atol=1e-4)
    return names_of(after)


def test_any_number_of_images() -> None:
    result = "tensor<?x32x16x16xf32, #engine.sizes<'N'>>"
    module = module_of(BATCH, result, "4x32x4x4", "2, 2", "1, 1, 1, 1")
    names = check(module, [{"N": n} for n in (0, 1, 3)], "N 4 8 8")
    assert names.count("engine.conv_transpose") == names.count("engine.pad") == 1
    assert not {"engine.conv", "engine.transpose", "engine.slice"} & set(names)


POINTS = [{"N": 1, "H": 1, "W": 4}, {"N": 2, "H": 5, "W": 1}, {"N": 0, "H": 3, "W": 3}]


def test_phases_of_any_map() -> None:
    result = "tensor<?x32x?x?xf32, #engine.sizes<'N', 'H * 2', 'W * 2'>>"
    module = module_of(MAP, result, "4x32x4x4", "2, 2", "1, 1, 1, 1")
    names = check(module, POINTS, "N 4 H W")
    assert names.count("engine.conv_transpose") == names.count("engine.pad") == 1
    assert "engine.transpose" not in names


def test_phases_as_channels_of_any_map() -> None:
    result = "tensor<?x3x?x?xf32, #engine.sizes<'N', 'H * 2', 'W * 2'>>"
    names = check(module_of(MAP, result, "4x3x4x4", "2, 2", "1, 1, 1, 1"), POINTS, "N 4 H W")
    assert "engine.conv_transpose" not in names
    assert names.count("engine.conv") == 1


def test_a_stride_of_one() -> None:
    result = "tensor<?x8x?x?xf32, #engine.sizes<'N', 'H + 3', 'W + 3'>>"
    names = check(module_of(MAP, result, "4x8x4x4", "1, 1", "0, 0, 0, 0"), POINTS, "N 4 H W")
    assert "engine.conv_transpose" not in names


def test_phases_with_fewer_taps() -> None:
    result = "tensor<?x32x?x?xf32, #engine.sizes<'N', 'H * 2', 'W * 2'>>"
    names = check(module_of(MAP, result, "4x32x3x3", "2, 2", "1, 1, 0, 0"), POINTS, "N 4 H W")
    assert names.count("engine.conv") == 4


def test_one_pixel_of_any_number_of_images() -> None:
    type_, result = BATCH.replace("8x8", "1x1"), "tensor<?x6x4x4xf32, #engine.sizes<'N'>>"
    module = module_of(type_, result, "4x6x4x4", "1, 1", "0, 0, 0, 0")
    assert "engine.matmul" in check(module, [{"N": n} for n in (0, 1, 5)], "N 4 1 1")


@pytest.mark.parametrize("hint", [1, 8])
def test_the_form_is_chosen_at_hints(hint: int) -> None:
    """Of a pixel or two the borders would be most of the work."""
    result = "tensor<?x6x?x?xf32, #engine.sizes<'N', 'H + 3', 'W + 3'>>"
    module = module_of(MAP, result, "4x6x4x4", "1, 1", "0, 0, 0, 0")
    text = str(module).replace("hint 8", f"hint {hint}")
    module = Parser(CONTEXT, text).parse_module()
    stays = "engine.conv_transpose" in names_of(expanded(module))
    assert stays == (hint == 1)
