"""What the callers of a function give away: read, written, and checked."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import ArrayAttr, StringAttr, f32, i64
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from stepwell.dialects import make_context
from stepwell.dialects.framework import (
    DonationAttr,
    donations_of,
    tensor_type,
    verify_donations,
)
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.abi import DONATED

X, LONGER, OPEN = (tensor_type(f32, [2, n]) for n in (3, 4, None))


def function(*donations: Attribute, inputs=(X, X), outputs=(LONGER, X)) -> FuncOp:
    main = FuncOp.external("main", list(inputs), list(outputs))
    main.attributes[DONATED] = ArrayAttr(donations)
    return main


def test_is_printed_and_parsed():
    text = "#framework.donation<argument = 2, result = 1>"
    module = parse_ir(make_context(), f"builtin.module attributes {{d = {text}}} {{}}", "text")
    assert module.attributes["d"] == DonationAttr.of(2, 1)
    assert str(DonationAttr.of(2, 1)) == text


def test_fits():
    donations = (DonationAttr.of(0, 0), DonationAttr.of(1, 1))
    main = function(*donations)
    verify_donations(main)
    assert donations_of(main) == donations
    verify_donations(function(DonationAttr.of(0, 0), outputs=(OPEN, X)))
    assert donations_of(FuncOp.external("main", [X], [X])) == ()


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        (function(DonationAttr.of(2, 0)), "which has 2 arguments and 2 results"),
        (function(DonationAttr.of(0, 2)), "which has 2 arguments and 2 results"),
        (function(DonationAttr.of(0, 0), DonationAttr.of(0, 1)), "has argument 0 twice"),
        (function(DonationAttr.of(0, 1), DonationAttr.of(1, 1)), "has result 1 twice"),
        (function(DonationAttr.of(0, 1), inputs=(LONGER, X)), "into which it does not fit"),
        (
            function(DonationAttr.of(0, 0), inputs=(tensor_type(i64, [2, 3]), X)),
            "expected one element type",
        ),
        (
            function(DonationAttr.of(0, 0), inputs=(tensor_type(f32, [2]), X)),
            "expected one rank",
        ),
        (function(StringAttr("a")), "must be an array of #framework.donation"),
    ],
)
def test_what_does_not_fit(main: FuncOp, expected: str):
    with pytest.raises(VerifyException, match=expected):
        verify_donations(main)
