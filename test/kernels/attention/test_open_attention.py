"""Attention whose sizes are values: built once, compared with the reference at many sizes."""

from typing import Any

import numpy as np
import pytest
from xdsl.ir import SSAValue

from stepwell.dialects.engine import AttentionOp
from stepwell.kernels.attention.plan import AttentionPlan
from stepwell.kernels.registry import plan_kernel
from stepwell.runtime.size import evaluated
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, build_general, check_general, open_op
from stepwell.test.kernels.harness import MakeOp

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
TOLERANCE = 1e-5
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


def attention(scale: float = 0.3, **options: Any) -> MakeOp:
    def make(ins: list[SSAValue], outs: list[SSAValue]) -> AttentionOp:
        mask = ins[3] if len(ins) > 3 else None
        return AttentionOp(ins[0], ins[1], ins[2], scale, mask=mask, outs=outs, **options)

    return make


def heads(count: int | str, length: int | str, size: int, **options: Any) -> Buffer:
    return Buffer(("B", count, length, size), **options)


@targets
def test_all_sizes_are_values(target: Target) -> None:
    """Grouped heads, widths that are no vectors, several blocks of keys and parts of rows."""
    check_general(
        attention(),
        [heads(4, "S", 24), heads(2, "T", 24), heads(2, "T", 40)],
        [heads(4, "S", 40)],
        target=target,
        tolerance=TOLERANCE,
        more=[
            {"B": 1, "S": 300, "T": 290},
            {"B": 2, "S": 25, "T": 1100},
            {"B": 1, "S": 1101, "T": 3},
        ],
    )


@targets
def test_masks_and_heads_side_by_side(target: Target) -> None:
    """[B, H, S, D] inside [B, S, H * D], and a mask of all rows."""
    inside: Any = {"layout": "acbd"}
    check_general(
        attention(),
        [
            heads(2, "S", 64, **inside),
            heads(2, "T", 64, **inside),
            heads(2, "T", 64, **inside),
            Buffer(("B", 1, 1, "T")),
        ],
        [heads(2, "S", 64, **inside)],
        target=target,
        tolerance=TOLERANCE,
        more=[{"B": 1, "S": 33, "T": 600}],
    )


@targets
def test_causal(target: Target) -> None:
    check_general(
        attention(causal=True),
        [heads(4, "S", 24), heads(2, "S", 24), heads(2, "S", 24)],
        [heads(4, "S", 24)],
        target=target,
        tolerance=TOLERANCE,
        more=[{"B": 1, "S": 530}],
    )


@targets
def test_past_and_present(target: Target) -> None:
    """Keys of earlier calls come first; a mask that chooses, rows without any key."""
    check_general(
        attention(causal=True, clears_nan=True, choosing=True),
        [
            heads(2, "S", 17),
            heads(2, "P + S", 17),
            heads(2, "P + S", 17),
            Buffer(("S", "P + S"), values=_chosen),
        ],
        [heads(2, "S", 17)],
        target=target,
        tolerance=TOLERANCE,
        more=[{"B": 1, "S": 1, "P": 700}, {"B": 1, "S": 2, "P": 15}],
    )


def _chosen(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.where(rng.random(shape) < 0.3, -np.inf, 0.0)


@targets
@pytest.mark.parametrize("masked", [False, True])
def test_few_rows_and_keys(target: Target, masked: bool) -> None:
    """Keys that are one to five vectors; two rows that read keys where they lie, and more."""
    masks = [Buffer(("S", "T"), values=_chosen)] if masked else []
    kernel = check_general(
        attention(clears_nan=masked),
        [heads(2, "S", 24), heads(2, "T", 24), heads(2, "T", 24), *masks],
        [heads(2, "S", 24)],
        target=target,
        tolerance=TOLERANCE,
    )
    for keys in (3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 25, 31, 32, 33, 48, 65):
        for rows in (1, 2, 3, 7):
            kernel.check({"B": 1, "S": rows, "T": keys}, TOLERANCE)


@targets
def test_batch_alone_is_a_value(target: Target) -> None:
    kernel = check_general(
        attention(),
        [heads(2, 49, 32), heads(2, 49, 32), heads(2, 49, 32)],
        [heads(2, 49, 32)],
        target=target,
        tolerance=TOLERANCE,
    )
    planned = plan_kernel(kernel.op, target)
    assert planned is not None
    assert isinstance(planned.plan, AttentionPlan)
    assert planned.plan.one_block


@targets
def test_keys_of_columns(target: Target) -> None:
    """Keys and values whose depth is not contiguous."""
    columns: Any = {"layout": "abdc"}
    check_general(
        attention(),
        [heads(2, "S", 24), heads(2, "T", 24, **columns), heads(2, "T", 24, **columns)],
        [heads(2, "S", 24)],
        target=target,
        tolerance=TOLERANCE,
    )


def test_doubles() -> None:
    def double(length: str) -> Buffer:
        return Buffer(("B", 2, length, 20), np.float64)

    check_general(
        attention(), [double("S"), double("T"), double("T")], [double("S")], tolerance=1e-12
    )


@pytest.mark.parametrize("target", ["x86-64-v4", "x86-64-v3", "x86-64-v2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("depth", [64, 65, 80, 128])
def test_code_is_small(depth: int, dtype: type, target: str) -> None:
    """`build_general` refuses kernels that are too large."""

    def of(length: str, count: int) -> Buffer:
        return Buffer(("B", count, length, depth), dtype)

    for masked, causal in [(True, True), (True, False), (False, True)]:
        options: Any = {"causal": causal, "choosing": masked, "clears_nan": causal}
        masks = [Buffer(("B", 1, "S", "T"), dtype)] if masked else []
        op = open_op(
            attention(**options), [of("S", 4), of("T", 2), of("T", 2), *masks], [of("S", 4)]
        )
        build_general(op, Target.parse(target))


def test_chunks_follow_the_work() -> None:
    target = Target.parse("x86-64-v4")
    op = open_op(attention(), [heads(12, "S", 64)] * 3, [heads(12, "S", 64)])
    _, kernel = build_general(op, target)
    found = [evaluated(kernel.chunks, {"p0": 1, "p1": s}) for s in (0, 1, 128, 512, 10_000)]
    assert found[0] <= 1
    assert found == sorted(found)
    assert 12 <= found[2] <= 32
    assert found[4] >= 10_000 // 1024
