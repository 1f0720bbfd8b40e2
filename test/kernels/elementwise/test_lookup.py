"""Tables of codes: every code, layouts, odd sizes, entries of any width, open sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir import SSAValue

from stepwell.dialects.engine import LookupOp
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import check_kernel, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

KINDS = [*targets(), Target.parse("x86-64-v4")] if len(targets()) > 1 else targets()


def make(ins: list[SSAValue], outs: list[SSAValue]) -> LookupOp:
    return LookupOp(*ins, outs=outs)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(data=st.data())
@pytest.mark.parametrize("target", KINDS, ids=lambda t: t.name)
def test_lookup(target: Target, data: st.DataObject) -> None:
    draw = data.draw
    kinds = [np.uint8, np.int8, np.float32]
    codes: Any = draw(st.sampled_from(kinds[:2]))
    entries: Any = draw(st.sampled_from(kinds))
    shape = draw(st.sampled_from([(1,), (256,), (3, 67), (2, 20, 5, 3), (1, 0, 4)]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.integers(0, 256, shape).astype(np.uint8).view(codes)
    table = rng.integers(0, 100, 256).astype(entries)
    tag = draw(st.sampled_from([None, "acdb", "aBcd16b"])) if len(shape) == 4 else None
    strides = wider_strides(shape, None, [0] * (len(shape) - 1) + [3]) if tag is None else None
    check_kernel(
        make,
        [Operand(x, tag, strides), Operand(table, constant=True)],
        [Result(x.shape, entries, tag, None)],
        target,
    )


@pytest.mark.parametrize("target", KINDS, ids=lambda t: t.name)
def test_every_code_has_its_own_entry(target: Target) -> None:
    every = np.arange(256, dtype=np.uint8)
    for codes, entries in ((np.int8, np.uint8), (np.uint8, np.int8)):
        check_kernel(
            make,
            [Operand(every.view(codes)), Operand((every * 7 + 3).view(entries), constant=True)],
            [Result((256,), entries)],
            target,
        )


def test_names_for_sizes() -> None:
    x = Buffer(("N", 3, "S"), np.uint8, values=lambda rng, shape: rng.integers(0, 256, shape))
    table = Buffer((256,), np.uint8, constant=np.arange(255, -1, -1).astype(np.uint8))
    check_general(make, [x, table], [Buffer(("N", 3, "S"), np.uint8)], large=9, tolerance=0.0)
