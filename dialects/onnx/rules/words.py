"""Attributes that are one of a few words or numbers."""

from __future__ import annotations

from collections.abc import Sequence

from ...framework.fit import refuse, require_one_of
from .form import Form, Rule

_REDUCTIONS = ("none", "add", "mul", "max", "min")
_LOSSES = ("none", "sum", "mean")


def _words(**known: Sequence[str]) -> Rule:
    def rule(form: Form) -> None:
        for name, words in known.items():
            require_one_of(form.text(name), words, name)

    return rule


def _numbers(**known: Sequence[int]) -> Rule:
    def rule(form: Form) -> None:
        for name, numbers in known.items():
            value = form.integer(name)
            if value is not None and value not in numbers:
                refuse(f"{name} is {value}; expected one of {', '.join(map(str, numbers))}")

    return rule


WORDS: dict[str, Rule] = {
    "onnx.Attention": _numbers(is_causal=(0, 1), qk_matmul_output_mode=(0, 1, 2, 3)),
    "onnx.BitShift": _words(direction=("LEFT", "RIGHT")),
    "onnx.Cast": _words(round_mode=("up", "down", "nearest")),
    "onnx.Gelu": _words(approximate=("none", "tanh")),
    "onnx.ImageDecoder": _words(pixel_format=("RGB", "BGR", "Grayscale")),
    "onnx.MaxPool": _numbers(storage_order=(0, 1)),
    "onnx.NegativeLogLikelihoodLoss": _words(reduction=_LOSSES),
    "onnx.NonMaxSuppression": _numbers(center_point_box=(0, 1)),
    "onnx.RoiAlign": _words(
        mode=("avg", "max"), coordinate_transformation_mode=("half_pixel", "output_half_pixel")
    ),
    "onnx.ScatterElements": _words(reduction=_REDUCTIONS),
    "onnx.ScatterND": _words(reduction=_REDUCTIONS),
    "onnx.SoftmaxCrossEntropyLoss": _words(reduction=_LOSSES),
    "onnx.StringNormalizer": _words(case_change_action=("NONE", "LOWER", "UPPER")),
    "onnx.TensorScatter": _words(mode=("linear", "circular")),
    "onnx.TfIdfVectorizer": _words(mode=("TF", "IDF", "TFIDF")),
}
