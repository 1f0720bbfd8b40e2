"""Axes that an operand has: by an attribute, a list of them, or a constant operand."""

from __future__ import annotations

from ...framework.fit import (
    refuse,
    require_axes,
    require_axis,
    require_distinct,
    require_permutation,
    require_rank,
)
from .form import Form, Rule


def _attribute(name: str = "axis", operand: int = 0, more: int = 0) -> Rule:
    """An axis of an operand; `more` dimensions are counted on top of its rank."""

    def rule(form: Form) -> None:
        axis, rank = form.integer(name), form.rank(operand)
        if axis is not None and rank is not None:
            require_axis(axis, rank + more, name)

    return rule


def _end(form: Form) -> None:
    """`Flatten` may split after the last axis."""
    axis, rank = form.integer("axis"), form.rank(0)
    if axis is not None and rank is not None and not -rank <= axis <= rank:
        refuse(f"axis {axis} is outside of a tensor of rank {rank}; expected {-rank} to {rank}")


def _constant_axis(operand: int) -> Rule:
    def rule(form: Form) -> None:
        axis, rank = form.scalar(operand), form.rank(0)
        if axis is not None and rank is not None:
            require_axis(axis, rank, "axis")

    return rule


def _constant_axes(form: Form) -> None:
    axes, rank = form.vector(1), form.rank(0)
    if axes is not None and rank is not None:
        require_axes(axes, rank)


def _attribute_axes(form: Form) -> None:
    axes, rank = form.integers("axes"), form.rank(0)
    if axes is not None and rank is not None:
        require_axes(axes, rank)


def _squeeze(form: Form) -> None:
    axes, dims = form.vector(1), form.dims(0)
    if axes is None or dims is None:
        return
    for axis in require_axes(axes, len(dims)):
        if isinstance(dims[axis], int) and dims[axis] != 1:
            refuse(f"axis {axis} has size {dims[axis]}; only axes of size 1 can be removed")


def _unsqueeze(form: Form) -> None:
    axes, rank = form.vector(1), form.rank(0)
    if axes is not None and rank is not None:
        require_axes(axes, rank + len(axes))
    elif axes is not None:
        require_distinct(axes, axes, "axes")


def _transpose(form: Form) -> None:
    order, rank = form.integers("perm"), form.rank(0)
    if order is not None and rank is not None:
        require_permutation(order, rank, "perm")


def _sequence_axes(form: Form) -> None:
    batch, time, dims = form.integer("batch_axis"), form.integer("time_axis"), form.dims(0)
    if batch not in (0, 1) or time not in (0, 1):
        refuse(f"batch_axis is {batch} and time_axis {time}; expected the axes 0 and 1")
    if batch == time:
        refuse(f"batch_axis and time_axis are one axis, {batch}; expected 0 and 1")
    require_rank(dims, form.name(0), 2)


def _new_axis(form: Form) -> None:
    """An axis of the elements of a sequence, of which types say the rank at times only."""
    if form.integer("new_axis") not in (0, 1):
        refuse(f"new_axis is {form.integer('new_axis')}; expected 0 or 1")


_REDUCTIONS = (
    "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare",
)  # fmt: skip

AXES: dict[str, Rule] = {
    **{f"onnx.Reduce{kind}": _constant_axes for kind in _REDUCTIONS},
    "onnx.ArgMax": _attribute(),
    "onnx.ArgMin": _attribute(),
    "onnx.CenterCropPad": _attribute_axes,
    "onnx.Compress": _attribute(),
    "onnx.Concat": _attribute(),
    "onnx.ConcatFromSequence": _new_axis,
    "onnx.CumProd": _constant_axis(1),
    "onnx.CumSum": _constant_axis(1),
    "onnx.DFT": _constant_axis(2),
    "onnx.Flatten": _end,
    "onnx.Gather": _attribute(),
    "onnx.GatherElements": _attribute(),
    "onnx.Hardmax": _attribute(),
    "onnx.LayerNormalization": _attribute(),
    "onnx.LogSoftmax": _attribute(),
    "onnx.LpNormalization": _attribute(),
    "onnx.MeanVarianceNormalization": _attribute_axes,
    "onnx.OneHot": _attribute(more=1),
    "onnx.RMSNormalization": _attribute(),
    "onnx.ReverseSequence": _sequence_axes,
    "onnx.Scatter": _attribute(),
    "onnx.ScatterElements": _attribute(),
    "onnx.Softmax": _attribute(),
    "onnx.Split": _attribute(),
    "onnx.SplitToSequence": _attribute(),
    "onnx.Squeeze": _squeeze,
    "onnx.TensorScatter": _attribute(),
    "onnx.TopK": _attribute(),
    "onnx.Transpose": _transpose,
    "onnx.Unique": _attribute(),
    "onnx.Unsqueeze": _unsqueeze,
}
