"""Attention against the interpreter: sizes, masks, causal, groups, views, hidden rows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import func

from stepwell.dialects.engine import AttentionOp
from stepwell.kernels.attention.template import AttentionTemplate
from stepwell.kernels.builder import KernelBuilder
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import check_kernel, plan_with, planned_op, targets
from stepwell.test.kernels.memory import Operand, Result, wider_strides

RNG = np.random.default_rng(13)
TOLERANCE = 5e-6


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape, np.float32)


def check(
    target: Target,
    operands: list[Operand],
    result: Result,
    **options: Any,
) -> None:
    """Query, key, value and perhaps a mask."""
    check_kernel(
        lambda ins, outs: AttentionOp(
            ins[0],
            ins[1],
            ins[2],
            0.25,
            mask=ins[3] if len(ins) > 3 else None,
            outs=outs,
            **options,
        ),
        operands,
        [result],
        target,
        TOLERANCE,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@given(data=st.data())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_sizes_masks_and_groups(target: Target, data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from([1, 2, 7, 25, 40]))
    keys = rows + data.draw(st.sampled_from([0, 1, 5, 64, 150]))
    depth = data.draw(st.sampled_from([1, 3, 16, 20]))
    width = data.draw(st.sampled_from([1, 8, 16, 33]))
    key_heads, group = data.draw(st.sampled_from([(1, 1), (2, 1), (2, 2), (1, 3)]))
    batch = data.draw(st.sampled_from([(), (1,), (2,)]))
    heads = key_heads * group
    operands = [
        Operand(normal(*batch, heads, rows, depth)),
        Operand(normal(*batch, key_heads, keys, depth)),
        Operand(normal(*batch, key_heads, keys, width)),
    ]
    mask = data.draw(st.sampled_from([None, (keys,), (rows, keys), (heads, 1, keys), (rows, 1)]))
    if mask is not None:
        operands.append(Operand(normal(*mask)))
    check(
        target,
        operands,
        Result((*batch, heads, rows, width)),
        causal=data.draw(st.booleans()),
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize("causal", [False, True])
def test_several_blocks_of_keys(target: Target, causal: bool) -> None:
    """Running maxima and sums; the first block of a row may be hidden entirely."""
    mask = normal(30, 1100)
    mask[::3, :600] = -np.inf
    check(
        target,
        [
            Operand(normal(2, 30, 8)),
            Operand(normal(2, 1100, 8)),
            Operand(normal(2, 1100, 20)),
            Operand(mask),
        ],
        Result((2, 30, 20)),
        causal=causal,
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_heads_inside_rows(target: Target) -> None:
    """[B, H, S, D] views into [B, S, 3, H, D]: what a joint projection leaves."""
    shape = (2, 3, 37, 16)
    strides = wider_strides(shape, "acbd", (0, 0, 6, 0))
    check(
        target,
        [Operand(normal(*shape), "acbd", strides) for _ in range(3)],
        Result(shape, layout="acbd"),
    )


@pytest.mark.parametrize("keys", [40, 1100])
@pytest.mark.parametrize("guarded", [False, True])
def test_hidden_rows(keys: int, guarded: bool) -> None:
    """A row without visible keys is NaN, or zero where that is asked for."""
    mask = np.zeros((5, keys), np.float32)
    mask[2] = -np.inf
    mask[3, 5:] = -np.inf
    check(
        Target.host(),
        [
            Operand(normal(2, 5, 16)),
            Operand(normal(2, keys, 16)),
            Operand(normal(2, keys, 16)),
            Operand(mask),
        ],
        Result((2, 5, 16)),
        guarded=guarded,
    )


@pytest.mark.parametrize("keys", [7, 40, 1100])
@pytest.mark.parametrize("option", ["", "guarded", "choosing", "clears_nan"])
def test_scores_that_are_not_finite(keys: int, option: str) -> None:
    """A row of NaN stays NaN, or is zero where NaN counts as nothing."""
    query, key = normal(2, 9, 16), normal(2, keys, 16)
    query[0, 1, 3], query[0, 2, 3], key[1, keys // 2, 5] = np.nan, np.inf, -np.inf
    mask = np.zeros((9, keys), np.float32)
    mask[4] = -np.inf
    mask[5, 5:] = -np.inf
    mask[6, 2], mask[7, keys - 1] = np.inf, np.nan
    operands = [Operand(query), Operand(key), Operand(normal(2, keys, 16)), Operand(mask)]
    check(Target.host(), operands, Result((2, 9, 16)), **({option: True} if option else {}))


def test_transposed_keys_and_values() -> None:
    """Neither keys nor values need be contiguous along their depth."""
    check(
        Target.host(),
        [
            Operand(normal(2, 9, 5)),
            Operand(normal(2, 21, 5), "acb"),
            Operand(normal(2, 21, 7), "acb"),
        ],
        Result((2, 9, 7), layout="acb"),
    )


@pytest.mark.parametrize("keys", [40, 1100])
def test_nan_spoils_its_rows(keys: int) -> None:
    """A NaN in a query spoils that row, one in a mask the row it hides, one in a value a column."""
    query, value = normal(2, 5, 16), normal(2, keys, 16)
    query[0, 3, 1] = np.nan
    value[1, 7, 2] = np.nan
    mask = np.zeros((5, keys), np.float32)
    mask[1, 20] = np.nan
    mask[4, 21] = np.inf
    check(
        Target.host(),
        [Operand(query), Operand(normal(2, keys, 16)), Operand(value), Operand(mask)],
        Result((2, 5, 16)),
    )


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(("rows", "keys", "depth"), [(1, 37, 64), (2, 70, 20), (1, 1100, 40)])
@pytest.mark.parametrize("causal", [False, True])
def test_one_or_two_rows(target: Target, rows: int, keys: int, depth: int, causal: bool) -> None:
    """Generating text: the keys are used where they lie."""
    check(
        target,
        [
            Operand(normal(1, 4, rows, depth), "acbd"),
            Operand(normal(1, 2, keys, depth)),
            Operand(normal(1, 2, keys, 24)),
            Operand(normal(rows, keys)),
        ],
        Result((1, 4, rows, 24)),
        causal=causal,
    )


def test_deep_heads() -> None:
    """Panels become narrower, then blocks of keys single panels."""
    for depth in (300, 1100):
        check(
            Target.host(),
            [
                Operand(normal(1, 9, depth)),
                Operand(normal(1, 40, depth)),
                Operand(normal(1, 40, 8)),
            ],
            Result((1, 9, 8)),
        )


def test_many_rows_are_cut_into_chunks() -> None:
    check(
        Target.host(),
        [Operand(normal(1, 2100, 8)), Operand(normal(1, 70, 8)), Operand(normal(1, 70, 8))],
        Result((1, 2100, 8)),
    )


@pytest.mark.parametrize(("rows", "keys"), [(90, 90), (130, 1100), (9, 5)])
@pytest.mark.parametrize("spoilt", [None, "key", "value"])
def test_hidden_keys_are_left_out_or_spread(rows: int, keys: int, spoilt: str | None) -> None:
    """Rows see the keys up to their own; a hidden number that is not finite reaches every row."""
    q, k, v = normal(2, rows, 20), normal(2, keys, 20), normal(2, keys, 18)
    if spoilt == "key":
        k[1, -1, 3] = np.nan
    if spoilt == "value":
        v[0, -2, 5] = np.inf
    operands = [Operand(q), Operand(k), Operand(v)]
    options = {"choosing": spoilt == "key" and rows == 90, "clears_nan": rows > keys}
    check(Target.host(), operands, Result((2, rows, 18)), causal=True, **options)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("keys", [80, 1100])
def test_one_code_for_all_numbers_of_keys(causal: bool, keys: int) -> None:
    """Blocks of fewer keys are the same functions, not more of them."""
    op, _ = planned_op(
        lambda ins, outs: AttentionOp(ins[0], ins[1], ins[2], 1.0, causal=causal, outs=outs),
        [Operand(normal(1, keys, 16)), *[Operand(normal(1, keys, 16))] * 2],
        [Result((1, keys, 16))],
    )
    builder = KernelBuilder(Target.parse("x86-64-v4"))
    planned = plan_with(AttentionTemplate(), op, builder.target)
    assert planned is not None
    planned.write("k", builder)
    names = [f.sym_name.data for f in builder.module.ops if isinstance(f, func.FuncOp)]
    assert sum("_block" in name for name in names) == 1
    assert sum("_pack" in name for name in names) == 1


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("keys", "depth", "width"), [(129, 65, 100), (300, 33, 65), (1100, 65, 70)]
)
def test_odd_heads(target: Target, keys: int, depth: int, width: int) -> None:
    """The last panel is a whole one, filled up with copies that nobody reads."""
    operands = [Operand(normal(2, n, d)) for n, d in ((60, depth), (keys, depth), (keys, width))]
    check(target, operands, Result((2, 60, width)), causal=keys == 300)
