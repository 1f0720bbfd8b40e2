"""Numbers that stand for sizes where costs are compared."""

from stepwell.kernels.cost import TYPICAL, typical
from stepwell.runtime.size import maximum, named

P, Q = named("p0"), named("p1")


def test_a_typical_size() -> None:
    assert typical(7) == 7
    assert typical(0) == 0
    assert typical(P * 3) == TYPICAL * 3


def test_a_difference_of_sizes_is_not_short() -> None:
    """Loops that halve vectors until they fit would not end at 0."""
    assert typical(P - Q) == TYPICAL
    assert typical(maximum(P - Q * 2, 0)) == TYPICAL
