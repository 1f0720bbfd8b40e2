"""A model compiled with a clock: the same kernels, and a `@main` that keeps each step's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.ir import Attribute, Operation, SSAValue

from ...compiler.compilation import Compilation, fewer_collections
from ...compiler.finish import finish
from ...compiler.options import Options, Progress
from ...compiler.reference import reference_function
from ...compiler.reopen import reopen
from ...conversion.engine_to_kernels.main_builder import KernelStep
from ...dialects.engine import IfOp, LoopOp
from ...dialects.engine.base import (
    EngineOp,
    ShapedAttr,
    element_of,
    layout_of,
    names_of,
    row_major_tag,
    shape_of,
)
from ...errors import InvalidArtifactError
from ...ir.bind_sizes import bind_sizes
from ...kernels.registry import plan_kernel
from ...runtime.artifact import read_artifact
from ...runtime.engine import Engine
from ...runtime.open_sizes import OpenSizes
from ...runtime.size import numbers_of
from ...targets.target import Target
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

    @property
    def bytes(self) -> int:
        """Weights and arena: what a call touches."""
        return self.engine.weight_bytes + self.engine.arena_bytes


def timed_program(
    model: Path,
    *,
    threads: int = 1,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
    exactness: str = "rounding",
    progress: Progress | None = None,
) -> TimedProgram:
    """
    Compile a model, or a .well file from the IR it carries, for this machine.

    `shapes` are those of all inputs whose sizes an artifact leaves open.

    Raises:
        StepwellError: as `compile` and `load`; an artifact without IR has no steps to tell.
    """
    with fewer_collections():
        if model.suffix.lower() == ".well":
            program = read_artifact(model, with_code=False)
            if not program.ir:
                raise InvalidArtifactError(
                    f"{model}: the artifact has no IR, which says what its steps are: it was saved "
                    "without, or compiled from level 4 or 5; profile what it was compiled from"
                )
            compilation = reopen(program, progress)
            if program.sizes:
                bind_sizes(compilation.module, OpenSizes(program).of_shapes(shapes or {}))
        else:
            options = Options(threads, "native", dict(shapes or {}), exactness, dict(values or {}))
            compilation = Compilation.of(str(model), options, progress)
        timed = finish(compilation, model.name, timed=True)
        target = Target.parse(compilation.options.target)
        steps = tuple(_described(step, target) for step in compilation.steps)
    return TimedProgram(Engine(timed, threads=threads, reference=reference_function), steps)


_COURSES: Mapping[type[Operation], str] = {IfOp: "if", LoopOp: "loop"}
"""What stands in place of a kernel's name for operations that hold others."""


def _described(step: KernelStep, target: Target) -> TimedStep:
    op = step.op
    [chunks] = numbers_of([step.chunks])
    outs = list(getattr(op, "outs", ()))
    sources = list(op.operands)[: len(op.operands) - len(outs)]
    return TimedStep(
        op=op.name.removeprefix("engine."),
        kernel=_COURSES.get(type(op), step.kernel),
        template=_template(op, target),
        chunks=chunks,
        operands=tuple(map(_text, sources)),
        results=tuple(map(_text, outs)),
        nodes=tuple(names_of(op, "nodes")),
        rewrites=tuple(names_of(op, "rewrites")),
        work=work_of(op),
    )


def _template(op: Operation, target: Target) -> str:
    planned = plan_kernel(op, target) if isinstance(op, EngineOp) else None
    return "" if planned is None else type(planned.template).__name__.removesuffix("Template")


def _text(value: SSAValue) -> str:
    """`f32 1x64x56x56 aBcd16b`."""
    type_: Attribute = value.type
    if not isinstance(type_, ShapedAttr):
        return str(type_)
    shape = shape_of(type_)
    parts = [str(element_of(type_)), "x".join(map(str, shape)) or "scalar"]
    tag = str(layout_of(type_))
    if tag != row_major_tag(len(shape)):
        parts.append(tag)
    return " ".join(parts)
