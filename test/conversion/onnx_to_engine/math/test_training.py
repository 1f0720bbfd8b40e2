"""Steps of optimisers, against the standard's own test cases."""

import numpy as np
import pytest

from stepwell.conformance.cases import all_cases
from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import converted, reasons

DOMAIN = "ai.onnx.preview.training"
OPERATORS = ("Adam", "Adagrad", "Momentum")


@pytest.mark.parametrize("operator", OPERATORS)
def test_node_cases(operator):
    cases = [case for case in all_cases(("node",)) if case.operator == (DOMAIN, operator)]
    assert cases
    for case in cases:
        model, data_sets = case.load()
        ctx, module = converted(model)
        assert not reasons(module)
        for inputs, outputs in data_sets:
            names = [value.name for value in model.graph.input]
            found = run(ctx, module, dict(zip(names, inputs, strict=True)))
            for got, want in zip(found, outputs, strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-5)
