"""Products with weights in few bits, and in bf16, for `kernel_speed.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from code_cases import laid_out
from kernel_case import Case, onnx_model
from ml_dtypes import bfloat16
from onnx import helper
from xdsl.dialects.builtin import bf16, i8
from xdsl.ir import SSAValue

from stepwell.dialects.engine import CodedMatmulOp
from stepwell.test.kernels.memory import Result

RNG = np.random.default_rng(0)


def few_bits(m: int, n: int, k: int, bits: int, block: int, level: int) -> Case:
    """Rows times codes in blocks along the sum, as `MatMulNBits` of an accuracy level."""
    rows = RNG.standard_normal((m, k)).astype(np.float32)
    packed = RNG.integers(0, 256, (n, k * bits // 8)).astype(np.uint8)
    scales = ((RNG.random((n, k // block)) + 0.1) / 64).astype(np.float32)
    rounds = level == 4
    codes = packed
    if not rounds:  # two's complement
        codes = (packed ^ (0x88 if bits == 4 else 0x80)).astype(np.uint8).view(np.int8)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CodedMatmulOp:
        lhs_codes = i8 if rounds else None
        return CodedMatmulOp(
            ins[0], ins[1], ins[2:], bits=bits, block=block, lhs_codes=lhs_codes, outs=outs
        )

    def model() -> Any:
        attributes: dict[str, Any] = {"K": k, "N": n, "bits": bits, "block_size": block}
        node = helper.make_node("MatMulNBits", ["x", "b", "s"], ["y"], domain="com.microsoft")
        attributes["accuracy_level"] = level
        node.attribute.extend(helper.make_attribute(name, v) for name, v in attributes.items())
        blocks = packed.reshape(n, k // block, -1)
        made = onnx_model([node], {"x": rows}, ["y"], b=blocks, s=scales.reshape(-1))
        made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
        return made

    operands, results = laid_out(make, [rows, codes, scales], Result((m, n)), {1, 2})
    moved = packed.nbytes + scales.nbytes
    name = f"coded weights {m}x{n}x{k} {bits} bits level {level}"
    return Case(name, make, operands, results, bytes=moved, model=model)


def halves(m: int, n: int, k: int) -> Case:
    """Rows times a weight, both rounded to bf16; up to four rows stay as they are."""
    rows = RNG.standard_normal((m, k)).astype(np.float32)
    weight = RNG.standard_normal((n, k)).astype(bfloat16)

    def make(ins: list[SSAValue], outs: list[SSAValue]) -> CodedMatmulOp:
        rounded = bf16 if m > 4 else None
        return CodedMatmulOp(ins[0], ins[1], bits=16, block=k, lhs_codes=rounded, outs=outs)

    operands, results = laid_out(make, [rows, weight], Result((m, n)), {1})
    name = f"bf16 weights {m}x{n}x{k}"
    if m <= 4:
        return Case(name, make, operands, results, bytes=weight.nbytes)
    return Case(name, make, operands, results, flops=2 * m * n * k, halves=True)


def coded_weight_cases() -> Iterator[Case]:
    """One row from main memory, a few and many; what transformers have."""
    for level in (0, 4):
        yield few_bits(1, 16384, 4096, 4, 32, level)
        yield few_bits(4, 4096, 4096, 4, 32, level)
        yield few_bits(64, 1024, 1024, 4, 32, level)
    yield few_bits(1, 4096, 4096, 8, 128, 0)
    yield few_bits(1, 4096, 4096, 8, 128, 4)
    yield halves(1, 4096, 4096)
    for m, n, k in ((128, 768, 768), (128, 3072, 768), (128, 768, 3072), (197, 768, 768)):
        yield halves(m, n, k)
