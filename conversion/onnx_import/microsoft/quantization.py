"""
Quantised operators.

Products are exact in 32-bit integers, as that runtime computes them; elementwise operators are
those on real numbers between `DequantizeLinear` and `QuantizeLinear`.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from ....dialects.onnx.codes import code_of
from .body import LHS_CODES, Body
from .expansion import operator

Array = npt.NDArray[Any]

_POOL: dict[str, Any] = {
    "auto_pad": "NOTSET",
    "ceil_mode": 0,
    "count_include_pad": 0,
    "kernel_shape": list,
    "pads": None,
    "strides": None,
}


def _real(b: Body, x: str, scale: str, zero: str) -> str:
    """The real numbers that an operand stands for; scale and zero point are operands too."""
    return b.add("DequantizeLinear", b.name(x), b.name(scale), b.name(zero))


def _quantized(b: Body, x: str, scale: str, zero: str, like: str) -> str:
    """`x` in the scale and with the zero point of operands, in the type of the operand `like`."""
    if b.has(zero):
        return b.add("QuantizeLinear", x, b.name(scale), b.name(zero))
    code = code_of(b.operands[like].element)
    return b.add("QuantizeLinear", x, b.name(scale), output_dtype=code)


@operator("x y_scale y_zero_point?", axis=1)
def QuantizeLinear(b: Body) -> str:
    """As the standard's."""
    names = b.name("x"), b.name("y_scale"), b.name("y_zero_point")
    return b.add("QuantizeLinear", *names, axis=b.integer("axis"))


@operator("x x_scale x_zero_point?", axis=1)
def DequantizeLinear(b: Body) -> str:
    """As the standard's."""
    names = b.name("x"), b.name("x_scale"), b.name("x_zero_point")
    return b.add("DequantizeLinear", *names, axis=b.integer("axis"))


def _binary(b: Body, op_type: str) -> str:
    left = _real(b, "A", "A_scale", "A_zero_point")
    right = _real(b, "B", "B_scale", "B_zero_point")
    return _quantized(b, b.add(op_type, left, right), "C_scale", "C_zero_point", "A")


_BINARY = "A A_scale A_zero_point? B B_scale B_zero_point? C_scale C_zero_point?"


@operator(_BINARY)
def QLinearAdd(b: Body) -> str:
    """A sum."""
    return _binary(b, "Add")


@operator(_BINARY)
def QLinearMul(b: Body) -> str:
    """A product."""
    return _binary(b, "Mul")


_UNARY = "X X_scale X_zero_point? Y_scale Y_zero_point?"


@operator(_UNARY)
def QLinearSigmoid(b: Body) -> str:
    """Sigmoid."""
    y = b.add("Sigmoid", _real(b, "X", "X_scale", "X_zero_point"))
    return _quantized(b, y, "Y_scale", "Y_zero_point", "X")


@operator(_UNARY, alpha=0.01)
def QLinearLeakyRelu(b: Body) -> str:
    """A ramp with another slope below zero."""
    x = _real(b, "X", "X_scale", "X_zero_point")
    y = b.add("LeakyRelu", x, alpha=b.number("alpha"))
    return _quantized(b, y, "Y_scale", "Y_zero_point", "X")


@operator("X X_scale x_zero_point? y_scale y_zero_point", axis=-1, opset=int)
def QLinearSoftmax(b: Body) -> str:
    """Softmax; before opset 13 over all dimensions from `axis` on."""
    x, axis = _real(b, "X", "X_scale", "x_zero_point"), b.integer("axis")
    if b.integer("opset") < 13:
        flat = b.add("Softmax", b.add("Flatten", x, axis=axis), axis=-1)
        y = b.add("Reshape", flat, b.add("Shape", x))
    else:
        y = b.add("Softmax", x, axis=axis)
    return _quantized(b, y, "y_scale", "y_zero_point", "X")


def _first(b: Body, x: str, rank: int) -> str:
    return b.transpose(x, 0, rank - 1, *range(1, rank - 1))


def _last(b: Body, x: str, rank: int) -> str:
    return b.transpose(x, 0, *range(2, rank), 1)


_POOLED = "X x_scale x_zero_point? y_scale y_zero_point?"


@operator(_POOLED, channels_last=0)
def QLinearGlobalAveragePool(b: Body) -> str:
    """The mean over all positions."""
    rank, last = b.rank("X"), bool(b.integer("channels_last"))
    axes = range(1, rank - 1) if last else range(2, rank)
    x = _real(b, "X", "x_scale", "x_zero_point")
    y = b.add("ReduceMean", x, b.constant(list(axes)))
    return _quantized(b, y, "y_scale", "y_zero_point", "X")


