"""The thread pool's machine code, as LLVM IR: linked into every program like a kernel.

A *region* is one call of `stepwell_parallel(pool, fn, captured, n)`: it returns when `fn(captured,
chunk)` has returned for every chunk in 0..n. The calling thread and the helpers take chunks by
tickets, so that a helper which the system does not schedule never holds anything up: the caller
waits only for chunks that somebody has begun.

State of a pool (each part in cache lines of its own, see `PoolField`):

- `ticket`: the number of chunks of the region << 32 | the next chunk. The region is open while
  next < chunks. A closed region's ticket stays closed until the next one is published.
- `done`: chunks finished in this region.
- `fn`, `captured`: what to run.
- per helper `state` (awake or asleep) and `lock`, a binary semaphore it sleeps on, and what
  `wake_placement` needs to keep it away from the processor of the thread that wakes it.

Why it is correct:

1. *A claim is valid for the region it is made in.* Chunks are claimed by an atomic add to `ticket`
   whose result holds both the chunk and the number of chunks. If a helper decides to claim while
   region r is open and is then delayed until region r+1 is open, its add takes a chunk of r+1, and
   rightly so: everything it goes on with comes from that result or is read after it. There is no
   earlier read of `fn` or `captured` that could be stale.
2. *`fn` and `captured` are those of the claimed chunk.* They are written before the exchange that
   publishes the ticket and read after the add, which reads from that exchange or from adds after it
   (a release sequence). They are not overwritten before the chunk is finished: the caller leaves
   the region, and so can start another, only after it has seen `done` == n, and this claim's share
   of `done` comes after its `fn` has returned.
3. *An add that comes too late does no harm.* It finds next >= chunks and gives up without touching
   `fn` or `done`; it makes `next` larger, by at most one per thread and region, since a thread then
   waits for an open region before it adds again. With 32 bits for `next` and fewer than 2^31 chunks
   that cannot carry into the number of chunks.
4. *`done` counts this region only.* It is reset before the exchange that opens the region, and all
   adds to it of the region before have been seen by then (2).
5. *What chunks wrote is visible after the region*: their adds to `done` are releases, the caller's
   read of the final value is an acquire.
6. *No wake-up is lost.* A helper says `asleep`, then looks at the ticket again; the caller
   publishes the ticket, then looks at `state`. All four are sequentially consistent, so at least
   one of them sees the other. Whoever changes `asleep` to `awake` owns the wake-up: if it is the
   caller, it releases the lock once and the helper acquires it once; if it is the helper, nobody
   releases.

Which thread runs a chunk, and how many threads there are, has no influence on what a chunk
computes; so results do not depend on the number of threads. A region must not be opened from within
a chunk, and only one thread at a time may use a pool; `runtime.pool` sees to the latter.
"""

from __future__ import annotations

from string import Template
from typing import Any

from ...runtime.abi import HELPER_STRIDE, PARALLEL, STOP, WORKER, PoolField
from ...runtime.program import ObjectCode
from .wake_placement import PLACE, placement_ir

