"""
How a call that runs a long loop finds out that it is to end: Ctrl-C, or what another signal raises.

While machine code runs, Python notes signals but handles none: their handlers are Python code. So
loops call back between trips, some fifty times a second, and that is when Python handles them, in
the main thread. A handler runs when a function begins, before any `try` of that function; one that
raises would be lost, as exceptions cannot pass through machine code. What is called back is
therefore a generator, which goes on inside of its `try`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Generator

_callback_type = ctypes.CFUNCTYPE(ctypes.c_int64)


class Interruption:
    """What one call at a time asks; `callback` is the address for the frame."""

    callback: int

    def __init__(self) -> None:
        self._caught: list[BaseException] = []
        looks = _looks(self._caught)
        next(looks)
        self._function = _callback_type(looks.__next__)
        self.callback = ctypes.cast(self._function, ctypes.c_void_p).value or 0

    def raise_caught(self) -> None:
        """Raise what a handler has raised, if one did."""
        if self._caught:
            error = self._caught[0]
            self._caught.clear()
            raise error


def _looks(caught: list[BaseException]) -> Generator[int]:
    """Whether the call is to end, 1 or 0, each time it is asked."""
    answer = 0
    while True:
        try:
            while True:
                yield answer
                answer = 0
        except GeneratorExit:
            return
        except BaseException as error:
            caught.append(error)
            answer = 1
