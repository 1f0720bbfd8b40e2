"""Constants that programs take from elsewhere, and those of unusual types."""

from __future__ import annotations

import numpy as np

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.interpreters.running import run

SORT = b"""module {
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0.000000e+00> : tensor<f32>
  %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.compare EQ, %a, %zero, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %2 = stablehlo.select %1, %zero, %a : tensor<i1>, tensor<f32>
    %3 = stablehlo.compare LT, %2, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %3 : tensor<i1>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
}
"""

COMPLEX = b"""module {
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = stablehlo.constant dense<[(1.0, 2.0), (0.5, -1.0)]> : tensor<2xcomplex<f32>>
  %0 = stablehlo.imag %c : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  %1 = stablehlo.add %x, %0 : tensor<2xf32>
  return %1 : tensor<2xf32>
}
}
"""


def results(text: bytes, x: np.ndarray) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for converts in (False, True):
        ctx = make_context()
        module = import_model(text, ctx)
        if converts:
            ConvertToEnginePass().apply(ctx, module)
            module.verify()
        found += run(ctx, module, [x])
    return found


def test_functions_of_scalars_take_constants_from_outside():
    x = np.array([3, -1, 0, 2], np.float32)
    for found in results(SORT, x):
        np.testing.assert_array_equal(found, np.sort(x))


def test_complex_constants():
    for found in results(COMPLEX, np.array([1, 2], np.float32)):
        np.testing.assert_array_equal(found, np.array([3, 1], np.float32))
