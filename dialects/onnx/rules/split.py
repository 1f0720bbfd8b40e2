"""Parts of a tensor: `Split`, `SplitToSequence`, `Concat`."""

from __future__ import annotations

from ...framework.fit import (
    Dim,
    differ,
    refuse,
    require_axis,
    require_least,
    shown,
)
from .form import Form, Rule


def _size(form: Form) -> Dim:
    """The size of the axis that is split."""
    dims, axis = form.dims(0), form.integer("axis")
    return None if not dims or axis is None else dims[require_axis(axis, len(dims))]


def _check_parts(parts: list[int], size: Dim) -> None:
    require_least(parts, 0, "split")
    if isinstance(size, int) and sum(parts) != size:
        refuse(f"the parts of split add up to {sum(parts)}, the axis has size {size}")


def _split(form: Form) -> None:
    parts, count, size = form.vector(1), form.integer("num_outputs"), _size(form)
    if count is not None and count != form.results:
        refuse(f"num_outputs is {count}, it has {form.results} outputs")
    if count is not None and isinstance(size, int) and not form.has(1):
        each = -(-size // count)
        if each * (count - 1) > size:
            refuse(f"num_outputs is {count}; an axis of size {size} has no parts of {each} for all")
    if parts is not None:
        if len(parts) != form.results:
            refuse(f"split has {len(parts)} parts for {form.results} outputs")
        _check_parts(parts, size)


def _split_to_sequence(form: Form) -> None:
    parts, size = form.vector(1), _size(form)
    if parts is None:
        return
    if form.rank(1) == 0:
        require_least(parts, 1, "split")
    else:
        _check_parts(parts, size)


def _concat(form: Form) -> None:
    first, axis = form.dims(0), form.integer("axis")
    if first is None or axis is None:
        return
    if not first:
        refuse("its operands are scalars; expected a dimension to concatenate along")
    axis = require_axis(axis, len(first))
    for at in range(1, form.count):
        dims = form.dims(at)
        if dims is None:
            continue
        if len(dims) != len(first):
            refuse(f"operand {at} {shown(dims)} has not the rank of operand 0 {shown(first)}")
        if any(
            i != axis and differ(a, b) for i, (a, b) in enumerate(zip(first, dims, strict=True))
        ):
            refuse(
                f"operand {at} {shown(dims)} has other sizes than operand 0 {shown(first)} "
                f"beside axis {axis}"
            )


SPLIT: dict[str, Rule] = {
    "onnx.Concat": _concat,
    "onnx.Split": _split,
    "onnx.SplitToSequence": _split_to_sequence,
}
