"""ONNX's own test cases of every operator: imported, printed, parsed and interpreted."""

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
from xdsl.parser import Parser

from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run

SHARDS = 4

NOT_COMPARED = (
    "test_bernoulli",  # random
    "test_image_decoder",  # needs Pillow
    "test_scan_sum",  # of opset 8, which no rule upgrades
)


@cache
def _cases() -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return [c for c in collect_testcases(None) if not c.name.startswith(NOT_COMPARED)]


def _value(value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, np.generic) else value


def _same(result: Any, expected: Any, case: Any) -> bool:
    expected = _value(expected)
    if expected is None or isinstance(expected, dict):
        return result == expected
    if isinstance(expected, list | tuple):
        elements: Sequence[Any] = expected
        return len(result) == len(elements) and all(
            _same(r, e, case) for r, e in zip(result, elements, strict=True)
        )
    expected = np.asarray(expected)
    if result.dtype != expected.dtype or result.shape != expected.shape:
        return False
    if expected.dtype == np.dtype(np.object_):
        return bool((result == expected).all())
    if expected.dtype.kind == "V":
        result, expected = result.astype(np.float32), expected.astype(np.float32)
    return np.allclose(
        result, expected, rtol=max(case.rtol, 1e-3), atol=max(case.atol, 1e-5), equal_nan=True
    )


def _problem(case: Any) -> str | None:
    context = make_context()
    module = import_model(case.model, context)
    module.verify()
    text = str(module)
    again = Parser(make_context(), text).parse_module()
    again.verify()
    if str(again) != text:
        return "its text does not read back"
    inputs, expected = case.data_sets[0]
    results = run(context, module, [_value(value) for value in inputs])
    if len(results) != len(expected):
        return f"{len(results)} results, expected {len(expected)}"
    pairs = enumerate(zip(results, expected, strict=True))
    wrong = [at for at, (r, e) in pairs if not _same(r, e, case)]
    return f"results {wrong} differ" if wrong else None


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_conformance(shard: int) -> None:
    problems: list[str] = []
    for case in _cases()[shard::SHARDS]:
        try:
            problem = _problem(case)
        except Exception as error:
            problem = str(error)
        if problem is not None:
            problems.append(f"{case.name}: {problem}")
    assert not problems, "\n".join(problems)


def test_there_are_cases() -> None:
    assert len(_cases()) > 1500
