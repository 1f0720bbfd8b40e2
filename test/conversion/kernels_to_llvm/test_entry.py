"""stepwell_main: the frame, the pool, the reference callback and the error status."""

import ctypes
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import arith, func, math
from xdsl.dialects.builtin import FunctionType, UnitAttr, bf16, f32, i8, i64
from xdsl.ir import Region

from stepwell.conversion.kernels_to_llvm import compile_object, emit_assembly, emit_module
from stepwell.conversion.kernels_to_llvm.codegen import undefined_symbols
from stepwell.errors import CompileError
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import DYNAMIC, INDEX, KernelBuilder, memref_type
from stepwell.targets.target import Target

BYTES = memref_type([DYNAMIC], i8)


def scaled_sum(chunks: int) -> KernelBuilder:
    """`y = w * x` in chunks of 8, through a buffer of the arena; the weights hold w at byte 64."""
    b = KernelBuilder(Target.host())
    size = 8 * chunks
    buffer = memref_type([size], f32)
    with b.function("scale", [INDEX, buffer, buffer, buffer]) as (chunk, w, x, t):
        at = b.mul(chunk, 8)
        b.vstore(b.mulf(b.vload(w, [at], 8), b.vload(x, [at], 8)), t, [at])
    with b.function("copy", [INDEX, buffer, buffer]) as (chunk, t, y):
        at = b.mul(chunk, 8)
        b.vstore(b.vload(t, [at], 8), y, [at])
    with b.function("main", [BYTES, BYTES, buffer, buffer]) as (weights, arena, x, y):
        w = b.view(weights, 64, buffer)
        t = b.view(arena, 128, buffer)
        with b.parallel(chunks) as i:
            b.call("scale", [i, w, x, t])
        if chunks > 1:
            with b.parallel(chunks) as i:
                b.call("copy", [i, t, y])
        else:
            b.call("copy", [0, t, y])
    return b


def frame_of(*slots: Any) -> tuple[Any, list[Any]]:
    """An array of 8-byte slots; arrays give their address. Second: what must stay alive."""
    values = [s.ctypes.data if isinstance(s, np.ndarray) else s for s in slots]
    return np.array(values, np.int64), list(slots)


@pytest.mark.parametrize("chunks", [1, 3])
def test_frame_and_pool(native: Any, chunk_order: Any, chunks: int):
    b = scaled_sum(chunks)
    b.module.verify()
    size = 8 * chunks
    w, x = np.arange(size, dtype=np.float32) + 1, np.full(size, 0.5, np.float32)
    weights = np.zeros(64 + 4 * size, np.int8)
    weights[64:] = w.view(np.int8)
    arena, y = np.zeros(128 + 4 * size, np.int8), np.zeros(size, np.float32)
    frame, _ = frame_of(weights, arena, 0, 0, 99, 0, 0, x, y)
    program = native(b.module)
    assert program.call("stepwell_main", frame, result=ctypes.c_int32) == 0
    np.testing.assert_array_equal(y, w * x)
    assert chunk_order == ([0] if chunks == 1 else [2, 1, 0, 2, 1, 0])
    assert undefined_symbols(program.code) == {"stepwell_parallel"}

    again = np.zeros_like(y)
    run_kernels(b.module, "main", [weights, arena, x, again], reverse=True)
    np.testing.assert_array_equal(again, y)


def test_what_a_parallel_body_captures(native: Any, chunk_order: Any):
    """Scalars computed outside, two axes, a lower bound and a step."""
    from xdsl.dialects import scf
    from xdsl.ir import Block

    b = KernelBuilder(Target.host())
    grid = memref_type([4, 6], f32)
    with b.function("main", [BYTES, BYTES, grid]) as (_, _, y):
        ten = b.load(y, [0, 0])
        n = b.add(b.cast(b.load(y, [0, 1]), INDEX), 2)  # 4, unknown to the compiler
        body = Block(arg_types=[INDEX, INDEX])
        with b.block(body):
            i, j = body.args
            number = b.cast(b.index(b.add(b.mul(i, 10), j)), f32)
            b.store(b.addf(number, ten), y, [i, j])
            b.add_op(scf.ReduceOp())
        lower, upper, step = ([b.index(v) for v in g] for g in ((1, 0), (n, 6), (2, 3)))
        b.add_op(scf.ParallelOp(lower, upper, step, Region(body)))
    b.module.verify()
    start = np.zeros((4, 6), np.float32)
    start[0, :2] = 1000, 2
    found, wanted = start.copy(), start.copy()
    frame, _ = frame_of(start, start, 0, 0, 0, 0, 0, found)
    assert native(b.module).call("stepwell_main", frame, result=ctypes.c_int32) == 0
    run_kernels(b.module, "main", [np.zeros(1, np.int8), np.zeros(1, np.int8), wanted])
    np.testing.assert_array_equal(found, wanted)
    assert found[3, 3] == 1033
    assert len(chunk_order) == 4


