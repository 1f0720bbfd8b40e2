"""
An engine with programs for some sizes of a model, which the inputs of each call decide.

Those are the sizes that were compiled ahead (`Variant`). All others have the one program for all
sizes, where the model has that. Else calls bring up programs of their own, of which the last few
are kept: where the compiler is at hand, a call with sizes that are new has its program made then; a
loaded artifact without it runs the sizes it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import InputError, NoCompilerError, NotEnoughMemoryError
from .array_memory import AnyArray
from .engine import Carry, Engine, FilesToKeep
from .memory_needs import MemoryNeeds
from .overridden import MakeOverridden
from .program import CompiledProgram, ReferenceOp, Variant
from .reference_ops import MakeReference
from .shared_weights import with_union
from .size_solving import shown_values, values_of
from .sized_engines import Entry, SizedEngines, Sizes
from .value_text import sizes_by_name_text

MakeProgram = Callable[[Mapping[str, int]], CompiledProgram]
"""Compiles the program for these values of the names."""

Programs = Callable[[CompiledProgram], MakeProgram]
"""What makes programs for sizes of an open program that has its IR. A function that pickles."""

_SOLVED = 64
"""Shapes whose sizes are remembered."""

Shapes = tuple[tuple[int, ...], ...]


class OpenEngine(Engine):
    """
    An `Engine` whose program is open (`CompiledProgram.is_open`), or has variants.

    Of an open one, the first call with new sizes takes as long as compiling for them; later ones
    look the program up. Threads may call with equal or other sizes at once.
    """

    def __init__(
        self,
        program: CompiledProgram,
        programs: Programs | None,
        *,
        make: MakeProgram | None = None,
        threads: int | None = None,
        reference: MakeReference | None = None,
        overridden: MakeOverridden[Engine] | None = None,
        carry: Carry | None = None,
        keep: FilesToKeep | None = None,
    ):
        """As for `Engine`; `programs` gives those for sizes that `program` has no variant for.

        It is asked at the first of them, if `program` has the IR to make them from, and not at all
        where `make` is given, which it would give.
        """
        super().__init__(
            program,
            threads=threads,
            reference=reference,
            overridden=overridden,
            carry=carry,
            keep=keep,
        )
        self.programs = programs
        self._make = make
        self._sized = SizedEngines(self._compiled)
        self._current: Engine | None = None
        self._for_all: Entry[Engine] | None = None
        if not program.is_open:
            self._for_all = Entry()
            self._for_all.engine = self
        self._by_shapes: dict[Shapes, Entry[Engine]] = {}
        self._clock = self._sized.clock
        self._has_defaults = overridden is not None and bool(program.default_inputs)
        self._open_names = [tensor.name for tensor in program.sized_inputs]
        for variant in program.variants:
            self._sized.add(variant.sizes, self._engine_of(variant.program), stays=True)

    @property
    def arena_bytes(self) -> int:
        """Memory for intermediate values at the sizes of the last call, per call in flight."""
        if self._runs_itself:
            return super().arena_bytes
        return 0 if self._current is None else self._current.arena_bytes

    @property
    def weight_bytes(self) -> int:
        """Memory for the weights at the sizes of the last call."""
        if self._runs_itself:
            return super().weight_bytes
        return 0 if self._current is None else self._current.weight_bytes

    @property
    def reference_steps(self) -> tuple[ReferenceOp, ...]:
        """The steps of the last call that ran by their reference semantics."""
        if self._runs_itself:
            return super().reference_steps
        return () if self._current is None else self._current.reference_steps

    @property
    def _runs_itself(self) -> bool:
        """Whether the last call ran the program for all sizes, or the next may."""
        return self._current is self or (self._current is None and self._for_all is not None)

    def memory(self, **sizes: int) -> MemoryNeeds:
        """What a call with these values of the names takes; compiles for them if it must.

        Raises `UsageError` for other names than those of the model, and as `run` does.
        """
        engine = self.at(sizes)
        return super().memory(**sizes) if engine is self else engine.memory()

    def at(self, sizes: Mapping[str, int]) -> Engine:
        """The engine for these values of the names. Raises as `memory` does."""
        values = values_of(sizes, self.program.sizes)
        entry = self._entry_of(tuple(values[name] for name in self.program.sizes))
        return self if entry is self._for_all else self._sized.get(tuple(values.values()))

    def saved_program(self) -> CompiledProgram:
        """The open program with those for all sizes there are."""
        variants = [Variant(sizes, engine.saved_program()) for sizes, engine, _ in self._sized]
        program = self.program
        if program.is_open:
            program = with_union(program, [variant.program for variant in variants])
        return replace(program, variants=tuple(sorted(variants, key=lambda v: v.sizes)))

    def _run(
        self, feeds: Mapping[str, Any], out: Any = None, into: Mapping[int, AnyArray] | None = None
    ) -> list[Any]:
        if self._has_defaults and (other := self._overridden.engine_for(feeds)) is not None:
            return other._run(feeds, out, into)
        try:
            entry = self._by_shapes[tuple([feeds[name].shape for name in self._open_names])]
        except (KeyError, AttributeError, TypeError, IndexError):  # new, no arrays, or wrong ones
            engine = None
        else:
            engine = entry.engine
            entry.used = next(self._clock)
        if engine is None:
            engine = self._engine_for(feeds)
        self._current = engine
        if engine is self:
            return super()._run(feeds, out, into)
        return engine._run(feeds, out, into)

    def _engine_for(self, feeds: Mapping[str, Any]) -> Engine:
        """The engine for a call, all inputs checked."""
        self._check.require_mapping(feeds)
        values: dict[str, int] = {}
        arrays = self._check.values(feeds, values)
        sizes = tuple(values[name] for name in self.program.sizes)
        entry = self._entry_of(sizes)
        engine = self if entry is self._for_all else self._sized.get(sizes)
        by_name = dict(zip(self._check.names, arrays, strict=True))
        if len(self._by_shapes) >= _SOLVED:
            self._by_shapes = {}
        shapes = tuple([by_name[name].shape for name in self._open_names])
        self._by_shapes[shapes] = entry
        return engine

    def _entry_of(self, sizes: Sizes) -> Entry[Engine]:
        """Where the engine for these sizes is, or will be."""
        if self._for_all is not None and sizes not in self._sized:
            return self._for_all
        return self._sized.entry(sizes)

    def _compiled(self, sizes: Sizes) -> Engine:
        named = dict(zip(self.program.sizes, sizes, strict=True))
        try:
            if self._make is None:
                if self.programs is None or not self.program.ir:
                    raise InputError(self._not_there(named))
                self._make = self.programs(self.program)
            return self._engine_of(self._make(named))
        except NoCompilerError as error:
            raise InputError(self._not_there(named)) from error
        except NotEnoughMemoryError as error:
            raise NotEnoughMemoryError(
                f"with {sizes_by_name_text(shown_values(named))}: {error}"
            ) from error

    def _engine_of(self, program: CompiledProgram) -> Engine:
        return Engine(program, threads=self.threads, reference=self.reference)

    def _not_there(self, sizes: Mapping[str, int]) -> str:
        there = [
            sizes_by_name_text(shown_values(dict(zip(self.program.sizes, kept, strict=True))))
            for kept, _, _ in self._sized
        ]
        wanted = shown_values(sizes)
        lacking = "compiler to make it" if self.program.ir else "IR to make it from"
        return (
            f"there is no program for {sizes_by_name_text(wanted)} in this artifact, and no "
            f"{lacking}; it has those for {'; '.join(sorted(there)) or 'no sizes at all'}. "
            "Compile the model with these sizes among its variants "
            f"(--variant {','.join(f'{n}={v}' for n, v in wanted.items())})"
        )
