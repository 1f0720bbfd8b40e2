"""
Codes of eight bits on AArch64, under emulation: every bit, with and without dot products.

Skipped where `qemu-aarch64` (Debian: qemu-user) and `aarch64-linux-gnu-as` and `-ld`
(binutils-aarch64-linux-gnu) are not installed. A program is the kernel, a few instructions that
call it on a piece of memory, and that memory, which it writes to its standard output.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, i8, i16, i32

from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.dialects.engine import LookupOp, MatmulOp
from stepwell.dialects.vector_ext import SIGNS
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.kernels.registry import plan_kernel
from stepwell.runtime.size import numbers_of
from stepwell.targets.target import Target
from stepwell.test.conversion.kernels_to_llvm.test_dot import LANES, dots
from stepwell.test.kernels.harness import MakeOp, planned_op
from stepwell.test.kernels.memory import Operand, Result
from stepwell.test.kernels.native import expand_math

EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
TOOLS = [shutil.which(f"aarch64-linux-gnu-{name}") for name in ("as", "ld")]
pytestmark = pytest.mark.skipif(
    EMULATOR is None or None in TOOLS, reason="no emulator of AArch64, or no assembler for it"
)

NEOVERSE = Target.parse("neoverse-n1")
TARGETS = [
    Target.parse("aarch64"),
    NEOVERSE,
    replace(NEOVERSE, name="i8mm", cpu="neoverse-v1", dot8="i8mm"),
]
RNG = np.random.default_rng(5)


def run(folder: Path, module: ModuleOp, target: Target, name: str, *arguments: Any) -> list[Any]:
    """What a function leaves in the arrays among its arguments; the others are integers."""
    blob, places = b"", list[int]()
    lines = [".text", ".global _start", "_start:"]
    for number, argument in enumerate(arguments):
        if isinstance(argument, int):
            lines.append(f" ldr x{number}, ={argument}")
            continue
        blob += bytes(-len(blob) % 64)
        places.append(len(blob))
        lines.append(f" ldr x{number}, =blob+{len(blob)}")
        blob += np.ascontiguousarray(argument).tobytes()
    lines += [f" bl {name}", " mov x0, 1", " ldr x1, =blob", f" ldr x2, ={len(blob)}"]
    lines += [" mov x8, 64", " svc 0", " mov x0, 0", " mov x8, 93", " svc 0", ".ltorg"]
    lines += [".data", ".align 6", 'blob: .incbin "blob.bin"', ".space 256", ""]
    (folder / "kernel.o").write_bytes(compile_object(emit_module(module, target), target))
    (folder / "blob.bin").write_bytes(blob)
    (folder / "start.s").write_text("\n".join(lines))
    assembler, linker = TOOLS
    assert assembler is not None
    assert linker is not None
    assert EMULATOR is not None
    for command in (
        [assembler, "start.s", "-o", "start.o"],
        [linker, "-z", "noexecstack", "start.o", "kernel.o", "-o", "program"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    program = [EMULATOR, "-cpu", "max", str(folder / "program")]
    found = subprocess.run(program, capture_output=True, check=True, timeout=60).stdout
    arrays = [a for a in arguments if not isinstance(a, int)]
    return [
        np.frombuffer(found, a.dtype, a.size, place).reshape(a.shape)
        for a, place in zip(arrays, places, strict=True)
    ]


def kernel(folder: Path, target: Target, make: MakeOp, arrays: list[Any], result: Result) -> Any:
    """The result of an operation, all chunks of its kernel one after the other."""
    op, keep = planned_op(make, [Operand(a) for a in arrays], [result])
    plan = plan_kernel(op, target)
    assert plan is not None
    b = KernelBuilder(target)
    [chunks] = numbers_of([plan.write("k", b).chunks])
    expand_math(b.module)
    [entry] = [f for f in b.module.ops if isinstance(f, func.FuncOp) and f.sym_name.data == "k"]
    inputs = list(entry.function_type.inputs)
    with b.function("all", inputs) as (_, *memories), b.loop(0, chunks) as loop:
        b.call("k", [loop.index, *memories])
    del keep
    out = np.zeros(result.shape, result.dtype)
    return run(folder, b.module, target, "all", 0, *arrays, out)[-1]


def codes(dtype: Any, *shape: int) -> Any:
    return RNG.integers(0, 256, shape).astype(np.uint8).view(dtype)


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_dot_products(target: Target, tmp_path: Path) -> None:
    """Of all signs, on extremes: pairs of 255 * -128 and of 255 * 127."""
    x = np.full(128, 255, np.uint8)
    y = np.where(np.arange(128) % 8 < 4, 128, 127).astype(np.uint8)
    start = RNG.integers(-(2**31), 2**31, (len(SIGNS), len(LANES), 32)).astype(np.int32)
    wanted = start.astype(np.int64)
    for i, signs in enumerate(SIGNS):
        a, c = ((v if s == "u" else v.view(np.int8)) for v, s in zip((x, y), signs, strict=True))
        products = (a.astype(np.int64) * c).reshape(-1, 4).sum(axis=1)
        for j, lanes in enumerate(LANES):
            wanted[i, j, :lanes] += products[:lanes]
    found = run(tmp_path, dots(target).module, target, "f", x, y, start)[2]
    np.testing.assert_array_equal(found, wanted.astype(np.int32))


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_tables_and_pairs(target: Target, tmp_path: Path) -> None:
    b, bytes_ = KernelBuilder(target), memref_type([64], i8)
    words, sums = memref_type([64], i16), memref_type([32], i32)
    types = [memref_type([256], i8), bytes_, bytes_, words, words, sums]
    with b.function("f", types) as (table, at, entries, p, q, total):
        b.vstore(b.lookup(b.vload(table, [0], 256), b.vload(at, [0], 64)), entries, [0])
        pairs = b.dot_pairs(b.vload(total, [0], 32), b.vload(p, [0], 64), b.vload(q, [0], 64))
        b.vstore(pairs, total, [0])
    entries, at = RNG.permutation(256).astype(np.uint8), codes(np.uint8, 64)
    left, right = RNG.integers(-32768, 32767, (2, 64)).astype(np.int16)
    given = (entries, at, np.zeros(64, np.uint8), left, right, np.zeros(32, np.int32))
    found = run(tmp_path, b.module, target, "f", *given)
    np.testing.assert_array_equal(found[2], entries[at])
    products = (left.astype(np.int64) * right).reshape(-1, 2).sum(axis=1)
    np.testing.assert_array_equal(found[5], products.astype(np.int32))


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_kernels(target: Target, tmp_path: Path) -> None:
    """Products of two computed sides, of any signs, and a table."""
    for (m, n, k), left, right, turned in (
        ((13, 33, 60), np.uint8, np.int8, False),
        ((2, 50, 64), np.int8, np.int8, True),
        ((17, 20, 256), np.uint8, np.uint8, True),
        ((40, 40, 8), np.int8, np.uint8, False),
    ):
        x = codes(left, 2, m, k)
        w = codes(right, 2, n, k) if turned else codes(right, 2, k, n)

        def make(ins: Any, outs: Any, turned: bool = turned) -> MatmulOp:
            return MatmulOp(ins[0], ins[1], trans_rhs=turned, accumulator=i32, outs=outs)

        found = kernel(tmp_path, target, make, [x, w], Result((2, m, n), np.int32))
        other = np.swapaxes(w, 1, 2) if turned else w
        wanted = (x.astype(np.int64) @ other.astype(np.int64)).astype(np.int32)
        np.testing.assert_array_equal(found, wanted)
    x, table = codes(np.int8, 3, 67), codes(np.uint8, 256)
    found = kernel(
        tmp_path,
        target,
        lambda ins, outs: LookupOp(ins[0], ins[1], outs=outs),
        [x, table],
        Result(x.shape, np.uint8),
    )
    np.testing.assert_array_equal(found, table[x.view(np.uint8)])
