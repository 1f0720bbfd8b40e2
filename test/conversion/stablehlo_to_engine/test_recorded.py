"""Operations of `stablehlo` and `chlo` in the engine dialect give what JAX computes."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.conversion.import_model import import_model
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp
from stepwell.interpreters.running import run
from stepwell.ir.verify_ir import verify_ir
from stepwell.test.conversion.stablehlo_import.recorded_cases import (
    FAMILIES,
    assert_close,
    cases,
)

BY_REFERENCE = {
    "elementwise": {
        *("lgamma", "digamma", "bessel_i1e", "nextafter", "polygamma", "zeta"),
        *("reduce_precision_e5m10", "reduce_precision_e4m3", "complex_parts", "bitcast_f32_u8"),
    },
    "types": {"arithmetic_float64"},
    "contraction": {"fft", "rfft", "irfft"},
    "reduction": {
        *("reduce_general", "sum_pool_base", "cumlogsumexp", "cumlogsumexp_reverse"),
        *("select_and_scatter", "sort_two_keys"),
    },
    "indexing": {"scatter_apply"},
    "control": {f"bits_{a}_{t}" for a in ("THREE_FRY", "DEFAULT") for t in ("uint32", "uint8")},
}
"""Cases of which a part has no native form."""

CASES = [(family, name) for family in FAMILIES for name in cases(family)]


@pytest.mark.parametrize(("family", "name"), CASES, ids=lambda part: str(part))
def test_results(family: str, name: str):
    case, ctx = cases(family)[name], make_context()
    module = import_model(case.text, ctx)
    ConvertToEnginePass().apply(ctx, module)
    verify_ir(module)
    reasons = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    assert bool(reasons) == (name in BY_REFERENCE.get(family, ()))
    with np.errstate(all="ignore"):
        assert_close(run(ctx, module, case.inputs), case.outputs, factor=2)
