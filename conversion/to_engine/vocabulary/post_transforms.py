"""
What classical models do with their scores at the end: post transforms and labels.

Scores are `[rows, classes]`. The formulas are those of ONNX's `ai.onnx.ml` as onnxruntime
computes them, where the standard gives only a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sqrt

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, SoftmaxOp, YieldOp
from ....dialects.engine.base import element_of, rank_of
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, absolute, exp, log, select, sigmoid, value
from ..scalars import sqrt as square_root
from .gather import take

NEARLY_ZERO = 1e-7
"""Scores up to this size are zeros to `softmax_zero`."""

ERF_CONSTANT = 0.147
"""The constant of Winitzki's approximation of the error function."""


def post_transform(lo: Lowering, scores: SSAValue, name: str) -> SSAValue:
    """
    `NONE`, `LOGISTIC`, `SOFTMAX`, `SOFTMAX_ZERO` or `PROBIT` of scores; softmax of each row.

    Raises:
        NoNativeForm: for any other name.
    """
    transform = TRANSFORMS.get(name)
    if transform is None:
        raise NoNativeForm(f"post_transform '{name}' is none of {', '.join(TRANSFORMS)}")
    return transform(lo, scores)


def logistic(lo: Lowering, scores: SSAValue) -> SSAValue:
    """`1 / (1 + exp(-x))`"""
    n = Numbers(element_of(scores))
    return lo.map([scores], lambda x: sigmoid(n, x))


def softmax(lo: Lowering, scores: SSAValue) -> SSAValue:
    """`exp(x - max) / sum exp(x - max)` over the classes."""
    return lo.emit(SoftmaxOp(scores, rank_of(scores) - 1))


def softmax_zero(lo: Lowering, scores: SSAValue) -> SSAValue:
    """
    A softmax of the classes whose score is not zero.

    Zeros stay out of the sum, and what becomes of them is `x exp(-max) / sum`. A row of zeros
    alone has no sum and gives NaN.
    """
    n, axis = Numbers(element_of(scores)), rank_of(scores) - 1
    top = lo.emit(ReduceOp([scores], "max", [axis]))

    def grown(x: SSAValue, largest: SSAValue, nothing: SSAValue) -> SSAValue:
        counts = n.compare("gt", absolute(x), n.number(NEARLY_ZERO))
        return select(counts, exp(n.sub(x, largest)), nothing)

    block = Block(arg_types=[n.scalar, n.scalar])
    with ImplicitBuilder(block):
        score, largest = block.args
        YieldOp(grown(score, largest, n.number(0)))
    total = lo.emit(ReduceOp([scores, top], "sum", [axis], body=Region(block)))

    def share(x: SSAValue, largest: SSAValue, whole: SSAValue) -> SSAValue:
        return n.div(grown(x, largest, n.mul(x, exp(n.neg(largest)))), whole)

    return lo.map([scores, top, total], share)


def probit(lo: Lowering, scores: SSAValue) -> SSAValue:
    """
    `sqrt(2) erfinv(2 x - 1)`, the inverse error function by Winitzki's approximation.

    S. Winitzki, "A handy approximation for the error function and its inverse" (2008).
    """
    n = Numbers(element_of(scores))

    def build(x: SSAValue) -> SSAValue:
        at = n.sub(n.mul(x, n.number(2)), n.number(1))
        one = n.number(1)
        logarithm = log(n.mul(n.sub(one, at), n.add(one, at)))
        middle = n.add(n.number(2 / (pi * ERF_CONSTANT)), n.mul(n.number(0.5), logarithm))
        product = n.mul(n.number(1 / ERF_CONSTANT), logarithm)
        root = square_root(n.sub(n.mul(middle, middle), product))
        size = square_root(n.sub(root, middle))
        negative = n.compare("lt", at, n.number(0))
        return n.mul(n.number(sqrt(2)), select(negative, n.neg(size), size))

    return lo.map([scores], build)


def unchanged(lo: Lowering, scores: SSAValue) -> SSAValue:
    """The scores themselves."""
    return scores


TRANSFORMS: dict[str, Callable[[Lowering, SSAValue], SSAValue]] = {
    "NONE": unchanged,
    "LOGISTIC": logistic,
    "SOFTMAX": softmax,
    "SOFTMAX_ZERO": softmax_zero,
    "PROBIT": probit,
}


def above(lo: Lowering, score: SSAValue, threshold: float) -> SSAValue:
    """1 where a score is above the threshold, else 0: i64 positions of one of two classes."""
    n = Numbers(element_of(score))

    def build(x: SSAValue) -> SSAValue:
        return value(arith.ExtUIOp(n.compare("gt", x, n.number(threshold)), i64))

    return lo.map([score], build, i64)


def integer_labels(lo: Lowering, positions: SSAValue, labels: Sequence[int]) -> SSAValue:
    """The label of each i64 position; labels that count from zero are the positions."""
    if list(labels) == list(range(len(labels))):
        return positions
    return take(lo, lo.constant(np.array(labels, np.int64), "labels"), positions, 0)
