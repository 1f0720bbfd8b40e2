"""`stepwell compile`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...conversion.import_model import recognise
from ...conversion.model_files import files_of
from ...errors import InvalidArtifactError
from ...runtime.describe import hints_text, reference_lines
from ...runtime.output_file import destination, output_file
from ...runtime.size import Extent, Size
from ...runtime.size_facts import Dim
from ...runtime.size_solving import shown_name
from ...runtime.value_text import size_text
from ..inputs.choice_option import NO_CHOICE, ChoiceOption
from ..inputs.model_parts import NO_PARTS, ModelParts
from .progress import ProgressReport
from .quiet import is_quiet

if TYPE_CHECKING:
    from xdsl.context import Context

    from ...runtime.engine import Engine
    from ...runtime.program import CompiledProgram


@dataclass(frozen=True)
class CompileOptions:
    """What the command line says about how to compile."""

    threads: int
    target: str | None
    shapes: Mapping[str, tuple[Extent, ...]]
    choice: ChoiceOption = NO_CHOICE
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    variants: Sequence[Mapping[str, int]] = ()
    sizes: Mapping[str, Dim] = field(default_factory=dict[str, Dim])
    parts: ModelParts = NO_PARTS
    memory_limit: int | None = None
    donate: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def for_module(self) -> CompileOptions:
        """The same for a module that was made of the model."""
        return CompileOptions(
            self.threads, self.target, {}, self.choice, memory_limit=self.memory_limit
        )

    @property
    def given_shapes(self) -> dict[str, tuple[int | str, ...]]:
        """The shapes as `compile` takes them, names as texts."""
        return {
            name: tuple(s.text if isinstance(s, Size) else s for s in shape)
            for name, shape in self.shapes.items()
        }


def compile_engine(
    model: Any, options: CompileOptions, title: str = "compile", context: Context | None = None
) -> Engine:
    """Compile a path, or a module of a context, with progress on standard error."""
    from ... import compile

    with ProgressReport(title) as progress:
        return compile(
            model,
            threads=options.threads,
            target=options.target,
            shapes=options.given_shapes,
            values=options.values,
            sizes=options.sizes,
            variants=options.variants,
            context=context,
            **options.choice.keywords,
            **options.parts.options,
            memory_limit=options.memory_limit,
            donate=options.donate,
            progress=progress,
        )


def compile_to_file(model: Path, output: Path, options: CompileOptions) -> None:
    """Compile `model`, write the artifact, and print what it holds."""
    if model.suffix.lower() == ".well":
        recognise(str(model))  # says what it is, before its own name is refused for the output
    start = time.perf_counter()
    keep = files_of(model, options.parts.weights)
    is_stream = destination(output, keep).is_stream  # refused before the work
    replaced = code_of(output)
    engine = compile_engine(str(model), options)
    engine.save(str(output))
    seconds = time.perf_counter() - start
    size = "" if is_stream else f"{size_text(output.stat().st_size)}, "
    report = sys.stderr if is_stream else sys.stdout
    if replaced and replaced != (now := code_names(engine.program)):
        print(f"{output}: replaced an artifact for {replaced}; it is now for {now}", file=report)
    if is_quiet():
        return
    print(f"{output}: {size}{_content(engine)}, {seconds:.2f} s", file=report)
    for line in reference_lines(engine.reference_steps):
        print(line, file=report)


def _content(engine: Engine) -> str:
    program = engine.program
    if not program.sizes:
        arena = size_text(engine.arena_bytes)
        return f"weights {size_text(engine.weight_bytes)}, arena {arena}"
    count = len(program.variants)
    programs = "1 program" if count == 1 else f"{count} programs"
    sizes = f"sizes {', '.join(map(shown_name, program.sizes))} are open"
    if program.is_open:
        hint = "" if count else " (--variant compiles for sizes ahead)"
        return f"{sizes}, with {programs}{hint}"
    arena = f"arena {size_text(program.arena_size)} at {hints_text(program)}"
    more = f", and {programs} for chosen ones" if count else ""
    return f"{sizes}, with one program for all{more}; {arena}"


def code_of(path: Path) -> str:
    """For what the artifact at `path` was compiled; nothing if there is none that can be read."""
    from ...runtime.artifact import read_artifact

    try:
        return code_names(read_artifact(path, verify=False))
    except InvalidArtifactError:
        return ""


def code_names(program: CompiledProgram) -> str:
    """The targets of the code in a program, as `stepwell info` names them."""
    programs = [program, *(variant.program for variant in program.variants)]
    codes = (code for part in programs for code in part.codes)
    return ", ".join(dict.fromkeys(f"{code.triple} ({code.cpu})" for code in codes))


def emit_level(model: Path, level: str, output: Path | None, options: CompileOptions) -> None:
    """Write one level of `model` as text, with its weights beside it if it goes to a file."""
    from ...compiler.compile import lower

    keep = files_of(model, options.parts.weights)
    if output is not None:
        destination(output, keep)  # refused before the work
    with ProgressReport("compile") as progress:
        lowered = lower(
            str(model),
            level,
            threads=options.threads,
            target=options.target,
            shapes=options.given_shapes,
            values=options.values,
            sizes=options.sizes,
            donate=options.donate,
            **options.choice.keywords,
            progress=progress,
            **options.parts.options,
        )
    if output is None:
        sys.stdout.write(lowered.text)
        return
    with output_file(output, keep) as part:
        part.write_text(lowered.text, encoding="utf-8")
        if not destination(output).is_stream:
            lowered.save_weights(output.with_suffix(".safetensors"), keep)
