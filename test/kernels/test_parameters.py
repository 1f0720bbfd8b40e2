"""Parameters in place of sizes: which operations share a kernel, and what they pass to it."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import MemRefType, f32
from xdsl.ir import Block

from stepwell.dialects.engine import ConcatOp, MatmulOp, ReshapeOp
from stepwell.dialects.engine.base import EngineOp, extents_of, stride_extents_of
from stepwell.kernels.builder import DYNAMIC, memref_type
from stepwell.kernels.kernel_key import kernel_key, kernel_name
from stepwell.kernels.parameters import kernel_sizes, parametrized, with_sizes
from stepwell.kernels.template import Kernel, chunks_of, kernel_arguments
from stepwell.runtime.size import Extent
from stepwell.runtime.size_text import parse_size
from stepwell.test.kernels.memory import memref_of

Shape = tuple[int | str, ...]


def buffer(shape: Shape, strides: Shape | None = None) -> MemRefType:
    def extents(given: Shape) -> tuple[Extent, ...]:
        return tuple(parse_size(n) if isinstance(n, str) else n for n in given)

    return memref_of(extents(shape), "f4", None, None if strides is None else extents(strides))


def concat(left: Shape, right: Shape, out: Shape, strides: Shape | None = None) -> EngineOp:
    block = Block(arg_types=[buffer(left, strides), buffer(right), buffer(out)])
    op = ConcatOp(block.args[:2], 0, outs=block.args[2:])
    block.add_op(op)
    op.verify()
    return op


def renamed(op: EngineOp) -> list[tuple[str, ...]]:
    return [tuple(map(str, extents_of(v))) for v in parametrized(op).op.operands]


def texts(op: EngineOp) -> list[str]:
    return [str(size) for size in kernel_sizes(op)]


def test_an_operation_of_numbers_is_left_alone() -> None:
    op = concat((2, 4), (3, 4), (5, 4))
    assert parametrized(op).op is op
    assert kernel_sizes(op) == ()
    assert len(kernel_arguments(op)) == 4


def test_names_do_not_matter() -> None:
    a = concat(("N", 4), ("M", 4), ("M + N", 4))
    b = concat(("X", 4), ("A + 1", 4), ("A + X + 1", 4))
    assert kernel_key(a) == kernel_key(b)
    assert kernel_name(a, kernel_key(a)) == kernel_name(b, kernel_key(b))
    assert texts(a) == ["N", "M"]
    assert texts(b) == ["X", "A + 1"]
    assert renamed(b) == [("p0", "4"), ("p1", "4"), ("p0 + p1", "4")]


def test_other_relations_make_other_kernels() -> None:
    a = concat(("N", 4), ("N", 4), ("2 * N", 4))
    b = concat(("N", 4), ("M", 4), ("M + N", 4))
    assert kernel_key(a) != kernel_key(b)
    assert texts(a) == ["N"]


def test_a_product_is_one_parameter_unless_its_factors_are() -> None:
    block = Block(arg_types=[buffer(("N * S", 8)), buffer((8, 4)), buffer(("N * S", 4))])
    product = MatmulOp(block.args[0], block.args[1], outs=block.args[2:])
    assert texts(product) == ["N * S"]
    block = Block(arg_types=[buffer(("N * S", 8)), buffer(("N", "S", 8))])
    reshape = ReshapeOp(block.args[0], (1, 2, 8), outs=block.args[1:])
    assert renamed(reshape) == [("p0 * p1", "8"), ("p0", "p1", "8")]
    assert texts(reshape) == ["N", "S"]


@pytest.mark.parametrize(
    ("stride", "written", "sizes"),
    [
        ("N * 4", "p0 * 4", ["N", "M"]),
        ("M * N * 12", "p0 * p1 * 12", ["N", "M"]),
        ("K * 12 + 24", "p2 * 12", ["N", "M", "K + 2"]),
        ("K * N * 4", "p0 * p2 * 4", ["N", "M", "K"]),
        ("M + N", "p0 + p1", ["N", "M"]),
    ],
)
def test_strides_are_products(stride: str, written: str, sizes: list[str]) -> None:
    op = concat(("N", 4), ("M", 4), ("M + N", 4), (stride, 1))
    assert stride_extents_of(parametrized(op).op.operands[0]) == (parse_size(written), 1)
    assert texts(op) == sizes


def test_quotients_are_parameters_of_their_own() -> None:
    op = concat(("H", 4), ("H floordiv 2", 4), ("H + (H floordiv 2)", 4))
    assert texts(op) == ["H", "H floordiv 2"]


def test_sizes_of_a_kernel_are_those_of_its_use() -> None:
    op = concat(("N", 4), ("A + 1", 4), ("N + A + 1", 4))
    kernel = Kernel(parse_size("min(32, p0 * p1)"))
    assert chunks_of(op, kernel) == parse_size("min(32, N * A + N)")
    assert with_sizes(7, op) == 7
    # The chunk, three buffers, the number of chunks, two sizes; buffers are flat.
    arguments = kernel_arguments(op, chunks=kernel.chunks)
    assert len(arguments) == 7
    assert arguments[1] == memref_type([DYNAMIC], f32)


def test_parameters_are_parameters() -> None:
    op = parametrized(concat(("N", 4), ("M", 4), ("N + M", 4))).op
    assert parametrized(op).op is op
    assert texts(op) == ["p0", "p1"]
