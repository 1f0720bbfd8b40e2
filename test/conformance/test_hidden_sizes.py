"""Node cases with names in place of their sizes: what is hidden, and some of the cases."""

from collections.abc import Mapping
from pathlib import Path

import onnx
import pytest
from xdsl.dialects.builtin import ModuleOp

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.compile import compile
from stepwell.compiler.options import options_of
from stepwell.conformance.case import Case
from stepwell.conformance.cases import all_cases
from stepwell.conformance.compare import differences
from stepwell.conformance.hidden_sizes import (
    INTERPRETED_RTOL,
    converted,
    hidden,
    results_of,
    run_hidden_case,
)
from stepwell.conformance.outcome import lost, read_outcomes
from stepwell.conformance.random_cases import is_random
from stepwell.dialects.engine.size_facts import SIZES, facts_of
from stepwell.interpreters import run
from stepwell.ir.bind_sizes import bind_sizes

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


def test_coordinates_and_operands_of_bodies_are_not() -> None:
    model = onnx.parser.parse_model("""<ir_version: 10, opset_import: ["" : 23]>
        g (float[2, 3, 5] x, int64[4, 2] i, int64[5] size) => (float[4, 5] y, int64 n) {
        y = GatherND(x, i) n = Size(size) }""")
    assert hidden(model) == {"d2": 2, "d3": 3, "d5": 5, "d4": 4}
    assert [dims(v) for v in model.graph.input] == [["d2", "d3", "d5"], ["d4", 2], [5]]


def test_some_cases() -> None:
    """Every so many of them; `python -m stepwell.conformance --hidden-sizes` runs all."""
    chosen = all_cases(("node",))[7::STRIDE]
    outcomes = {str(case): run_hidden_case(case) for case in chosen}
    assert lost(read_outcomes(KEPT), outcomes) == []
    assert [name for name, outcome in outcomes.items() if outcome.status == "failed"] == []
    native = sum(outcome.status == "native" for outcome in outcomes.values())
    assert native > len(chosen) // 2


def test_numbers_in_place_of_names_give_the_same() -> None:
    """Names are replaced after rewriting and after planning; the latter is also compiled."""
    kept = read_outcomes(KEPT)
    chosen = [c for c in all_cases(("node",))[19::70] if kept[str(c)].status == "native"]
    assert len(chosen) > 20
    wrong = {str(case): found for case in chosen if (found := bound_differences(case))}
    assert wrong == {}


def bound_differences(case: Case) -> list[str]:
    """What is wrong with the results of a case whose names get numbers on the way down."""
    model, data_sets = case.load()
    names = hidden(model)
    ctx, module = converted(model)
    if is_random(model):
        return []
    compilation = Compilation.of_module(ctx, module, options_of(1, None, None, "rounding"))
    rtol = max(case.rtol, INTERPRETED_RTOL)
    found: list[str] = []
    for level in ("engine", "plan"):
        compilation.lower_to(level)
        bound = bound_module(compilation.module, names)
        for inputs, expected in data_sets:
            wrong = differences(run(ctx, bound, list(inputs)), expected, rtol, case.atol)
            found += [] if wrong is None else [f"{level}: {wrong}"]
    engine = compile(bound_module(compilation.module, names), context=ctx)
    for inputs, expected in data_sets:
        wrong = differences(results_of(engine, inputs), expected, case.rtol, case.atol)
        found += [] if wrong is None else [f"native: {wrong}"]
    return found


def bound_module(module: ModuleOp, names: Mapping[str, int]) -> ModuleOp:
    """A copy of a module with numbers in place of its names."""
    bound = module.clone()
    known = {n for op in bound.ops if SIZES in op.attributes for n in facts_of(op).dims}
    bind_sizes(bound, {name: size for name, size in names.items() if name in known})
    bound.verify()
    return bound


def test_every_case_has_a_kept_outcome() -> None:
    assert {str(case) for case in all_cases(("node",))} == set(read_outcomes(KEPT))


@pytest.mark.parametrize("status", ["failed", "crashed"])
def test_no_case_is_wrong(status: str) -> None:
    kept = read_outcomes(KEPT)
    assert [name for name, outcome in kept.items() if outcome.status == status] == []
