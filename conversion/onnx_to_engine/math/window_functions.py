"""
Windows of signal processing: cosines over `size` samples.

The size is the declared extent of the result; where it is data, it is checked. The samples are
constants then, computed in f64.

Operators: BlackmanWindow, HammingWindow, HannWindow.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of
from ....dialects.engine.weights import Array, dtype_of
from ....dialects.onnx.codes import element_type_of_code
from ....runtime.size import numbers_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.run_time_operands import checked, declared_shape, holds_for, shape_text
from ...to_engine.scalars import Numbers


def _window(*coefficients: float) -> Conversion:
    """`c0 - c1 cos(2 pi k / n) + c2 cos(4 pi k / n)`, `n` the size, or less one if symmetric."""

    def convert(lo: Lowering) -> SSAValue:
        given = lo.operand("size")
        [count] = numbers_of(declared_shape(lo, operand="size"))
        row = element_type_of_code(lo.integer("output_datatype", 1))
        if row is None:
            raise NoNativeForm("of this type")
        dtype = dtype_of(Numbers(row.ir).element)
        lo.require_room(count, bytes_each=48)
        samples = lo.constant(_samples(count, lo).astype(dtype), "window")
        n = Numbers(element_of(given))
        size = lo.reshape(given, (1,))
        fits = holds_for(lo, size, lambda a, b: n.compare("eq", a, b), [count])
        return checked(lo, samples, fits, f"the size is not that of {shape_text([count])}")

    def _samples(count: int, lo: Lowering) -> Array:
        period = count if lo.integer("periodic", 1) else count - 1
        angles = 2 * np.pi * np.arange(count, dtype=np.float64) / max(period, 1)
        total = np.zeros(count)
        for at, coefficient in enumerate(coefficients):
            total += (-1) ** at * coefficient * np.cos(at * angles)
        return total

    return convert


OPERATORS: dict[str, Conversion] = {
    "BlackmanWindow": _window(0.42, 0.5, 0.08),
    "HammingWindow": _window(25 / 46, 21 / 46),
    "HannWindow": _window(0.5, 0.5),
}
