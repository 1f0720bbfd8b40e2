"""The level-5 code of the dense templates in its interpreter: no index leaves its memref."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32

from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.dialects.engine import (
    AttentionOp,
    MatmulOp,
    NormOp,
    RecurrenceOp,
    ReduceOp,
    SoftmaxOp,
)
from stepwell.targets.target import Target
from stepwell.test.kernels.harness import (
    build_kernel,
    check_kernel,
    interpret_kernel,
    scalar_region,
)
from stepwell.test.kernels.memory import Operand, Result
from stepwell.test.kernels.native import expand_math

RNG = np.random.default_rng(23)
NARROW = Target.parse("x86-64-v3")

Case = tuple[Callable[..., Any], list[Operand], list[Result]]


def normal(*shape: int) -> Any:
    return RNG.standard_normal(shape, np.float32)


def bias(acc: Any, value: Any) -> Any:
    return arith.AddfOp(acc, value)


def cell(x: Any, r: Any, _: Any) -> Any:
    return math.TanhOp(arith.AddfOp(x, r))


CASES: dict[str, Case] = {
    "packed matmul": (
        lambda ins, outs: MatmulOp(
            ins[0],
            ins[1],
            epilogue_operands=ins[2:],
            epilogue=scalar_region([f32, f32], bias),
            outs=outs,
        ),
        [
            Operand(normal(7, 5)),
            Operand(normal(5, 19), "Ba16b", constant=True),
            Operand(normal(19)),
        ],
        [Result((7, 19))],
    ),
    "matmul in place": (
        lambda ins, outs: MatmulOp(ins[0], ins[1], outs=outs),
        [Operand(normal(2, 3, 5)), Operand(normal(2, 5, 9))],
        [Result((2, 3, 9))],
    ),
    "matmul that packs": (
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=True, outs=outs),
        [Operand(normal(5, 9)), Operand(normal(11, 9))],
        [Result((5, 11))],
    ),
    "dot products": (
        lambda ins, outs: MatmulOp(ins[0], ins[1], trans_rhs=True, outs=outs),
        [Operand(normal(1, 19)), Operand(normal(6, 19))],
        [Result((1, 6))],
    ),
    "softmax in registers": (
        lambda ins, outs: SoftmaxOp(ins[0], 1, outs=outs),
        [Operand(normal(3, 21), strides=(25, 1))],
        [Result((3, 21))],
    ),
    "softmax in passes": (
        lambda ins, outs: SoftmaxOp(ins[0], 1, log=True, outs=outs),
        [Operand(normal(2, 70))],
        [Result((2, 70))],
    ),
    "softmax across rows": (
        lambda ins, outs: SoftmaxOp(ins[0], 0, outs=outs),
        [Operand(normal(3, 19))],
        [Result((3, 19))],
    ),
    "group norm": (
        lambda ins, outs: NormOp(ins[0], "layer", [1, 2], 1e-5, scale=ins[1], groups=2, outs=outs),
        [Operand(normal(1, 4, 7)), Operand(normal(4, 1))],
        [Result((1, 4, 7))],
    ),
    "global average": (
        lambda ins, outs: ReduceOp(ins, "mean", [2, 3], outs=outs),
        [Operand(normal(1, 12, 3, 3), "aBcd8b")],
        [Result((1, 12, 1, 1), layout="aBcd8b")],
    ),
    "maximum of leading axis": (
        lambda ins, outs: ReduceOp(ins, "max", [0], outs=outs),
        [Operand(normal(5, 21))],
        [Result((1, 21))],
    ),
    "attention": (
        lambda ins, outs: AttentionOp(
            ins[0], ins[1], ins[2], 0.5, mask=ins[3], causal=True, outs=outs
        ),
        [
            Operand(normal(2, 7, 4)),
            Operand(normal(2, 18, 4)),
            Operand(normal(2, 18, 5)),
            Operand(normal(7, 18)),
        ],
        [Result((2, 7, 5))],
    ),
    "recurrence": (
        lambda ins, outs: RecurrenceOp(
            ins[0], ins[1], ins[2:], scalar_region([f32] * 3, cell), reverse=True, outs=outs
        ),
        [Operand(normal(3, 2, 11)), Operand(normal(11, 11)), Operand(normal(2, 11))],
        [Result((3, 2, 11)), Result((2, 11))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_interpreted(name: str) -> None:
    make, operands, results = CASES[name]
    check_kernel(make, operands, results, NARROW, 1e-5, run=interpret_kernel)


@pytest.mark.parametrize("name", CASES)
def test_short_vectors_without_multiply_add(name: str) -> None:
    """The same templates for four lanes and 16 registers, run on this machine where it can."""
    if Target.host().architecture != "x86_64":
        pytest.skip("needs an x86-64 processor")
    make, operands, results = CASES[name]
    check_kernel(make, operands, results, Target.parse("x86-64-v2"), 1e-5)


@pytest.mark.parametrize("target", ["aarch64", "wasm32"])
@pytest.mark.parametrize("name", ["packed matmul", "softmax in registers", "attention"])
def test_code_for_other_processors(name: str, target: str) -> None:
    """Code generation needs no library function on any target."""
    make, operands, results = CASES[name]
    other = Target.parse(target)
    module, _ = build_kernel(make, operands, results, other)
    expand_math(module)
    assert compile_object(emit_module(module, other), other)
