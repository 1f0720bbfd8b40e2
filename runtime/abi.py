"""
The contract of machine code: what a compiled program and what runs it must agree on.

**The call.** A program is `i32 stepwell_main(ptr frame)`. It returns 0, or *n* for the *n*-th
entry of its table of errors. `frame` is an array of slots of 8 bytes:

| slot | `FrameSlot` | holds |
|---|---|---|
| 0 | `WEIGHTS` | the address of the weights |
| 1 | `ARENA` | the address of the arena |
| 2 | `POOL` | the address of the state of the thread pool (`PoolField`), or null |
| 3 | `REFERENCE` | `void (*)(i64 number, ptr frame)`: runs a reference operation, or null |
| 4 | `STATUS` | the error status: 0, or the number of an error, counted from 1 |
| 5 | `TABLE` | the address of the table of sizes, of a program whose sizes are open |
| 6 | `INTERRUPT` | `i64 (*)()`: whether the call is to end, or null |
| 7... | `ARGUMENTS` | addresses of the inputs, then of the outputs, then the values of the names |

Only the status is written by the program: 0 when it begins, and by the first kernel that fails the
number of its error, which the program returns in the end. A reference operation that is called
while the status is not 0 does nothing. The pointers of slots 2, 3 and 6 may be null: without a pool
every chunk runs in order, and a program without reference operations or loops never calls back.

Loops end when the status is not 0. Between trips they ask slot 6, some fifty times a second,
whether the caller wants the call to end, and if so make the status -1.

**Sizes.** A program whose sizes are open has a second entry, `void stepwell_bind(ptr frame)`. From
the values of the names, which must be sizes that the model takes, it computes all that depends on
them and writes it to the table, an array of `i64`: first the bytes of the arena, then places in
it, sizes, and numbers of chunks. `stepwell_main` reads the table. So one call of it is enough for
all calls with the same sizes, and another frame needs its own.

Sizes that the data decides are found by `stepwell_main`. It writes them to entries of the table
that are theirs, and with them what depends on them, unless they are beyond their bounds: then it
makes the status an error and ends.

**Level 5.** The function `@main` has memrefs as arguments: weights, arena, with the attribute
`error_status` the status, with `size_table` the table, then the inputs and the outputs. A buffer
whose sizes are open is the flat memref of its elements. `@bind` takes the values of the names and
the table. `@main` may call `@stepwell_reference`, `@stepwell_interrupted`, `@stepwell_clock` and
`@stepwell_stop_if_failed`, which the code generator replaces by indirect calls of slots 3 and 6, by
the instruction that reads the processor's counter of constant rate, and by a return where the
status is not 0.

**Symbols.** A linked program defines `stepwell_main` and the functions of the thread pool, which
are the same in every program (`conversion/kernels_to_llvm/pool_code.py`), and refers to nothing.
"""

from __future__ import annotations

from enum import IntEnum

# ---------------------------------------------------------------------- the call


class FrameSlot(IntEnum):
    """The fixed slots of the frame of a call, in units of `SLOT_BYTES`."""

    WEIGHTS = 0
    ARENA = 1
    POOL = 2
    REFERENCE = 3
    STATUS = 4
    TABLE = 5
    INTERRUPT = 6
    ARGUMENTS = 7
    """The first of inputs, outputs and values of names."""


SLOT_BYTES = 8
"""Size of a slot of the frame."""

# ---------------------------------------------------------------------- symbols

MAIN = "main"
"""The function of a module that is the model, at every level."""

BIND = "bind"
"""The function of level 5 that computes the table of sizes."""

ENTRY = "stepwell_main"
"""`i32 (ptr frame)`: what the world calls to run the model."""

BIND_ENTRY = "stepwell_bind"
"""`void (ptr frame)`: computes the table of sizes from the values of the names in the frame."""

REFERENCE = "stepwell_reference"
"""`(index number) -> ()` at level 5: runs a reference operation."""

INTERRUPTED = "stepwell_interrupted"
"""`(i64 since) -> i64` at level 5, between trips of loops: once in a while looks whether the call
is to end, and then fails. Takes and gives the ticks of the clock when it last looked."""

PROVIDE = "stepwell_provide"
"""`(memref<?xi64> table, index grow, index entry, index bytes) -> ()` at level 5, in `@main`: sees
that the memory whose address is in that entry, and whose bytes in the next, is as large. If not,
calls the function whose address is in the entry `grow`, `void (i64 entry, i64 bytes, ptr frame)`,
which replaces it, or makes the status -1."""

ARENA_AT = "stepwell_arena_at"
"""`(memref<?xi64> table, index entry) -> memref<?xi8>` at level 5, in `@main`: the memory whose
address is in that entry."""

