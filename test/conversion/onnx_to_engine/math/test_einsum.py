"""Einsum against `onnx.reference`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.test.conversion.onnx_to_engine.node_check import check_node, numbers

SIZES = dict(zip("ijkl", (2, 3, 4, 5), strict=True))
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij->ji", [[2, 3]]),
        ("ii->i", [[3, 3]]),
        ("ii", [[3, 3]]),
        ("...ii->...i", [[2, 4, 3, 3]]),
        ("...ij,...jk->...ik", [[2, 1, 3, 4], [2, 2, 4, 5]]),
        ("ij, jk , kl -> il", [[2, 3], [3, 4], [4, 5]]),
        ("i,j->ij", [[2], [3]]),
        ("bij,bjk", [[2, 3, 4], [2, 4, 5]]),
        (",->", [[], []]),
    ],
)
def test_equations(equation, shapes):
    if "..." in equation and len(shapes) == 2:
        shapes = [[2, 2, *s[2:]] for s in shapes]
    inputs = [np.asarray(numbers(s, seed=i)) for i, s in enumerate(shapes)]
    check_node("Einsum", inputs, equation=equation, **CLOSE)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_generated(data):
    letters = st.lists(st.sampled_from("ijkl"), unique=True, min_size=1, max_size=3)
    terms = ["".join(data.draw(letters)) for _ in range(data.draw(st.integers(1, 3)))]
    every = sorted(set("".join(terms)))
    output = "".join(data.draw(st.lists(st.sampled_from(every), unique=True)))
    inputs = [numbers([SIZES[c] for c in t], seed=i) for i, t in enumerate(terms)]
    check_node("Einsum", inputs, equation=f"{','.join(terms)}->{output}", **CLOSE)