_PAUSES = {
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
"""How a processor is told that a loop only waits."""

_JOIN_SPINS = 2000
"""How often the caller looks for the last chunks before it lets other threads run."""

_CODE = Template("""
$declare_pause

define private i1 @is_open(i64 %ticket) nounwind {
  %next = and i64 %ticket, 4294967295
  %chunks = lshr i64 %ticket, 32
  %open = icmp ult i64 %next, %chunks
  ret i1 %open
}

; Runs chunks until no more are left to claim.
define private void @drain(ptr %pool) noinline nounwind {
entry:
  %done = getelementptr i8, ptr %pool, i64 $DONE
  %fn_field = getelementptr i8, ptr %pool, i64 $FUNCTION
  %captured_field = getelementptr i8, ptr %pool, i64 $CAPTURED
  br label %look
look:
  %seen = load atomic i64, ptr %pool acquire, align 8
  %maybe = call i1 @is_open(i64 %seen)
  br i1 %maybe, label %claim, label %exit
claim:
  %ticket = atomicrmw add ptr %pool, i64 1 acq_rel
  %claimed = call i1 @is_open(i64 %ticket)
  br i1 %claimed, label %run, label %exit
run:
  %chunk = and i64 %ticket, 4294967295
  %fn = load ptr, ptr %fn_field, align 8
  %captured = load ptr, ptr %captured_field, align 8
  call void %fn(ptr %captured, i64 %chunk)
  %before = atomicrmw add ptr %done, i64 1 release
  br label %look
exit:
  ret void
}

; Wakes the first %count helpers, those of them that are asleep.
define private void @wake(ptr %pool, i64 %count) noinline nounwind {
entry:
  %release_field = getelementptr i8, ptr %pool, i64 $RELEASE
  %release = load ptr, ptr %release_field, align 8
  br label %head
head:
  %helper = phi i64 [0, %entry], [%next, %continue]
  %more = icmp ult i64 %helper, %count
  br i1 %more, label %body, label %exit
body:
  %distance = mul i64 %helper, $HELPER_STRIDE
  %offset = add i64 %distance, $FIRST_HELPER
  %state_field = getelementptr i8, ptr %pool, i64 %offset
  %state = load atomic i32, ptr %state_field seq_cst, align 4
  %asleep = icmp eq i32 %state, 1
  br i1 %asleep, label %try, label %continue
try:
  %exchanged = cmpxchg ptr %state_field, i32 1, i32 0 seq_cst seq_cst
  %mine = extractvalue { i32, i1 } %exchanged, 1
  br i1 %mine, label %post, label %continue
post:
  call void @$PLACE(ptr %pool, ptr %state_field)
  %lock_field = getelementptr i8, ptr %state_field, i64 8
  %lock = load ptr, ptr %lock_field, align 8
  call void %release(ptr %lock)
  br label %continue
continue:
  %next = add i64 %helper, 1
  br label %head
exit:
  ret void
}

define void @$PARALLEL(ptr %pool, ptr %fn, ptr %captured, i64 %chunks) nounwind {
entry:
  %no_pool = icmp eq ptr %pool, null
  %few = icmp ult i64 %chunks, 2
  %many = icmp uge i64 %chunks, 2147483648
  %few_or_many = or i1 %few, %many
  %serial = or i1 %no_pool, %few_or_many
  br i1 %serial, label %head, label %publish
head:
  %i = phi i64 [0, %entry], [%i_next, %body]
  %more = icmp ult i64 %i, %chunks
  br i1 %more, label %body, label %exit
body:
  call void %fn(ptr %captured, i64 %i)
  %i_next = add i64 %i, 1
  br label %head
publish:
  %done_field = getelementptr i8, ptr %pool, i64 $DONE
  %fn_field = getelementptr i8, ptr %pool, i64 $FUNCTION
  %captured_field = getelementptr i8, ptr %pool, i64 $CAPTURED
  %helpers_field = getelementptr i8, ptr %pool, i64 $HELPERS
  %yield_field = getelementptr i8, ptr %pool, i64 $YIELD
  %helpers = load i64, ptr %helpers_field, align 8
  %yield = load ptr, ptr %yield_field, align 8
  store ptr %fn, ptr %fn_field, align 8
  store ptr %captured, ptr %captured_field, align 8
  store atomic i64 0, ptr %done_field monotonic, align 8
  %ticket = shl i64 %chunks, 32
  %previous = atomicrmw xchg ptr %pool, i64 %ticket seq_cst
  %others = sub i64 %chunks, 1
  %fewer_chunks = icmp ult i64 %others, %helpers
  %wanted = select i1 %fewer_chunks, i64 %others, i64 %helpers
  call void @wake(ptr %pool, i64 %wanted)
  call void @drain(ptr %pool)
  br label %join
join:
  %tries = phi i64 [0, %publish], [%tries_next, %wait], [0, %give_way]
  %done = load atomic i64, ptr %done_field acquire, align 8
  %all = icmp eq i64 %done, %chunks
  br i1 %all, label %exit, label %wait
wait:
  $pause
  %tries_next = add i64 %tries, 1
  %again = icmp ult i64 %tries_next, $JOIN_SPINS
  br i1 %again, label %join, label %give_way
give_way:
  %ignored = call i32 %yield()
  br label %join
exit:
  ret void
}

define void @$WORKER(ptr %pool, i64 %helper) nounwind {
entry:
  %stop_field = getelementptr i8, ptr %pool, i64 $STOP
  %spins_field = getelementptr i8, ptr %pool, i64 $SPINS
  %acquire_field = getelementptr i8, ptr %pool, i64 $ACQUIRE
  %distance = mul i64 %helper, $HELPER_STRIDE
  %offset = add i64 %distance, $FIRST_HELPER
  %state_field = getelementptr i8, ptr %pool, i64 %offset
  %lock_field = getelementptr i8, ptr %state_field, i64 8
  %spins = load i64, ptr %spins_field, align 8
  %acquire = load ptr, ptr %acquire_field, align 8
  %lock = load ptr, ptr %lock_field, align 8
  br label %look
look:
  %tries = phi i64 [0, %entry], [%tries_next, %wait], [0, %work], [0, %awake], [0, %sleep]
  %stop = load atomic i32, ptr %stop_field acquire, align 4
  %stopped = icmp ne i32 %stop, 0
  br i1 %stopped, label %exit, label %look_for_work
look_for_work:
  %ticket = load atomic i64, ptr %pool acquire, align 8
  %open = call i1 @is_open(i64 %ticket)
  br i1 %open, label %work, label %wait
work:
  call void @drain(ptr %pool)
  br label %look
wait:
  $pause
  %tries_next = add i64 %tries, 1
  %again = icmp ult i64 %tries_next, %spins
  br i1 %again, label %look, label %lie_down
lie_down:
  store atomic i32 1, ptr %state_field seq_cst, align 4
  %late_ticket = load atomic i64, ptr %pool seq_cst, align 8
  %late_stop = load atomic i32, ptr %stop_field seq_cst, align 4
  %late_open = call i1 @is_open(i64 %late_ticket)
  %late_stopped = icmp ne i32 %late_stop, 0
  %get_up = or i1 %late_open, %late_stopped
  br i1 %get_up, label %awake, label %sleep
awake:
  %state = atomicrmw xchg ptr %state_field, i32 0 seq_cst
  %undisturbed = icmp eq i32 %state, 1
  br i1 %undisturbed, label %look, label %sleep
sleep:
  %ignored = call i32 %acquire(ptr %lock, i32 1)
  br label %look
exit:
  ret void
}

define void @$STOP_ALL(ptr %pool) nounwind {
  %stop_field = getelementptr i8, ptr %pool, i64 $STOP
  store atomic i32 1, ptr %stop_field seq_cst, align 4
  %helpers_field = getelementptr i8, ptr %pool, i64 $HELPERS
  %helpers = load i64, ptr %helpers_field, align 8
  call void @wake(ptr %pool, i64 %helpers)
  ret void
}
""")


def pool_ir(triple: str) -> str:
    """The pool as LLVM IR; a processor without a known hint for waiting loops just loops."""
    declare_pause, pause = _PAUSES.get(triple.partition("-")[0], ("", ""))
    return placement_ir() + _CODE.substitute(
        {field.name: field.value for field in PoolField},
        HELPER_STRIDE=HELPER_STRIDE,
        PARALLEL=PARALLEL,
        WORKER=WORKER,
        STOP_ALL=STOP,
        PLACE=PLACE,
        JOIN_SPINS=_JOIN_SPINS,
        declare_pause=declare_pause,
        pause=pause,
    )


def emit_pool(machine: Any) -> ObjectCode:
    """The object to link into a program, from the `llvmlite` target machine of its kernels."""
    import llvmlite.binding as llvm  # not at the top: running a model must not import LLVM

    text = pool_ir(machine.triple)
    module = llvm.parse_assembly(text)  # pyright: ignore[reportUnknownMemberType]
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    return ObjectCode("pool", machine.emit_object(module))
