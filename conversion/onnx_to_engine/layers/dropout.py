"""
Dropout, which does nothing in inference.

Operators: Dropout.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine.base import extents_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm


def Dropout(lo: Lowering) -> Sequence[SSAValue | None]:
    """Nothing is dropped in inference, nor with a ratio of 0; the mask keeps all."""
    x = lo.operand("data")
    ratio, training = lo.array_of(lo.optional("ratio")), lo.optional("training_mode")
    if training is not None and (ratio is None or ratio.any()):
        flag = lo.array_of(training)
        if flag is None:
            raise NoNativeForm("in a mode known at run time only")
        if flag.any():
            raise NoNativeForm("in training mode")
    if not lo.is_used("mask"):
        return [x, None]
    return [x, lo.broadcast(lo.constant(np.array(True), "kept"), extents_of(x))]


OPERATORS: dict[str, Conversion] = {"Dropout": Dropout}
