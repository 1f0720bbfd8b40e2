"""Types of level 1."""

from __future__ import annotations

from xdsl.dialects.builtin import f32

from stepwell.dialects import make_context
from stepwell.dialects.framework import dims_of, tensor_type
from stepwell.ir.parse_ir import parse_ir


def test_a_size_below_zero_is_not_known():
    """So that what is written of it can be read."""
    type_ = tensor_type(f32, [-1, 3])
    assert dims_of(type_) == (None, 3)
    parse_ir(make_context(), f"func.func private @f({type_})", "<text>")
