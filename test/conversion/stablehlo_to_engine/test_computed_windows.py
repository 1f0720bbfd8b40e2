"""Running sums and extremes along a dimension whose size is open, as JAX writes them."""

from __future__ import annotations

import numpy as np
import pytest

import stepwell

# `jax.export` of `lax.cumsum(x, 1)` and the like with a symbolic size, without what checks it.
PROGRAM = """
module {{
  func.func public @main(%x: tensor<3x?xf32>) -> tensor<3x?xf32> {{
    %zero = stablehlo.constant dense<{first}> : tensor<f32>
    %minus = stablehlo.constant dense<-1> : tensor<i32>
    %none = stablehlo.constant dense<0> : tensor<1xi32>
    %one = stablehlo.constant dense<1> : tensor<1xi32>
    %n = stablehlo.get_dimension_size %x, dim = 1 : (tensor<3x?xf32>) -> tensor<i32>
    %n1 = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
    %rest = stablehlo.add %n, %minus : tensor<i32>
    %rest1 = stablehlo.reshape %rest : (tensor<i32>) -> tensor<1xi32>
    %rows = stablehlo.concatenate %none, %none, dim = 0
      : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %rows2 = stablehlo.reshape %rows : (tensor<2xi32>) -> tensor<1x2xi32>
    %columns = stablehlo.concatenate {pads}, dim = 0
      : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %columns2 = stablehlo.reshape %columns : (tensor<2xi32>) -> tensor<1x2xi32>
    %pads = stablehlo.concatenate %rows2, %columns2, dim = 0
      : (tensor<1x2xi32>, tensor<1x2xi32>) -> tensor<2x2xi32>
    %sizes = stablehlo.concatenate %one, %n1, dim = 0
      : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %ones = stablehlo.concatenate %one, %one, dim = 0
      : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %y = stablehlo.custom_call @stablehlo.dynamic_reduce_window(
        %x, %zero, %sizes, %ones, %ones, %ones, %pads
      ) {{api_version = 2 : i32, called_computations = [@combine]}}
      : (tensor<3x?xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>,
         tensor<2x2xi32>) -> tensor<3x?xf32>
    return %y : tensor<3x?xf32>
  }}
  func.func private @combine(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {{
    {combine}
    return %c : tensor<f32>
  }}
}}
"""

AHEAD, BACK = "%rest1, %none", "%none, %rest1"
SUM = "%c = stablehlo.add %a, %b : tensor<f32>"
LARGEST = "%c = stablehlo.maximum %a, %b : tensor<f32>"
TWICE = """%s = stablehlo.add %a, %b : tensor<f32>
    %c = stablehlo.add %s, %b : tensor<f32>"""


@pytest.mark.parametrize(
    ("first", "pads", "combine", "of", "native"),
    [
        ("0.0", AHEAD, SUM, np.add.accumulate, True),
        ("0.0", BACK, SUM, lambda x, _: np.cumsum(x[:, ::-1], 1)[:, ::-1], True),
        ("0xFF800000", AHEAD, LARGEST, np.maximum.accumulate, True),
        ("1.0", AHEAD, SUM, None, False),
        ("0.0", AHEAD, TWICE, None, False),
    ],
)
def test_running(first, pads, combine, of, native, tmp_path):
    path = tmp_path / "running.mlir"
    path.write_text(PROGRAM.format(first=first, pads=pads, combine=combine))
    engine = stepwell.compile(path)
    assert (not engine.reference_ops) == native
    for n in (1, 6):
        x = np.random.default_rng(n).standard_normal((3, n)).astype(np.float32)
        found = engine(x)
        assert found.shape == x.shape
        if of is not None:
            np.testing.assert_allclose(found, of(x, 1), rtol=1e-5, atol=1e-6)
        elif combine == SUM:  # the last window has no pads: the first number once
            np.testing.assert_allclose(found[:, -1], x.sum(1) + 1, rtol=1e-5, atol=1e-5)
