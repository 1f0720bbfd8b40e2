"""The semantics of `stablehlo` and `chlo` are what JAX computes."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.conversion.import_model import import_model
from stepwell.dialects import make_context
from stepwell.dialects.chlo.dialect import op_classes as chlo_classes
from stepwell.dialects.stablehlo import op_classes
from stepwell.interpreters.running import run
from stepwell.interpreters.stablehlo.table import SEMANTICS
from stepwell.test.conversion.stablehlo_import.recorded_cases import (
    FAMILIES,
    PROGRAMS,
    assert_close,
    cases,
)

CASES = [(family, name) for family in (*FAMILIES, *PROGRAMS) for name in cases(family)]


@pytest.mark.parametrize(("family", "name"), CASES, ids=lambda part: str(part))
def test_results(family: str, name: str):
    case, ctx = cases(family)[name], make_context()
    module = import_model(case.text, ctx)
    with np.errstate(all="ignore"):
        assert_close(run(ctx, module, case.inputs), case.outputs, factor=2)


NOT_RUN = frozenset(
    f"stablehlo.{name}"
    for name in (
        *("after_all", "composite", "constant", "create_token", "custom_call"),
        *("get_tuple_element", "rng", "tuple"),
    )
) | {"chlo.constant", "chlo.ragged_dot"}
"""What the importer takes out of a program or refuses, and constants."""


def test_every_operation_has_a_meaning():
    known = {**op_classes(), **chlo_classes()}.keys()
    assert known - SEMANTICS.keys() == NOT_RUN
    assert SEMANTICS.keys() <= known
