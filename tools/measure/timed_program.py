"""A model compiled with a clock: the same kernels, and a `@main` that keeps each step's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.ir import Attribute, Operation, SSAValue

from ...compiler.compilation import Compilation
from ...compiler.finish import finish
from ...compiler.garbage import fewer_collections
from ...compiler.general_program import for_all_sizes
from ...compiler.open_model import has_open_sizes
from ...compiler.options import Progress, options_of
from ...compiler.reference import reference_function
from ...compiler.reopen import reopen
from ...conversion.engine_to_kernels.main_builder import KernelStep
from ...dialects.engine import IfOp, LoopOp
from ...dialects.engine.base import (
    EngineOp,
    ShapedAttr,
    element_of,
    extents_of,
    layout_of,
    names_of,
    row_major_tag,
)
from ...errors import CompileError, InvalidArtifactError
from ...ir.bind_sizes import bind_sizes
from ...kernels.registry import plan_kernel
from ...runtime.artifact import read_artifact
from ...runtime.describe import kind_of_program
from ...runtime.engine import Engine
from ...runtime.size import NeedsNumber, substituted
from ...runtime.size_facts import Dim
from ...targets.target import Target
from ..inputs.call_sizes import ARTIFACT
from ..inputs.choice_option import NO_CHOICE, ChoiceOption
from ..inputs.model_parts import NO_PARTS, ModelParts
from .roofline import Work, work_of


@dataclass(frozen=True)
class TimedStep:
    """
    One step of the program; a branch or loop is one, with all that it does. `kernel` and `template`
    are empty for a reference operation, `template` for a branch or loop, and neither has declared
    `work`. Operands and results read `f32 1x64x56x56 aBcd16b`, the layout left
    out where row-major.
    """

    op: str
    kernel: str
    template: str
    chunks: int
    operands: tuple[str, ...]
    results: tuple[str, ...]
    nodes: tuple[str, ...]
    rewrites: tuple[str, ...]
    work: Work | None


@dataclass(frozen=True)
class TimedProgram:
    """An engine whose last output holds the ticks at the start and after each of `steps`."""

    engine: Engine
    steps: tuple[TimedStep, ...]
    """What they do at the sizes that were asked for."""
    kind: str = ""
    """What the program is for, of a model that leaves sizes open."""

    @property
    def bytes(self) -> int:
        """Weights and arena: what a call touches."""
        return self.engine.weight_bytes + self.engine.arena_bytes


class TimedModel:
    """
    A model, or a .well file from the IR it carries, that is compiled with a clock.

    What leaves sizes open has one program for all of them, or where it cannot one for each.
    """

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 1,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        values: Mapping[str, Any] | None = None,
        sizes: Mapping[str, Dim] | None = None,
        choice: ChoiceOption = NO_CHOICE,
        progress: Progress | None = None,
        parts: ModelParts = NO_PARTS,
    ):
        """
        Import or reopen it, and lower it for all sizes if it leaves some open.

        Raises:
            StepwellError: as `compile` and `load`; an artifact without IR has no steps to tell.
        """
        self._name = model.name
        self._threads = threads
        self._progress = progress
        self._why_not = ""
        self._for_all: tuple[Compilation, Engine] | None = None
        with fewer_collections():
            if model.suffix.lower() == ARTIFACT:
                self._compilation = _reopened(model, progress)
            else:
                options = options_of(
                    threads,
                    None,
                    dict(shapes or {}),
                    values=dict(values or {}),
                    sizes=dict(sizes or {}),
                    **parts.options,
                    **choice.keywords,
                )
                self._compilation = Compilation.of(str(model), options, progress)
            if has_open_sizes(self._compilation):
                try:
                    general = for_all_sizes(self._compilation)
                    self._for_all = general, self._engine(general)
                except CompileError as error:
                    self._why_not = str(error)

    def at(self, values: Mapping[str, int]) -> TimedProgram:
        """
        The program at these values of all names.

        Raises:
            StepwellError: as `compile`, where there is no program for all sizes.
        """
        with fewer_collections():
            if self._for_all is not None:
                compilation, engine = self._for_all
                bound = compilation.module.clone()
                bind_sizes(bound, values)
                bound_op = dict(zip(compilation.module.walk(), bound.walk(), strict=True))
                steps = [_described(s, bound_op[s.op], values) for s in compilation.steps]
                return TimedProgram(engine, tuple(steps), kind_of_program(engine.program))
            compilation = self._compilation
            if values:
                compilation = self._bound(values)
            engine = self._engine(compilation)
            steps = [_described(step, step.op, {}) for step in compilation.steps]
            why = f": {self._why_not}" if self._why_not else ""
            kind = f"a program for each size{why}" if values else ""
            return TimedProgram(engine, tuple(steps), kind)

    def _bound(self, values: Mapping[str, int]) -> Compilation:
        given = self._compilation
        module = given.module.clone()
        bind_sizes(module, values)
        options = given.options.for_module
        bound = Compilation.of_module(given.ctx, module, options, self._progress)
        bound.level = given.level
        return bound

    def _engine(self, compilation: Compilation) -> Engine:
        program = finish(compilation, self._name, timed=True)
        return Engine(program, threads=self._threads, reference=reference_function)


def _reopened(model: Path, progress: Progress | None) -> Compilation:
    program = read_artifact(model, with_code=False)
    if not program.ir:
        raise InvalidArtifactError(
            f"{model}: the artifact has no IR, which says what its steps are: it was saved "
            "without, or compiled from level 4 or 5; profile what it was compiled from"
        )
    return reopen(program, progress)


_COURSES: Mapping[type[Operation], str] = {IfOp: "if", LoopOp: "loop"}
"""What stands in place of a kernel's name for operations that hold others."""


def _described(step: KernelStep, op: Operation, values: Mapping[str, int]) -> TimedStep:
    """A step at some values of names, at which its operation is `op`."""
    chunks = substituted(step.chunks, values)
    outs = list(getattr(op, "outs", ()))
    sources = list(op.operands)[: len(op.operands) - len(outs)]
    return TimedStep(
        op=op.name.removeprefix("engine."),
        kernel=_COURSES.get(type(op), step.kernel),
        template=_template(step.op),
        chunks=chunks if isinstance(chunks, int) else 1,  # the data decides
        operands=tuple(map(_text, sources)),
        results=tuple(map(_text, outs)),
        nodes=tuple(names_of(op, "nodes")),
        rewrites=tuple(names_of(op, "rewrites")),
        work=_work(op),
    )


def _work(op: Operation) -> Work | None:
    """The declared work; None, too, where the data decides a size."""
    try:
        return work_of(op)
    except NeedsNumber:
        return None


def _template(op: Operation) -> str:
    planned = plan_kernel(op, Target.host()) if isinstance(op, EngineOp) else None
    return "" if planned is None else type(planned.template).__name__.removesuffix("Template")


def _text(value: SSAValue) -> str:
    """`f32 1x64x56x56 aBcd16b`."""
    type_: Attribute = value.type
    if not isinstance(type_, ShapedAttr):
        return str(type_)
    shape = extents_of(type_)
    parts = [str(element_of(type_)), "x".join(map(str, shape)) or "scalar"]
    tag = str(layout_of(type_))
    if tag != row_major_tag(len(shape)):
        parts.append(tag)
    return " ".join(parts)