@operator(_POOLED, channels_last=0, **_POOL)
def QLinearAveragePool(b: Body) -> str:
    """The mean over windows."""
    rank, last = b.rank("X"), bool(b.integer("channels_last"))
    x = _real(b, "X", "x_scale", "x_zero_point")
    window = {n: b.attributes[n] for n in _POOL if b.attributes[n] is not None}
    y = b.add("AveragePool", _first(b, x, rank) if last else x, **window)
    y = _last(b, y, rank) if last else y
    return _quantized(b, y, "y_scale", "y_zero_point", "X")


@operator(
    "data data_scale data_zero_point? reduced_scale reduced_zero_point?", axes=list, keepdims=int
)
def QLinearReduceMean(b: Body) -> str:
    """The mean over axes."""
    x = _real(b, "data", "data_scale", "data_zero_point")
    axes = b.constant(b.attributes["axes"])
    y = b.add("ReduceMean", x, axes, keepdims=b.integer("keepdims"))
    return _quantized(b, y, "reduced_scale", "reduced_zero_point", "data")


@operator("condition X x_scale x_zero_point Y y_scale y_zero_point z_scale z_zero_point")
def QLinearWhere(b: Body) -> str:
    """One of two numbers."""
    x, y = _real(b, "X", "x_scale", "x_zero_point"), _real(b, "Y", "y_scale", "y_zero_point")
    return _quantized(b, b.add("Where", b.name("condition"), x, y), "z_scale", "z_zero_point", "X")


@operator("...", axis=int)
def QLinearConcat(b: Body) -> str:
    """Operands of several scales side by side."""
    scale, zero, *rest = (operand.name for operand in b.variadic)
    b.refuse(len(rest) % 3 != 0, f"has {len(rest) + 2} operands, expected 2 and 3 for each part")
    parts = [b.add("DequantizeLinear", *rest[at : at + 3]) for at in range(0, len(rest), 3)]
    joined = b.add("Concat", *parts, axis=b.integer("axis"))
    return b.add("QuantizeLinear", joined, scale, zero)


@operator(
    "x x_scale x_zero_point w w_scale w_zero_point y_scale y_zero_point B?",
    auto_pad="NOTSET",
    channels_last=0,
    dilations=None,
    group=1,
    kernel_shape=None,
    pads=None,
    strides=None,
)
def QLinearConv(b: Body) -> str:
    """A convolution."""
    rank, last = b.rank("x"), bool(b.integer("channels_last"))
    names = [b.name(name) for name in ("x_scale", "x_zero_point", "w", "w_scale", "w_zero_point")]
    result = [b.name(name) for name in ("y_scale", "y_zero_point", "B")]
    window = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    y = b.add(
        "QLinearConv",
        _first(b, b.name("x"), rank) if last else b.name("x"),
        *names,
        *result,
        **{name: b.attributes[name] for name in window},
    )
    return _last(b, y, rank) if last else y


def _scaled(b: Body, product: str, left: str, right: str) -> str:
    """An integer product in the scales of its operands."""
    return b.add("Mul", b.cast(product, np.float32), b.add("Mul", left, right))


@operator("A B a_scale b_scale a_zero_point? b_zero_point? bias?")
def MatMulIntegerToFloat(b: Body) -> str:
    """A product of integers as real numbers."""
    operands = [b.name(name) for name in ("A", "B", "a_zero_point", "b_zero_point")]
    product = _scaled(b, b.add("MatMulInteger", *operands), b.name("a_scale"), b.name("b_scale"))
    return b.sum(product, b.name("bias"))


@operator("A B b_scale b_zero_point? bias?")
def DynamicQuantizeMatMul(b: Body) -> str:
    """A product with quantised weights, the other operand quantised on the way."""
    x, scale, zero = b.add_many("DynamicQuantizeLinear", [b.name("A")], 3)
    product = b.add("MatMulInteger", x, b.name("B"), zero, b.name("b_zero_point"))
    return b.sum(_scaled(b, product, scale, b.name("b_scale")), b.name("bias"))


@operator("A B")
def MatMulInteger16(b: Body) -> str:
    """A product of 16-bit integers in 32 bits."""
    return b.add("MatMul", b.cast(b.name("A"), np.int32), b.cast(b.name("B"), np.int32))


