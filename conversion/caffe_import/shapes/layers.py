"""Layers that keep the shape of their operand, products, reductions, recurrent layers."""

from __future__ import annotations

from collections.abc import Callable

from ....runtime.size import Extent, product_of
from .form import Form, Shape, ShapeError, Sizes


def _same(form: Form) -> list[Shape]:
    return [form.shapes[0]] * len(form.layer.tops)


def _per_channel(*names: str) -> Callable[[Form], list[Shape]]:
    """The shape of `x`, whose channels the named operands have."""

    def rule(form: Form) -> list[Shape]:
        x = form.rank("x", 1)
        channels = x[1] if len(x) > 1 else 1
        for name in names:
            form.expect(name, [channels])
        return [x]

    return rule


def _batch_norm(form: Form) -> list[Shape]:
    form.expect("factor", [1])
    return _per_channel("mean", "variance")(form)


def _prelu(form: Form) -> list[Shape]:
    x = form.rank("x", 2)
    form.expect("slope", [1] if form.attribute("channel_shared") else [x[1]])
    return [x]


def _normalize(form: Form) -> list[Shape]:
    x = form.rank("x", 2)
    form.expect("scale", [1] if form.attribute("channel_shared") else [x[1]])
    return [x]


def broadcast_axis(form: Form, name: str) -> int:
    """Where the dimensions of the second operand of `Scale` or `Bias` begin in the first."""
    x, other = form.shape("x"), form.shape(name)
    axis = form.axis() if other else 0
    if axis + len(other) > len(x):
        raise ShapeError(f"{name} has shape {list(other)}, too many dimensions behind axis {axis}")
    for at, size in enumerate(other):
        form.same(f"dimension {axis + at} of its operand and {at} of {name}", x[axis + at], size)
    return axis


def _scale(form: Form) -> list[Shape]:
    broadcast_axis(form, "scale")
    if form.optional("bias") is not None:
        form.expect("bias", form.shape("scale"))
    return [form.shape("x")]


def _bias(form: Form) -> list[Shape]:
    broadcast_axis(form, "bias")
    return [form.shape("x")]


def _eltwise(form: Form) -> list[Shape]:
    first = form.shapes[0]
    coefficients = list(form.attribute("coeff") or [])
    if coefficients and len(coefficients) != len(form.shapes):
        raise ShapeError(f"has {len(coefficients)} coefficients for {len(form.shapes)} operands")
    for other in form.shapes[1:]:
        if len(other) != len(first):
            raise ShapeError(f"operands have shapes {list(first)} and {list(other)}")
        for at, (a, b) in enumerate(zip(first, other, strict=True)):
            form.same(f"dimension {at} of operands {list(first)} and {list(other)}", a, b)
    return [first]


def _axpy(form: Form) -> list[Shape]:
    scale, x, y = form.rank("scale", 2), form.rank("x", 4, 4), form.rank("y", 4, 4)
    for a, b in zip(scale[:2], x[:2], strict=True):
        form.same("rows or channels of scale and x", a, b)
    for a, b in zip(x, y, strict=True):
        form.same("dimension of x and y", a, b)
    return [x]


def _inner_product(form: Form) -> list[Shape]:
    x, axis = form.shape("x"), form.axis()
    out, depth = int(form.attribute("num_output")), product_of(x[axis:])
    form.expect("weight", [depth, out] if form.attribute("transpose") else [out, depth])
    form.expect("bias", [out])
    return [(*x[:axis], out)]


def _embed(form: Form) -> list[Shape]:
    out = int(form.attribute("num_output"))
    form.expect("weight", [int(form.attribute("input_dim") or 0), out])
    form.expect("bias", [out])
    return [(*form.shape("x"), out)]


def _reduction(form: Form) -> list[Shape]:
    return [form.shape("x")[: form.axis()]]


def _arg_max(form: Form) -> list[Shape]:
    x, count = form.rank("x", 1), int(form.attribute("top_k"))
    both = bool(form.attribute("out_max_val"))
    if form.attribute("axis") is None:
        result: list[Extent] = [1] * max(len(x), 3)
        result[0], result[2] = x[0], count
        result[1] = 2 if both else 1
        total = product_of(x[1:])
        if isinstance(total, int) and count > total:
            raise ShapeError(f"top_k is {count}, there are {total}")
        return [tuple(result)]
    axis = form.axis()
    if isinstance(x[axis], int) and not 1 <= count <= int(x[axis]):
        raise ShapeError(f"top_k is {count}, axis {axis} has {x[axis]}")
    return [(*x[:axis], count, *x[axis + 1 :])]


def _recurrent(form: Form, gates: int) -> tuple[Sizes, int]:
    x, cont = form.rank("x", 2), form.rank("cont", 2, 2)
    hidden, depth = int(form.attribute("num_output") or 0), product_of(x[2:])
    form.same("steps of x and cont", x[0], cont[0])
    form.same("rows of x and cont", x[1], cont[1])
    form.expect("weight", [gates * hidden, depth])
    form.expect("bias", [gates * hidden])
    form.expect("recurrent", [gates * hidden, hidden])
    if form.attribute("expose_hidden"):
        raise ShapeError("has expose_hidden, which is not supported")
    return x, hidden


def _lstm(form: Form) -> list[Shape]:
    x, hidden = _recurrent(form, 4)
    return [(x[0], x[1], hidden)]


def _rnn(form: Form) -> list[Shape]:
    x, hidden = _recurrent(form, 1)
    form.expect("output_weight", [hidden, hidden])
    form.expect("output_bias", [hidden])
    return [(x[0], x[1], hidden)]


def _silence(form: Form) -> list[Shape]:
    return []


def _bn(form: Form) -> list[Shape]:
    return _per_channel("scale", "shift", "mean", "variance")(form)


SHAPES: dict[str, Callable[[Form], list[Shape]]] = {
    **dict.fromkeys(
        (
            *("AbsVal", "BNLL", "Clip", "Dropout", "ELU", "Exp", "HardSigmoid", "LRN", "Log"),
            *("MVN", "Mish", "Power", "ReLU", "ReLU6", "Sigmoid", "Softmax", "Split", "Swish"),
            *("TanH", "Threshold"),
        ),
        _same,
    ),
    "ArgMax": _arg_max,
    "Axpy": _axpy,
    "BN": _bn,
    "BatchNorm": _batch_norm,
    "Bias": _bias,
    "Eltwise": _eltwise,
    "Embed": _embed,
    "InnerProduct": _inner_product,
    "LSTM": _lstm,
    "Normalize": _normalize,
    "PReLU": _prelu,
    "RNN": _rnn,
    "Reduction": _reduction,
    "Scale": _scale,
    "Silence": _silence,
}
