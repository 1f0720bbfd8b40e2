"""Operands that are one number: a scalar, or as exporters write it a vector of one element."""

from __future__ import annotations

from ...framework.fit import refuse, shown
from .form import Form, Rule


def _single(*operands: int) -> Rule:
    def rule(form: Form) -> None:
        for at in operands:
            dims = form.dims(at)
            if any(isinstance(size, int) and size != 1 for size in dims or ()):
                refuse(f"{form.name(at)} has the shape {shown(dims or ())}; expected one number")

    return rule


SINGLE: dict[str, Rule] = {
    "onnx.BlackmanWindow": _single(0),
    "onnx.CumProd": _single(1),
    "onnx.CumSum": _single(1),
    "onnx.HammingWindow": _single(0),
    "onnx.HannWindow": _single(0),
    "onnx.MelWeightMatrix": _single(0, 1, 2, 3, 4),
    "onnx.OneHot": _single(1),
    "onnx.Range": _single(0, 1, 2),
    "onnx.TopK": _single(1),
    "onnx.Trilu": _single(1),
}
