"""A loop that does not end can be interrupted, in this thread and in the process as a whole."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator
from typing import Any

import numpy as np
import onnx
import pytest

import stepwell

ENDLESS = """<ir_version: 10, opset_import: ["": 21]>
g (float[4] x, bool c) => (float[4] y)
{
    y = Loop("", c, x) <body = b (int64 i, bool going, float[4] s) => (bool still, float[4] t) {
        still = Identity(going)
        z = Neg(s)
        t = Tanh(z)
    }>
}"""


@pytest.fixture
def endless() -> stepwell.Engine:
    text = ENDLESS.replace('Loop("", ', "Loop(, ")
    engine = stepwell.compile(onnx.parser.parse_model(text))
    assert isinstance(engine, stepwell.Engine)
    assert not engine.reference_ops
    return engine


def _signal_soon(number: int) -> threading.Thread:
    def send() -> None:
        time.sleep(0.2)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


X = np.ones(4, np.float32)


@pytest.fixture
def heeded() -> Generator[None]:
    """Ctrl-C raises, as in a terminal; a process that was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_ends_a_loop(endless: stepwell.Engine):
    thread = _signal_soon(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        endless(X, np.array(True))
    thread.join()
    # The engine works on afterwards.
    np.testing.assert_array_equal(endless(X, np.array(False)), X)


def test_a_handler_that_raises_ends_a_loop(endless: stepwell.Engine):
    def handler(number: int, frame: Any) -> None:
        raise TimeoutError("too long")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError, match="too long"):
            endless(X, np.array(True))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_handler_that_returns_does_not(endless: stepwell.Engine):
    calls: list[int] = []

    def handler(number: int, frame: Any) -> None:
        calls.append(number)
        if len(calls) == 2:
            raise TimeoutError("the second time")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        with pytest.raises(TimeoutError, match="the second time"):
            endless(X, np.array(True))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(calls) == 2
