"""Operators that read or write at places: constant indices lie within, shapes go together."""

from __future__ import annotations

import numpy as np

from ...framework.fit import Dim, differ, refuse, require_axis, require_dims, require_rank, shown
from .form import Array, Form, Rule


def require_within(indices: Array, size: Dim, axis: int, *, negative: bool = True) -> None:
    """Constant indices of one axis; negative ones count from its end."""
    if not isinstance(size, int) or indices.size == 0 or indices.dtype.kind not in "iu":
        return
    low, high = int(indices.min()), int(indices.max())
    least = -size if negative else 0
    if low < least or high >= size:
        wrong = high if high >= size else low
        wanted = f"expected {least} to {size - 1}" if size else "it has no elements"
        refuse(f"index {wrong} is outside of axis {axis}, which has size {size}; {wanted}")


def _gather(form: Form) -> None:
    dims, indices = form.dims(0), form.numbers(1)
    require_rank(dims, form.name(0), 1)
    if dims is not None and indices is not None:
        axis = require_axis(form.integer("axis") or 0, len(dims))
        require_within(indices, dims[axis], axis)


def _elements(form: Form) -> None:
    """`GatherElements`, `ScatterElements`: indices for some elements of the data."""
    dims, places = form.dims(0), form.dims(1)
    require_rank(dims, form.name(0), 1)
    if dims is None or places is None:
        return
    if len(dims) != len(places):
        refuse(f"the indices {shown(places)} and the data {shown(dims)} have not the same rank")
    axis = require_axis(form.integer("axis") or 0, len(dims))
    for at, (size, place) in enumerate(zip(dims, places, strict=True)):
        if at != axis and isinstance(size, int) and isinstance(place, int) and place > size:
            refuse(
                f"the indices {shown(places)} are longer than the data {shown(dims)} on axis {at}"
            )
    indices = form.numbers(1)
    if indices is not None:
        require_within(indices, dims[axis], axis)


def _scatter_elements(form: Form) -> None:
    _elements(form)
    places = form.dims(1)
    if places is not None:
        require_dims(form.dims(2), places, "updates", ", the shape of the indices")


def _depth(form: Form, batch: int) -> int | None:
    """How many axes each index tuple names; their numbers lie within."""
    dims, places = form.dims(0), form.dims(1)
    require_rank(dims, form.name(0), 1)
    require_rank(places, form.name(1), 1)
    if places is None or not isinstance(places[-1], int):
        return None
    depth = places[-1]
    if depth < 1:
        refuse(f"the indices {shown(places)} name no axis; expected a last dimension of 1 or more")
    if dims is None:
        return depth
    if batch + depth > len(dims):
        after = f" after {batch} of the batch" if batch else ""
        refuse(f"{depth} indices{after} are more than the data {shown(dims)} has axes")
    indices = form.numbers(1)
    if indices is not None and indices.ndim == len(places):
        for at in range(depth):
            require_within(np.asarray(indices[..., at]), dims[batch + at], batch + at)
    return depth


def _gather_nd(form: Form) -> None:
    batch = form.integer("batch_dims") or 0
    dims, places = form.dims(0), form.dims(1)
    ranks = [len(d) for d in (dims, places) if d is not None]
    if batch < 0 or any(batch >= rank for rank in ranks):
        most = f" to {min(ranks) - 1}" if ranks else " or more"
        refuse(f"batch_dims is {batch}; expected 0{most}")
    _depth(form, batch)
    if dims is not None and places is not None and any(map(differ, dims[:batch], places[:batch])):
        refuse(f"the batch dimensions of data {shown(dims)} and indices {shown(places)} differ")


def _scatter_nd(form: Form) -> None:
    depth = _depth(form, 0)
    dims, places = form.dims(0), form.dims(1)
    if depth is not None and dims is not None and places is not None:
        require_dims(form.dims(2), (*places[:-1], *dims[depth:]), "updates")


def _features(form: Form) -> None:
    dims, indices = form.dims(0), form.numbers(1)
    if dims and indices is not None:
        require_within(indices, dims[-1], len(dims) - 1, negative=False)


INDICES: dict[str, Rule] = {
    "onnx.Gather": _gather,
    "onnx.GatherElements": _elements,
    "onnx.GatherND": _gather_nd,
    "onnx.Scatter": _scatter_elements,
    "onnx.ScatterElements": _scatter_elements,
    "onnx.ScatterND": _scatter_nd,
    "onnx.ml.ArrayFeatureExtractor": _features,
}
