"""Triangles and diagonals, against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, numbers


@pytest.mark.parametrize("k", [-2, 0, 1, 9])
@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
def test_triangles_of_any_diagonal(k: int, upper: int, dtype: str):
    x = numbers([2, 3, 4], dtype)
    check_node("Trilu", [x, np.array(k)], upper=upper)
    check_node("Trilu", [x, np.array(k)], constants=[1], upper=upper)


@pytest.mark.parametrize("attributes", [{}, {"k": -1}, {"k": 2, "dtype": 9}, {"dtype": 10}])
def test_eye_like(attributes: dict[str, Any]):
    check_node("EyeLike", [numbers([3, 5], "int32")], **attributes)
