"""Products with weights in few bits against their meaning: widths, blocks, zero points, rows."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith
from xdsl.dialects.builtin import bf16, f32, i8
from xdsl.ir import SSAValue

from stepwell.dialects.engine import CodedMatmulOp
from stepwell.dialects.engine.coded import bytes_of_codes
from stepwell.dialects.engine.weights import Array
from stepwell.kernels.coded_matmul.problem import Codes, weight_layout
from stepwell.kernels.matmul.problem import panel_layout
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, check_general
from stepwell.test.kernels.harness import check_kernel, scalar_region
from stepwell.test.kernels.memory import Operand, Result

TARGETS = ("native", "x86-64-v4", "x86-64-v3", "x86-64-v2")


def weight(
    rng: np.random.Generator, columns: int, depth: int, bits: int, block: int, unsigned: bool
) -> Array:
    """Random codes as they are stored."""
    if bits == 16:
        return rng.standard_normal((columns, depth)).astype(np.float16)
    size = bytes_of_codes(depth, bits, min(block, depth))
    found = rng.integers(0, 256, (columns, size)).astype(np.uint8)
    return found if unsigned else found.view(np.int8)


def operands_of(
    rng: np.random.Generator,
    columns: int,
    depth: int,
    bits: int,
    block: int,
    unsigned: bool,
    zeros: str | None,
    width: int,
    lhs_codes: bool,
) -> list[Operand]:
    """Codes, scales and zero points as the kernel reads them."""
    codes = weight(rng, columns, depth, bits, block, unsigned)
    form = Codes(f32, bits, block, depth, not unsigned, 0, bits < 8 or lhs_codes)
    found = [Operand(codes, weight_layout(form, width), constant=True)]
    blocks = -(-depth // block)
    beside = panel_layout(2, True, width)
    if bits == 16:
        return found
    scales = (rng.random((columns, blocks)) + 0.1).astype(np.float32) / 16
    found.append(Operand(scales, beside, constant=True))
    if zeros is not None:
        largest = 1 << bits
        numbers = rng.integers(0, largest, (columns, blocks))
        if zeros == "codes":
            array = (
                numbers.astype(np.uint8) if unsigned else (numbers - largest // 2).astype(np.int8)
            )
        else:
            array = numbers.astype(np.float32) + np.float32(0.25)
        found.append(Operand(array, beside, constant=True))
    return found


@settings(max_examples=8, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("target", TARGETS)
def test_products(target: str, data: st.DataObject) -> None:
    draw = data.draw
    bits = draw(st.sampled_from([2, 4, 8, 16]))
    depth = draw(st.sampled_from([1, 7, 32, 45, 64, 200]))
    columns = draw(st.sampled_from([1, 17, 64, 70, 130]))
    block = draw(st.sampled_from([16, 32, 128, 1024]))
    rows = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 100]))
    unsigned = draw(st.booleans())
    lhs_codes = bits < 16 and draw(st.booleans())
    unsigned = unsigned or lhs_codes
    block = depth if bits == 16 else min(block, depth) if block >= depth else block
    zeros = draw(st.sampled_from([None, "codes", "floats"])) if bits < 16 else None
    where = Target.parse(target)
    lanes = where.lanes(f32)
    width = lanes * draw(st.sampled_from([1, 2, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    weights = operands_of(rng, columns, depth, bits, block, unsigned, zeros, width, lhs_codes)
    x = rng.standard_normal((2, rows, depth)).astype(np.float32)
    bias = rng.standard_normal(columns).astype(np.float32)
    count = len(weights)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CodedMatmulOp:
        return CodedMatmulOp(
            ins[0],
            ins[1],
            ins[2 : min(3, 1 + count)],
            ins[3 : 1 + count],
            bits=bits,
            block=block,
            lhs_codes=i8 if lhs_codes else None,
            epilogue_operands=[ins[-1]],
            epilogue=scalar_region([f32, f32], lambda a, b: arith.AddfOp(a, b)),
            outs=outs,
        )

    check_kernel(
        make, [Operand(x), *weights, Operand(bias)], [Result((2, rows, columns))], where, 4e-6
    )


@pytest.mark.parametrize("lhs_codes", [False, True])
def test_any_number_of_rows(lhs_codes: bool) -> None:
    rng = np.random.default_rng(3)
    target = Target.host()
    width = 2 * target.lanes(f32)
    weights = operands_of(rng, 70, 96, 4, 32, True, "codes", width, lhs_codes)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CodedMatmulOp:
        return CodedMatmulOp(
            ins[0],
            ins[1],
            ins[2:3],
            ins[3:4],
            bits=4,
            block=32,
            lhs_codes=i8 if lhs_codes else None,
            outs=outs,
        )

    constants = [Buffer(w.array.shape, w.array.dtype, w.layout, constant=w.array) for w in weights]
    check_general(make, [Buffer(("N", 96)), *constants], [Buffer(("N", 70))], large=230)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e-38])
def test_rows_that_are_no_codes(value: float) -> None:
    """A block with what is not finite is NaN as a whole; one of zeros stays 0."""
    rng = np.random.default_rng(5)
    target = Target.host()
    width = target.lanes(f32)
    weights = operands_of(rng, 16, 64, 4, 32, True, None, width, True)
    x = rng.standard_normal((2, 64)).astype(np.float32)
    x[0, :32] = value
    check_kernel(
        lambda ins, outs: CodedMatmulOp(
            ins[0], ins[1], ins[2:], bits=4, block=32, lhs_codes=i8, outs=outs
        ),
        [Operand(x), *weights],
        [Result((2, 16))],
        target,
        4e-6,
    )


@pytest.mark.parametrize("target", ["native", "x86-64-v4", "x86-64-v3", "x86-64-v2"])
def test_rows_rounded_to_bf16(target: str) -> None:
    """One tile, odd sums, more rows than a block, and any number of them."""
    where = Target.parse(target)
    rng = np.random.default_rng(9)
    for rows, depth, columns, vectors in ((3, 45, 70, 2), (40, 100, 70, 4), (210, 33, 20, 1)):
        width = vectors * where.lanes(f32)
        codes = rng.standard_normal((columns, depth)).astype(ml_dtypes.bfloat16)
        form = Codes(f32, 16, depth, depth, False, 0, False, True)
        x = rng.standard_normal((2, rows, depth)).astype(np.float32)
        check_kernel(
            lambda ins, outs, depth=depth: CodedMatmulOp(
                ins[0], ins[1], bits=16, block=depth, lhs_codes=bf16, outs=outs
            ),
            [Operand(x), Operand(codes, weight_layout(form, width), constant=True)],
            [Result((2, rows, columns))],
            where,
            1e-5,
        )


def test_any_number_of_rows_rounded_to_bf16() -> None:
    width = 2 * Target.host().lanes(f32)
    codes = np.random.default_rng(1).standard_normal((70, 50)).astype(ml_dtypes.bfloat16)
    form = Codes(f32, 16, 50, 50, False, 0, False, True)
    constant = Buffer(codes.shape, codes.dtype, weight_layout(form, width), constant=codes)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CodedMatmulOp:
        return CodedMatmulOp(ins[0], ins[1], bits=16, block=50, lhs_codes=bf16, outs=outs)

    check_general(make, [Buffer(("N", 50)), constant], [Buffer(("N", 70))], large=230)
