"""Kernels of support vector machines: how alike rows of features are to constant vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import math
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.weights import Array
from ..lowering import Lowering, NoNativeForm
from ..scalars import Numbers, exp, tanh, value
from .dense import dense

MOST_FACTORS = 8
"""Up to this degree a power is a product."""


@dataclass(frozen=True)
class KernelFunction:
    """`LINEAR`, `POLY`, `RBF` or `SIGMOID`, with its numbers."""

    kind: str
    gamma: float = 0.0
    offset: float = 0.0
    degree: float = 0.0

    def of(self, lo: Lowering, x: SSAValue, vectors: Array) -> SSAValue:
        """
        The kernel of each of `[rows, features]` with each of `[vectors, features]`.

        Raises:
            NoNativeForm: for a kernel of another name.
        """
        if self.kind == "RBF":
            return self._radial(lo, x, vectors)
        n = Numbers(element_of(x))
        products = dense(lo, x, lo.constant(np.ascontiguousarray(vectors.T), "vectors"))
        if self.kind == "LINEAR":
            return products
        if self.kind not in ("POLY", "SIGMOID"):
            raise NoNativeForm(f"kernel '{self.kind}' is none of LINEAR, POLY, RBF, SIGMOID")

        def build(product: SSAValue) -> SSAValue:
            inner = n.add(n.mul(product, n.number(self.gamma)), n.number(self.offset))
            return tanh(inner) if self.kind == "SIGMOID" else self._power(n, inner)

        return lo.map([products], build)

    def _power(self, n: Numbers, base: SSAValue) -> SSAValue:
        """The base to the degree."""
        if self.degree not in range(1, MOST_FACTORS + 1):
            return value(math.PowFOp(base, n.number(self.degree)))
        power = base
        for _ in range(int(self.degree) - 1):
            power = n.mul(power, base)
        return power

    def _radial(self, lo: Lowering, x: SSAValue, vectors: Array) -> SSAValue:
        """`exp(-gamma |x - v|^2)`, of the differences themselves: products would cancel."""
        (rows, features), count = extents_of(x), len(vectors)
        element = element_of(x)
        n = Numbers(element)
        columns = lo.constant(np.ascontiguousarray(vectors.T)[np.newaxis], "vectors")
        block = Block(arg_types=[n.scalar, n.scalar])
        with ImplicitBuilder(block):
            difference = n.sub(block.args[0], block.args[1])
            YieldOp(n.mul(difference, difference))
        sources, type_ = (
            [lo.reshape(x, (rows, features, 1)), columns],
            tensor((rows, count), element),
        )
        distance = lo.emit(ReduceOp(sources, "sum", [1], type_, keepdims=False, body=Region(block)))
        return lo.map([distance], lambda d: exp(n.mul(d, n.number(-self.gamma))))
