"""Sizes as indices: what folds, what is computed once at the head, what private functions get."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp, i64

from stepwell.errors import CompileError
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.ir.dominance import verify_dominance
from stepwell.kernels.builder import DYNAMIC, INDEX, KernelBuilder, memref_type
from stepwell.kernels.parameters import parameter
from stepwell.kernels.template import Kernel
from stepwell.runtime.size import broadcast, ceildiv, evaluated, floordiv, maximum, minimum, mod
from stepwell.targets.target import Target
from stepwell.test.kernels.native import NativeKernel

V3 = Target.parse("x86-64-v3")
A, B = parameter(0), parameter(1)
EXPRESSIONS = (
    A + B * 3 - 4,
    A * A * B,
    floordiv(A, 4),
    floordiv(A - 3, 4),
    floordiv(A, B),
    floordiv(A - 7, B + 1),
    ceildiv(A * 3, 16),
    mod(A, 8),
    minimum(A, B, 9),
    maximum(A - B, 0, B - 2),
    broadcast(A, B),
    minimum(1, A - 1) * 64,
)


def module_of_expressions() -> ModuleOp:
    """Stores each expression, as a private function sees it."""
    b = KernelBuilder(V3)
    out = memref_type([len(EXPRESSIONS)], i64)
    with b.function("k", [INDEX, out], sizes=[A, B]) as (chunk, memory):
        with b.function("k_inner", [out], private=True) as (inner,):
            for at, size in enumerate(EXPRESSIONS):
                b.store(b.cast(b.index(size), i64), inner, [at])
        with b.loop(0, b.add(chunk, 1)):
            b.call("k_inner", [memory])
    b.module.verify()
    verify_dominance(b.module)
    return b.module


@given(st.integers(0, 40), st.integers(0, 40))
def test_expressions_are_those_of_the_compiler(a: int, b: int) -> None:
    found = np.full(len(EXPRESSIONS), -1)
    run_kernels(module_of_expressions(), "k", [0, found, a, b])
    assert list(found) == [evaluated(size, {"p0": a, "p1": b}) for size in EXPRESSIONS]


def test_expressions_in_machine_code() -> None:
    native = NativeKernel(module_of_expressions(), Kernel(1), V3)
    for a, b in ((0, 0), (1, 0), (0, 1), (1, 1), (7, 3), (33, 16)):
        found = np.full(len(EXPRESSIONS), -1)
        native([found.ctypes.data], sizes=(a, b))
        assert list(found) == [evaluated(size, {"p0": a, "p1": b}) for size in EXPRESSIONS]


def test_sizes_stay_sizes_until_they_meet_a_value() -> None:
    b = KernelBuilder(V3)
    with b.function("f", [INDEX], sizes=[A, B]) as (n,):
        assert b.add(A, 3) == A + 3
        assert b.sub(b.add(A, B), A) == B
        assert b.mul(A, 0) == 0
        assert b.floordiv(b.mul(A, 8), 8) == A
        assert b.round_down(b.mul(A, 16), 16) == A * 16
        assert b.number(A) is None
        with b.loop(0, n) as outer, b.loop(0, n):
            first = b.index(b.mul(A, 8))
            assert b.index(A * 8) is first
            assert b.extent(A * 8) is first
            b.add(outer.index, A)
        entry = b.current_function.body.block
    assert [op.parent for op in b.module.walk() if isinstance(op, arith.MuliOp)] == [entry]
    verify_dominance(b.module)


def test_a_size_of_other_names_is_refused() -> None:
    b = KernelBuilder(V3)
    with (
        pytest.raises(CompileError, match="the size 'p1', which is none of its parameters"),
        b.function("f", [INDEX], sizes=[A]),
    ):
        b.index(B)


def test_views_of_open_extents_and_strides() -> None:
    b = KernelBuilder(V3)
    flat, out = memref_type([DYNAMIC], i64), memref_type([1], i64)
    with b.function("k", [INDEX, flat, out], sizes=[A, B]) as (chunk, source, memory):
        view = b.reshape(source, [A, 4, B], [B * 4, B, 1], 2)
        assert view.type == memref_type([DYNAMIC, 4, DYNAMIC], i64, [None, None, 1], 2)
        part = b.subview(view, [chunk, 0, 1], [1, 4, b.sub(B, 1)], drop=[0])
        b.store(b.load(part, [2, b.sub(B, 2)]), memory, [0])
    b.module.verify()
    native = NativeKernel(b.module, Kernel(1), V3)
    data, found = np.arange(100), np.zeros(1, np.int64)
    native([data.ctypes.data, found.ctypes.data], sizes=(3, 5))
    assert found[0] == 2 + 2 * 5 + 4
