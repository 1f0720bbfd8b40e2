"""Engines by sizes: who makes them, who waits, and which stay."""

import threading
import time

import pytest

from stepwell.runtime.sized_engines import SizedEngines


def test_one_is_made_for_threads_that_ask_at_once():
    made: list[tuple[int, ...]] = []

    def make(sizes: tuple[int, ...]) -> str:
        time.sleep(0.02)
        made.append(sizes)
        return str(sizes)

    engines = SizedEngines(make)
    found: list[str] = []

    def ask(size: int) -> None:
        found.append(engines.get((size,)))

    threads = [threading.Thread(target=ask, args=(at % 3,)) for at in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [(0,), (1,), (2,)]
    assert sorted(found) == sorted(4 * ["(0,)", "(1,)", "(2,)"])


def test_what_is_there_is_given_while_another_is_made():
    going, done = threading.Event(), threading.Event()

    def make(sizes: tuple[int, ...]) -> int:
        if sizes == (2,):
            going.set()
            assert done.wait(10)
        return sizes[0]

    engines = SizedEngines(make)
    assert engines.get((1,)) == 1
    thread = threading.Thread(target=engines.get, args=((2,),))
    thread.start()
    assert going.wait(10)
    assert engines.get((1,)) == 1
    assert engines.get((3,)) == 3
    done.set()
    thread.join()
    assert len(engines) == 3


def test_those_not_used_for_longest_go_and_some_stay():
    made: list[int] = []

    def make(sizes: tuple[int, ...]) -> int:
        made.append(sizes[0])
        return sizes[0]

    engines = SizedEngines(make, kept=2)
    engines.add((0,), 0, stays=True)
    for size in (1, 2, 1, 3):  # 2 goes
        engines.get((size,))
    assert {engine for _, engine, _ in engines} == {0, 1, 3}
    engines.get((1,))
    engines.get((0,))
    assert made == [1, 2, 3]
    engines.get((2,))
    assert {engine for _, engine, _ in engines} == {0, 1, 2}


def test_what_failed_is_tried_again():
    calls: list[int] = []

    def make(sizes: tuple[int, ...]) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not now")
        return sizes[0]

    engines = SizedEngines(make)
    with pytest.raises(ValueError, match="not now"):
        engines.get((5,))
    assert len(engines) == 0
    assert engines.get((5,)) == 5
    assert len(engines) == 1
