"""
Operations on constants alone that have no native form: their small results are computed by the
framework's semantics.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, cast

import numpy as np
from ml_dtypes import bfloat16
from xdsl.traits import Pure

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array
from ...dialects.framework import FrameworkOp, dims_of, element_of, element_type_of_ir
from .dialect_conversion import Evaluate, LateTypes
from .lowering import FOLD_LIMIT, FOLD_SOURCE_LIMIT


def folded_results(
    op: FrameworkOp, store: WeightStore, evaluate: Evaluate
) -> Sequence[Array | None] | None:
    """The results of an operation on constants; None when it is none or they are large."""
    if not op.has_trait(Pure()) or any(op.graph(name) is not None for name in op.SIGNATURE.graphs):
        return None
    if not _may_be_small(op):
        return None
    arrays: list[Array | None] = []
    for value in op.operand_slots:
        attr = None if value is None else constant_of(value)
        if value is not None and attr is None:
            return None
        arrays.append(None if attr is None else store.array(attr))
    try:
        results = evaluate(op, arrays, store)
    except Exception:
        # The semantics does not know this case; then it is not folded.
        return None
    wanted = sum(r is not None for r in op.result_slots)
    small = [_is_small(r) for r in results if r is not None]
    return results if all(small) and len(small) == wanted else None


def empty_results(
    op: FrameworkOp, store: WeightStore, late_types: LateTypes | None
) -> list[Array | None] | None:
    """The results of an operation all of which have no elements; None for one of which any may.

    There is nothing to compute, whatever the operation and its operands are. What a text says of
    results is not believed where their operands say better.
    """
    if not op.has_trait(Pure()) or op.regions or not op.results:
        return None
    if not all(result is None or 0 in (dims_of(result.type) or ()) for result in op.result_slots):
        return None
    said = [None if result is None else result.type for result in op.result_slots]
    types = said if late_types is None else late_types(op, store)
    arrays: list[Array | None] = []
    for type_ in types:
        dims = () if type_ is None else dims_of(type_)
        element = None if type_ is None else element_of(type_)
        row = None if element is None else element_type_of_ir(element)
        if type_ is None:
            arrays.append(None)
        elif dims is not None and 0 in dims and row is not None and _is_number(row.numpy):
            if not all(isinstance(d, int) for d in dims):
                return None
            arrays.append(np.zeros([int(d or 0) for d in dims], row.numpy))
        else:
            return None
    return arrays


def _is_number(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of a type can be a constant; 8-bit floats and strings cannot."""
    return dtype.kind in "fiub" or dtype == bfloat16


def _may_be_small(op: FrameworkOp) -> bool:
    """Whether results and operands, as far as their sizes are known, can be worth computing."""
    for value, most in (
        *((result, FOLD_LIMIT) for result in op.result_slots),
        *((operand, FOLD_SOURCE_LIMIT) for operand in op.operand_slots),
    ):
        dims = None if value is None else dims_of(value.type)
        sizes = [d for d in dims or () if isinstance(d, int)]
        if dims is not None and len(sizes) == len(dims) and prod(sizes) > most:
            return False
    return True


def _is_small(result: object) -> bool:
    """Whether a result can be a constant; sequences, maps, strings and 8-bit floats cannot."""
    if not isinstance(result, np.ndarray):
        return False
    array = cast(Array, result)
    return array.size <= FOLD_LIMIT and _is_number(array.dtype)
