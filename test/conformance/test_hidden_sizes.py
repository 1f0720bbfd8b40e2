"""Node cases with names in place of their sizes: what is hidden, and some of the cases."""

from pathlib import Path

import onnx
import pytest

from stepwell.conformance.cases import all_cases
from stepwell.conformance.hidden_sizes import hidden, run_hidden_case
from stepwell.conformance.outcome import lost, read_outcomes

KEPT = Path(__file__).resolve().parents[2] / "docs" / "hidden_sizes.json"

STRIDE = 60


def dims(value: onnx.ValueInfoProto) -> list[str | int]:
    found = value.type.tensor_type.shape.dim
    return [d.dim_param or d.dim_value for d in found]


def test_sizes_of_inputs_and_outputs_are_hidden() -> None:
    model = onnx.parser.parse_model("""<ir_version: 10, opset_import: ["" : 23]>
        g (float[1, 3, 4] x, float[4, 3] z) => (float[1, 3, 3] y, float[1, 3, 4, 7] w) {
        y = MatMul(x, z) w = Identity(x) }""")
    assert hidden(model) == {"d3": 3, "d4": 4}
    assert [dims(v) for v in model.graph.input] == [[1, "d3", "d4"], ["d4", "d3"]]
    assert [dims(v) for v in model.graph.output] == [[1, "d3", "d3"], [1, "d3", "d4", 7]]


def test_ranks_and_weights_are_not() -> None:
    model = onnx.parser.parse_model("""<ir_version: 10, opset_import: ["" : 23]>
        g (float[2, 3, 5, 5] x, float[4, 3, 2, 2] w, int64[3] s) => (float[A, B, C] y) {
        c = Conv(x, w) y = Reshape(c, s) }""")
    assert hidden(model) == {"d2": 2, "d3": 3, "d5": 5}
    assert [dims(v) for v in model.graph.input][1:] == [[4, 3, 2, 2], [3]]


def test_some_cases() -> None:
    """Every so many of them; `python -m stepwell.conformance --hidden-sizes` runs all."""
    chosen = all_cases(("node",))[7::STRIDE]
    outcomes = {str(case): run_hidden_case(case) for case in chosen}
    assert lost(read_outcomes(KEPT), outcomes) == []
    assert [name for name, outcome in outcomes.items() if outcome.status == "failed"] == []
    native = sum(outcome.status == "native" for outcome in outcomes.values())
    assert native > len(chosen) // 2


def test_every_case_has_a_kept_outcome() -> None:
    assert {str(case) for case in all_cases(("node",))} == set(read_outcomes(KEPT))


@pytest.mark.parametrize("status", ["failed", "crashed"])
def test_no_case_is_wrong(status: str) -> None:
    kept = read_outcomes(KEPT)
    assert [name for name, outcome in kept.items() if outcome.status == status] == []
