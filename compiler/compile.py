"""The entry points of the compiler: a model to an engine, to the text of a level, or anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xdsl.context import Context

from ..conversion.kernels_to_llvm import emit_assembly, emit_module
from ..conversion.kernels_to_llvm.codegen import release_code_generator
from ..conversion.model_files import files_of
from ..dialects.engine import WeightAttr
from ..dialects.engine.weights import WeightStore, weights_used
from ..dialects.text import operation_text
from ..errors import UsageError
from ..ir.level import FRAMEWORK, TITLES
from ..runtime.arguments import text
from ..runtime.program import CompiledProgram
from ..runtime.size_solving import shown_values
from ..targets.target import Target
from ..transforms.optimize.choice import DEFAULT_LEVEL
from .compilation import LEVELS, Compilation, given_model, is_module, level_named
from .finish import finish
from .garbage import fewer_collections
from .options import Progress, Shapes, Sizes, options_of
from .programs import programs_of
from .reference import reference_function
from .reopen import reopen

if TYPE_CHECKING:
    from ..runtime.engine import Engine
    from ..runtime.open_engine import MakeProgram


@dataclass(frozen=True)
class LoweredText:
    """A level as text, and the weights it refers to."""

    text: str
    weights: tuple[WeightAttr, ...]
    store: WeightStore

    def save_weights(self, path: Path, keep: Sequence[Path] = ()) -> None:
        """Write the weights beside the text; nothing is written when there are none.

        Raises `UsageError` for a file of `keep`, and `StepwellError` if it cannot be written.
        """
        if self.weights:
            self.store.save(path, self.weights, keep)


def lower(
    model: Any,
    level: str,
    *,
    threads: int = 1,
    target: str | None = None,
    shapes: Shapes | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Sequence[str] = (),
    sizes: Sizes | None = None,
    weights: Any = None,
    signature: str | None = None,
    optimization: int = DEFAULT_LEVEL,
    exactness: str | None = None,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    precision: str | None = None,
    donate: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    context: Context | None = None,
) -> LoweredText:
    """
    One level of a model as text: `framework`, `engine`, `layout`, `plan`, `kernels`, `llvm` or
    `asm`; the first also by the name of its dialect, `onnx`.

    Raises:
        StepwellError: as `compile`, and `UsageError` for an unknown level.
    """
    level = level_named(text("level", level))
    model = given_model(model)
    if level not in LEVELS:
        raise UsageError(f"level is '{level}', expected one of {', '.join(LEVELS)}")
    options = options_of(
        threads,
        target,
        shapes,
        exactness,
        values,
        overridable,
        sizes,
        weights,
        signature,
        optimization=optimization,
        enable=enable,
        disable=disable,
        precision=precision,
        donate=donate,
    )
    with fewer_collections():
        compilation = Compilation.of(model, options, progress, context)
        if LEVELS.index(level) < LEVELS.index(compilation.given):
            raise UsageError(
                f"the module is at {TITLES[compilation.given]}, below {TITLES[level]}; "
                "levels only go down"
            )
        if level == FRAMEWORK:
            compilation.infer_sizes()
        compilation.lower_to("kernels" if level in ("llvm", "asm") else level)
        module = compilation.module
        weights = tuple(weights_used(module))
        if level not in ("llvm", "asm"):
            return LoweredText(operation_text(module) + "\n", weights, compilation.store)
        found = Target.parse(options.target)
        emitted = emit_module(module, found)
        code = str(emitted) if level == "llvm" else emit_assembly(emitted, found)
        return LoweredText(code, (), compilation.store)


def compile(
    model: Any,
    *,
    threads: int = 1,
    target: str | None = None,
    shapes: Shapes | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Sequence[str] = (),
    sizes: Sizes | None = None,
    weights: Any = None,
    signature: str | None = None,
    example: Sequence[Any] | None = None,
    optimization: int = DEFAULT_LEVEL,
    exactness: str | None = None,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    precision: str | None = None,
    memory_limit: int | None = None,
    donate: Mapping[str, str] | None = None,
    variants: Sequence[Mapping[str, int]] = (),
    progress: Progress | None = None,
    context: Context | None = None,
) -> Engine:
    """
    Compile a model to an `Engine`.

    `model` is a path, the bytes of a file, or an object of a framework; or a program of any level,
    as the path of a `.mlir` file or as a module of xDSL. A module is left as it is; `context` is
    the one it was made with, whose store has its weights. `shapes` gives sizes to inputs
    (`{"x": (1, 3, 224, 224)}`) or named dimensions (`{"batch": 1}`) whose sizes the model leaves
    open; a text in place of a number is a size by name. `sizes` says what is known of those that
    stay open (`{"S": Dim(1, 2048, multiple=8, hint=128)}`): bounds, a number that divides them, and
    the size to plan for.

    Sizes that stay open are those of the inputs of each call. One program is for all of them where
    every operation has a kernel that takes its sizes as arguments; else a program is made when a
    call first brings its sizes, and the last few are kept. `variants` are sizes that have programs
    of their own from the start (`[{"batch": 1}, {"batch": 8}]`, with a number for each name).

    `values` gives inputs their values for good (`{"sr": 16000}`): what depends on them alone is
    computed once, and a branch that they decide is the only one that is left. They are no inputs of
    the engine; a call that gives one another value is refused.

    An input that has a default in the model (an initializer that is an input, since version 4 of
    ONNX's format) is a constant with that value. A call may give it all the same: then the model is
    compiled once more, with these inputs. Those in `overridable` are inputs from the start, which
    every call gives.

    `weights` is the second file of a model of two, a path or bytes; without it, it is the file
    beside the first of the same name (`net.prototxt` and `net.caffemodel`). `signature` names one
    of several functions that a model has. `example` is the arguments of a call of a
    `torch.nn.Module` or of a function of `jax.jit`, which export needs to make a program of it.

    `optimization` is 0 (only what is needed to run) to 3, `exactness` says what rewrites may do to
    numbers: `bitwise`, `rounding` (reassociation) or `approximate`; without it, it is `rounding`,
    and `approximate` at 3. `enable` and `disable` name rewrites and optional passes that take part
    or do not. `precision` is what products may be computed in where that is faster: `f32` (if it is
    not given) or `bf16`. `progress` is called with a `Step` whenever a step has ended, and after
    each kernel, in the thread that compiles, also where that is a call with sizes that have no
    program yet; what it raises ends the compilation.

    `memory_limit` is how many bytes weights, intermediate values, inputs and outputs may take in
    all: a program is made smaller and slower as far as that needs (sizes that stay open count as
    those that are planned for), and a model that takes more even so is refused.

    `donate` names inputs whose memory callers give away, each with the output that may be written
    there (`{"past": "present"}`, or `{"past_*": "present_*"}` for all pairs that differ in what the
    star stands for). A cache that becomes an output with more rows, or with other numbers in some
    of them, is one buffer then: where an input of the output's shape is an array that can be
    written, that array is the result, and where `out` gives the memory of the output and the input
    is the part of it with the input's indices, nothing is copied either. Else the input is copied
    to where the program looks for it, so that results are right in any case.

    Raises:
        ImportModelError: with everything that is wrong with the model.
        InvalidIRError: for a module that does not verify, or is of several levels.
        CompileError: for a valid model that cannot be compiled as asked.
        NotEnoughMemoryError: for a model that needs more memory than there is.
        UsageError: for an unknown target, exactness, level, rewrite or number of threads, and for
            an argument of a wrong type.
    """
    from ..runtime.load import carry_bytes, engine_of
    from .open_model import OpenModel, checked_variants, has_open_sizes

    if example is not None:
        from ..conversion.import_model import with_example

        model = with_example(model, example)
    model = given_model(model)

    def overridden(names: Sequence[str]) -> Engine:
        return compile(
            model,
            threads=threads,
            target=target,
            shapes=shapes,
            values=values,
            overridable=(*overridable, *names),
            sizes=sizes,
            weights=weights,
            signature=signature,
            optimization=optimization,
            exactness=exactness,
            enable=enable,
            disable=disable,
            precision=precision,
            memory_limit=memory_limit,
            donate=donate,
            variants=variants,
        )

    options = options_of(
        threads,
        target,
        shapes,
        exactness,
        values,
        overridable,
        sizes,
        weights,
        signature,
        optimization=optimization,
        enable=enable,
        disable=disable,
        precision=precision,
        memory_limit=memory_limit,
        donate=donate,
    )
    make: MakeProgram | None = None
    with fewer_collections() as garbage:
        compilation = Compilation.of(model, options, progress, context)
        name = Path(model).name if isinstance(model, str | Path) else ""
        if options.memory_limit is not None:
            from .memory_budget import keep_to_limit

            keep_to_limit(compilation, name)
        if has_open_sizes(compilation):
            opened = OpenModel(compilation, name, None if is_module(model) else model)
            program = opened.with_variants(variants)
            make = opened.program_for
        else:
            checked_variants(variants, ())
            program = finish(compilation, name)
    del compilation
    garbage.collect()  # before memory is needed for the weights
    release_code_generator()
    return engine_of(
        program,
        programs=programs_of,
        make=make if program.is_open else None,
        threads=options.threads,
        reference=reference_function,
        overridden=overridden if program.default_inputs else None,
        carry=carry_bytes,
        keep=partial(files_of, model, options.weights),
    )


def recompile(program: CompiledProgram) -> CompiledProgram:
    """
    The program compiled anew for this machine from the IR it carries.

    Raises:
        InvalidIRError: for IR that does not parse or verify; it may be a stranger's.
    """
    with fewer_collections():
        if not program.sizes:
            return finish(reopen(program), program.provenance.model)
        from .open_model import OpenModel

        opened = OpenModel(reopen(program), program.provenance.model)
        names = program.sizes
        sizes = [shown_values(dict(zip(names, v.sizes, strict=True))) for v in program.variants]
        return opened.with_variants(sizes)
