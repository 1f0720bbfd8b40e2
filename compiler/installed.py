"""What needs the compiler, in an installation of the run time alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import NoCompilerError


@contextmanager
def compiler_needed(what: str) -> Generator[None]:
    """
    Around imports of the compiler, which the package `stepwell-runtime` does not have.

    Raises:
        NoCompilerError: saying that `what` needs it, and how to get it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise NoCompilerError(what) from error