STOP_IF_FAILED = "stepwell_stop_if_failed"
"""`(memref<1xi64> status) -> ()` at level 5, in `@main`: ends it if the status is not 0."""

CLOCK = "stepwell_clock"
"""`() -> i64` at level 5: ticks of a counter of constant rate."""

PARALLEL = "stepwell_parallel"
"""`void (ptr pool, ptr fn, ptr captured, i64 chunks)`; runs serially if `pool` is null."""

WORKER = "stepwell_pool_worker"
"""`void (ptr pool, i64 helper)`: what a helper thread runs, until the pool is stopped."""

STOP = "stepwell_pool_stop"
"""`void (ptr pool)`: lets all helpers return from `WORKER`."""

# ---------------------------------------------------------------------- attributes of functions

INPUT_NAMES = "input_names"
"""Attribute of `@main`, an array of strings: the names of the inputs, in order."""

OUTPUT_NAMES = "output_names"
"""Attribute of `@main`, an array of strings: the names of the outputs, in order."""

BOUND_INPUTS = "bound_inputs"
"""Attribute of `@main`, a dictionary of strings: inputs of the model that are none any more, as
their value was given when it was compiled, each with it (`int64[] = 16000`)."""

DEFAULT_INPUTS = "default_inputs"
"""Attribute of `@main`, an array of strings: inputs of the model that are none here, as the model
has a default for them, which was compiled in."""

STATE = "state"
"""Attribute of `@main`, an array of `#framework.state`: which outputs are the inputs of the next
call, and what these are in the first one. They are numbered among the inputs and the outputs, and
callers neither give nor get them."""

DONATED = "donated"
"""Attribute of `@main`, an array of `#framework.donation`: inputs that callers give away, so that
an output is written into their memory. They are numbered among the inputs and the outputs."""

ERROR_STATUS = "error_status"
"""Unit attribute of `@main` at level 5: its third argument, a `memref<1xi64>`, is the status."""

SIZE_TABLE = "size_table"
"""Attribute of `@main` at level 5, `{entries, limit}`: the argument after the status, or in its
place, a `memref<?xi64>`, is the table of sizes, of so many entries; the limit is a size over the
names that no number exceeds which `@bind` computes. With `data`, a dictionary, it says in which
entry `@main` leaves each size that the data decides; with `grow`, which entry is for the address of
what gives memory in the middle of a call; with `results`, numbers of outputs, each followed by the
entry for the address of the memory that it gets so."""

SIGNATURE = "signature"
"""Attribute of `@main` at level 5, a function type: the tensors that its inputs and outputs are,
where the flat buffers that it takes do not say their sizes."""

MAY_ALIAS = "may_alias"
"""Unit attribute of a kernel at level 5: its memrefs may overlap. Otherwise they never do."""

COLD = "rarely_called"
"""Unit attribute of a private function at level 5: it is hardly ever called."""

OPAQUE_OUTPUTS = "opaque_outputs"
"""Attribute of a planned function, `array<i64>`: positions, among all outputs, of those that it
returns because they have no buffer. The others are memory it is given."""

# ---------------------------------------------------------------------- attributes of modules

WEIGHTS_TABLE = "weights"
"""Attribute of a module of level 5, an array of `{offset, type, value}`: what lies in the weights
image, and in bytes where."""

ERROR_TABLE = "errors"
"""Attribute of a module of level 5, an array of strings: the messages of errors, from number 1."""

# ---------------------------------------------------------------------- the thread pool


class PoolField(IntEnum):
    """Byte offsets in the state of a pool."""

    TICKET = 0  # i64
    DONE = 64  # i64
    FUNCTION = 128  # ptr
    CAPTURED = 136  # ptr
    STOP = 144  # i32
    HELPERS = 192  # i64: how many helpers there are
    SPINS = 200  # i64: how often a helper looks for work before it goes to sleep
    ACQUIRE = 208  # ptr: i32 (ptr lock, i32 wait)
    RELEASE = 216  # ptr: void (ptr lock)
    YIELD = 224  # ptr: i32 ()
    PROCESSOR = 232  # ptr: i32 (), the number of the caller's processor; null if nobody can say
    GET_MASK = 240  # ptr: i32 (i32 thread, i64 bytes, ptr mask): where a thread may run
    SET_MASK = 248  # ptr: the same
    FIRST_HELPER = 256
    """State i32; at + 8 the lock, ptr; at + 16 the system's number of the thread, i32; at + 20 the
    number of the processor that the helper is kept away from + 1, i32; at + 24 ptr to three masks
    of processors (`MASK_BYTES` each). The others follow."""


HELPER_STRIDE = 64
"""Bytes from the state of one helper to that of the next."""

MASK_BYTES = 128
"""A mask of processors, of at most 1024 of them."""
