"""`stepwell verify`: the compiled model against the framework's own semantics.

The reference is level 1 run by the interpreter of its dialect, which is what the framework says of
each operator; that of a module is the module, at whatever level it is, run by its interpreter.
With `per_op` every value inside the model becomes an output first. That keeps
rewrites from fusing across them, so each node is compared by itself, and the first value that is
off points at the node that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...compiler.function_inputs import (
    function_inputs,
    function_named,
    input_names,
    output_names,
    state_names,
)
from ...dialects import make_context
from ...dialects.framework import state_of
from ...errors import UsageError
from ...interpreters.deviation import deviation
from ...ir.bind_sizes import bind_sizes
from ...ir.module_file import read_module
from ...runtime.abi import MAIN
from ...runtime.array_files import read_arrays
from ...runtime.describe import kind_of_program, reference_lines
from ...runtime.named_arrays import named_arrays
from ...runtime.size import numbers_of
from ..inputs.call_sizes import OpenInputs, Point
from ..inputs.inner_values import return_inner_values
from ..inputs.ir_file import import_file, is_module_file
from ..inputs.shape_option import GivenSizes
from ..opt.check_numerics import run_function
from .compile_model import CompileOptions, compile_engine

if TYPE_CHECKING:
    from ...runtime.engine import Engine

Array = npt.NDArray[Any]

POINTS = 3
"""At how many sizes a model is compared that leaves sizes open."""

WORST = 10
"""How many of the values inside a model are listed."""


@dataclass(frozen=True)
class Compared:
    """One value on both sides; `difference` is relative to its largest magnitude."""

    name: str
    node: str
    difference: float
    detail: str


@dataclass(frozen=True)
class _Subject:
    """What is verified: a model, or a module of level 1 that returns the values inside of one."""

    model: Path
    context: Context | None = None
    module: ModuleOp | None = None
    nodes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Which node gives a value inside."""

    @staticmethod
    def with_inner_values(model: Path, options: CompileOptions) -> _Subject:
        ctx = make_context()
        module = _imported(ctx, model, options)
        return _Subject(model, ctx, module, return_inner_values(module))

    def at(self, options: CompileOptions, point: Point) -> tuple[Context, ModuleOp]:
        """The module that is the reference, with the shapes of `options`, or those of a point."""
        if self.module is not None and self.context is not None:
            return self.context, self.module
        ctx = make_context()
        if not is_module_file(str(self.model)):
            return ctx, _imported(ctx, self.model, options)
        module = read_module(ctx, str(self.model))
        bind_sizes(module, point.values)
        return ctx, module


def _imported(ctx: Context, model: Path, options: CompileOptions) -> ModuleOp:
    return import_file(ctx, str(model), options.shapes, options.values, parts=options.parts)


def verify_model(
    model: Path,
    inputs: Sequence[str],
    options: CompileOptions,
    sizes: GivenSizes,
    *,
    per_op: bool,
    tolerance: float,
    seed: int,
) -> bool:
    """Compile `model`, run both sides on the same inputs, print each output's difference.

    One that leaves sizes open is compared at those of the inputs, or at `sizes`, or where some are
    left at `POINTS` points each. Gives whether all are within `tolerance`.
    """
    if per_op and is_module_file(str(model)):
        raise UsageError(
            f"{model}: --per-op is for models of a framework; in a module, return the values that "
            "are to be compared"
        )
    given = {name: numbers_of(shape) for name, shape in options.shapes.items()}
    open_ = OpenInputs.of(model, inputs, given, sizes, options.values, options.parts)
    points = open_.points(inputs, seed, 1 if per_op else POINTS)
    # Inside of a model there are sizes that its inputs do not give: each value is an output then.
    shapes = {**open_.shapes, **points[0].shapes} if per_op else open_.shapes
    options = replace(options, shapes=shapes, sizes={} if per_op else sizes.dims)
    # Before the reference, which takes longer.
    if per_op:
        subject = _Subject.with_inner_values(model, options)
        engine = compile_engine(subject.module, options.for_module, context=subject.context)
    else:
        subject = _Subject(model)
        engine = compile_engine(str(model), options)
    total = 0
    wrong: list[Compared] = []
    for point in points:
        if point.sizes:
            kind = kind_of_program(engine.program)
            print(f"at {point.text}, {kind}:" if kind else f"at {point.text}:")
        at_point = replace(options, shapes={**options.shapes, **point.shapes}, sizes={})
        compared = _compared_at(engine, subject, inputs, at_point, seed, point)
        found = [c for c in compared if not c.difference <= tolerance]
        for c in _worth_showing(compared, found) if per_op else compared:
            verdict = "ok" if c.difference <= tolerance else "WRONG"
            node = f" from {c.node}" if c.node else ""
            print(f"{verdict:<6} {c.difference:9.2e}  {c.name}{node}{c.detail}")
        total += len(compared)
        wrong += found
    if per_op and wrong:
        print(f"first wrong: {wrong[0].name} from {wrong[0].node}")
    print(f"{total - len(wrong)} of {total} values within {tolerance:g}")
    if engine.reference_steps:
        for line in reference_lines(engine.reference_steps):
            print(line)
        print("the two sides compute these alike, so that comparing them says nothing of them")
    return not wrong


