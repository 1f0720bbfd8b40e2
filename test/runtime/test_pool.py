"""The thread pool: every chunk runs exactly once, whatever the helpers are doing."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from stepwell.conversion.kernels_to_llvm.pool_code import pool_ir
from stepwell.runtime import pool as pool_module
from stepwell.runtime.abi import HELPER_STRIDE, PARALLEL, PoolField
from stepwell.runtime.code_memory import ExecutableCode
from stepwell.runtime.pool import ThreadPool, shared_pool

# `repeat` opens regions of different functions with different captured values in close succession,
# so that a helper that mixed up two regions would count at the wrong place.
COUNTERS = """
declare void @stepwell_parallel(ptr, ptr, ptr, i64)

define void @count(ptr %counters, i64 %chunk) {
  %place = getelementptr i64, ptr %counters, i64 %chunk
  %old = atomicrmw add ptr %place, i64 1 monotonic
  ret void
}

define void @count_million(ptr %counters, i64 %chunk) {
  %place = getelementptr i64, ptr %counters, i64 %chunk
  %old = atomicrmw add ptr %place, i64 1000000 monotonic
  ret void
}

define void @spin(ptr %amount, i64 %chunk) {
entry:
  %n = load i64, ptr %amount
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %next = add i64 %i, 1
  fence seq_cst
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %exit
exit:
  ret void
}

define void @empty(ptr %captured, i64 %chunk) {
  ret void
}

define void @repeat(ptr %pool, ptr %a, ptr %b, i64 %chunks, i64 %times) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  call void @stepwell_parallel(ptr %pool, ptr @count, ptr %a, i64 %chunks)
  %fewer = lshr i64 %chunks, 1
  call void @stepwell_parallel(ptr %pool, ptr @count_million, ptr %b, i64 %fewer)
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %times
  br i1 %more, label %loop, label %exit
exit:
  ret void
}
"""


@pytest.fixture(scope="module")
def code(link_texts):
    return ExecutableCode(link_texts(COUNTERS))


@pytest.fixture
def call(code):
    """`call(name, *integers)`, without the interpreter lock."""

    def make(name, *arguments):
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(arguments))
        return kind(code.address_of(name))(*arguments)

    return make


@pytest.fixture
def make_pool(code):
    pools: list[ThreadPool] = []

    def make(threads, **options):
        pools.append(ThreadPool(threads, code, **options))
        return pools[-1]

    yield make
    for pool in pools:
        assert pool.close()


def _address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("chunks", [0, 1, 2, 3, 16, 1000])
@pytest.mark.parametrize("threads", [2, 3, 9])
def test_each_chunk_runs_once_per_region(call, make_pool, threads, chunks):
    pool = make_pool(threads)
    a, b = np.zeros((2, 1001), np.int64)
    times = 20000 // max(chunks, 10)
    call("repeat", pool.address, _address(a), _address(b), chunks, times)
    np.testing.assert_array_equal(a, [times] * chunks + [0] * (1001 - chunks))
    np.testing.assert_array_equal(b, [times * 1000000] * (chunks // 2) + [0] * (1001 - chunks // 2))


def test_a_null_pool_runs_serially(call, code):
    counters = np.zeros(10, np.int64)
    call(PARALLEL, 0, code.address_of("count"), _address(counters), 10)
    np.testing.assert_array_equal(counters, 1)


def test_helpers_sleep_and_wake(call, code, make_pool):
    pool = make_pool(3)
    counters = np.zeros(8, np.int64)
    for round in range(30):
        _wait_for_sleep(pool)
        call(PARALLEL, pool.address, code.address_of("count"), _address(counters), 8)
        np.testing.assert_array_equal(counters, round + 1)


def _wait_for_sleep(pool):
    states = pool._memory[PoolField.FIRST_HELPER // 8 :: HELPER_STRIDE // 8][: len(pool._threads)]
    deadline = time.monotonic() + 10
    while not all(states) and time.monotonic() < deadline:
        time.sleep(0.001)
    np.testing.assert_array_equal(states, 1)


@pytest.fixture
def processors():
    """Where this thread may run, which is so again afterwards."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("the system binds no threads to processors")
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("there is one processor")
    yield before
    os.sched_setaffinity(0, before)


@pytest.fixture
def pair(make_pool, processors):
    """A pool of one helper."""
    return make_pool(2)


@pytest.fixture
def wake_from(call, code, pair, processors):
    """`wake_from(processors)`: a caller bound to them wakes the helper; where that may run then."""
    counters = np.zeros(8, np.int64)

    def wake(bound):
        _wait_for_sleep(pair)
        os.sched_setaffinity(0, bound)
        call(PARALLEL, pair.address, code.address_of("count"), _address(counters), 8)
        return os.sched_getaffinity(pair._threads[0].native_id)

    return wake