def test_error_status_and_reference_callback(native: Any):
    b = KernelBuilder(Target.host())
    status_type, x_type = memref_type([1], i64), memref_type([1], f32)
    b.module.body.block.add_op(
        func.FuncOp("stepwell_reference", FunctionType.from_lists([INDEX], []), Region(), "private")
    )
    attributes = {"error_status": UnitAttr()}
    types = [BYTES, BYTES, status_type, x_type]
    with b.function("main", types, attributes=attributes) as (_, _, status, x):
        b.call("stepwell_reference", [7])
        with b.if_(b.cmpf("ogt", b.load(x, [0]), 1.0)):
            b.store(b.constant(3, i64), status, [0])
    b.module.verify()
    calls: list[int] = []
    callback = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(
        lambda index, frame: calls.append(index)
    )
    program = native(b.module)
    for value, wanted in ((0.5, 0), (2.0, 3), (0.5, 0)):
        x = np.array([value], np.float32)
        frame, _ = frame_of(x, x, 0, ctypes.cast(callback, ctypes.c_void_p).value, -1, 0, 0, x)
        assert program.call("stepwell_main", frame, result=ctypes.c_int32) == wanted
        assert frame[4] == wanted
    assert calls == [7, 7, 7]
    run_kernels(
        b.module, "main", [x.view(np.int8)] * 2 + [np.zeros(1, np.int64), x], reference=calls.append
    )
    assert calls == [7, 7, 7, 7]


def function_of(op: Any, type: Any = f32) -> KernelBuilder:
    b = KernelBuilder(Target.host())
    with b.function("f", [memref_type([4], type)] * 2) as (x, y):
        b.vstore(b.apply(op, b.vload(x, [0], 4)), y, [0])
    return b


def test_an_op_without_machine_code_is_named():
    with pytest.raises(CompileError, match=r"math.tanh has no machine code \(in function @f\)"):
        emit_module(function_of(math.TanhOp).module, Target.host())


def test_arithmetic_on_bfloat16_is_refused():
    with pytest.raises(CompileError, match="math.sqrt on bf16: extend to f32 first"):
        emit_module(function_of(math.SqrtOp, bf16).module, Target.host())


def test_a_call_into_a_library_is_named(host: Target):
    module = emit_module(function_of(math.SqrtOp).module, host)
    text = str(module).replace("llvm.sqrt", "llvm.sin")
    with pytest.raises(CompileError, match="would call sinf"):
        compile_object(text, host)


def test_ir_that_llvm_refuses(host: Target):
    with pytest.raises(CompileError, match="LLVM refuses the emitted IR"):
        compile_object("define void @f() { ret i32 0 }", host)


def test_top_level_op_and_unknown_callee(host: Target):
    b = KernelBuilder(host)
    with b.function("f", []):
        b.call("missing", [])
    with pytest.raises(CompileError, match="call of @missing"):
        emit_module(b.module, host)
    other = KernelBuilder(host)
    other.module.body.block.add_op(arith.ConstantOp.from_int_and_width(1, i64))
    with pytest.raises(CompileError, match="arith.constant at the top"):
        emit_module(other.module, host)


@pytest.mark.parametrize(
    ("target", "instruction"),
    [
        ("x86-64-v4", "vfmadd"),
        ("x86-64-v3", "vfmadd"),
        ("x86-64-v2", "mulps"),
        ("neoverse-n1", "fmla"),
        ("wasm32", "f32x4.relaxed_madd"),
    ],
)
def test_one_kernel_for_every_target(target: str, instruction: str):
    """The same template at each target's width; object and assembly without any library."""
    there = Target.parse(target)
    b = KernelBuilder(there)
    lanes = there.lanes(f32)
    with b.function("f", [memref_type([64], f32)] * 2) as (x, y):

        def body(i: Any, mask: Any, _: Any) -> None:
            v = b.vload(x, [i], lanes, mask)
            b.vstore(b.relu(b.fma(v, v, b.vload(y, [i], lanes, mask))), y, [i], mask)

        b.for_vectors(61, lanes, body)
    module = emit_module(b.module, there)
    assert len(compile_object(module, there)) > 100
    assert instruction in emit_assembly(module, there)


def test_in_place_kernels_are_not_noalias(host: Target):
    def attributes_of(**options: Any) -> str:
        b = KernelBuilder(host)
        with b.function("f", [memref_type([4], f32)] * 2, **options):
            pass
        return str(emit_module(b.module, host))

    assert attributes_of().count("noalias") == 2
    assert "noalias" not in attributes_of(attributes={"may_alias": UnitAttr()})
    assert "internal" in attributes_of(private=True)
    assert "noinline" in attributes_of(private=True)


def test_compiling_is_deterministic(host: Target):
    first, second = (
        compile_object(emit_module(scaled_sum(3).module, host), host) for _ in range(2)
    )
    assert first == second
