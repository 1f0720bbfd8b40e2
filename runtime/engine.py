"""The public `Engine`: a compiled model that can be called.

```python
engine = stepwell.load("model.well", threads=2)
logits = engine(images)                        # by position or by name
outputs = engine.run({"images": images})       # by name, a dict from output names to arrays
engine(images, out=logits)                     # into an array that is there already
```
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..errors import InputError, InvalidArtifactError, StepwellError, UsageError
from .abi import BIND_ENTRY, ENTRY, FrameSlot
from .arguments import boolean, file_path
from .array_memory import AnyArray, address_of
from .artifact import write_artifact
from .call_frame import CallFrame
from .code_memory import ExecutableCode
from .host_cpu import runnable_code, why_not_runnable
from .memory_needs import MemoryNeeds, memory_of, needs_of
from .opaque_values import arrays_in, owned
from .output_arrays import output_array, outputs_by_name, require_apart
from .overridden import MakeOverridden, OverriddenEngines
from .packed_constant import in_segment
from .plain_call import PlainCalls, is_plain
from .pool import available_threads, checked_threads, shared_pool
from .program import CompiledProgram, ReferenceOp, TensorSignature, numpy_dtype
from .reference_ops import MakeReference, ReferenceOps
from .result_memory import new_result, sized
from .signature_check import SignatureCheck
from .weights_image import weights_image

if TYPE_CHECKING:
    from .decided_sizes import DecidedSizes
    from .donated_inputs import DonatedInputs
    from .session import Session
    from .size_tables import SizeTables

_POOL = int(FrameSlot.POOL)
"""A member of an enumeration takes a quarter of a microsecond to look up and to convert."""

_entry_type = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)


Carry = Callable[["Engine"], tuple[Any, ...]]
"""What `__reduce__` of an engine gives: how another process comes to the same engine."""

FilesToKeep = Callable[[], Iterable[Path]]
"""The files that saving must not replace."""


class Engine:
    """A compiled model.

    Calls take and give numpy arrays. Inputs are read where they lie (one that is not row-major or
    not aligned is copied first); they may be arrays of any library that speaks DLPack, numbers, or
    lists of numbers, too. Outputs are new arrays that start at a multiple of 64 bytes, or the
    arrays given as `out`.

    Calls from several threads at once are safe. Each has an arena of its own, which later calls
    use again; the first of them runs on all threads, those that come while it runs on their
    caller's thread alone. The interpreter lock is released while a model runs. Results depend
    neither on that nor on the number of threads.

    A model with state (`state`) keeps values from one call to the next; callers neither give nor
    get them. `reset` begins anew, and `session` gives a stream of calls with a state of its own,
    which each of several threads needs.

    An engine pickles, without its state: one that was loaded goes as the path of its artifact, one
    that was compiled as the artifact itself (`stepwell.runtime.load`). A copy of an engine is the
    same engine.
    """

    program: CompiledProgram
    threads: int
    reference: MakeReference | None

    def __init__(
        self,
        program: CompiledProgram,
        *,
        threads: int | None = None,
        reference: MakeReference | None = None,
        overridden: MakeOverridden[Engine] | None = None,
        carry: Carry | None = None,
        keep: FilesToKeep | None = None,
    ):
        """Ready to run `program` on `threads` threads.

        By default as many as it was compiled for, or, if that was left open, as there are
        processors. A program that holds no machine code for this machine can be inspected and
        saved, but not run. `reference` makes functions of the operations that have no native kernel
        (`stepwell.compiler.reference`); without it a program with such operations does not run.
        `overridden` compiles the model anew with some of `program.default_inputs` as inputs.
        `carry` pickles the engine, and `save` replaces none of the files that `keep` gives.

        Raises `UsageError` for a number of threads that cannot be, `NotEnoughMemoryError` when
        weights, intermediate values, inputs and outputs do not fit into the memory that is there.
        """
        if threads is not None:
            threads = checked_threads(threads)
        self.threads = threads or program.threads or available_threads()
        self.reference = reference
        self._carry = carry
        self._keep = keep
        code = runnable_code(program.codes)
        needs_of(program, runs=code is not None).require(program.provenance.model or "the model")
        self._weights = weights_image(program)
        self.program = _on_image(program, self._weights)
        self._check = SignatureCheck(program)
        outputs = program.buffer_outputs
        self._outputs = [(numpy_dtype(out.dtype), out.shape) for out in outputs]
        self._output_names = tuple(output.name for output in program.given_outputs)
        self._input_count = len(program.inputs)
        self._opaque_count = program.opaque_count
        self._opaque_inputs = any(tensor.is_opaque for tensor in program.inputs)
        self._output_slots = [output.slot for output in program.outputs]
        in_buffers = [n for n, output in enumerate(program.outputs) if not output.is_opaque]
        self._buffer_numbers = {number: at for at, number in enumerate(in_buffers)}
        self._donated: DonatedInputs | None = None
        if program.donations:
            from .donated_inputs import DonatedInputs  # others start without it

            self._donated = DonatedInputs(program, self._buffer_numbers)
        self._reference_ops = ReferenceOps(
            program.reference_ops, len(program.buffer_inputs), reference
        )
        self._overridden = OverriddenEngines(program, overridden)
        self._state: Session | None = None
        if program.states:
            self._state = self.session()
        self._idle: list[CallFrame] = []
        self._code = ExecutableCode(code) if code is not None else None
        self._tables: SizeTables | None = None
        self._decided: DecidedSizes | None = None
        self._plain: PlainCalls | None = None
        self._arena_bytes = program.arena_size
        if self._code is not None:
            self._entry = _entry_type(self._code.address_of(ENTRY))
            if program.table_entries:
                from .size_tables import SizeTables  # others start without it

                self._tables = SizeTables(program, self._code.address_of(BIND_ENTRY))
            if is_plain(program):
                self._plain = self._plain_calls(self._code)
            if program.decided:
                from .decided_sizes import DecidedSizes

                self._decided = DecidedSizes(program)

    def __repr__(self) -> str:
        inputs, outputs = (", ".join(map(str, side)) for side in (self.inputs, self.outputs))
        return f"Engine({inputs} -> {outputs}; threads={self.threads})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._carry is None:
            raise UsageError(
                "this engine was made of a program and cannot be pickled; save it and load the "
                "file, which can"
            )
        return self._carry(self)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    @property
    def inputs(self) -> tuple[TensorSignature, ...]:
        """Name, dtype and shape of each input; symbolic sizes are names."""
        return self.program.given_inputs

    @property
    def outputs(self) -> tuple[TensorSignature, ...]:
        """Name, dtype and shape of each output; symbolic sizes are names."""
        return self.program.given_outputs

    @property
    def state(self) -> tuple[TensorSignature, ...]:
        """Name, dtype and shape of each value that is kept from one call to the next."""
        tensors = self.program.inputs
        return tuple(replace(tensors[s.input], name=s.title) for s in self.program.states)

    def session(self) -> Session:
        """A stream of calls with a state of its own, which begins with the initial values.

        Threads that call a model with state need a session each.
        """
        from .session import Session  # models without state start without it

        return Session(self)

    def reset(self) -> None:
        """Let the next call begin with the initial values of the state, if the model has one.

        Raises `UsageError` while a call is running.
        """
        if self._state is not None:
            self._state.reset()

    @property
    def reference_ops(self) -> tuple[str, ...]:
        """The framework nodes that run by their reference semantics; empty if all are native."""
        return tuple(op.node for op in self.reference_steps)

    @property
    def reference_steps(self) -> tuple[ReferenceOp, ...]:
        """What `reference_ops` names, with the reasons."""
        return self.program.reference_ops

    @property
    def host_ops(self) -> tuple[str, ...]:
        """What `reference_ops` was called before; kept for programs written then."""
        return self.reference_ops

    @property
    def arena_bytes(self) -> int:
        """Memory for intermediate values, per call in flight.

        Of a model with open sizes it is that of the last call, before it that of the sizes that it
        was planned for.
        """
        return self._arena_bytes

    @property
    def weight_bytes(self) -> int:
        """Memory for the weights, once for all calls."""
        return self.program.weights_size

    def memory(self, **sizes: int) -> MemoryNeeds:
        """Bytes that the model takes: weights once, the rest for each call in flight.

        Of a model with open sizes it is asked with a number for each name, as in `memory(N=1)`.
        Raises `UsageError` for sizes that the model does not have.
        """
        if not self.program.sizes:
            if not sizes:
                return memory_of(self.program)
            raise UsageError(
                f"memory was asked for {', '.join(sizes)}; all sizes of this model are numbers"
            )
        from .size_solving import values_of

        values = values_of(sizes, self.program.sizes)
        frame = self._frame()
        try:
            return replace(memory_of(self.program, values), intermediate=frame.needed(values))
        finally:
            self._idle.append(frame)

    def saved_program(self) -> CompiledProgram:
        """What `save` writes."""
        return self.program

    def __call__(self, *arrays: object, out: Any = None, **named: object) -> Any:
        """Run the model on inputs by position, by name, or both; `out` as for `run`.

        Returns the output, an array, if the model has one, else a tuple of all of them in the order
        of `outputs`. An input of the name `out` is given by position or to `run`. Raises as `run`
        does.
        """
        if self._plain is not None and out is None:
            values = arrays if arrays and not named else self._plain.named(named)
            if values is not None and len(values) == self._input_count:
                results = self._plain.results(values)
                return results[0] if len(results) == 1 else tuple(results)
        feeds = self.feeds_of(arrays, named) if arrays or not named else named
        results = self._run(feeds, out) if self._state is None else self._state.results(feeds, out)
        return results[0] if len(results) == 1 else tuple(results)

    def run(self, feeds: Mapping[str, Any], *, out: Any = None) -> dict[str, Any]:
        """Run the model; `feeds` has a value for the name of every input.

        A tensor is an array of numpy or of another library that speaks DLPack, with the dtype and
        shape of the input, or a number or nested lists of numbers, which get that dtype. A sequence
        is a list, a map a dictionary, an absent optional None, and a tensor of strings an array of
        objects; so are outputs of these types.

        An input that has a default in the model may be given, too; the first call that does so
        compiles the model once more. One that was given its value when the model was compiled may
        be given that value again.

        `out` provides arrays for some or all outputs: a mapping from their names, a list with an
        entry for each (None for a new array), or the array of the only output. Each must have the
        dtype and shape of the output, be row-major and writeable, and share no memory with another
        or with an input. The results are written straight into them, and they are what is
        returned. If the call fails, they may hold anything.

        Raises `InputError` for wrong inputs or `out`: a name, dtype, rank or shape that the model
        does not have, or a value it cannot compute with (an index out of range), with the node it
        reached; `UsageError` for `feeds` that are no mapping.
        """
        if self._plain is not None and out is None:
            values = self._plain.named(feeds)
            if values is not None:
                results = self._plain.results(values)
                return dict(zip(self._output_names, results, strict=True))
        results = self._run(feeds, out) if self._state is None else self._state.results(feeds, out)
        return dict(zip(self._output_names, results, strict=True))

    def save(self, path: str | os.PathLike[str], *, recompilable: bool = True) -> None:
        """Write the model as an artifact for `stepwell.load`.

        Without `recompilable` the file is smaller and can only be run, by processors as this one.
        The file appears whole, or nothing changes; a symbolic link stays one. Raises `UsageError`
        for what is not replaced (a file of the model that was compiled, a folder), `StepwellError`
        when the file cannot be written.
        """
        recompilable = boolean("recompilable", recompilable)
        path = file_path("path", path)
        keep = self._keep() if self._keep is not None and os.path.exists(path) else ()
        write_artifact(self.saved_program(), path, recompilable=recompilable, keep=keep)

    def feeds_of(self, arrays: Sequence[object], named: Mapping[str, object]) -> dict[str, Any]:
        """The inputs of a call by name, from positional and named arguments."""
        return self._check.by_position(arrays, named)

    def require_given(self, feeds: Mapping[str, Any]) -> None:
        """Raise for a call that gives what the model keeps between calls."""
        self._check.require_given(feeds)

    def run_whole(
        self, feeds: Mapping[str, Any], out: Any, into: Mapping[int, AnyArray]
    ) -> list[Any]:
        """A call with all inputs of the program, those that are state as well; all its outputs.

        `into` has memory for outputs by their number, which is known to fit.
        """
        return self._run(feeds, out, into)

    def _run(
        self, feeds: Mapping[str, Any], out: Any = None, into: Mapping[int, AnyArray] | None = None
    ) -> list[Any]:
        if self._code is None:
            raise InvalidArtifactError(why_not_runnable(self.program.codes))
        self._check.require_mapping(feeds)
        other = self._overridden.engine_for(feeds)
        if other is not None:
            return other._run(feeds, out, into)
        sizes: dict[str, int] = {}
        arrays = self._check.values(feeds, sizes)
        opaque: list[Any] = []
        given = arrays
        if self._opaque_count:
            opaque, arrays = self._apart(given)
        frame = self._frame()
        try:
            if sizes:
                frame.bind(sizes)
                self._arena_bytes = frame.arena_bytes
            if out is None:
                results, places = frame.results.new()
            else:
                results = self._given(out, given, sizes)
                places = list(map(address_of, results))
            for number, array in into.items() if into else ():
                at = self._buffer_numbers[number]
                results[at], places[at] = array, address_of(array)
            if self._donated is not None:
                places = self._donated.placed(given, results, takes=out is None)
            frame.set_arguments(*map(address_of, arrays), *places, *sizes.values())
            if opaque:
                self._reference_ops.begin(frame.address, opaque)
            self._call(self._code, frame)
            if frame.grown is not None:
                self._arena_bytes = frame.arena_bytes + frame.grown.nbytes
            if self._decided is not None:
                results = self._decided.cut(results, frame.table, frame.grown, sizes)
        finally:
            if opaque:
                self._reference_ops.end(frame.address)
            self._idle.append(frame)
        results = self._together(results, opaque, given) if opaque else results
        return results if out is None else self._as_given(out, results)

    def _frame(self) -> CallFrame:
        """A frame that no call uses."""
        try:
            return self._idle.pop()
        except IndexError:
            callback = self._reference_ops.callback
            return CallFrame(self.program, self._weights, callback, self._tables, self._decided)

    def _given(
        self, out: Any, inputs: Sequence[object], sizes: Mapping[str, int]
    ) -> list[AnyArray]:
        """The memory of the outputs of a call with `out`: what is given, and new arrays."""
        by_name = outputs_by_name(out, self.outputs)
        if self._decided is not None:
            self._require_known(by_name)
            sizes = self._decided.with_bounds(sizes)
        given: dict[str, AnyArray] = {}
        results: list[AnyArray] = []
        buffers = iter(self._outputs)
        for output in self.program.outputs:
            dtype, shape = (numpy_dtype(output.dtype), ()) if output.is_opaque else next(buffers)
            if output.name in by_name:
                array = output_array(by_name[output.name], output, dtype, sized(shape, sizes))
                given[output.name] = array
                results.append(array)
            elif not output.is_opaque:
                results.append(new_result(sized(shape, sizes), dtype))
        names = (tensor.name for tensor in self.program.inputs)
        own = {} if self._donated is None else self._donated.own
        require_apart(given, dict(zip(names, inputs, strict=True)), own)
        return results

    def _require_known(self, given: Mapping[str, Any]) -> None:
        """Refuse memory for outputs of which nobody knows before the call how large they are."""
        assert self._decided is not None
        if found := [name for name in self._decided.outputs if name in given]:
            raise InputError(
                f"out cannot be given for output '{found[0]}', as its size is known only "
                "afterwards; take what the call returns"
            )

    def _as_given(self, out: Any, results: Sequence[Any]) -> list[Any]:
        """The results, those written to what the caller provides as the caller knows it."""
        by_name = outputs_by_name(out, self.outputs)
        pairs = zip(self.program.outputs, results, strict=True)
        return [by_name.get(output.name, result) for output, result in pairs]

    def _apart(self, values: Sequence[Any]) -> tuple[list[Any], list[AnyArray]]:
        """The table of opaque values of a call with these inputs, and the other inputs."""
        opaque: list[Any] = [None] * self._opaque_count
        if not self._opaque_inputs:
            return opaque, list(values)
        arrays: list[AnyArray] = []
        for tensor, value in zip(self.program.inputs, values, strict=True):
            if tensor.is_opaque:
                opaque[tensor.slot] = value
            else:
                arrays.append(value)
        return opaque, arrays

    def _together(
        self, arrays: Sequence[AnyArray], opaque: Sequence[Any], given: Sequence[Any]
    ) -> list[Any]:
        """
        All outputs in their order. None of them shares memory with an input.

        What reference operations give is not that of inputs in buffers, which they see to.
        """
        if self._opaque_inputs:
            inputs, opaque = list(arrays_in(list(given))), list(opaque)
            for slot in self._output_slots:
                if slot >= 0:
                    opaque[slot] = owned(opaque[slot], inputs)
        buffers = iter(arrays)
        return [next(buffers) if slot < 0 else opaque[slot] for slot in self._output_slots]

    def _plain_calls(self, code: ExecutableCode) -> PlainCalls:
        """Those of a program with nothing but tensors of known sizes."""
        inputs, entry, reference_ops = self._check.inputs, self._entry, self._reference_ops
        if self.threads > 1:
            return PlainCalls(inputs, self._idle, self._frame, partial(self._call, code))

        def alone(frame: CallFrame) -> None:
            failed = entry(frame.address)  # the place of a pool in the frame stays empty
            if failed or reference_ops.failures:
                self._raise(failed, frame)

        return PlainCalls(inputs, self._idle, self._frame, alone)

    def _call(self, code: ExecutableCode, frame: CallFrame) -> None:
        slots = frame.slots
        pool = shared_pool(self.threads, code)
        if pool is not None and pool.owner.acquire(False):
            slots[_POOL] = pool.address
            try:
                failed = self._entry(frame.address)
            finally:
                pool.owner.release()
        else:
            slots[_POOL] = 0
            failed = self._entry(frame.address)
        if failed or self._reference_ops.failures:
            self._raise(failed, frame)

    def _raise(self, failed: int, frame: CallFrame) -> None:
        """Say what made the code of this call give up, if it did."""
        if self._reference_ops.failures:
            self._reference_ops.raise_failure(frame.address)
        if failed:
            if frame.grown is not None:
                frame.grown.raise_failure()
            frame.interruption.raise_caught()
            raise self._error(failed)

    def _error(self, code: int) -> StepwellError:
        if not 0 < code <= len(self.program.errors):
            return InvalidArtifactError(
                f"the machine code returned {code}, which stands for no error; compile the model "
                "again"
            )
        entry = self.program.errors[code - 1]
        message = entry.message
        return InputError(message if entry.node in message else f"'{entry.node}': {message}")


def _on_image(program: CompiledProgram, image: AnyArray) -> CompiledProgram:
    """`program` with its weights, and the constants of its IR that are among them, in `image`.

    What they were made of is no longer needed then and can be freed.
    """
    segments = tuple(
        replace(segment, provider=partial(_slice, image, segment.offset, segment.nbytes))
        for segment in program.weights
    )
    by_digest = {segment.digest: segment for segment in segments if segment.digest}
    constants = tuple(
        in_segment(constant, by_digest[constant.digest])
        if constant.digest in by_digest
        else constant
        for constant in program.constants
    )
    return replace(program, weights=segments, constants=constants, weights_image=image)


def _slice(image: AnyArray, offset: int, size: int) -> AnyArray:
    return image[offset : offset + size]
