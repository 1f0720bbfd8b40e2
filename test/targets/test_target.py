"""Targets by name."""

from __future__ import annotations

import pytest

from stepwell.errors import UsageError
from stepwell.targets.target import Target


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x86-64-v5", "unknown target 'x86-64-v5'; did you mean 'x86-64-v4' or"),
        ("z80", "unknown target 'z80'; known are aarch64, native, neoverse-n1, wasm32, x86-64-v2"),
    ],
)
def test_an_unknown_name_is_said_with_what_it_might_have_been(name, said):
    with pytest.raises(UsageError) as caught:
        Target.parse(name)
    assert str(caught.value).startswith(said)
