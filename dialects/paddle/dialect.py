"""The `paddle` dialect with all of its operations, for what reads or lists them."""

from __future__ import annotations

from xdsl.ir import Dialect

from .classes import op_classes

Paddle = Dialect("paddle", [*op_classes()])
