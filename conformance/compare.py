"""
Whether a result is the expected one, as `onnx.backend.test.runner` decides it.

Kind of value, element type and shape must be the same; strings, integers and booleans equal;
floats and complex numbers within the tolerances of the case, NaN where NaN is expected. Sequences,
maps and optionals are compared element by element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BFLOAT16_RTOL = 2**-6
"""Two units in the last place, as in the runner of the standard."""


def difference(result: Any, expected: Any, rtol: float, atol: float) -> str | None:
    """What is wrong with a result, None for nothing."""
    if expected is None:
        return None if result is None else "there is a value, expected none"
    if isinstance(expected, Mapping):
        return _map_difference(result, cast("Mapping[Any, Any]", expected), rtol, atol)
    if isinstance(expected, list | tuple):
        return _sequence_difference(result, cast("Sequence[Any]", expected), rtol, atol)
    if isinstance(result, list | tuple):
        return "the result is a sequence, expected a tensor"
    if result is None:
        return "there is no value, expected a tensor"
    return _tensor_difference(np.asarray(result), np.asarray(expected), rtol, atol)


def differences(
    results: Sequence[Any], expected: Sequence[Any], rtol: float, atol: float
) -> str | None:
    """What is wrong with the results of a model."""
    if len(results) != len(expected):
        return f"{len(results)} outputs, expected {len(expected)}"
    for at, (one, other) in enumerate(zip(results, expected, strict=True)):
        wrong = difference(one, other, rtol, atol)
        if wrong is not None:
            return f"output {at}: {wrong}"
    return None


def _map_difference(
    result: Any, expected: Mapping[Any, Any], rtol: float, atol: float
) -> str | None:
    if not isinstance(result, Mapping):
        return "the result is not a map"
    found = cast("Mapping[Any, Any]", result)
    if set(found) != set(expected):
        return f"the keys are {sorted(found)}, expected {sorted(expected)}"
    wrong = ((key, difference(found[key], expected[key], rtol, atol)) for key in expected)
    return next((f"key {key}: {text}" for key, text in wrong if text is not None), None)


def _sequence_difference(
    result: Any, expected: Sequence[Any], rtol: float, atol: float
) -> str | None:
    if not isinstance(result, list | tuple):
        return "the result is not a sequence"
    found = cast("Sequence[Any]", result)
    if len(found) != len(expected):
        return f"{len(found)} elements, expected {len(expected)}"
    pairs = enumerate(zip(found, expected, strict=True))
    wrong = ((at, difference(one, other, rtol, atol)) for at, (one, other) in pairs)
    return next((f"element {at}: {text}" for at, text in wrong if text is not None), None)


def _tensor_difference(result: Array, expected: Array, rtol: float, atol: float) -> str | None:
    if expected.dtype.kind in "SU":
        expected = expected.astype(object)
    if result.dtype != expected.dtype or result.shape != expected.shape:
        return (
            f"{result.dtype}{list(result.shape)}, expected {expected.dtype}{list(expected.shape)}"
        )
    name = expected.dtype.name
    if name.startswith(("bfloat16", "float8", "float6", "float4")):
        rtol = max(rtol, BFLOAT16_RTOL) if name == "bfloat16" else rtol
        result, expected = result.astype(np.float32), expected.astype(np.float32)
    if expected.dtype.kind not in "fc":
        unequal = np.asarray(result != expected)
    else:
        unequal = ~np.isclose(result, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not unequal.any():
        return None
    first = tuple(int(i) for i in np.argwhere(unequal)[0]) if unequal.ndim else ()
    return (
        f"{int(unequal.sum())} of {unequal.size} numbers differ, "
        f"first {result[first]!s} at {list(first)}, expected {expected[first]!s}"
    )
