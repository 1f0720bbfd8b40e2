"""
A model that leaves sizes open: one program for all of them, or one for each that calls bring up.

Where every operation has a kernel that takes its sizes as arguments, there is one program for all
(`general_program.py`). Else the program is open: a signature with names, and a program for each set
of values of the names, made from the model with these sizes in it. Either has programs for chosen
sizes beside it, its variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import count
from threading import Lock
from typing import Any, cast

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ..conversion.engine_to_kernels.weights_image import WeightsImage
from ..conversion.kernels_to_llvm.codegen import release_code_generator
from ..dialects.engine.base import names_of
from ..dialects.engine.said_sizes import string_sizes
from ..dialects.engine.size_facts import facts_of
from ..dialects.framework import StringType, dims_of, element_of
from ..errors import CompileError, UsageError
from ..ir.bind_sizes import bind_sizes
from ..ir.level import FRAMEWORK
from ..runtime.abi import DEFAULT_INPUTS, INPUT_NAMES, OUTPUT_NAMES
from ..runtime.arguments import integer
from ..runtime.open_sizes import OpenSizes
from ..runtime.program import (
    ANY_SHAPE,
    UNKNOWN,
    CompiledProgram,
    TensorSignature,
    Variant,
)
from ..runtime.shared_weights import SharedWeights
from ..runtime.size import Extent, Size, evaluated
from ..runtime.size_solving import values_of
from ..runtime.size_text import parse_size
from .compilation import Compilation
from .finish import dims_of as dims_of_names
from .finish import finish, provenance_of, relations_of, source_of
from .garbage import fewer_collections
from .general_program import general_program
from .planned_program import main_of
from .signature import tensor_signature
from .states import states_of

PER_SIZES = "a program for each size"
"""Option of the provenance of an open program: why it has no program for all sizes."""

_compiling = Lock()
"""One program is made at a time: compiling shares a code generator and settings of the process."""


class OpenModel:
    """
    What makes the programs of a model with open sizes; what they have in common they share.

    Raises:
        CompileError: for an input without a rank, and for names that no input gives.
    """

    program: CompiledProgram
    """The program for all sizes, or the open one, without variants; the IR has names."""

    def __init__(
        self, compilation: Compilation, name: str, model: Any = None, *, general: bool = True
    ):
        """
        `compilation` is at the level at which sizes are bound; without `general`, no program for
        all sizes is made.

        Where its module does not say all sizes by the names of the inputs, numbers may say more
        when they are there from the start: then `model`, if there is one, is imported again.
        """
        self._compilation = compilation
        self._name = name
        self._model = model
        self._weights = WeightsImage()
        self._shared: SharedWeights | None = None
        self.program = _open_program(compilation, name)
        OpenSizes(self.program)  # what no call could solve is said now
        why_not = self._make_general() if general else None
        if why_not != "":
            self._make_open(why_not)

    def _make_general(self) -> str:
        """Take the program for all sizes, if the model can have one; else why it cannot."""
        weights = self._weights.continued()
        program, why_not = general_program(self._compilation, self._name, weights)
        if program is not None and set(program.sizes) == set(self.program.sizes):
            self.program = self._sharing(program, weights)
            return ""
        return why_not or "sizes that no input gives"

    def _make_open(self, why_not: str | None) -> None:
        """Take the open program, with the IR that those for each size are made from."""
        compilation = self._compilation
        compilation.infer_sizes()
        program = _open_program(compilation, self._name)
        ir, constants = source_of(compilation.module, compilation.store)
        provenance = program.provenance
        if why_not is not None:
            options = {**provenance.options, PER_SIZES: why_not}
            provenance = replace(provenance, options=options)
        self.program = replace(program, ir=ir, constants=constants, provenance=provenance)

    @cached_property
    def _says_all_sizes(self) -> bool:
        self._compilation.infer_sizes()
        return says_all_sizes(self._compilation.module)

    def with_variants(self, variants: Sequence[Mapping[str, int]]) -> CompiledProgram:
        """
        The open program with programs for some sizes, each given by name.

        Raises:
            UsageError: for sizes with other names than those of the model.
            StepwellError: as `compile`.
        """
        names = self.program.sizes
        made = [
            Variant(tuple(sizes[n] for n in names), self.program_for(sizes))
            for sizes in checked_variants(variants, names)
        ]
        return replace(self.program, variants=tuple(made))

    def program_for(self, sizes: Mapping[str, int]) -> CompiledProgram:
        """
        The program for these values of the names, without IR of its own; its steps go to the
        `progress` of the compilation.

        Raises:
            StepwellError: as `compile`.
        """
        with _compiling, fewer_collections() as garbage:
            bound = self._bound(sizes)
            bound.progress = self._compilation.progress
            weights = self._weights.continued()
            program = finish(bound, self._name, weights=weights, with_ir=False)
            program = self._sharing(program, weights)
            del bound
            garbage.collect()
            release_code_generator()
        return program

    def _sharing(self, program: CompiledProgram, weights: WeightsImage) -> CompiledProgram:
        """The program with its constants, which were added to `weights`, in the shared image."""
        if self._shared is None or weights.size > self._shared.room:
            self._shared = SharedWeights(weights.size)
        self._weights = weights
        return self._shared.with_image(program)

    def _bound(self, sizes: Mapping[str, int]) -> Compilation:
        """A compilation of the model with these sizes."""
        given = self._compilation
        if self._model is None or self._says_all_sizes:
            module = given.module.clone()
            bind_sizes(module, sizes)
            options = given.options.for_module
            bound = Compilation.of_module(given.ctx, module, options)
            bound.level = given.level
            return bound
        shapes = {
            tensor.name: tuple(evaluated(parse_size(str(size)), sizes) for size in tensor.shape)
            for tensor in self.program.sized_inputs
        }
        options = replace(given.options, shapes={**given.options.shapes, **shapes})
        return Compilation.of(self._model, options)


def checked_variants(variants: Any, names: Sequence[str]) -> list[dict[str, int]]:
    """
    `variants` with numbers for all names, each set of sizes once.

    Raises:
        UsageError: for anything else.
    """
    if isinstance(variants, str | Mapping) or not isinstance(variants, Sequence):
        raise UsageError(
            f"variants is {variants!r:.60}, expected a list of sizes by name: [{{'batch': 1}}]"
        )
    found: dict[tuple[int, ...], dict[str, int]] = {}
    for given in cast("Sequence[Any]", variants):
        if not isinstance(given, Mapping):
            raise UsageError(f"a variant is {given!r:.60}, expected sizes by name: {{'batch': 1}}")
        sizes = cast("Mapping[Any, Any]", given)
        given_numbers = {n: integer(f"the size {n} of a variant", v) for n, v in sizes.items()}
        try:
            numbers = values_of(given_numbers, names)
        except UsageError as error:
            raise UsageError(f"a variant: {error}") from None
        found[tuple(numbers.values())] = numbers
    return list(found.values())


def says_all_sizes(module: ModuleOp) -> bool:
    """Whether every tensor of numbers in a module has sizes that the sizes of the inputs give."""
    names = frozenset(facts_of(main_of(module)).dims)
    return all(
        not _is_of_numbers(value.type) or _is_said(dims_of(value.type), names)
        for op in module.walk()
        for value in op.results
    )


def _is_said(dims: Sequence[Extent | None] | None, names: frozenset[str]) -> bool:
    return dims is not None and all(
        isinstance(dim, int) or (dim is not None and names.issuperset(dim.names)) for dim in dims
    )


def has_open_sizes(compilation: Compilation) -> bool:
    """
    Whether a model leaves sizes of inputs open that are tensors.

    What is made of a module refuses sizes that are open in a level below 2, or have no name there.

    Raises:
        CompileError: for an input whose rank is not known either.
    """
    if compilation.given not in (FRAMEWORK, "engine"):
        return False
    found = False
    for name, type_ in _inputs(main_of(compilation.module)).items():
        dims = dims_of(type_)
        if not _is_of_numbers(type_):
            # Strings without a rank, or with a size that nothing says, are what comes.
            found = found or not all(isinstance(d, int) for d in string_sizes(type_) or ())
            continue
        if dims is None:
            raise CompileError(
                f"input '{name}' has no rank; give it a shape: shapes={{{name!r}: (\"N\", 4)}}, "
                f"or --shape {name}=N,4; a name stands for a size that calls decide"
            )
        if None in dims:
            return False
        found = found or not all(isinstance(d, int) for d in dims)
    return found


def _is_of_numbers(type_: Attribute) -> bool:
    element = element_of(type_)
    return element is not None and not isinstance(element, StringType)


def _inputs(main: FuncOp) -> dict[str, Attribute]:
    names = names_of(main, INPUT_NAMES)
    types = [argument.type for argument in main.body.block.args]
    return dict(zip(names or [f"input{at}" for at in range(len(types))], types, strict=True))


def _outputs(main: FuncOp) -> list[tuple[str, Attribute]]:
    types = list(main.function_type.outputs)
    names = names_of(main, OUTPUT_NAMES) or [f"output{at}" for at in range(len(types))]
    return list(zip(names, types, strict=True))


def _open_program(compilation: Compilation, name: str) -> CompiledProgram:
    """What is known of the model before there is code, without its IR."""
    main = main_of(compilation.module)
    slots = count()
    inputs = tuple(_input(n, type_, slots) for n, type_ in _inputs(main).items())
    outputs = tuple(_output(n, type_, slots) for n, type_ in _outputs(main))
    return CompiledProgram(
        inputs=inputs,
        outputs=outputs,
        states=states_of(main, compilation.store, inputs, outputs),
        codes=(),
        weights=(),
        weights_size=0,
        arena_size=0,
        provenance=provenance_of(compilation, name, {}),
        threads=compilation.options.threads,
        default_inputs=tuple(names_of(main, DEFAULT_INPUTS)),
        dims=dims_of_names(main),
        relations=relations_of(main),
    )


def _input(name: str, type_: Attribute, slots: Iterator[int]) -> TensorSignature:
    """With a name for every size that is open; values that are no numbers have a slot instead."""
    if not _is_of_numbers(type_):
        return tensor_signature(name, type_, next(slots))
    sizes = tuple(map(_said, dims_of(type_) or ()))
    return replace(tensor_signature(name, type_), shape=sizes)


def _output(name: str, type_: Attribute, slots: Iterator[int]) -> TensorSignature:
    """With `UNKNOWN` for a size that depends on more than the names, as far as is known here."""
    if not _is_of_numbers(type_):
        return tensor_signature(name, type_, next(slots))
    dims = dims_of(type_)
    sizes = ANY_SHAPE if dims is None else tuple(map(_said, dims))
    return replace(tensor_signature(name, type_), shape=sizes)


def _said(dim: Extent | None) -> int | str:
    """A dimension as a signature says it."""
    return dim.text if isinstance(dim, Size) else UNKNOWN if dim is None else dim
