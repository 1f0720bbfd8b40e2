"""The `framework` dialect: types and attributes that the dialects of all frameworks share."""

from __future__ import annotations

from xdsl.ir import Dialect

from .assertion import AssertOp
from .donation import DonationAttr
from .element_types import StringType
from .size import SizeOp
from .state import StateAttr
from .types import DimsAttr, MapType, OptionalType, SequenceType, StringsAttr

Framework = Dialect(
    "framework",
    [AssertOp, SizeOp],
    [
        DimsAttr,
        DonationAttr,
        MapType,
        OptionalType,
        SequenceType,
        StateAttr,
        StringType,
        StringsAttr,
    ],
)
