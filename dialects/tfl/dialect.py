"""The `tfl` dialect with all of its operations, for what reads or lists them."""

from __future__ import annotations

from xdsl.ir import Dialect

from .op import CLASSES
from .quantized import QuantizedType
from .yield_op import YieldOp

Tfl = Dialect("tfl", [*CLASSES.op_classes(), YieldOp], [QuantizedType])