def test_a_helper_wakes_on_another_processor(wake_from, processors):
    first, second, *_ = sorted(processors)
    assert wake_from({first}) == processors - {first}
    assert wake_from({first}) == processors - {first}

    def after_moving():
        """From the second, mostly, as a caller that may be anywhere."""
        os.sched_setaffinity(0, {second})
        return wake_from(processors)

    # What the caller left, and may come back to, is given back.
    assert processors - {second} in (after_moving() for _ in range(20))


def test_processors_that_a_process_is_bound_to_bind_helpers(wake_from, pair, processors):
    """As `taskset --all-tasks` does."""
    first, second, *_ = sorted(processors)
    wake_from({second})
    os.sched_setaffinity(pair._threads[0].native_id, {first})
    assert wake_from({first}) == {first}
    assert wake_from({first}) == {first}
    os.sched_setaffinity(pair._threads[0].native_id, processors)
    assert wake_from({second}) == processors - {second}


@pytest.mark.parametrize("spins", [0, 1, 50])
def test_wake_ups_at_the_moment_of_falling_asleep(call, code, make_pool, spins):
    """Helpers that lie down at once, woken after pauses of every length."""
    pool = make_pool(4, spins=spins)
    counters = np.zeros(64, np.int64)
    pauses = np.random.default_rng(0).integers(1, 5000, (1000, 1))
    for pause in pauses:
        call(PARALLEL, pool.address, code.address_of("count"), _address(counters), 64)
        call("spin", _address(pause), 0)
    np.testing.assert_array_equal(counters, len(pauses))


def test_more_threads_than_processors_under_load(call, code, make_pool):
    """Helpers are descheduled all the time; the caller must not depend on them."""
    pool = make_pool(16)
    stop = threading.Event()

    def burn():
        amounts = np.full(1, 100000, np.int64)
        while not stop.is_set():
            call("spin", _address(amounts), 0)

    burners = [threading.Thread(target=burn) for _ in range(3)]
    for burner in burners:
        burner.start()
    a, b = np.zeros((2, 40), np.int64)
    try:
        for _ in range(20):
            call("repeat", pool.address, _address(a), _address(b), 40, 25)
    finally:
        stop.set()
        for burner in burners:
            burner.join()
    np.testing.assert_array_equal(a, 500)
    np.testing.assert_array_equal(b, [500 * 1000000] * 20 + [0] * 20)


def test_pools_are_shared_by_number_of_threads(code):
    assert shared_pool(1, code) is None
    two = shared_pool(2, code)
    assert shared_pool(2, code) is two
    assert shared_pool(3, code) is not two


def test_a_pool_in_use_is_not_closed(code, monkeypatch):
    monkeypatch.setattr(pool_module, "_STOP_TIMEOUT", 0.01)
    pool = ThreadPool(2, code)
    pool.owner.acquire()
    assert not pool.close()
    pool.owner.release()
    assert pool.close()
    assert not any(thread.is_alive() for thread in pool._threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_makes_its_own_pool(adder):
    """In the child of a process whose pool is owned by a call, everything works."""
    from stepwell.runtime.engine import Engine

    engine = Engine(adder, threads=2)
    feeds = {name: np.ones(4096, np.float32) for name in "ab"}
    before = engine.run(feeds)["y"]
    pool = pool_module._pools[2]
    with pool.owner:
        child = os.fork()
        if child == 0:
            try:
                right = np.array_equal(engine.run(feeds)["y"], before)
                fresh = pool_module._pools[2] is not pool
                pool_module._close_all()
            except BaseException:
                os._exit(2)
            os._exit(0 if right and fresh else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    np.testing.assert_array_equal(engine.run(feeds)["y"], before)


def test_exit_while_calls_are_running(adder, tmp_path):
    """Leaving the interpreter during calls on daemon threads neither hangs nor crashes."""
    from stepwell.runtime.engine import Engine

    path = tmp_path / "adder.well"
    Engine(adder).save(path)
    script = (
        "import sys, threading, time, numpy as np\n"
        "from stepwell.runtime.load import load\n"
        "engine = load(sys.argv[1], threads=3)\n"
        "a = np.zeros(4096, np.float32)\n"
        "def work():\n"
        "    while True: engine(a, a)\n"
        "for _ in range(3): threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()


def test_each_processor_waits_in_its_own_way():
    assert "llvm.x86.sse2.pause" in pool_ir("x86_64-unknown-linux-gnu")
    assert "llvm.aarch64.hint(i32 1)" in pool_ir("aarch64-apple-darwin")
    assert "llvm." not in pool_ir("riscv64-unknown-linux-gnu")
