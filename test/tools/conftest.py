"""The `stepwell` command, run in the process of the test."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from stepwell.tools import cli


@pytest.fixture
def stepwell(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`stepwell(*arguments)` gives (exit code, standard output, standard error)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stepwell", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run
