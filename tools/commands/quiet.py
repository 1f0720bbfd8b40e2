"""`stepwell --quiet`: whether progress is shown."""

from __future__ import annotations


class _Said:
    quiet = False


def set_quiet(quiet: bool) -> None:
    """Say whether this run of the command shows no progress."""
    _Said.quiet = quiet


def is_quiet() -> bool:
    """Whether progress is not to be shown."""
    return _Said.quiet
