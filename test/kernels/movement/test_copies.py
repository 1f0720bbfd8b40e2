"""Data movement between layouts, blocks, strides and element types."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import SSAValue

from stepwell.dialects.engine import (
    BroadcastOp,
    ConcatOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from stepwell.dialects.engine.base import EngineOp, int_array
from stepwell.interpreters.engine.semantics import evaluate
from stepwell.kernels.movement.copies import pad_source
from stepwell.runtime.size import evaluated, named
from stepwell.test.kernels.harness import build_kernel, planned_op, run_kernel, targets
from stepwell.test.kernels.memory import (
    Array,
    Operand,
    Result,
    bind_memory,
    logical_results,
    wider_strides,
)
from stepwell.test.kernels.native import NativeKernel

Make = Callable[[list[SSAValue], list[SSAValue]], EngineOp]
TARGETS = pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
TAGS = [None, "aBcd16b", "aBcd8b", "acdb", "cabd", "Abcd8a", "ABcd8b16a"]
DTYPES = [np.float32, np.float64, np.int8, np.int64, np.bool_, np.float16]


def _check(make: Make, operands: Sequence[Operand], result: Result, target: object = None) -> None:
    op, keep = planned_op(make, operands, [result])
    [expected] = evaluate(op, *(o.array for o in operands))
    [found] = run_kernel(make, operands, [result], target)  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(found, expected)
    del keep


def _numbers(shape: Sequence[int], dtype: type[np.generic] = np.float32) -> Array:
    count = int(np.prod(shape))
    return (np.arange(1, count + 1) % 113).astype(dtype).reshape(shape)


def _margin(tag: str | None) -> tuple[int, ...]:
    blocks = 0 if tag is None else sum(c.isupper() for c in tag)
    return (1, 0, 2, 1, *(0,) * blocks)


def _place(data: st.DataObject, array: Array, tags: Sequence[str | None] = TAGS) -> Operand:
    tag = data.draw(st.sampled_from(tags))
    gaps = data.draw(st.booleans())
    return Operand(array, tag, wider_strides(array.shape, tag, _margin(tag)) if gaps else None)


def _result(data: st.DataObject, shape: tuple[int, ...], dtype: type[np.generic]) -> Result:
    tag = data.draw(st.sampled_from(TAGS))
    gaps = data.draw(st.booleans())
    return Result(shape, dtype, tag, wider_strides(shape, tag, _margin(tag)) if gaps else None)


def _shape(data: st.DataObject) -> tuple[int, ...]:
    return tuple(data.draw(st.integers(1, n)) for n in (3, 37, 6, 21))


@settings(max_examples=14, deadline=None)
@given(data=st.data())
@TARGETS
def test_relayout(target: object, data: st.DataObject) -> None:
    """Any layout to any other, blocks of different sizes included."""
    dtype = data.draw(st.sampled_from(DTYPES))
    x = _numbers(_shape(data), dtype)
    result = _result(data, x.shape, dtype)
    _check(lambda i, o: RelayoutOp(i[0], None, outs=o), [_place(data, x)], result, target)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_transpose(data: st.DataObject) -> None:
    """Any permutation of any layout."""
    dtype = data.draw(st.sampled_from(DTYPES))
    x = _numbers(_shape(data), dtype)
    perm = data.draw(st.permutations(range(4)))
    result = _result(data, tuple(x.shape[p] for p in perm), dtype)
    _check(lambda i, o: TransposeOp(i[0], perm, outs=o), [_place(data, x)], result)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_slice(data: st.DataObject) -> None:
    """Starts inside of blocks, steps, and steps backwards."""
    x = _numbers(_shape(data))
    starts: list[int] = []
    sizes: list[int] = []
    steps: list[int] = []
    for n in x.shape:
        step = data.draw(st.sampled_from([1, 1, 2, -1, -3]))
        start = data.draw(st.integers(0, n - 1))
        most = (n - 1 - start) // step + 1 if step > 0 else start // -step + 1
        starts.append(start)
        sizes.append(data.draw(st.integers(1, most)))
        steps.append(step)
    result = _result(data, tuple(sizes), np.float32)
    _check(lambda i, o: SliceOp(i[0], starts, sizes, steps, outs=o), [_place(data, x)], result)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_concat(data: st.DataObject) -> None:
    """Operands in layouts of their own, joined anywhere, also inside of blocks."""
    shape, axis = list(_shape(data)), data.draw(st.integers(0, 3))
    operands: list[Operand] = []
    total = 0
    for _ in range(data.draw(st.integers(1, 3))):
        shape[axis] = data.draw(st.integers(1, 19))
        total += shape[axis]
        operands.append(_place(data, _numbers(shape) + 100 * len(operands)))
    shape[axis] = total
    result = _result(data, tuple(shape), np.float32)
    _check(lambda i, o: ConcatOp(i, axis, outs=o), operands, result)


@pytest.mark.parametrize("past", [64, 128, 192, 256])
def test_chunks_of_two_threads_are_even(past: int):
    """A cache of keys and one more: as many chunks, of as many heads, for each of two threads."""
    operands = [Operand(_numbers((1, 12, n, 64))) for n in (past, 1)]
    _, kernel = build_kernel(
        lambda i, o: ConcatOp(i, 2, outs=o), operands, [Result((1, 12, past + 1, 64))]
    )
    assert kernel.chunks == 1 or kernel.chunks % 2 == 0


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_pad(data: st.DataObject) -> None:
    """All modes, cropping included, in any layouts."""
    x = _numbers(_shape(data))
    mode = data.draw(st.sampled_from(["constant", "constant", "edge", "reflect", "wrap"]))
    low: list[int] = []
    high: list[int] = []
    for n in x.shape:
        most = n - 1 if mode == "reflect" else 3
        low.append(data.draw(st.integers(max(1 - n, -2), min(most, 3))))
        least = 1 - n - min(low[-1], 0)  # one element stays, from which borders come
        high.append(data.draw(st.integers(max(least, -2), min(most, 3))))
    shape = tuple(n + a + b for n, a, b in zip(x.shape, low, high, strict=True))
    result = _result(data, shape, np.float32)
    value = FloatAttr(-7.0, f32)
    _check(lambda i, o: PadOp(i[0], low, high, value, mode, outs=o), [_place(data, x)], result)


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
def test_pad_repeats_what_cropping_leaves(mode: str) -> None:
    """Elements that one end loses do not come back at the other."""
    low, high = [0, 2, -1, -2], [0, -2, 3, 5]
    x, value = _numbers((2, 5, 4, 6)), FloatAttr(0.0, f32)
    result = Result((2, 5, 6, 9), np.float32, None, None)
    _check(lambda i, o: PadOp(i[0], low, high, value, mode, outs=o), [Operand(x)], result)


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_broadcast(data: st.DataObject) -> None:
    """New and stretched dimensions."""
    shape = _shape(data)
    own = tuple(n if data.draw(st.booleans()) else 1 for n in shape)
    operand = _place(data, _numbers(own))
    if data.draw(st.booleans()) and own[0] == 1:
        operand = Operand(operand.array[0])
    result = _result(data, shape, np.float32)
    _check(lambda i, o: BroadcastOp(i[0], shape, outs=o), [operand], result)


@pytest.mark.parametrize(
    ("before", "after"),
    [((2, 12), (2, 3, 4)), ((4, 6), (3, 8)), ((24,), (1, 24, 1)), ((), (1, 1)), ((0, 3), (3, 0))],
)
def test_reshape(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Dimensions that split evenly run as strided copies, others element by element."""
    x = _numbers(before)
    for layout in (None, "ba") if len(before) == 2 else (None,):
        for margin in (0, 3) if before else (0,):
            strides = wider_strides(before, layout, (margin,) * len(before)) if margin else None
            _check(
                lambda i, o: ReshapeOp(i[0], after, outs=o),
                [Operand(x, layout, strides)],
                Result(after),
            )


