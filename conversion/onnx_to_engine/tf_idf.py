"""
`TfIdfVectorizer` of integers: how often each n-gram of a pool occurs in a row.

Operators: TfIdfVectorizer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import f32, i64
from xdsl.ir import Block, Region, SSAValue

from ...dialects.engine import MatmulOp, ReduceOp, YieldOp
from ...dialects.engine.base import element_of, extents_of, scalar_type, tensor
from ...dialects.engine.sizes import shape_text
from ...dialects.engine.weights import Array
from ...runtime.size import Extent, is_zero, maximum
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.flat_index import WHOLE, both
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, fold_left, select

_REAL = Numbers(f32)


def _grams(lo: Lowering) -> Iterator[tuple[int, Array]]:
    """(number of the first, `[grams, size]`) for each size of n-grams in the pool."""
    pool = lo.integers("pool_int64s") or []
    starts = lo.integers("ngram_counts") or []
    number = 0
    for size, start in enumerate(starts, 1):
        end = starts[size] if size < len(starts) else len(pool)
        grams = np.array(pool[start:end], np.int64).reshape(-1, size)
        if len(np.unique(grams, axis=0)) != len(grams):
            raise NoNativeForm("with an n-gram that is twice in the pool")
        yield number, grams
        number += len(grams)


def TfIdfVectorizer(lo: Lowering) -> SSAValue:
    """
    Each n-gram compared with what stands at every place, its items up to `max_skip_count` apart.

    Single items are counted once, whatever may be skipped.
    """
    x = lo.operand("X")
    shape = extents_of(x)
    if lo.texts("pool_strings"):
        raise NoNativeForm("of strings")
    if len(shape) > 2 or 0 in shape:
        raise NoNativeForm(f"of {shape_text(shape)}")
    length = shape[-1] if shape else 1
    rows = lo.reshape(x, (shape[0] if len(shape) == 2 else 1, length))
    columns = lo.integers("ngram_indexes") or []
    width = max(columns, default=-1) + 1
    least, most = lo.integer("min_gram_length", 1), lo.integer("max_gram_length", 1)
    counts: list[SSAValue] = []
    for number, grams in _grams(lo):
        size = grams.shape[1]
        if not least <= size <= most or not len(grams):
            continue
        place = np.zeros((len(grams), width), np.float32)
        place[np.arange(len(grams)), columns[number : number + len(grams)]] = 1
        for skip in range(1, 2 if size == 1 else lo.integer("max_skip_count") + 2):
            places = maximum(length - skip * (size - 1), 0)
            if not is_zero(places):
                found = _occurrences(lo, rows, grams, skip, places)
                counts.append(lo.emit(MatmulOp(found, lo.constant(place, "columns"))))
    if not counts:
        raise NoNativeForm("of rows that are shorter than any n-gram")

    def summed(*scalars: SSAValue) -> SSAValue:
        return fold_left(_REAL.add, scalars)

    total = counts[0] if len(counts) == 1 else lo.map(counts, summed)
    return lo.reshape(_weighted(lo, total, width), (*shape[:-1], width))


def _occurrences(lo: Lowering, rows: SSAValue, grams: Array, skip: int, places: Extent) -> SSAValue:
    """How often each n-gram is in each row, `[rows, grams]`."""
    (count, size), batch = grams.shape, extents_of(rows)[0]
    items = [
        lo.reshape(lo.slice_axis(rows, 1, at * skip, places), (batch, places, 1))
        for at in range(size)
    ]
    wanted = [
        lo.constant(np.ascontiguousarray(grams[:, at]).reshape(1, 1, count), "items")
        for at in range(size)
    ]
    element = element_of(rows)
    block = Block(arg_types=[*[scalar_type(element)] * size, *[i64] * size])
    with ImplicitBuilder(block):
        pairs = zip(block.args[:size], block.args[size:], strict=True)
        same = [WHOLE.compare("eq", cast_scalar(a, element, i64), b) for a, b in pairs]
        YieldOp(select(both(*same), _REAL.number(1), _REAL.number(0)))
    type_ = tensor((batch, count), f32)
    body = Region(block)
    return lo.emit(ReduceOp([*items, *wanted], "sum", [1], type_, keepdims=False, body=body))


def _weighted(lo: Lowering, counts: SSAValue, width: int) -> SSAValue:
    mode = lo.text("mode")
    given = cast("list[float] | None", lo.op.attribute("weights"))
    columns = lo.integers("ngram_indexes") or []
    of_columns = np.ones(width, np.float32)
    if given:
        if len(given) != len(columns):
            raise NoNativeForm(f"with {len(given)} weights for {len(columns)} n-grams")
        # Weights are those of the n-grams; `onnx.reference` takes them for those of the columns.
        of_columns[columns] = given
    weights = lo.constant(of_columns, "weights")
    if mode == "TF":
        return counts
    if mode == "TFIDF":
        return lo.map([counts, weights], _REAL.mul)

    def present(count: SSAValue, weight: SSAValue) -> SSAValue:
        zero = _REAL.number(0)
        return select(_REAL.compare("gt", count, zero), weight, zero)

    return lo.map([counts, weights], present)


OPERATORS: dict[str, Conversion] = {"TfIdfVectorizer": TfIdfVectorizer}
