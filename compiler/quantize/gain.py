"""What a quantised model gains: bytes of weights, and seconds of a call by estimate."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import ModuleOp

from ...dialects.framework import PACKED, element_of, element_type_of_ir, ranked_tensor
from ...dialects.onnx import OnnxOp
from ...errors import CompileError
from ..estimate import Estimate
from .products import Product
from .schemes import DYNAMIC, INT8

_FASTER = 0.97
"""A quantised model takes at most this part of the time."""

_SMALLER = 0.95
"""One whose weights alone are coded takes at most this part of the bytes."""


@dataclass(frozen=True)
class Gain:
    """A model before and after."""

    bytes_before: int
    bytes_after: int
    before: Estimate
    after: Estimate

    def require(self, scheme: str, name: str, active: int, count: int) -> None:
        """Raise `CompileError` where there is none, with the reason."""
        what = f"{name or 'the model'} would not gain by {scheme}"
        part = f"with {active} of {count} operations quantised"
        if scheme in (INT8, DYNAMIC):
            old, new = self.before.seconds, self.after.seconds
            if old and new > _FASTER * old:
                raise CompileError(
                    f"{what}: {part} a call would take {1e3 * new:.3g} ms by estimate instead of "
                    f"{1e3 * old:.3g} ms; nothing is written"
                )
        elif self.bytes_after > _SMALLER * self.bytes_before:
            raise CompileError(
                f"{what}: {part} its weights would take {self.bytes_after} bytes instead of "
                f"{self.bytes_before}; nothing is written"
            )


def saved_seconds(product: Product, before: Estimate, after: Estimate) -> float | None:
    """What a product takes less; None where its node is part of nothing that has an estimate."""
    name = next(iter(product.op.nodes), product.name)
    if name not in before.by_node:
        return None
    return before.by_node[name] - after.by_node.get(name, 0.0)


def bytes_of(module: ModuleOp) -> int:
    """Of all constants, as a file has them."""
    total = 0
    for op in module.walk():
        if not isinstance(op, OnnxOp) or op.name != "onnx.Constant":
            continue
        type_ = ranked_tensor(op.results[0].type)
        element = None if type_ is None else element_of(type_)
        row = None if element is None else element_type_of_ir(element)
        if type_ is None or row is None:
            continue
        count = prod(type_.get_shape())
        total += -(-count // 2) if row.name in PACKED else count * row.numpy.itemsize
    return total
