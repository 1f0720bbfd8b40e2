"""The options of `optimize`."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.errors import UsageError
from stepwell.transforms.optimize import OptimizePass

TEXT = """
func.func @main(%x: tensor<2x3xf32>, %w: tensor<3x5xf32>) -> tensor<2x5xf32> {
  %a = engine.transpose %x {nodes = ["/a"], perm = array<i64: 1, 0>}
    : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {nodes = ["/b"], perm = array<i64: 1, 0>}
    : tensor<3x2xf32> -> tensor<2x3xf32>
  %y = engine.matmul %b, %w {nodes = ["/product"]}
    : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32>
  %z = engine.map ins(%y : tensor<2x5xf32>) attributes {nodes = ["/relu"]} -> tensor<2x5xf32> {
  ^bb0(%v: f32):
    %c = arith.constant 3.0 : f32
    %0 = arith.divf %v, %c : f32
    engine.yield %0 : f32
  }
  func.return %z : tensor<2x5xf32>
}
"""


def optimized(**options: object) -> ModuleOp:
    ctx = make_context()
    module = Parser(ctx, TEXT).parse_module()
    OptimizePass(**options).apply(ctx, module)  # pyright: ignore[reportArgumentType]
    module.verify()
    return module


def test_all_rewrites_by_default() -> None:
    text = str(optimized())
    assert "engine.transpose" not in text
    assert "engine.map" not in text
    assert "arith.mulf" in text


def test_bitwise_keeps_the_division() -> None:
    text = str(optimized(exactness="bitwise"))
    assert "engine.map" not in text
    assert "arith.divf" in text


def test_groups_and_names_choose() -> None:
    assert "engine.map" in str(optimized(groups=("simplify",)))
    assert "engine.map" in str(optimized(disable=("fuse-map-into-contraction",)))
    text = str(optimized(only=("merge-transposes",)))
    assert "perm = array<i64: 0, 1>" in text
    assert "engine.map" in text


@pytest.mark.parametrize("option", ["only", "enable", "disable", "about"])
def test_an_unknown_rewrite_is_named_with_the_nearest(option: str) -> None:
    with pytest.raises(UsageError, match="merge-transpose'.*did you mean 'merge-transposes'"):
        optimized(**{option: ("merge-transpose",)})


def test_levels() -> None:
    as_written = str(optimized(optimization=0))
    assert as_written.count("engine.transpose") == 2
    assert "arith.divf" in as_written
    only_one = str(optimized(optimization=0, enable=("merge-transposes",)))
    assert only_one.count("engine.transpose") == 1
    assert "arith.divf" in only_one
    assert "engine.map" not in str(optimized(optimization=1))


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(UsageError, match="groups layout, expected some of simplify, fuse, move"):
        optimized(groups=("simplify", "layout"))


def test_an_unknown_exactness_is_refused() -> None:
    with pytest.raises(UsageError, match="expected one of bitwise, rounding, approximate"):
        optimized(exactness="exact")


def test_why_not_answers_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    optimized(why_not=True, about=("recompose-attention",))
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(line.startswith("recompose-attention on ") for line in lines)
    assert any("/product" in line and "not so:" in line for line in lines)
