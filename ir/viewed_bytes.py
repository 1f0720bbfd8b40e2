"""How much of a block of bytes a function of level 5 looks at."""

from __future__ import annotations

from math import prod

from xdsl.dialects import arith, memref
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import SSAValue

from ..dialects.engine.base import element_of, shape_of
from ..dialects.engine.weights import dtype_of
from .verify_ir import invalid


def viewed_bytes(block: SSAValue) -> int:
    """
    The end of the furthest view into a `memref<?xi8>`.

    Raises:
        InvalidIRError: for a use that is not a `memref.view` of known sizes at a constant offset.
    """
    end = 0
    for use in block.uses:
        view = use.operation
        name = f"%{block.name_hint}" if block.name_hint else "a block of bytes"
        if not isinstance(view, memref.ViewOp):
            raise invalid(
                view, f"{name} is an operand of '{view.name}'; only memref.view may look into it"
            )
        shift = view.byte_shift.owner
        constant = shift.value if isinstance(shift, arith.ConstantOp) else None
        shape = shape_of(view.results[0])
        if not isinstance(constant, IntegerAttr) or min(shape, default=0) < 0:
            raise invalid(view, f"a view into {name} needs a constant offset and known sizes")
        if constant.value.data < 0:
            raise invalid(view, f"a view into {name} begins at {constant.value.data}")
        size = dtype_of(element_of(view.results[0])).itemsize * prod(shape)
        end = max(end, constant.value.data + size)
    return end
