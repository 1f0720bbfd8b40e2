"""Recurrent layers: weights, biases, states and lengths of sequences."""

from __future__ import annotations

from ...framework.fit import (
    Dim,
    refuse,
    require_count,
    require_dims,
    require_least,
    require_one_of,
    require_rank,
)
from .form import Form, Rule

_ACTIVATIONS = frozenset(
    (
        "relu", "tanh", "sigmoid", "affine", "leakyrelu", "thresholdedrelu", "scaledtanh",
        "hardsigmoid", "elu", "softsign", "softplus",
    )
)  # fmt: skip


def _times(factor: int, size: Dim) -> Dim:
    return factor * size if isinstance(size, int) else None


def _recurrence(gates: int, functions: int, *, peepholes: bool = False) -> Rule:
    """A layer of so many gates, with so many activation functions for each direction."""

    def rule(form: Form) -> None:
        direction = form.text("direction")
        require_one_of(direction, ("forward", "reverse", "bidirectional"), "direction")
        directions = 2 if direction == "bidirectional" else 1
        layout = form.integer("layout") or 0
        if layout not in (0, 1):
            refuse(f"layout is {layout}; expected 0 or 1")
        _check_activations(form, functions * directions)
        for at in (0, 1, 2):
            require_rank(form.dims(at), form.name(at), 3, 3)
        x, r = form.dims(0), form.dims(2)
        hidden: Dim = form.integer("hidden_size")
        if isinstance(hidden, int):
            require_least([hidden], 1, "hidden_size")
            if r is not None and isinstance(r[2], int) and r[2] != hidden:
                why = f"; hidden_size is {hidden}"
                require_dims(r, (directions, gates * hidden, hidden), form.name(2), why)
        elif r is not None:
            hidden = r[2]
        width = None if x is None else x[2]
        batch = None if x is None else x[0 if layout else 1]
        state = (batch, directions, hidden) if layout else (directions, batch, hidden)
        wanted: dict[int, tuple[Dim, ...]] = {
            1: (directions, _times(gates, hidden), width),
            2: (directions, _times(gates, hidden), hidden),
            3: (directions, _times(2 * gates, hidden)),
            4: (batch,),
            5: state,
        }
        if peepholes:
            wanted[6] = state
            wanted[7] = (directions, _times(3, hidden))
        for at, dims in wanted.items():
            if form.has(at):
                require_dims(form.dims(at), dims, form.name(at))
        _check_lengths(form, None if x is None else x[1 if layout else 0])

    return rule


def _check_activations(form: Form, count: int) -> None:
    names = form.strings("activations")
    if names is None or "activations" not in form.attributes:
        return
    require_count(names, count, "activations", "the functions of all directions")
    for name in names:
        if name.lower() not in _ACTIVATIONS:
            refuse(f"activations has {name!r}, which is not a function that ONNX knows")


def _check_lengths(form: Form, longest: Dim) -> None:
    for length in form.vector(4) or ():
        if length < 0 or (isinstance(longest, int) and length > longest):
            refuse(f"sequence_lens has {length}; expected 0 to {longest}, the steps of X")


RECURRENCE: dict[str, Rule] = {
    "onnx.GRU": _recurrence(3, 2),
    "onnx.LSTM": _recurrence(4, 3, peepholes=True),
    "onnx.RNN": _recurrence(1, 1),
}
