"""Products, convolutions and pooling with what was fused into them; channels-last forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import activated
from .body import Body
from .expansion import operator

_WINDOW: dict[str, Any] = {
    "auto_pad": "NOTSET",
    "dilations": None,
    "kernel_shape": None,
    "pads": None,
    "strides": None,
}


def _window(b: Body) -> dict[str, Any]:
    return {name: b.attributes[name] for name in _WINDOW if b.attributes[name] is not None}


def _swapped(b: Body, x: str, rank: int, *, batch: bool, matrix: bool) -> str:
    """`x` with its first dimension among the matrix's, and the matrix transposed, as asked."""
    order = list(range(rank))
    if batch:
        order = [*order[1:-1], order[0], order[-1]]
    if matrix:
        order[-2:] = order[:-3:-1]
    return x if order == list(range(rank)) else b.transpose(x, *order)


@operator("A B", alpha=1.0, transA=0, transB=0, transBatchA=0, transBatchB=0)
def FusedMatMul(b: Body) -> str:
    """`alpha * A @ B` of operands that may be transposed."""
    sides: list[str] = []
    for name in ("A", "B"):
        rank = b.rank(name)
        flags = bool(b.integer(f"transBatch{name}")), bool(b.integer(f"trans{name}"))
        # A vector has nothing to transpose.
        batch, matrix = (flag and rank > 1 for flag in flags)
        sides.append(_swapped(b, b.name(name), rank, batch=batch, matrix=matrix))
    product = b.add("MatMul", *sides)
    alpha = b.number("alpha")
    return product if alpha == 1 else b.add("Mul", product, b.like(alpha, "A"))


@operator("A B", alpha=1.0, transA=0, transB=0)
def TransposeMatMul(b: Body) -> str:
    """The older form of `FusedMatMul`."""
    sides = [
        _swapped(b, b.name(n), b.rank(n), batch=False, matrix=bool(b.integer(f"trans{n}")))
        for n in ("A", "B")
    ]
    product = b.add("MatMul", *sides)
    return b.add("Mul", product, b.like(b.number("alpha"), "A"))


@operator(
    "A B C?",
    alpha=1.0,
    beta=1.0,
    transA=0,
    transB=0,
    activation="",
    activation_alpha=None,
    activation_beta=None,
    activation_gamma=None,
)
def FusedGemm(b: Body) -> str:
    """A general product and an activation."""
    given = [b.attributes[f"activation_{name}"] for name in ("alpha", "beta")]
    product = b.add(
        "Gemm",
        b.name("A"),
        b.name("B"),
        b.name("C"),
        alpha=b.number("alpha"),
        beta=b.number("beta"),
        transA=b.integer("transA"),
        transB=b.integer("transB"),
    )
    parameters = [float(value) for value in given if value is not None]
    return activated(b, product, b.text("activation"), parameters, "A")


@operator("X W B? Z?", activation="", activation_params=(), group=1, **_WINDOW)
def FusedConv(b: Body) -> str:
    """A convolution, another summand and an activation."""
    x = b.add("Conv", b.name("X"), b.name("W"), b.name("B"), group=b.integer("group"), **_window(b))
    parameters = [float(value) for value in b.attributes["activation_params"]]
    return activated(b, b.sum(x, b.name("Z")), b.text("activation"), parameters, "X")


def _channels_first(b: Body, x: str, rank: int) -> str:
    return b.transpose(x, 0, rank - 1, *range(1, rank - 1))


def _channels_last(b: Body, x: str, rank: int) -> str:
    return b.transpose(x, 0, *range(2, rank), 1)


@operator("X W B? Z?", activation="", activation_params=(), group=1, **_WINDOW)
def NhwcFusedConv(b: Body) -> str:
    """`FusedConv` of channels-last operands; the weight is as ever."""
    rank = b.rank("X")
    x = b.add(
        "Conv",
        _channels_first(b, b.name("X"), rank),
        b.name("W"),
        b.name("B"),
        group=b.integer("group"),
        **_window(b),
    )
    parameters = [float(value) for value in b.attributes["activation_params"]]
    x = b.sum(_channels_last(b, x, rank), b.name("Z"))
    return activated(b, x, b.text("activation"), parameters, "X")


@operator("X W B?", group=1, **_WINDOW)
def NhwcConv(b: Body) -> str:
    """A convolution of channels-last operands whose weight is channels-last too."""
    rank = b.rank("X")
    x = b.add(
        "Conv",
        _channels_first(b, b.name("X"), rank),
        _channels_first(b, b.name("W"), rank),
        b.name("B"),
        group=b.integer("group"),
        **_window(b),
    )
    return _channels_last(b, x, rank)


@operator("x", ceil_mode=0, **{**_WINDOW, "kernel_shape": list})
def NhwcMaxPool(b: Body) -> str:
    """Maximum of windows of channels-last operands, of any type."""
    rank = b.rank("x")
    x = _channels_first(b, b.name("x"), rank)
    pooled = b.add("MaxPool", x, ceil_mode=b.integer("ceil_mode"), **_window(b))
    return _channels_last(b, pooled, rank)


@operator("X axis")
def ExpandDims(b: Body) -> str:
    """One more dimension of size 1."""
    return b.add("Unsqueeze", b.name("X"), b.cast(b.reshape(b.name("axis"), 1), np.int64))


@operator("X k?", upper=1)
def Trilu(b: Body) -> str:
    """A triangle of each matrix."""
    return b.add("Trilu", b.name("X"), b.name("k"), upper=b.integer("upper"))


@operator("start limit delta?")
def Range(b: Body) -> str:
    """Numbers from `start` to `limit`."""
    ends = [b.add("Squeeze", b.name(n)) if b.rank(n) else b.name(n) for n in ("start", "limit")]
    step = b.name("delta") or b.like(1, "start")
    if b.has("delta") and b.rank("delta"):
        step = b.add("Squeeze", step)
    return b.add("Range", *ends, step)


@operator("data indices")
def GatherND(b: Body) -> str:
    """Slices at index tuples."""
    return b.add("GatherND", b.name("data"), b.cast(b.name("indices"), "int64"))
