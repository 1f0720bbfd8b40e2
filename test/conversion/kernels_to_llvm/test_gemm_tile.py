"""The register tiles that GEMM and convolution are made of: right, and without spills."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import f32

from stepwell.conversion.kernels_to_llvm import count_spills, emit_assembly, emit_module
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.targets.target import Target


def gemm(target: Target, m: int, n: int, k: int, rows: int, vectors: int, unroll: int) -> Any:
    """`C = A B`, B packed in panels of `vectors` registers, accumulators carried through K."""
    b = KernelBuilder(target)
    lanes = target.lanes(f32)
    panel = vectors * lanes
    types = [memref_type([m, k], f32), memref_type([n // panel, k, panel], f32)]
    with b.function("gemm", [*types, memref_type([m, n], f32)]) as (a, packed, c):
        zero = b.splat(0, f32, lanes)
        with b.loop(0, n // panel) as jp, b.loop(0, m, rows) as i0:
            places = [b.add(i0.index, i) for i in range(rows)]
            with b.loop(0, k, unroll, [zero] * (rows * vectors)) as k0:
                sums = list(k0.carried)
                for step in range(unroll):
                    at = b.add(k0.index, step)
                    right = [
                        b.vload(packed, [jp.index, at, j * lanes], lanes) for j in range(vectors)
                    ]
                    for i in range(rows):
                        left = b.load_splat(a, [places[i], at], lanes)
                        for j in range(vectors):
                            here = i * vectors + j
                            sums[here] = b.fma(left, right[j], sums[here])
                k0.yield_(*sums)
            column = b.mul(jp.index, panel)
            for i in range(rows):
                for j in range(vectors):
                    at = [places[i], b.add(column, j * lanes)]
                    b.vstore(k0.results[i * vectors + j], c, at)
    b.module.verify()
    return b.module


def test_right(native: Any, host: Target):
    lanes = host.lanes(f32)
    m, n, k = 16, 4 * lanes, 24
    module = gemm(host, m, n, k, 8, 2, 4)
    rng = np.random.default_rng(0)
    a = rng.standard_normal((m, k)).astype(np.float32)
    right = rng.standard_normal((k, n)).astype(np.float32)
    panel = 2 * lanes
    packed = np.ascontiguousarray(right.reshape(k, n // panel, panel).transpose(1, 0, 2))
    found, wanted = np.zeros((m, n), np.float32), np.zeros((m, n), np.float32)
    native(module).call("gemm", a, packed, found)
    np.testing.assert_allclose(found, a @ right, rtol=1e-4, atol=1e-4)
    run_kernels(module, "gemm", [a, packed, wanted])
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


TILES = [
    ("x86-64-v4", 8, 3, 1),
    ("x86-64-v4", 8, 3, 4),
    ("x86-64-v4", 9, 3, 1),
    ("x86-64-v4", 6, 4, 1),
    ("x86-64-v4", 6, 4, 4),
    ("x86-64-v4", 14, 2, 1),
    ("x86-64-v4", 13, 2, 4),
    ("x86-64-v4", 28, 1, 4),
    ("x86-64-v3", 6, 2, 1),
    ("x86-64-v3", 6, 2, 4),
    ("x86-64-v3", 4, 3, 4),
    ("x86-64-v3", 12, 1, 1),
]


@pytest.mark.parametrize(("name", "rows", "vectors", "unroll"), TILES)
def test_no_spills(name: str, rows: int, vectors: int, unroll: int):
    """Accumulators, a row of B and a broadcast fit the registers and stay there."""
    target = Target.parse(name)
    n = 4 * vectors * target.lanes(f32)
    module = gemm(target, 4 * rows, n, 64, rows, vectors, unroll)
    assembly = emit_assembly(emit_module(module, target), target)
    assert count_spills(assembly) == 0
    assert "vfmadd" in assembly
    assert "call" not in assembly


def test_spills_are_counted():
    """A tile too large for the registers is seen as such."""
    target = Target.parse("x86-64-v3")
    module = gemm(target, 32, 48, 64, 8, 3, 2)
    assert count_spills(emit_assembly(emit_module(module, target), target)) > 0
