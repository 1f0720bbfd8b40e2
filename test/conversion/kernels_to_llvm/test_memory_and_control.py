"""Memory, lanes and control flow: native code against the interpreter."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import arith, memref, scf
from xdsl.dialects.builtin import f32, f64, i1, i8, i32, i64
from xdsl.ir import Block, Region
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import dtype_of
from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import DYNAMIC, INDEX, KernelBuilder, memref_type
from stepwell.targets.target import Target


def both(native: Any, b: KernelBuilder, arguments: list[Any], name: str = "f") -> list[Any]:
    """Run both ways on copies; every array must come out equal. Gives the native arrays."""
    b.module.verify()
    parsed = Parser(make_context(), str(b.module)).parse_module()
    assert str(parsed) == str(b.module), "the kernel does not survive printing and parsing"
    wanted = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    found = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    run_kernels(parsed, name, wanted)
    native(b.module).call(name, *found)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    return found


def builder() -> KernelBuilder:
    return KernelBuilder(Target.host())


@pytest.mark.parametrize("element", [f32, f64, i1, i8, i32, i64], ids=str)
def test_scalar_copy_of_every_type(native: Any, element: Any):
    b = builder()
    types = [memref_type([3, 5], element), memref_type([5, 3], element)]
    with b.function("f", types) as (x, y), b.loop(0, 3) as i, b.loop(0, 5) as j:
        b.store(b.load(x, [i.index, j.index]), y, [j.index, i.index])
    data = np.random.default_rng(0).integers(0, 2, (3, 5)).astype(dtype_of(element))
    _, found = both(native, b, [data, np.zeros((5, 3), data.dtype)])
    np.testing.assert_array_equal(found, data.T)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 67), lanes=st.sampled_from([2, 4, 8, 16]), shift=st.integers(0, 3))
def test_masked_tails_touch_nothing_outside(native: Any, size: int, lanes: int, shift: int):
    """The interpreter raises on any access outside; natively the rest keeps its values."""
    b = builder()
    whole = size + shift + 40
    with b.function("f", [memref_type([whole], i32)] * 2) as (x, y):
        source, target = b.subview(x, [shift], [size]), b.subview(y, [shift], [size])

        def body(i: Any, mask: Any, _: Any) -> None:
            b.vstore(b.addi(b.vload(source, [i], lanes, mask), 1), target, [i], mask)

        b.for_vectors(size, lanes, body)
    data = np.arange(whole, dtype=np.int32)
    _, found = both(native, b, [data, np.full(whole, -5, np.int32)])
    assert (np.flatnonzero(found != -5) == np.arange(shift, shift + size)).all()


@settings(max_examples=20, deadline=None)
@given(size=st.integers(0, 50))
def test_extent_known_at_run_time(native: Any, size: int):
    b = builder()
    with b.function("f", [INDEX, memref_type([64], f32), memref_type([64], f32)]) as (n, x, y):

        def body(i: Any, mask: Any, carried: Any) -> Any:
            v = b.vload(x, [i], 8, mask)
            b.vstore(v, y, [i], mask)
            return [b.addf(carried[0], v)]

        (total,) = b.for_vectors(n, 8, body, [b.splat(0.0, f32, 8)])
        b.store(b.reduce("add", total), y, [63])
    data = np.random.default_rng(0).integers(-50, 50, 64).astype(np.float32)
    _, _, found = both(native, b, [size, data, np.zeros(64, np.float32)])
    assert found[63] == data[:size].sum()


def test_mask_of_an_impossible_count(native: Any):
    b = builder()
    with b.function("f", [INDEX, memref_type([8], i32)]) as (n, y):
        mask = b.mask(n, 8)
        b.vstore(b.splat(1, i32, 8), y, [0], mask)
    for count, wanted in ((-3, 0), (0, 0), (5, 5), (8, 8), (2**40, 8)):
        _, found = both(native, b, [count, np.zeros(8, np.int32)])
        assert found.sum() == wanted


@pytest.mark.parametrize("width", [2, 4, 8, 16])
def test_transpose(native: Any, width: int):
    b = builder()
    with b.function("f", [memref_type([width, width], f32)] * 2) as (x, y):
        rows = [b.vload(x, [i, 0], width) for i in range(width)]
        for i, row in enumerate(b.transpose(rows)):
            b.vstore(row, y, [i, 0])
    data = np.arange(width * width, dtype=np.float32).reshape(width, width)
    _, found = both(native, b, [data, np.zeros_like(data)])
    np.testing.assert_array_equal(found, data.T)


KINDS = ["add", "mul", "maximumf", "minimumf", "maxnumf", "minnumf"]
INTEGER_KINDS = ["add", "mul", "and", "or", "xor", "maxsi", "minsi", "maxui", "minui"]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("lanes", [2, 3, 8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_float_reductions_have_one_order(native: Any, kind: str, lanes: int, ordered: bool):
    """Bit for bit the tree of halves (or left to right), with NaN where it belongs."""
    b = builder()
    with b.function("f", [memref_type([lanes], f32), memref_type([2], f32)]) as (x, y):
        v = b.vload(x, [0], lanes)
        b.store(b.reduce(kind, v, ordered=ordered), y, [0])
        b.store(b.reduce(kind, v, b.constant(1.5, f32), ordered=ordered), y, [1])
    rng = np.random.default_rng(3)
    data = rng.standard_normal(lanes).astype(np.float32)
    both(native, b, [data, np.zeros(2, np.float32)])
    data[lanes // 2] = np.nan
    both(native, b, [data, np.zeros(2, np.float32)])


@pytest.mark.parametrize("kind", INTEGER_KINDS)
def test_integer_reductions(native: Any, kind: str):
    b = builder()
    with b.function("f", [memref_type([8], i32), memref_type([1], i32)]) as (x, y):
        b.store(b.reduce(kind, b.vload(x, [0], 8)), y, [0])
    data = np.random.default_rng(4).integers(-(2**31), 2**31 - 1, 8).astype(np.int32)
    both(native, b, [data, np.zeros(1, np.int32)])


def test_lanes(native: Any):
    """extract, insert, broadcast, shuffle (of vectors of two lengths), gather, scatter."""
    b = builder()
    with b.function("f", [memref_type([16], f32), memref_type([16], f32)]) as (x, y):
        v, w = b.vload(x, [0], 8), b.vload(x, [8], 4)
        mixed = b.shuffle(v, w, [11, 0, 8, 7])
        mixed = b.insert(b.extract(v, 3), mixed, 1)
        b.vstore(mixed, y, [0])
        b.vstore(b.broadcast(b.extract(w, 0), 4), y, [4])
        b.vstore(b.gather(x, [[15], [0], [7], [2]]), y, [8])
        b.scatter(b.gather(x, [[1], [3]]), y, [[15], [12]])
    data = np.arange(16, dtype=np.float32)
    _, found = both(native, b, [data, np.zeros_like(data)])
    np.testing.assert_array_equal(found, [11, 3, 8, 7, 8, 8, 8, 8, 15, 0, 7, 2, 3, 0, 0, 1])


def test_views(native: Any):
    """view of bytes, subview with and without dropped axes, reinterpret_cast, static and not."""
    b = builder()
    bytes_type = memref_type([DYNAMIC], i8)
    with b.function("f", [INDEX, memref_type([256], i8), memref_type([6], f32)]) as (n, raw, y):
        raw = b.op(memref.CastOp, [raw], bytes_type)
        x = b.view(raw, 16, memref_type([4, 6], f32))
        row = b.subview(x, [n, 0], [1, 6], drop=[0])
        column = b.subview(x, [0, 3], [4, 1], drop=[1])
        corner = b.subview(x, [1, b.add(n, 1)], [3, 2])
        flat = b.reshape(x, [24])
        turned = b.reshape(x, [6, 4], [1, 6])
        b.store(b.load(row, [2]), y, [0])
        b.store(b.load(column, [n]), y, [1])
        b.store(b.load(corner, [1, 1]), y, [2])
        b.store(b.load(flat, [23]), y, [3])
        b.store(b.load(turned, [5, n]), y, [4])
        b.store(b.cast(b.index(b.dim(raw, 0)), f32), y, [5])
    raw = np.zeros(256, np.int8)
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    raw[16 : 16 + 96] = x.view(np.int8).ravel()
    _, _, found = both(native, b, [2, raw, np.zeros(6, np.float32)])
    np.testing.assert_array_equal(found, [x[2, 2], x[2, 3], x[2, 4], x[3, 5], x[2, 5], 256])


def test_strided_and_open_memrefs_between_functions(native: Any):
    """A tile function takes any strides and sizes; its caller hands subviews to it."""
    b = builder()
    open_type = memref_type([DYNAMIC, DYNAMIC], f32, [None, None], None)
    with b.function("add_one", [open_type], private=True) as (t,):
        rows, columns = b.dim(t, 0), b.dim(t, 1)
        with b.loop(0, rows) as i, b.loop(0, columns) as j:
            at = [i.index, j.index]
            b.store(b.addf(b.load(t, at), 1.0), t, at)
    with b.function("f", [INDEX, memref_type([6, 8], f32)]) as (n, x):
        part = b.subview(x, [1, n], [n, 3])
        b.call("add_one", [b.op(memref.CastOp, [part], open_type)])
    data = np.zeros((6, 8), np.float32)
    _, found = both(native, b, [3, data])
    assert found.sum() == 9
    assert (found[1:4, 3:6] == 1).all()


def test_private_function_with_a_result(native: Any):
    b = builder()
    with b.function("twice", [f32], [f32], private=True) as (x,):
        b.ret(b.addf(x, x))
    with b.function("f", [memref_type([1], f32)]) as (y,):
        (value,) = b.call("twice", [b.load(y, [0])], [f32])
        b.store(value, y, [0])
    (found,) = both(native, b, [np.array([21], np.float32)])
    assert found[0] == 42


def test_copy_and_stack_buffers(native: Any):
    b = builder()
    with b.function("f", [memref_type([4, 6], f32), memref_type([3, 2], f32)]) as (x, y):
        with b.loop(0, 3) as i:
            stack = b.alloca([2], f32)
            b.store(b.load(x, [i.index, 1]), stack, [0])
            b.store(b.load(stack, [0]), y, [i.index, 0])
        source = b.subview(x, [1, 3], [3, 1])
        b.add_op(memref.CopyOp(source, b.subview(y, [0, 1], [3, 1])))
    data = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    _, found = both(native, b, [data, np.zeros((3, 2), np.float32)])
    np.testing.assert_array_equal(found[:, 1], data[1:, 3])


@settings(max_examples=15, deadline=None)
@given(lower=st.integers(-5, 8), upper=st.integers(-5, 20), step=st.integers(1, 7))
def test_loops_of_any_trip_count(native: Any, lower: int, upper: int, step: int):
    """Known and unknown bounds, carried values that swap places."""
    b = builder()
    with b.function("f", [INDEX, INDEX, memref_type([4], i64)]) as (low, high, y):
        one, two = b.constant(1, i64), b.constant(2, i64)
        for at, (first, last) in enumerate(((low, high), (lower, upper))):
            with b.loop(first, last, step, [one, two]) as loop:
                a, c = loop.carried
                loop.yield_(c, b.addi(b.muli(a, 3), b.cast(b.index(loop.index), i64)))
            b.store(loop.results[0], y, [2 * at])
            b.store(loop.results[1], y, [2 * at + 1])
    _, _, found = both(native, b, [lower, upper, np.zeros(4, np.int64)])
    assert (found[:2] == found[2:]).all()


@pytest.mark.parametrize("value", [-3, 0, 1, 7])
def test_branches(native: Any, value: int):
    b = builder()
    with b.function("f", [INDEX, memref_type([3], i64)]) as (n, y):
        big = b.cmpi("sgt", n, 0)
        with b.if_(big):
            b.store(b.constant(1, i64), y, [0])
        (picked,) = b.if_else(
            big, lambda: [b.constant(10, i64)], lambda: [b.constant(20, i64)], [i64]
        )
        b.store(picked, y, [1])
        cases = [
            Region(Block([c := arith.ConstantOp.from_int_and_width(i, i64), scf.YieldOp(c)]))
            for i in (100, 101, 102)
        ]
        switch = scf.IndexSwitchOp(n, b_cases(0, 7), cases[0], cases[1:], [i64])
        b.store(b.add_op(switch)[0], y, [2])
    _, found = both(native, b, [value, np.zeros(3, np.int64)])
    assert found.tolist() == [
        int(value > 0),
        10 if value > 0 else 20,
        {0: 101, 7: 102}.get(value, 100),
    ]


def b_cases(*values: int) -> Any:
    from xdsl.dialects.builtin import DenseArrayBase

    return DenseArrayBase.from_list(i64, values)


@pytest.mark.parametrize("value", [1, 6, 27])
def test_while(native: Any, value: int):
    """Steps of the Collatz sequence down to 1."""
    b = builder()
    with b.function("f", [INDEX, memref_type([1], i64)]) as (n, y):
        start = [b.cast(n, i64), b.constant(0, i64)]

        def step(values: Any) -> Any:
            x, count = values
            odd = b.cmpi("ne", b.andi(x, 1), 0)
            following = b.select(odd, b.addi(b.muli(x, 3), 1), b.apply(arith.ShRUIOp, x, 1))
            return [following, b.addi(count, 1)]

        _, count = b.while_(start, lambda v: b.cmpi("ne", v[0], 1), step)
        b.store(count, y, [0])
    _, found = both(native, b, [value, np.zeros(1, np.int64)])
    assert found[0] == {1: 0, 6: 8, 27: 111}[value]


def test_parallel_outside_main_runs_in_order(native: Any):
    b = builder()
    with b.function("f", [memref_type([2, 3], i64)]) as (y,):
        body = Block(arg_types=[INDEX, INDEX])
        zero, two, three, one = (b.index(n) for n in (0, 2, 3, 1))
        start = b.constant(5, i64)
        with b.block(body):
            i, j = body.args
            value = b.cast(b.index(b.add(b.mul(i, 10), j)), i64)
            b.store(value, y, [i, j])
            inner = Block(arg_types=[i64, i64])
            with b.block(inner):
                total = b.addi(inner.args[0], inner.args[1])
                b.add_op(scf.ReduceReturnOp(total))
            b.add_op(scf.ReduceOp([value], [Region(inner)]))
        op = scf.ParallelOp([zero, zero], [two, three], [one, one], Region(body), [start])
        b.store(b.add_op(op)[0], y, [0, 0])
    (found,) = both(native, b, [np.zeros((2, 3), np.int64)])
    assert found[0, 0] == 5 + 0 + 1 + 2 + 10 + 11 + 12


def test_interpreter_refuses_what_lies_outside():
    from xdsl.utils.exceptions import InterpretationError

    def run(access: Any) -> None:
        b = builder()
        with b.function("f", [memref_type([4, 8], f32)]) as (x,):
            access(b, x)
        with pytest.raises(InterpretationError):
            run_kernels(b.module, "f", [np.zeros((4, 8), np.float32)])

    run(lambda b, x: b.load(x, [4, 0]))
    run(lambda b, x: b.load(x, [0, -1]))
    run(lambda b, x: b.vload(x, [0, 4], 8))
    run(lambda b, x: b.vstore(b.splat(0.0, f32, 8), x, [3, 1]))
    run(lambda b, x: b.vload(x, [0, 6], 4, b.mask(3, 4)))
    run(lambda b, x: b.load(b.reshape(x, [33]), [32]))
    run(lambda b, x: b.load(b.subview(x, [2, 0], [3, 8]), [0, 0]))
    run(lambda b, x: b.vload(b.reshape(x, [4, 4], [1, 8]), [0, 0], 2))
