"""
Every operator against what TensorFlow Lite computes: by its meaning, and as converted.

Integers are equal to those of the default interpreter but for the cases of `DIFFERENT`; floats
agree within `CLOSE` of the largest magnitude.
"""

import numpy as np
import pytest

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.conversion.to_engine.reference import reason_of
from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import weight_store
from stepwell.dialects.framework import element_type_of_ir, state_of
from stepwell.interpreters.running import run

from .recorded_cases import Recorded, recorded

CLOSE = 3e-6

DIFFERENT = {"LOGISTIC int16": 12, "TANH int16": 12, "SUM int8": 1}
"""Units by which integers may differ, by how cases begin: kernels for 16 bits compute these with
less than 16."""

HYBRID = 1e-2
"""What weights of bytes may make a difference: the kernels have the operands in bytes, too."""

BY_REFERENCE = (
    *("UNIQUE", "UNIDIRECTIONAL_SEQUENCE_LSTM projection clipped", "NON_MAX_SUPPRESSION_V5 0.5"),
)
"""Cases of one operator without a native form."""


def compare(case: Recorded, given, expected):
    assert given.shape == expected.shape
    assert given.dtype == expected.dtype
    if expected.dtype.kind in "fc":
        finite = np.isfinite(expected)
        assert np.array_equal(np.isnan(given), np.isnan(expected))
        largest = max(np.abs(expected[finite]).max(initial=0), 1e-6)
        limit = HYBRID if case.name.endswith("hybrid") else CLOSE
        assert np.abs(given - expected)[finite].max(initial=0) <= limit * largest
        return
    difference = np.abs(given.astype(np.int64) - expected.astype(np.int64))
    allowed = [units for name, units in DIFFERENT.items() if case.name.startswith(name)]
    assert difference.max(initial=0) <= max(allowed, default=0)


def first_states(ctx, main):
    """What a function keeps, in its first call."""
    values = []
    for state in state_of(main):
        type_ = main.function_type.inputs.data[state.argument.data]
        row = element_type_of_ir(type_.element_type)
        assert row is not None
        zeros = np.zeros(type_.get_shape(), row.numpy)
        values.append(zeros if state.first is None else weight_store(ctx).array(state.first))
    return values


def run_steps(case: Recorded, ctx, module):
    [main] = module.ops
    states = first_states(ctx, main)
    for inputs, outputs in case.steps:
        results = run(ctx, module, [*inputs, *states])
        count = len(results) - len(states)
        states = results[count:]
        for given, expected in zip(results[:count], outputs, strict=True):
            compare(case, np.asarray(given), expected)


@pytest.mark.parametrize("name", recorded())
def test_meaning(name):
    case, ctx = recorded()[name], make_context()
    run_steps(case, ctx, import_model(case.model, ctx))


@pytest.mark.parametrize("name", recorded())
def test_conversion(name):
    case, ctx = recorded()[name], make_context()
    module = import_model(case.model, ctx)
    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    reasons = [reason_of(op) for op in module.walk() if op.name == "engine.reference"]
    spectrum = 2 * name.startswith("RFFT2D")  # complex numbers have no kernels
    assert len(reasons) == (name in BY_REFERENCE) + spectrum, reasons
    run_steps(case, ctx, module)