@operator(
    "A a_scale a_zero_point B b_scale b_zero_point C? y_scale? y_zero_point?",
    alpha=1.0,
    transA=0,
    transB=0,
)
def QGemm(b: Body) -> str:
    """A general product; without a scale for the result it is real."""
    left, right = (
        b.transpose(b.name(side), 1, 0) if b.integer(f"trans{side}") else b.name(side)
        for side in ("A", "B")
    )
    zeros = b.name("a_zero_point"), b.name("b_zero_point")
    product = b.sum(b.add("MatMulInteger", left, right, *zeros), b.name("C"))
    scale = b.add("Mul", b.name("a_scale"), b.name("b_scale"))
    if b.number("alpha") != 1:
        scale = b.add("Mul", scale, b.constant(b.number("alpha"), np.float32))
    y = b.add("Mul", b.cast(product, np.float32), scale)
    return _quantized(b, y, "y_scale", "y_zero_point", "A") if b.has("y_scale") else y


def _unpacked(b: Body, x: str, bits: int, rank: int) -> str:
    """The numbers of `bits` bits in the bytes of `x`, lowest first, along the last dimension."""
    if bits == 8:
        return x
    mask = b.constant(2**bits - 1, np.uint8)
    last = b.constant([rank])
    parts: list[str] = []
    for shift in range(0, 8, bits):
        moved = b.add("BitShift", x, b.constant(shift, np.uint8), direction="RIGHT")
        parts.append(b.add("Unsqueeze", b.add("BitwiseAnd", moved, mask), last))
    joined = b.add("Concat", *parts, axis=rank)
    return b.reshape(joined, *[0] * (rank - 1), -1)


_CODES: dict[int, Any] = {2: ml_dtypes.uint2, 4: ml_dtypes.uint4, 8: np.uint8}


