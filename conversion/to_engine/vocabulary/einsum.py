"""Sums of products that an equation says."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp, MatmulOp, ReduceOp
from ....dialects.engine.base import extents_of, rank_of
from ....runtime.size import product_of, same
from ..flat_index import along
from ..lowering import Lowering, NoNativeForm

Labels = str


def _parsed(equation: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """
    One letter for each dimension of every operand, and of the result.

    An ellipsis becomes capital digits of its own: dimensions counted from its end.
    """
    inputs, _, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise NoNativeForm(f"of {len(ranks)} operands with the equation '{equation}'")
    widths = [rank - len(t.replace("...", "")) for t, rank in zip(terms, ranks, strict=True)]
    most = max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)
    dots = "".join(chr(0x2460 + i) for i in range(most))
    labels = [
        t.replace("...", dots[most - w :] if "..." in t else "")
        for t, w in zip(terms, widths, strict=True)
    ]
    if any(len(found) != rank for found, rank in zip(labels, ranks, strict=True)):
        raise NoNativeForm(f"with the equation '{equation}' on these ranks")
    if "->" in equation:
        return labels, output.replace("...", dots)
    every = "".join(labels)
    return labels, dots + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))


def _diagonals(lo: Lowering, x: SSAValue, labels: Labels) -> tuple[SSAValue, Labels]:
    """Every letter once: of dimensions with one letter, the diagonal."""
    for letter in dict.fromkeys(labels):
        while labels.count(letter) > 1:
            first, second = [i for i, c in enumerate(labels) if c == letter][:2]
            shape = extents_of(x)
            others = [a for a in range(len(shape)) if a not in (first, second)]
            moved = lo.transpose(x, [first, second, *others])
            rest, n = [shape[a] for a in others], shape[first]
            flat = lo.reshape(moved, (n * n, *rest))
            x = lo.emit(GatherOp(flat, along(lo, n, 0, 1, n + 1), 0))
            labels = letter + "".join(labels[a] for a in others)
    return x, labels


def _summed(lo: Lowering, x: SSAValue, labels: Labels, kept: str) -> tuple[SSAValue, Labels]:
    axes = [a for a, c in enumerate(labels) if c not in kept]
    if axes:
        x = lo.emit(ReduceOp([x], "sum", axes, keepdims=False))
    return x, "".join(c for c in labels if c in kept)


def _ordered(lo: Lowering, x: SSAValue, labels: Labels, groups: Sequence[str]) -> SSAValue:
    """The tensor with one dimension for each group of letters; letters it lacks have extent 1."""
    order = [c for group in groups for c in group if c in labels]
    x = lo.transpose(x, [labels.index(c) for c in order])
    sizes = dict(zip(order, extents_of(x), strict=True))
    return lo.reshape(x, [product_of(sizes.get(c, 1) for c in group) for group in groups])


def _product(
    lo: Lowering, a: tuple[SSAValue, Labels], b: tuple[SSAValue, Labels], kept: str
) -> tuple[SSAValue, Labels]:
    """The product of two tensors, summed over their letters that nobody else wants."""
    a, b = _summed(lo, *a, kept + b[1]), _summed(lo, *b, kept + a[1])
    (x, left), (y, right) = a, b
    sizes = dict(zip(left, extents_of(x), strict=True))
    for letter, n in zip(right, extents_of(y), strict=True):
        lo.relations.equal(sizes.setdefault(letter, n), n)
        if same(sizes[letter], n) is False:
            raise NoNativeForm(f"with the sizes {sizes[letter]} and {n} for one letter")
    batch = [c for c in left if c in right and c in kept]
    inner = [c for c in left if c in right and c not in kept]
    rows = [c for c in left if c not in right]
    columns = [c for c in right if c not in left]
    groups = ["".join(g) for g in (batch, rows, inner, columns)]
    result = lo.emit(
        MatmulOp(
            _ordered(lo, x, left, groups[:3]),
            _ordered(lo, y, right, [groups[0], groups[2], groups[3]]),
        )
    )
    labels = groups[0] + groups[1] + groups[3]
    return lo.reshape(result, [sizes[c] for c in labels]), labels


def einsum(lo: Lowering, equation: str, operands: Sequence[SSAValue]) -> SSAValue:
    """The sum of products that the equation says, of operands of one type."""
    terms, output = _parsed(equation, [rank_of(v) for v in operands])
    parts = [_diagonals(lo, x, labels) for x, labels in zip(operands, terms, strict=True)]
    result = parts[0]
    for at, part in enumerate(parts[1:], 1):
        later = "".join(labels for _, labels in parts[at + 1 :])
        result = _product(lo, result, part, output + later)
    x, labels = _summed(lo, *result, output)
    return lo.transpose(x, [labels.index(c) for c in output])
