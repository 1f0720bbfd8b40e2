"""Normalisations: parameters for each channel, or for what is normalised."""

from __future__ import annotations

from ...framework.fit import (
    Dim,
    differ,
    refuse,
    require_axis,
    require_broadcasts_to,
    require_least,
    require_rank,
    shown,
)
from .form import Form, Rule


def _channels(form: Form, first: int, last: int) -> Dim:
    """The channels, of which operands have one number each."""
    dims = form.dims(0)
    if dims is None:
        return None
    channels = dims[1] if len(dims) > 1 else 1
    for at in range(first, last + 1):
        given = form.dims(at)
        if given is not None and (len(given) != 1 or differ(given[0], channels)):
            refuse(
                f"{form.name(at)} has the shape {shown(given)}; expected [{channels}], the "
                f"channels of {form.name(0)} {shown(dims)}"
            )
    return channels


def _batch(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 1)
    _channels(form, 1, 4)


def _instance(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 3)
    _channels(form, 1, 2)


def _group(form: Form) -> None:
    require_rank(form.dims(0), form.name(0), 2)
    channels, groups = _channels(form, 1, 2), form.integer("num_groups")
    if groups is None:
        return
    require_least([groups], 1, "num_groups")
    if isinstance(channels, int) and channels % groups:
        refuse(f"num_groups is {groups}, which does not divide the {channels} channels")


def _layer(form: Form) -> None:
    dims, axis = form.dims(0), form.integer("axis")
    if not dims or axis is None:
        return
    axis = require_axis(axis, len(dims))
    for at in (1, 2):
        if form.has(at):
            require_broadcasts_to(form.dims(at), dims[axis:], form.name(at), "what is normalised,")


NORMALIZATION: dict[str, Rule] = {
    "onnx.BatchNormalization": _batch,
    "onnx.GroupNormalization": _group,
    "onnx.InstanceNormalization": _instance,
    "onnx.LayerNormalization": _layer,
    "onnx.RMSNormalization": _layer,
}
