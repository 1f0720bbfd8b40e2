"""Numbers that are equal to others of another kind stay what they are when sizes are bound."""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerAttr, i64

from stepwell.dialects.engine.bound_sizes import BoundSizes


def test_zero_and_false_stay_apart() -> None:
    """They are equal and hash alike; one must not become the other."""
    bound = BoundSizes({"S": 3})
    for number in (IntegerAttr.from_bool(False), IntegerAttr(0, i64)):
        found = bound(number)
        assert isinstance(found, IntegerAttr)
        assert type(found.value.data) is type(number.value.data)
