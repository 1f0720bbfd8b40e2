"""The kernel builder: what folds, what is shared, where ops go."""

import time

import pytest
from xdsl.dialects import arith, scf, vector
from xdsl.dialects.builtin import f32, i32

from stepwell.errors import UsageError
from stepwell.ir.dominance import verify_dominance
from stepwell.kernels.builder import INDEX, KernelBuilder, memref_type, vector_type
from stepwell.targets.target import TARGETS, Target

V3 = Target.parse("x86-64-v3")


def names(b: KernelBuilder) -> list[str]:
    return [op.name for op in b.module.walk()]


def test_numbers_stay_numbers():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX]) as (n,):
        assert b.add(3, 4) == 7
        assert b.sub(n, n) == 0
        assert b.mul(n, 0) == 0
        assert b.mul(n, 1) is n
        assert b.add(0, n) is n
        assert b.floordiv(n, 1) is n
        assert b.mod(n, 1) == 0
        assert b.ceildiv(17, 8) == 3
        assert b.round_down(37, 8) == 32
        assert b.min(3, 5) == 3
        assert b.sum(1, 2, 3) == 6
        assert b.unflatten(23, [2, 3, 4]) == (1, 2, 3)
        assert b.add(b.index(5), 6) == 11
        assert b.number(b.index(9)) == 9
    assert "arith.addi" not in names(b)


def test_equal_index_values_are_one_and_stay_in_their_block():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX, memref_type([64], f32)]) as (n, x):
        first = b.add(n, 8)
        assert b.add(8, n) is first
        with b.loop(0, n) as loop:
            assert b.add(n, 8) is first
            inside = b.mul(loop.index, n)
            assert b.mul(loop.index, n) is inside
        with b.loop(0, n) as loop:
            b.load(x, [b.mul(n, 3)])
        b.load(x, [b.mul(n, 3)])  # the one inside the loop is not visible here
    b.module.verify()
    verify_dominance(b.module)
    assert names(b).count("arith.muli") == 3


def test_constants_stand_once_at_the_head():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX]) as (n,), b.loop(0, n):
        one = b.constant(1.5, f32)
        assert b.constant(1.5, f32) is one
        assert b.constant(-0.0, f32) is not b.constant(0.0, f32)
        assert b.constant(0, f32) is b.constant(0.0, f32)
        assert b.constant(1, i32) is not b.constant(1, INDEX)
    entry = b.module.body.block.first_op.regions[0].block  # pyright: ignore[reportOptionalMemberAccess]
    ops = list(entry.ops)
    assert all(isinstance(op, arith.ConstantOp) for op in ops[:-2])
    assert isinstance(ops[-2], scf.ForOp)


@pytest.mark.parametrize(("bounds", "loops"), [((0, 8, 8), 0), ((0, 3, 8), 0), ((0, 9, 8), 1)])
def test_a_loop_of_one_trip_leaves_no_loop(bounds: tuple[int, int, int], loops: int):
    b = KernelBuilder(V3)
    with b.function("f", [], [i32]):
        with b.loop(*bounds, [b.constant(1, i32)]) as loop:
            loop.yield_(b.addi(loop.carried[0], 1))
        b.ret(loop.results[0])
    b.module.verify()
    assert names(b).count("scf.for") == loops


def test_for_each_without_trips_leaves_nothing():
    b = KernelBuilder(V3)
    with b.function("f", [], [i32]):
        start = b.constant(1, i32)
        (result,) = b.for_each(4, 4, 1, lambda i, c: [b.addi(c[0], 1)], [start])
        assert result is start
        b.ret(result)


def test_a_loop_with_carried_values_must_yield():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX]) as (n,):
        one = b.constant(1, i32)
        with pytest.raises(AssertionError, match="must yield"), b.loop(0, n, 1, [one]):
            pass


@pytest.mark.parametrize(("size", "masked"), [(32, 0), (33, 1), (7, 1)])
def test_vectors_over_an_extent(size: int, masked: int):
    b = KernelBuilder(V3)
    with b.function("f", [memref_type([size], f32)]) as (x,):
        b.for_vectors(size, 8, lambda i, m, _: b.vstore(b.vload(x, [i], 8, m), x, [i], m))
    assert names(b).count("vector.maskedload") == masked
    assert names(b).count("vector.load") == (1 if size >= 8 else 0)


def test_operands_widen_to_vectors():
    b = KernelBuilder(V3)
    with b.function("f", [f32, vector_type(f32, 8)]) as (x, v):
        assert b.addf(x, v).type == vector_type(f32, 8)
        assert b.mulf(v, 2).type == vector_type(f32, 8)
        assert b.fma(x, v, 1.0).type == vector_type(f32, 8)
        assert b.select(b.cmpf("olt", v, 0.0), x, v).type == vector_type(f32, 8)
        assert b.cast(b.cast(v, i32), INDEX).type == vector_type(INDEX, 8)
        assert b.cast(b.cast(x, INDEX), f32).type == f32
        assert b.cast(x, f32) is x
    b.module.verify()


def test_functions_inside_functions():
    """A tile function written in the middle of its kernel; constants go where they belong."""
    b = KernelBuilder(V3)
    with b.function("kernel", [INDEX]) as (n,):
        b.constant(3, i32)
        with b.function(b.unique_name("tile"), [INDEX], private=True) as (m,):
            b.constant(3, i32)
            b.add(m, 1)
        assert b.unique_name("tile") == "tile_1"
        b.call("tile", [b.add(n, 1)])
    b.module.verify()
    verify_dominance(b.module)
    assert names(b).count("func.func") == 2
    assert names(b).count("func.return") == 2


def test_unmasked_where_the_count_fills_the_vector():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX]) as (n,):
        assert b.mask(8, 8) is None
        assert b.mask(12, 8) is None
        assert b.mask(7, 8) is not None
        assert b.mask(n, 8) is not None


def test_subview_types():
    b = KernelBuilder(V3)
    with b.function("f", [INDEX, memref_type([4, 6, 8], f32)]) as (n, x):
        fixed = b.subview(x, [1, 2, 0], [2, 3, 8])
        assert fixed.type == memref_type([2, 3, 8], f32, [48, 8, 1], 64)
        moving = b.subview(x, [n, 0, 0], [1, 6, 8], drop=[0])
        assert moving.type == memref_type([6, 8], f32, [8, 1], None)
    b.module.verify()


@pytest.mark.parametrize("target", list(TARGETS))
def test_lanes_of_every_target(target: str):
    there = Target.parse(target)
    assert there.lanes(f32) * 32 == there.vector_bits
    assert there.lanes(INDEX) * 64 == there.vector_bits


def test_unknown_target_names_the_nearest():
    with pytest.raises(UsageError, match=r"did you mean 'x86-64-v4'"):
        Target.parse("x86-64-v5")


def test_the_host_is_one_of_the_families():
    host = Target.host()
    assert Target.parse("native") == host
    assert host.vector_bits in (128, 256, 512)
    assert host.l1_bytes < host.l2_bytes


def test_building_is_fast():
    """An op takes some 15 us; a tenth of a second for 1500 is generous on a loaded machine."""

    def build() -> float:
        b = KernelBuilder(V3)
        start = time.perf_counter()
        with b.function("f", [memref_type([4096], f32)]) as (x,):
            for i in range(500):
                v = b.vload(x, [8 * i], 8)
                b.vstore(b.fma(v, v, v), x, [8 * i])
        assert names(b).count(vector.FMAOp.name) == 500
        return time.perf_counter() - start

    assert min(build() for _ in range(3)) < 0.3
