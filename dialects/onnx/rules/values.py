"""Operators whose constant operands are numbers with a range of their own."""

from __future__ import annotations

from ...framework.fit import (
    differ,
    refuse,
    require_axis,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule


def _top_k(form: Form) -> None:
    dims, count, axis = form.dims(0), form.scalar(1), form.integer("axis")
    if count is None:
        return
    require_least([count], 0, "K")
    if not dims or axis is None:
        return
    axis = require_axis(axis, len(dims))
    size = dims[axis]
    if isinstance(size, int) and count > size:
        refuse(f"K is {count}, axis {axis} has size {size}")


def _one_hot(form: Form) -> None:
    depth, values = form.scalar(1), form.dims(2)
    if depth is not None:
        require_least([depth], 1, "depth")
    if values is not None and (len(values) != 1 or differ(values[0], 2)):
        refuse(f"values has the shape {shown(values)}; expected [2], off and on")


def _sizes(form: Form) -> None:
    """A shape in an operand."""
    sizes = form.vector(0)
    if sizes is not None:
        require_least(sizes, 0, form.name(0))


def _range(form: Form) -> None:
    delta = form.numbers(2)
    if delta is not None and delta.size and not delta.reshape(-1)[0]:
        refuse("delta is 0; expected a positive or negative number")


def _square(form: Form) -> None:
    dims = form.dims(0)
    require_rank(dims, form.name(0), 2)
    if dims is not None and differ(dims[-1], dims[-2]):
        refuse(f"{form.name(0)} {shown(dims)} has no square matrices")


def _ranked(least: int, most: int | None = None) -> Rule:
    return lambda form: require_rank(form.dims(0), form.name(0), least, most)


def _suppression(form: Form) -> None:
    boxes, scores = form.dims(0), form.dims(1)
    require_rank(boxes, "boxes", 3, 3)
    require_rank(scores, "scores", 3, 3)
    if boxes is not None and differ(boxes[2], 4):
        refuse(f"boxes {shown(boxes)} have {boxes[2]} numbers each; expected 4")
    if boxes is None or scores is None:
        return
    if differ(boxes[1], scores[2]):
        refuse(f"there are scores {shown(scores)} for boxes {shown(boxes)}; expected one for each")
    if differ(boxes[0], scores[0]):
        refuse(f"the batch of boxes {shown(boxes)} and of scores {shown(scores)} differ")


def _at_least_one(name: str) -> Rule:
    def rule(form: Form) -> None:
        value = form.integer(name)
        if value is not None and value < 1:
            refuse(f"{name} is {value}; expected 1 or more")

    return rule


VALUES: dict[str, Rule] = {
    "onnx.ConstantOfShape": _sizes,
    "onnx.Det": _square,
    "onnx.EyeLike": _ranked(2, 2),
    "onnx.GlobalLpPool": _at_least_one("p"),
    "onnx.LpNormalization": _at_least_one("p"),
    "onnx.LpPool": _at_least_one("p"),
    "onnx.Multinomial": _at_least_one("sample_size"),
    "onnx.NonMaxSuppression": _suppression,
    "onnx.OneHot": _one_hot,
    "onnx.Range": _range,
    "onnx.TopK": _top_k,
    "onnx.Trilu": _ranked(2),
}
