"""
The sizes at which a model on the command line is called: from files, from options, or drawn.

What is left open is what the model is planned for, and at further points drawn around that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from ...compiler.function_inputs import function_named, input_names, input_types
from ...conversion.import_model import summary_of
from ...conversion.open_sizes import open_inputs
from ...dialects import make_context
from ...dialects.engine.base import extents_of
from ...dialects.engine.opaque import is_number
from ...dialects.engine.size_facts import BroadcastRelationAttr, all_relations_of, facts_of
from ...dialects.framework import dims_of
from ...errors import InputError, UsageError
from ...ir.module_file import read_module
from ...ir.nearest import unknown_name
from ...runtime.abi import MAIN
from ...runtime.array_files import read_arrays
from ...runtime.artifact import read_artifact
from ...runtime.open_sizes import solving_of
from ...runtime.size import Extent, Size, numbers_of, substituted
from ...runtime.size_proofs import SizeProofs
from ...runtime.size_solving import (
    Relation,
    SizeSolving,
    plain_values,
    shown_name,
    shown_values,
)
from ...runtime.value_text import sizes_by_name_text
from .ir_file import import_file, is_module_file
from .model_parts import NO_PARTS, ModelParts
from .open_sizes import Shapes, sizes_from_files
from .shape_option import GivenSizes

ARTIFACT = ".well"

TRIES = 200
"""Points that are drawn at most for one: relations between sizes leave few of some models."""


@dataclass(frozen=True)
class Point:
    """Sizes at which a model is measured or compared."""

    values: Mapping[str, int]
    """A number for each name that stands in the sizes of the program; empty without any."""
    shapes: Shapes
    """Of those inputs that have names in their sizes."""

    @property
    def text(self) -> str:
        """`N = 1, S = 128`, by the names that the author of the model knows."""
        return sizes_by_name_text(self.sizes)

    @property
    def sizes(self) -> dict[str, int]:
        """The numbers by the names that the author of the model knows."""
        return shown_values(self.values)


@dataclass(frozen=True)
class OpenInputs:
    """The inputs of a model as it will be compiled, and where sizes in them stay open."""

    names: tuple[str, ...]
    """Of all inputs."""
    shapes: Shapes
    """Those that are compiled in."""
    solving: SizeSolving
    given: GivenSizes

    @staticmethod
    def of(
        model: Path,
        inputs: Sequence[str],
        shapes: Shapes,
        given: GivenSizes,
        values: Mapping[str, Any] | None = None,
        parts: ModelParts = NO_PARTS,
    ) -> OpenInputs:
        """
        Read the inputs of a model, a module or an artifact.

        `shapes` are compiled in. Those of an artifact are given to it, as `given` is. An input
        without a rank has that of its array in `inputs`.

        Raises:
            StepwellError: for what cannot be read or imported.
            UsageError: for bounds, values and shapes where none can be given.
        """
        if model.suffix.lower() == ARTIFACT:
            return OpenInputs._of_artifact(model, shapes, given)
        ctx = make_context()
        if is_module_file(str(model)):
            if shapes or given.dims:
                raise UsageError(
                    f"{model}: shapes and bounds are for models; in a module they stand in the "
                    "types and in attributes of its function"
                )
            module = read_module(ctx, str(model))
        else:
            types = open_inputs(summary_of(model, **parts.options).inputs)
            if any(dims_of(type_) is None for type_ in types.values()):
                shapes = sizes_from_files(model, inputs, shapes, parts)
            module = import_file(ctx, str(model), shapes, values, given.dims, parts)
        return OpenInputs.of_function(function_named(module, MAIN), shapes, given)

    @staticmethod
    def of_function(function: FuncOp, shapes: Shapes, given: GivenSizes) -> OpenInputs:
        """
        The inputs of a function of any level.

        Raises:
            CompileError: for a name that no input gives.
        """
        names = input_names(function)
        said = zip(names, map(_shape, input_types(function)), strict=True)
        open_ = {n: shape for n, shape in said if any(isinstance(e, Size) for e in shape)}
        relations = [
            Relation(*r.sides, r.node.data, isinstance(r, BroadcastRelationAttr))
            for r in all_relations_of(function)
        ]
        solving = SizeSolving(open_, facts_of(function), relations)
        return OpenInputs(names, shapes, solving, given)

    @staticmethod
    def _of_artifact(model: Path, shapes: Shapes, given: GivenSizes) -> OpenInputs:
        program = read_artifact(model, verify=False, with_code=False)
        if given.dims:
            raise UsageError(f"{model} is compiled: its bounds and hints are what they are")
        if shapes and not program.sizes:
            raise UsageError(f"{model} is compiled: its shapes are what they are")
        solving = solving_of(program)
        at = dict(given.at)
        for name, shape in shapes.items():
            if name in solving.inputs:
                of_one = SizeSolving({name: solving.inputs[name]}).solve({name: shape})
                at.update({n: (v,) for n, v in shown_values(of_one).items()})
            else:
                at[name] = (shape[0],)
        names = tuple(tensor.name for tensor in program.given_inputs)
        return OpenInputs(names, {}, solving, GivenSizes(at, {}))

    def points(self, inputs: Sequence[str], seed: int, drawn: int = 1) -> list[Point]:
        """
        The sizes of a call: those of the arrays in `inputs`, those that are given, and `drawn` ones
        for names that are left: what is planned for first, then sizes around that.

        Raises:
            UsageError: for a size of a name that the model does not leave open.
            InputError: for sizes that the model does not take.
        """
        self._check_names()
        if not self.solving.names:
            return [Point({}, {})]
        if inputs:
            arrays = read_arrays(inputs, self.names)
            return [self._point(self._solved({n: a.shape for n, a in arrays.items()}))]
        found: dict[tuple[int, ...], Point] = {}
        at = self.given.at
        for numbers in product(*at.values()):
            fixed = dict(zip(at, numbers, strict=True))
            for point in islice(self._around(fixed, seed), drawn):
                found.setdefault(tuple(point.values.values()), point)
        return list(found.values())

    def odd_point(self) -> Point | None:
        """
        Small odd sizes, another one for each name that is not given; None where relations and
        bounds leave none.
        """
        self._check_names()
        fixed = {name: numbers[0] for name, numbers in self.given.at.items()}
        free = self._free(fixed)
        if not free:
            return None
        candidates = (
            {name: least + 2 * at for at, name in enumerate(free)} for least in range(3, 64, 2)
        )
        try:
            return next(self._possible(fixed, candidates), None)
        except InputError:
            return None

    def _check_names(self) -> None:
        known = [shown_name(name) for name in self.solving.names]
        for name in self.given.at:
            if name not in known:
                there = "; all sizes of the model are numbers" if not known else ""
                raise UsageError(unknown_name("size", name, known) + there)

    def _solved(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, int]:
        missing = [name for name in self.solving.inputs if name not in shapes]
        if missing:
            raise InputError(f"no array for the input {', '.join(map(repr, missing))}")
        return self.solving.solve(shapes)

    def _free(self, fixed: Mapping[str, int]) -> list[str]:
        """The names that are left to choose."""
        return [n for n in self.solving.names if shown_name(n) not in fixed]

    def _around(self, fixed: Mapping[str, int], seed: int) -> Iterator[Point]:
        """Different points with these sizes, that which is planned for or is near it first."""
        candidates = self._candidates(self._free(fixed), np.random.default_rng(seed))
        return self._possible(fixed, candidates)

    def _possible(
        self, fixed: Mapping[str, int], candidates: Iterable[Mapping[str, int]]
    ) -> Iterator[Point]:
        """
        The different points near candidates that a call may have.

        Raises:
            InputError: why the first is none, where all are none.
        """
        given = plain_values(fixed, self.solving.names)
        proofs = SizeProofs(self.solving.facts, self.solving.equalities)
        refused: InputError | None = None
        found: set[tuple[int, ...]] = set()
        for candidate in candidates:
            values = {**proofs.fulfilling({**given, **candidate}), **given}
            try:
                point = self._point(values, check=True)
            except InputError as error:
                refused = refused or error
                continue
            if (numbers := tuple(point.values.values())) not in found:
                found.add(numbers)
                yield point
        if not found and refused is not None:
            raise refused

    def _candidates(
        self, free: Sequence[str], rng: np.random.Generator
    ) -> Iterator[dict[str, int]]:
        """Sizes to try. Models that halve images want multiples: some of all are."""
        hints = {name: self.solving.facts.hint(name) for name in free}
        yield hints
        for at in range(TRIES if free else 0):
            step = 2 ** (at % 6)
            yield {n: -(-self._drawn(n, hint, rng) // step) * step for n, hint in hints.items()}

    def _drawn(self, name: str, hint: int, rng: np.random.Generator) -> int:
        lower, upper = self.solving.facts.bounds(name)
        most = max(hint, 8) if upper is None else min(upper, max(hint, 8))
        return int(rng.integers(min(max(lower, 1), most), most + 1))

    def _point(self, values: Mapping[str, int], *, check: bool = False) -> Point:
        shapes = {
            name: numbers_of(substituted(size, values) for size in shape)
            for name, shape in self.solving.inputs.items()
        }
        if check:
            self.solving.solve(shapes)
        return Point({n: values[n] for n in self.solving.names}, shapes)


def _shape(type_: Attribute) -> tuple[Extent, ...]:
    """The shape of an input that is an array of numbers of known sizes, of any level."""
    if not isinstance(type_, TensorType | MemRefType) or not is_number(type_.element_type):
        return ()
    dims = tuple(d for d in dims_of(type_) or () if d is not None)
    return dims if len(dims) == len(type_.get_shape()) else extents_of(type_)