@pytest.mark.parametrize("shape", [(300, 500), (1, 64, 56, 56)])
def test_many_chunks(shape: tuple[int, ...]) -> None:
    """Large copies are cut into chunks that cover everything once."""
    x = _numbers(shape)
    if len(shape) == 2:
        _check(lambda i, o: TransposeOp(i[0], (1, 0), outs=o), [Operand(x)], Result(shape[::-1]))
        return
    for source, target in (("abcd", "aBcd16b"), ("aBcd16b", "abcd"), ("aBcd16b", "aBcd16b")):
        _check(
            lambda i, o: RelayoutOp(i[0], None, outs=o),
            [Operand(x, source)],
            Result(shape, np.float32, target),
        )


def test_absorbed_pad_and_concat() -> None:
    """What already lies in place is not touched."""
    x = _numbers((1, 5, 4, 6))

    def pad(ins: list[SSAValue], outs: list[SSAValue]) -> PadOp:
        op = PadOp(ins[0], (0, 0, 1, 2), (0, 0, 3, 1), FloatAttr(0.0, f32), outs=outs)
        op.attributes["absorbed"] = int_array([0])
        return op

    result = Result((1, 5, 8, 9), np.float32, "aBcd16b")
    found = _run_over(pad, [Operand(x, "aBcd16b")], result, np.full((1, 5, 8, 9), 5.0))
    expected = np.zeros((1, 5, 8, 9))
    expected[:, :, 1:5, 2:8] = 5
    np.testing.assert_array_equal(found, expected)

    def concat(ins: list[SSAValue], outs: list[SSAValue]) -> ConcatOp:
        op = ConcatOp(ins, 1, outs=outs)
        op.attributes["absorbed"] = int_array([1])
        return op

    operands = [Operand(x), Operand(x), Operand(x)]
    found = _run_over(concat, operands, Result((1, 15, 4, 6)), np.full((1, 15, 4, 6), 9.0))
    np.testing.assert_array_equal(found, np.concatenate([x, np.full_like(x, 9), x], 1))


def _run_over(make: Make, operands: list[Operand], result: Result, before: Array) -> Array:
    """Run on a result that holds `before`."""
    from stepwell.runtime.format_tag import parse_format_tag
    from stepwell.targets.target import Target

    target = Target.host()
    module, kernel = build_kernel(make, operands, [result], target)
    sources, [memory] = bind_memory(operands, [result])
    tag = parse_format_tag(result.layout or "abcd")
    memory.view[...] = tag.pack(before)
    NativeKernel(module, kernel, target)([m.pointer for m in (*sources, memory)])
    return logical_results([result], [memory])[0]


@given(extent=st.integers(1, 9), low=st.integers(0, 20), high=st.integers(0, 20))
def test_pad_sources(extent: int, low: int, high: int) -> None:
    """The source of each element of a dimension is numpy's."""
    x = np.arange(extent)
    for mode in ("edge", "wrap", "reflect"):
        expected = np.pad(x, (low, high), mode=mode)
        indices = range(-low, extent + high)
        np.testing.assert_array_equal([pad_source(mode, extent, i) for i in indices], expected)
        sources = [pad_source(mode, named("N"), i) for i in indices]
        np.testing.assert_array_equal([evaluated(n, {"N": extent}) for n in sources], expected)
