"""Shapes of elementwise functions of several operands, and of sums of products."""

from __future__ import annotations

from collections.abc import Mapping

from ....dialects.framework import Dim
from ...shape_arithmetic import Symbols
from .node import Rule, Shapes, SizeNode


def _elementwise(node: SizeNode) -> Shapes:
    shapes = [node.dims(at) for at in range(len(node.inputs))]
    known = [shape for shape in shapes if shape is not None]
    return [node.relations.broadcast(*known)] if len(known) == len(shapes) else []


def _prelu(node: SizeNode) -> Shapes:
    """That of the first operand, to which the other is repeated."""
    dims, slope = node.dims(0), node.dims(1)
    if dims is not None and slope is not None:
        node.relations.broadcast(dims, slope)
    return [dims]


def _product(node: SizeNode, a: Symbols | None, b: Symbols | None) -> Shapes:
    if not a or not b:
        return []
    *first, depth = a
    *second, columns = b if len(b) > 1 else (*b, 1)
    node.relations.equal(depth, second[-1])
    batch = node.relations.broadcast(tuple(first[:-1]), tuple(second[:-1]))
    return [(*batch, *first[-1:], *([columns] if len(b) > 1 else []))]


def _matmul(node: SizeNode) -> Shapes:
    return _product(node, node.dims(0), node.dims(1))


def _matmul_quantized(node: SizeNode) -> Shapes:
    return _product(node, node.dims(0), node.dims(3))


def _gemm(node: SizeNode) -> Shapes:
    a, b, c = (node.dims(at) for at in range(3))
    if a is None or b is None or len(a) != 2 or len(b) != 2:
        return []
    rows, depth = a[::-1] if node.integer("transA") else a
    other, columns = b[::-1] if node.integer("transB") else b
    node.relations.equal(depth, other)
    if c is not None:
        node.relations.broadcast((rows, columns), c)
    return [(rows, columns)]


def _einsum(node: SizeNode) -> Shapes:
    equation = "".join(c for c in node.text("equation") if c != " ")
    operands, arrow, result = equation.partition("->")
    sizes: dict[str, Dim] = {}
    dots: Symbols = ()
    order: list[str] = []
    for at, term in enumerate(operands.split(",")):
        dims = node.dims(at)
        if dims is None:
            return []
        front, marks, back = term.partition("...")
        end = len(dims) - len(back)
        if marks:
            dots = node.relations.broadcast(dots, dims[len(front) : end])
        named = [*zip(front, dims, strict=False), *zip(back, dims[end:], strict=True)]
        for letter, size in named:
            sizes[letter] = node.relations.broadcast_dim(sizes.get(letter, 1), size)
            order.append(letter)
    if not arrow:
        once = sorted({letter for letter in order if order.count(letter) == 1})
        return [(*dots, *(sizes[letter] for letter in once))]
    front, marks, back = result.partition("...")
    middle = dots if marks else ()
    return [(*(sizes[c] for c in front), *middle, *(sizes[c] for c in back))]


_BROADCASTING = (
    "Add", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater",
    "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow",
    "Sub", "Sum", "Where", "Xor",
)  # fmt: skip

PRODUCTS: Mapping[str, Rule] = {
    **dict.fromkeys(_BROADCASTING, _elementwise),
    "Einsum": _einsum,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "PRelu": _prelu,
    "QLinearMatMul": _matmul_quantized,
}
