"""Steps of optimisers, against the standard's own test cases."""

import numpy as np
import pytest
from onnx.backend.test.case.node import collect_testcases

from stepwell.interpreters import run
from stepwell.test.conversion.onnx_to_engine.node_check import converted, reasons

OPERATORS = ("Adam", "Adagrad", "Momentum")


@pytest.mark.parametrize("operator", OPERATORS)
def test_node_cases(operator):
    cases = collect_testcases(operator)
    assert cases
    for case in cases:
        assert case.model is not None
        assert case.data_sets is not None
        ctx, module = converted(case.model)
        assert not reasons(module)
        for inputs, outputs in case.data_sets:
            names = [value.name for value in case.model.graph.input]
            found = run(ctx, module, dict(zip(names, map(np.asarray, inputs), strict=True)))
            for got, want in zip(found, outputs, strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-5)