def _compared_at(
    engine: Engine,
    subject: _Subject,
    inputs: Sequence[str],
    options: CompileOptions,
    seed: int,
    point: Point,
) -> list[Compared]:
    """Both sides on the same inputs, of the shapes in `options`, or a module's at a point."""
    feeds, expected = _reference(subject, inputs, options, seed, point)
    if inputs and options.values:  # a file that gives another value is refused
        given = read_arrays(inputs, list(feeds))
        feeds |= {name: given[name] for name in options.values if name in given}
    session = engine.session()
    results = {**session.run(feeds), **session.state}
    nodes = subject.nodes
    return [c for n, v in expected.items() for c in _parts(n, nodes.get(n, ""), v, results[n])]


def _reference(
    subject: _Subject, inputs: Sequence[str], options: CompileOptions, seed: int, point: Point
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs, and by name what the framework's semantics make of them."""
    ctx, module = subject.at(options, point)
    function = function_named(module, MAIN)
    kept = state_names(function)
    arrays = function_inputs(function, inputs, seed)
    if len(arrays) == len(input_names(function)):  # what is kept begins as it does in the engine
        pairs = zip(input_names(function), arrays, strict=True)
        arrays = [array for name, array in pairs if name not in kept]
    results = run_function(ctx, module, MAIN, arrays)
    outputs = list(output_names(function, len(results)))
    for state in state_of(function):
        outputs[state.result.data] = state.title.data
    names = [name for name in input_names(function) if name not in kept]
    return dict(zip(names, arrays, strict=True)), dict(zip(outputs, results, strict=True))


def _parts(name: str, node: str, reference: Any, actual: Any) -> Iterator[Compared]:
    """The comparison of each array that a value is."""
    expected, found = named_arrays(name, reference), named_arrays(name, actual)
    for part in dict.fromkeys((*expected, *found)):
        if part in expected and part in found:
            yield _compare(part, node, expected[part], found[part])
        else:
            there = "in the reference alone" if part in expected else "in the compiled model alone"
            yield Compared(part, node, math.inf, f": {there}")
    if not expected and not found:
        yield Compared(name, node, 0.0, ": absent")


def _compare(name: str, node: str, reference: Array, actual: Array) -> Compared:
    if reference.shape != actual.shape or reference.dtype != actual.dtype:
        was = f"{reference.dtype}{list(reference.shape)}"
        return Compared(name, node, math.inf, f": {was} became {actual.dtype}{list(actual.shape)}")
    found = deviation(np.asarray(reference), np.asarray(actual))
    return Compared(name, node, 0.0 if found is None else found.relative, "")


def _worth_showing(compared: Sequence[Compared], wrong: Sequence[Compared]) -> list[Compared]:
    """All that are wrong and the worst of the others, in the order of the model."""
    worst = sorted(compared, key=lambda c: -c.difference)[:WORST]
    names = {c.name for c in (*wrong, *worst)}
    return [c for c in compared if c.name in names]
