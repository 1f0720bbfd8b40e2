"""
A model that leaves sizes open, compiled for the sizes that calls bring up.

Its program is open: a signature with names, and a program for each set of values of the names, made
from the model with these sizes in it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from threading import Lock
from typing import Any

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ..conversion.kernels_to_llvm.codegen import release_code_generator
from ..dialects.engine.base import names_of
from ..dialects.engine.size_facts import facts_of, relations_of
from ..dialects.framework import StringType, dims_of, element_of
from ..errors import CompileError
from ..ir.level import FRAMEWORK
from ..runtime.abi import DEFAULT_INPUTS, INPUT_NAMES, OUTPUT_NAMES
from ..runtime.open_sizes import OpenSizes
from ..runtime.program import (
    ANY_SHAPE,
    UNKNOWN,
    CompiledProgram,
    SizeRelation,
    TensorSignature,
)
from ..runtime.size import Extent, Size, evaluated
from ..runtime.size_text import parse_size
from ..transforms.bind_sizes import bind_sizes
from .compilation import Compilation, fewer_collections, is_module
from .finish import finish, provenance_of
from .planned_program import main_of
from .signature import tensor_signature

_compiling = Lock()
"""One program is made at a time: compiling shares a code generator and settings of the process."""


class OpenModel:
    """
    What makes the programs of a model with open sizes.

    Raises:
        CompileError: for an input without a rank, and for names that no input gives.
    """

    program: CompiledProgram
    """The open program, without variants."""

    def __init__(self, model: Any, compilation: Compilation, name: str):
        """`compilation` is what was made of `model`: of a module, or the import of a model."""
        self._model = model
        self._given = compilation if is_module(model) else None
        self._options = compilation.options
        self._name = name
        self.program = _open_program(compilation, name)
        self._shapes = {t.name: t.shape for t in self.program.buffer_inputs}
        OpenSizes(self.program)  # what no call could solve is said now

    def program_for(self, sizes: Mapping[str, int]) -> CompiledProgram:
        """
        The program for these values of the names.

        Raises:
            StepwellError: as `compile`, with the sizes.
        """
        with _compiling, fewer_collections():
            program = finish(self._bound(sizes), self._name)
            gc.collect()
            release_code_generator()
        return program

    def _bound(self, sizes: Mapping[str, int]) -> Compilation:
        """A compilation of the model with these sizes."""
        if self._given is not None:
            module = self._given.module.clone()
            bind_sizes(module, sizes)
            return Compilation.of_module(self._given.ctx, module, self._options)
        shapes = {
            name: tuple(evaluated(parse_size(str(size)), sizes) for size in shape)
            for name, shape in self._shapes.items()
            if any(isinstance(size, str) for size in shape)
        }
        options = replace(self._options, shapes={**self._options.shapes, **shapes})
        return Compilation.of(self._model, options)


def has_open_sizes(compilation: Compilation) -> bool:
    """
    Whether a model leaves sizes of inputs open that are tensors of numbers.

    What is made of a module refuses sizes that are open in a level below 2, or have no name there.

    Raises:
        CompileError: for an input whose rank is not known either.
    """
    if compilation.given not in (FRAMEWORK, "engine"):
        return False
    found = False
    for name, type_ in _inputs(main_of(compilation.module)).items():
        if not _is_of_numbers(type_):
            continue
        dims = dims_of(type_)
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
    main = main_of(compilation.module)
    slots = count()
    return CompiledProgram(
        inputs=tuple(_input(n, type_, slots) for n, type_ in _inputs(main).items()),
        outputs=tuple(_output(n, type_, slots) for n, type_ in _outputs(main)),
        codes=(),
        weights=(),
        weights_size=0,
        arena_size=0,
        provenance=provenance_of(compilation, name, {}),
        threads=compilation.options.threads,
        default_inputs=tuple(names_of(main, DEFAULT_INPUTS)),
        dims={name: str(dim) for name, dim in facts_of(main).dims.items()},
        relations=tuple(
            SizeRelation(str(r.sides[0]), str(r.sides[1]), r.node.data) for r in relations_of(main)
        ),
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
