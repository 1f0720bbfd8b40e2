"""
Operations on constants alone that have no native form: their small results are computed by the
framework's semantics.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import cast

import numpy as np
from ml_dtypes import bfloat16
from xdsl.traits import Pure

from ...dialects.engine import WeightStore
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array
from ...dialects.framework import FrameworkOp, dims_of
from .dialect_conversion import Evaluate
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
    return array.size <= FOLD_LIMIT and (array.dtype.kind in "fiub" or array.dtype == bfloat16)