def _codes(array: Array, bits: int, size: int) -> Array:
    """The first `size` numbers of `bits` bits in each row of bytes, lowest first."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    parts = (array[..., None] >> shifts) & np.uint8(2**bits - 1 if bits < 8 else 255)
    return parts.reshape(*array.shape[:-1], -1)[..., :size]


def _constant_weight(b: Body, depth: int, columns: int, bits: int, block: int) -> str | None:
    """
    The weight `[N, K]` as `DequantizeLinear` of constants, in the order of `_order`; None where it
    is no such.
    """
    given = [b.operands[n].constant for n in ("B", "scales", "zero_points") if b.has(n)]
    whole = [array for array in given if array is not None]
    if len(whole) < len(given):
        return None
    if b.has("zero_points") and b.dtype("zero_points") != np.uint8:
        return None
    blocks, order = -(-depth // block), _order(b, depth, block)
    sizes = [columns * blocks * block * bits // 8, columns * blocks]
    if b.has("zero_points"):
        sizes.append(columns * -(-blocks * bits // 8))
    if order is None or [array.size for array in whole] != sizes:
        return None
    codes = _codes(whole[0].reshape(columns, -1), bits, depth)[:, order]
    operands = [
        b.constant(codes.astype(_CODES[bits]), _CODES[bits]),
        b.constant(whole[1].reshape(columns, blocks), whole[1].dtype),
    ]
    zeros = np.full((columns, blocks), 1 << (bits - 1), np.uint8)
    if b.has("zero_points"):
        zeros = _codes(whole[2].reshape(columns, -1), bits, blocks)
    operands.append(b.constant(zeros.astype(_CODES[bits]), _CODES[bits]))
    weight = b.add("DequantizeLinear", *operands, axis=1, block_size=block)
    if b.integer("accuracy_level") == ROUNDED_ROWS:
        b.nodes[-1].metadata_props.add(key=LHS_CODES, value="i8")
    return weight


ROUNDED_ROWS = 4
"""The accuracy level that lets the other operand be rounded to eight bits, block by block."""


def _order(b: Body, depth: int, block: int) -> Array | None:
    """
    Where the members of each block lie in the sum; None where that is not known, or where groups
    are no blocks.
    """
    if not b.has("g_idx"):
        return np.arange(depth)
    groups = b.operands["g_idx"].constant
    if groups is None or groups.size < depth:
        return None
    groups = groups.reshape(-1)[:depth]
    order = np.argsort(groups, kind="stable")
    fits = np.array_equal(groups[order], np.arange(depth) // block)
    return order if fits else None


@operator(
    "A B scales zero_points? g_idx? bias?",
    K=int,
    N=int,
    accuracy_level=0,
    bits=4,
    block_size=int,
    weight_prepacked=0,
)
def MatMulNBits(b: Body) -> str:
    """A product with weights of a few bits, quantised in blocks along the sum."""
    depth, columns = b.integer("K"), b.integer("N")
    bits, block = b.integer("bits"), b.integer("block_size")
    b.refuse(bits not in (2, 4, 8), f"has weights of {bits} bits, expected 2, 4 or 8")
    b.refuse(bool(b.integer("weight_prepacked")), "has weights in the order of another runtime")
    b.refuse(
        block < 16 or bool(block & (block - 1)),
        f"has blocks of {block}, expected a power of two from 16 on",
    )
    b.refuse(depth < 1 or columns < 1, f"has a weight of {depth} times {columns}")
    weight = _constant_weight(b, depth, columns, bits, block)
    left = b.name("A")
    if weight is None:
        weight = _unfolded_weight(b, depth, columns, bits, block)
    elif b.has("g_idx"):
        order = _order(b, depth, block)
        assert order is not None
        if not np.array_equal(order, np.arange(depth)):
            left = b.add("Gather", left, b.constant(order), axis=-1)
    product = b.add("MatMul", left, b.transpose(weight, 1, 0))
    return b.sum(product, b.name("bias"))


def _unfolded_weight(b: Body, depth: int, columns: int, bits: int, block: int) -> str:
    """The weight `[N, K]` by arithmetic on its bytes, which need not be known."""
    element, blocks = b.dtype("A"), -(-depth // block)
    packed = b.reshape(b.name("B"), columns, blocks, block * bits // 8)
    weight = b.cast(_unpacked(b, packed, bits, 3), element)
    if not b.has("zero_points"):
        zero = b.constant(np.full((columns, blocks), 2 ** (bits - 1)), element)
    elif b.dtype("zero_points") == np.uint8:
        rows = b.reshape(b.name("zero_points"), columns, -1)
        every = b.slice(_unpacked(b, rows, bits, 2), 1, 0, blocks)
        zero = b.cast(every, element)
    else:
        zero = b.reshape(b.name("zero_points"), columns, blocks)
    scales = b.reshape(b.name("scales"), columns, blocks)
    weight = b.reshape(weight, columns, blocks * block)
    if blocks * block != depth:
        weight = b.slice(weight, 1, 0, depth)
    groups = b.name("g_idx") if b.has("g_idx") else b.constant(np.arange(depth) // block)
    zero, scales = (b.add("Gather", p, groups, axis=1) for p in (zero, scales))
    return b.add("Mul", b.add("Sub", weight, zero), scales)


@operator(
    "data indices scales zero_points?",
    bits=4,
    block_size=128,
    gather_axis=0,
    quantize_axis=1,
)
def GatherBlockQuantized(b: Body) -> str:
    """Rows of a table of a few bits, quantised in blocks."""
    data, element = b.operands["data"].constant, b.dtype("data")
    bits, packed = b.integer("bits"), element == np.uint8
    b.refuse(data is None, "has a table that is computed")
    assert data is not None
    b.refuse(packed and bits not in (2, 4, 8), f"has {bits} bits, expected 2, 4 or 8")
    rank = data.ndim
    gathered, axis = (b.integer(f"{n}_axis") % max(rank, 1) for n in ("gather", "quantize"))
    zeros = b.operands["zero_points"].constant if b.has("zero_points") else None
    b.refuse(b.has("zero_points") and zeros is None, "has zero points that are computed")
    dtype = element
    if packed:
        b.refuse(axis != rank - 1 and bits < 8, "has bytes of codes, but no blocks along them")
        dtype = np.dtype(_CODES[bits])
        data = _codes(data, bits, data.shape[-1] * 8 // bits).astype(dtype)
        blocks = b.size("scales", rank - 1)
        if zeros is None:
            zeros = np.full((*data.shape[:-1], blocks), 1 << (bits - 1), np.uint8)
        else:
            zeros = _codes(zeros, bits, blocks)
    operands = [b.constant(data, dtype), b.name("scales")]
    if zeros is not None:
        operands.append(b.constant(zeros.astype(dtype), dtype))
    table = b.add("DequantizeLinear", *operands, axis=axis, block_size=b.integer("block_size"))
    return b.add("Gather", table, b.name("indices"), axis=gathered)
