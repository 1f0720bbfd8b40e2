"""
Every operator of torch that has a meaning here, against torch itself: with the arguments of the
records, and with others that are drawn anew.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.test import TestOp
from xdsl.ir import SSAValue

from stepwell.conversion.to_engine.convert import convert_module
from stepwell.conversion.torch_to_engine.conversion import TORCH
from stepwell.conversion.torch_to_engine.table import conversions
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp, WeightStore, weight_store
from stepwell.interpreters import run
from stepwell.interpreters.torch.functions import evaluate
from stepwell.test.conversion.torch_to_engine.test_operators import module_of, returned
from stepwell.test.interpreters.torch.records import Record, assert_alike, tolerance, type_of
from stepwell.tools.record.torch_operators import calls, results

torch: Any = pytest.importorskip("torch")
pytest.importorskip("torch.ao.quantization.fx._decomposed")

SEEDS = range(4)
DRAWN = [
    Record(operator, arguments, results(operator, arguments))
    for seed in SEEDS
    for operator, arguments in calls(seed)
]
BY_OPERATOR: dict[str, list[Record]] = {
    name: list(found)
    for name, found in groupby(sorted(DRAWN, key=lambda r: r.operator), lambda r: r.operator)
}
CONTEXT = make_context()


def native(record: Record) -> list[np.ndarray] | None:
    """The results of level 2, None where there is no native form."""
    module = module_of([record])
    convert_module(module, weight_store(CONTEXT), TORCH)
    if any(isinstance(op, ReferenceOp) for op in module.walk()):
        return None
    return run(CONTEXT, module, record.arrays)


@pytest.mark.parametrize("operator", BY_OPERATOR)
def test_operator(operator: str) -> None:
    for record in BY_OPERATOR[operator]:
        values = TestOp(result_types=[type_of(array) for array in record.arrays]).results
        op = record.operation(values)
        arrays: dict[SSAValue, np.ndarray] = dict(zip(values, record.arrays, strict=True))
        found = evaluate(op, [v and arrays[v] for v in op.operand_slots], WeightStore())
        pairs = zip(found, record.results, strict=False)
        typed = [v if v is None else np.asarray(v).astype(r.dtype) for v, r in pairs]
        assert_alike(record, typed, 4 * tolerance(record))
        if op.name in conversions():
            computed = native(record)
            if computed is not None:
                assert len(computed) == len(record.results[returned(record)])
                assert_alike(record, computed, 10 * tolerance(record))
