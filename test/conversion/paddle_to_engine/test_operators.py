"""Every operator at levels 1 and 2 against recorded results, from both formats of programs."""

import numpy as np
import pytest
from xdsl.parser import Parser

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp
from stepwell.interpreters.running import run
from stepwell.test.conversion.paddle_import.recorded_programs import FORMATS, arrays_of, recorded

BY_REFERENCE = frozenset((*("atan2", "nonzero", "yolo_box"),))
"""Cases without a native form."""

CASES = [(kind, name) for kind in FORMATS for name in recorded(kind)]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_operator(kind: str, name: str):
    case = recorded(kind)[name]
    ctx = make_context()
    weights = case["parameters"].tobytes() if "parameters" in case else None
    module = import_model(case["program"].tobytes(), ctx, weights=weights)
    module.verify()
    inputs, wanted = arrays_of(case, "in"), arrays_of(case, "out")
    check(run(ctx, module, inputs), wanted)

    text = str(module)
    assert str(Parser(make_context(), text).parse_module()) == text

    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    check(run(ctx, module, inputs), wanted)
    left = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    assert bool(left) == (name in BY_REFERENCE)


def check(found, wanted):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert a.dtype.kind == b.dtype.kind  # older programs have i32 for what is i64 by now
        np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-5)
