"""ONNX's own test cases of every operator: imported, printed, parsed and interpreted."""

import random
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
from stepwell.errors import StepwellError
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
    # Sequences of scalars are arrays in these cases.
    result, expected = np.asarray(result), np.asarray(expected)
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


def _mutate(model: onnx.ModelProto, rng: random.Random) -> None:
    """Damage one thing of a model as exporters and people do."""
    graph = model.graph
    node = rng.choice(graph.node)
    attribute = rng.choice(node.attribute) if node.attribute else onnx.AttributeProto()
    info = rng.choice(graph.input) if graph.input else onnx.ValueInfoProto()
    shape = info.type.tensor_type.shape
    match rng.randrange(10):
        case 0 if node.input:
            del node.input[rng.randrange(len(node.input))]
        case 1:
            node.input.append(info.name or "nowhere")
        case 2 if node.input:
            node.input[rng.randrange(len(node.input))] = ""
        case 3:
            attribute.i = rng.choice([-1, 0, 99, 2**62, -(2**63)])
        case 4:
            attribute.ints.append(rng.choice([-1, 0, 5, 2**60]))
        case 5:
            attribute.s = rng.choice([b"", b"xx", b"\xff"])
        case 6:
            info.type.tensor_type.elem_type = rng.choice([0, 1, 2, 7, 8, 9, 16, 99])
        case 7 if shape.dim:
            rng.choice(shape.dim).dim_value = rng.choice([0, 1, 7, -1, 2**41, 2**62])
        case 8:
            model.opset_import[0].version = rng.choice([1, 5, 7, 9, 11, 13, 18, 22])
        case _:
            node.output.append("one_more")


@pytest.mark.slow
def test_damaged_models_are_refused_with_a_message() -> None:
    rng = random.Random(0)
    refused = 0
    for _ in range(600):
        model = onnx.ModelProto()
        model.CopyFrom(rng.choice(_cases()).model)
        if not model.graph.node:
            continue
        for _ in range(rng.randrange(1, 4)):
            _mutate(model, rng)
        try:
            str(import_model(model, make_context()))
        except StepwellError:
            refused += 1
    assert refused > 200
