"""Pools; global ones are reductions."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ...dialects.engine import PoolOp, ReduceOp
from ...dialects.engine.base import shape_of
from .elementwise import Operator
from .lowering import Lowering, NoNativeForm
from .windows import window_of


def _pool(lo: Lowering, kind: str) -> SSAValue:
    x = lo.operand("X")
    shape = shape_of(x)
    kernel = lo.integers("kernel_shape") or []
    window = window_of(lo, shape[2:], kernel)
    return lo.emit(
        PoolOp(
            x,
            kind,
            window.kernel,
            strides=window.strides,
            pads=window.pads,
            dilations=window.dilations,
            ceil_mode=bool(lo.integer("ceil_mode")),
            count_include_pad=kind == "average" and bool(lo.integer("count_include_pad")),
        )
    )


def MaxPool(lo: Lowering) -> SSAValue:
    """The largest element of each window."""
    if lo.is_used("Indices"):
        raise NoNativeForm("with its indices")
    return _pool(lo, "max")


def AveragePool(lo: Lowering) -> SSAValue:
    """The mean of each window."""
    return _pool(lo, "average")


def _global(kind: str) -> Operator:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("X")
        return lo.emit(ReduceOp([x], kind, range(2, len(shape_of(x)))))

    return convert


OPERATORS: dict[str, Operator] = {
    "AveragePool": AveragePool,
    "GlobalAveragePool": _global("mean"),
    "GlobalMaxPool": _global("max"),
    "MaxPool": MaxPool,
}
