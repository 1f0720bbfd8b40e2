"""What the interpreter gives for torch's operators is what torch gave when it was recorded."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from xdsl.dialects.test import TestOp
from xdsl.ir import SSAValue

from stepwell.dialects.engine import WeightStore
from stepwell.interpreters.torch.functions import evaluate, functions
from stepwell.test.interpreters.torch.records import (
    Record,
    assert_alike,
    records,
    tolerance,
    type_of,
)

BY_OPERATOR = {
    name: list(found) for name, found in groupby(records(), lambda record: record.operator)
}

WITHOUT_RECORD = frozenset(
    f"aten.{name}"
    for name in (
        # Memory that nobody may read before it is written: there is nothing to compare.
        *("empty.memory_format", "empty_like.default", "empty_permuted.default"),
        *("empty_strided.default", "new_empty.default", "new_empty_strided.default"),
        # Written by decompositions of other devices only, and refused or left to others by a CPU.
        *("_conj.default", "_grid_sampler_2d_cpu_fallback.default", "_reshape_alias.default"),
        "narrow.Tensor",
    )
)


def test_every_operator_is_recorded() -> None:
    named = (name.removeprefix("torch.") for name in functions())
    known = {name for name in named if "." in name}  # the rest has regions
    assert known - BY_OPERATOR.keys() == WITHOUT_RECORD
    assert BY_OPERATOR.keys() <= known
    assert len(known) > 590


def computed(record: Record) -> list[np.ndarray | None]:
    """The results by the interpreter."""
    values = TestOp(result_types=[type_of(array) for array in record.arrays]).results
    op = record.operation(values)
    op.verify()
    arrays: dict[SSAValue, np.ndarray] = dict(zip(values, record.arrays, strict=True))
    found = evaluate(op, [v and arrays[v] for v in op.operand_slots], WeightStore())
    dtypes = [result.dtype for result in record.results]
    return [
        None if value is None else np.asarray(value).astype(dtype)
        for value, dtype in zip(found, dtypes, strict=False)  # the last ones may be absent
    ]


@pytest.mark.parametrize("operator", BY_OPERATOR)
def test_operator(operator: str) -> None:
    for record in BY_OPERATOR[operator]:
        assert_alike(record, computed(record), tolerance(record))
