"""ONNX's own test cases of every operator: imported, printed, parsed and interpreted."""

import random

import onnx
import pytest
from xdsl.parser import Parser

from stepwell.conformance.case import Case
from stepwell.conformance.cases import all_cases
from stepwell.conformance.compare import differences
from stepwell.conformance.random_cases import is_random
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.interpreters import run

SHARDS = 4


def _cases() -> tuple[Case, ...]:
    return all_cases(("node",))


def _problem(case: Case) -> str | None:
    model, data_sets = case.load()
    context = make_context()
    module = import_model(model, context)
    module.verify()
    text = str(module)
    again = Parser(make_context(), text).parse_module()
    again.verify()
    if str(again) != text:
        return "its text does not read back"
    inputs, expected = data_sets[0]
    results = run(context, module, inputs)
    if is_random(model):
        return None
    return differences(results, expected, max(case.rtol, 1e-3), max(case.atol, 1e-5))


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
        model.CopyFrom(rng.choice(_cases()).load()[0])
        if not model.graph.node:
            continue
        for _ in range(rng.randrange(1, 4)):
            _mutate(model, rng)
        try:
            str(import_model(model, make_context()))
        except StepwellError:
            refused += 1
    assert refused > 200
