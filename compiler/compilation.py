"""
From a model to machine code: the stages, and what goes from one to the next.

    import   .onnx           -> onnx      level 1
    engine   onnx            -> engine    level 2: converted, then rewritten to a fixpoint
    layout   engine          -> engine    level 3: every tensor has its layout
    plan     engine          -> engine    level 4: memrefs into one arena
    kernels  engine          -> func/scf/vector/memref    level 5
    code     level 5         -> objects, linked into one image

Each stage is a list of passes (`stage_passes`) that `opt-tool` can run one by one. Kernels are
built one by one and their object code is kept in a cache on disk, so that the level-5 module of
a whole program is made only when somebody wants to read it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..conversion.engine_to_kernels.convert import KernelStep
from ..conversion.kernels_to_llvm import emit_assembly, emit_module
from ..conversion.kernels_to_llvm.codegen import release_code_generator
from ..dialects import make_context
from ..dialects.engine import WeightAttr
from ..dialects.engine.weights import WeightStore, weight_store, weights_used
from ..dialects.text import operation_text
from ..errors import UsageError
from ..runtime import program as hand_over
from ..targets.target import Target
from ..transforms.optimize.rewriting import EXACTNESS
from .kernel_objects import compile_kernels
from .linker.link import link
from .memory_limits import check_program, check_values
from .passes import get_all_passes
from .program_description import (
    constant,
    plan_of,
    reference_op,
    rewrites_used,
    signature_of,
    versions,
    with_slots,
)
from .reference import reference_function

if TYPE_CHECKING:
    from ..runtime.engine import Engine

LEVELS = ("onnx", "engine", "layout", "plan", "kernels", "llvm", "asm")
"""What `lower` can stop at."""

CLOCK = "stepwell.clock"
"""Name of the output that a timed program has more."""


@dataclass(frozen=True)
class Options:
    """How to compile. `target` is a name for `Target.parse`; `shapes` binds inputs or names."""

    threads: int = 1
    target: str = "native"
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    exactness: str = "rounding"

    def __post_init__(self) -> None:
        if self.exactness not in EXACTNESS:
            raise UsageError(
                f"exactness is '{self.exactness}', expected one of {', '.join(EXACTNESS)}"
            )
        if self.threads < 1:
            raise UsageError(f"threads is {self.threads}, expected 1 or more")
        Target.parse(self.target)  # an unknown name is said before the work, not after it


@dataclass(frozen=True)
class Step:
    """One step of compiling that has just ended (or, with `done < total`, is going on)."""

    name: str
    seconds: float
    done: int = 1
    total: int = 1
    module: ModuleOp | None = None
    """The module at the end of a stage; later stages change it, so look at once."""


Progress = Callable[[Step], None]


def stage_passes(level: str, options: Options) -> list[tuple[str, dict[str, str]]]:
    """Names and options of the passes that lead to `level` from the one before it."""
    target = {"target": options.target}
    stages: dict[str, list[tuple[str, dict[str, str]]]] = {
        "engine": [
            ("convert-onnx-to-engine", {}),
            ("promote-half-precision", {"exactness": options.exactness}),
            ("optimize", {"exactness": options.exactness}),
        ],
        "layout": [
            ("widen-half-precision", target),
            ("expand-transposed-conv", {**target, "exactness": options.exactness}),
            ("split-padding", {}),
            ("use-winograd", {**target, "exactness": options.exactness}),
            ("assign-layouts", target),
        ],
        "plan": [("plan-memory", {})],
        "kernels": [("convert-engine-to-kernels", target)],
    }
    return stages[level]


@contextmanager
def fewer_collections() -> Generator[None]:
    """IR is full of cycles that all live to the end; looking for garbage in it is wasted time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass
class Compilation:
    """One model on its way down; `module` is at `level`."""

    ctx: Context
    module: ModuleOp
    options: Options
    level: str = "onnx"
    progress: Progress | None = None
    steps: Sequence[KernelStep] = ()
    """What the program does, once there is one."""

    @staticmethod
    def of(model: Any, options: Options, progress: Progress | None = None) -> Compilation:
        """Import `model`: a path, bytes, or an `onnx.ModelProto`."""
        from ..conversion.import_onnx import import_model

        start = time.perf_counter()
        ctx = make_context()
        module = import_model(model, ctx, shapes=options.shapes)
        self = Compilation(ctx, module, options, progress=progress)
        self.report("import", start, module)
        return self

    def report(self, name: str, start: float, module: ModuleOp | None = None) -> None:
        """Say that a step that began at `start` has ended."""
        if self.progress is not None:
            self.progress(Step(name, time.perf_counter() - start, module=module))

    def kernel_done(self, seconds: float, done: int, total: int) -> None:
        """Say that one more kernel is there."""
        if self.progress is not None:
            self.progress(Step("kernels", seconds, done, total))

    def lower_to(self, level: str, *, verify: bool = True) -> None:
        """Run the stages between the current level and `level`, and verify what each gives."""
        for stage in LEVELS[LEVELS.index(self.level) + 1 : LEVELS.index(level) + 1]:
            start = time.perf_counter()
            for name, arguments in stage_passes(stage, self.options):
                get_all_passes()[name]()(**arguments).apply(self.ctx, self.module)
            if verify:
                self.module.verify()
            self.level = stage
            self.report(stage, start, self.module)

    @property
    def store(self) -> WeightStore:
        """The constants of this compilation."""
        return weight_store(self.ctx)


@dataclass(frozen=True)
class LoweredText:
    """A level as text, and the weights it refers to."""

    text: str
    weights: tuple[WeightAttr, ...]
    store: WeightStore

    def save_weights(self, path: Path) -> None:
        """Write the weights beside the text; nothing is written when there are none."""
        if self.weights:
            self.store.save(path, self.weights)


def lower(
    model: Any,
    level: str,
    *,
    threads: int = 1,
    target: str | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    exactness: str = "rounding",
    progress: Progress | None = None,
) -> LoweredText:
    """
    One level of a model as text: `onnx`, `engine`, `layout`, `plan`, `kernels`, `llvm` or `asm`.

    Raises:
        StepwellError: as `compile`, and `UsageError` for an unknown level.
    """
    if level not in LEVELS:
        raise UsageError(f"level is '{level}', expected one of {', '.join(LEVELS)}")
    options = Options(threads, target or "native", dict(shapes or {}), exactness)
    with fewer_collections():
        compilation = Compilation.of(model, options, progress)
        compilation.lower_to("kernels" if level in ("llvm", "asm") else level)
        module = compilation.module
        weights = tuple(weights_used(module))
        if level not in ("llvm", "asm"):
            return LoweredText(operation_text(module) + "\n", weights, compilation.store)
        found = Target.parse(options.target)
        emitted = emit_module(module, found)
        text = str(emitted) if level == "llvm" else emit_assembly(emitted, found)
        return LoweredText(text, (), compilation.store)


def compile(
    model: Any,
    *,
    threads: int = 1,
    target: str | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    exactness: str = "rounding",
    progress: Progress | None = None,
) -> Engine:
    """
    Compile a model to an `Engine`.

    `model` is a path, the bytes of a file, or an `onnx.ModelProto`. `shapes` gives sizes to
    inputs or named dimensions whose sizes the model leaves open. `exactness` says what rewrites
    may do to numbers: `bitwise`, `rounding` (reassociation) or `approximate`.

    Raises:
        ImportModelError: with everything that is wrong with the model.
        CompileError: for a valid model that cannot be compiled as asked.
        NotEnoughMemoryError: for a model that needs more memory than there is.
        UsageError: for an unknown target, exactness or number of threads.
    """
    from ..runtime.engine import Engine

    options = Options(threads, target or "native", dict(shapes or {}), exactness)
    with fewer_collections():
        compilation = Compilation.of(model, options, progress)
        compilation.lower_to("engine")
        name = Path(model).name if isinstance(model, str | Path) else ""
        program = finish(compilation, name)
    # The IR is cycles of objects: collect it before memory is needed for the weights.
    del compilation
    gc.collect()
    release_code_generator()
    return Engine(program, threads=threads, reference=reference_function)


def recompile(program: hand_over.CompiledProgram) -> hand_over.CompiledProgram:
    """
    The program compiled anew for this machine from the level-2 IR it carries.

    Raises:
        InvalidIRError: for IR that does not parse or verify; it may be a stranger's.
    """
    with fewer_collections():
        return finish(reopen(program), program.provenance.model)


def reopen(program: hand_over.CompiledProgram, progress: Progress | None = None) -> Compilation:
    """
    A compilation for this machine that begins with the level-2 IR of `program`.

    Raises:
        InvalidIRError: for IR that does not parse or verify; it may be a stranger's.
    """
    from ..ir.parse_ir import parse_ir  # reads infinities, which xDSL's parser does not
    from ..ir.verify_ir import verify_ir

    ctx = make_context()
    store = weight_store(ctx)
    for kept in program.constants:
        store.restore(kept.digest, kept.provider())
    module = parse_ir(ctx, program.ir, "<artifact>")
    verify_ir(module)
    exactness = program.provenance.exactness or "rounding"
    options = Options(max(1, program.threads), "native", {}, exactness)
    return Compilation(ctx, module, options, level="engine", progress=progress)


def finish(
    compilation: Compilation, name: str = "", *, timed: bool = False
) -> hand_over.CompiledProgram:
    """
    From level 2 to a program that `Engine` takes; `name` is the model's, for reports.

    A `timed` program has one output more, `CLOCK`: the ticks of a clock at the start and after
    each of `compilation.steps`.

    Raises:
        CompileError: for what has no kernel or no known size.
        NotEnoughMemoryError: for a program that needs more memory than there is.
    """
    module, options = compilation.module, compilation.options
    ir = operation_text(module) + "\n"
    constants = tuple(constant(compilation.store, w) for w in weights_used(module))
    rewrites = rewrites_used(module)
    signature = signature_of(module)
    # Planning checks the same again: it changes how operations are written, not what they are.
    compilation.lower_to("layout", verify=False)
    check_values(module)
    compilation.lower_to("plan")
    check_program(module, compilation.store, name, runs=options.target == "native")
    signature = with_slots(signature, compilation.module)
    # Layouts and planning copy and drop operations; what is new there are their own rewrites.
    rewrites = {**rewrites_used(compilation.module), **rewrites}
    target = Target.parse(options.target)
    start = time.perf_counter()
    program, objects = compile_kernels(
        compilation.module, target, compilation.kernel_done, timed=timed
    )
    compilation.steps = program.steps
    ticks = hand_over.TensorSignature(CLOCK, "int64", (len(program.steps) + 1,))
    image = link(objects, triple=target.triple, cpu=target.cpu, features=target.features)
    compilation.report("code", start)
    plan, arena = plan_of(compilation.module)
    store = compilation.store
    return hand_over.CompiledProgram(
        inputs=signature[0],
        outputs=(*signature[1], ticks) if timed else signature[1],
        codes=(image,),
        weights=tuple(
            hand_over.WeightSegment(s.offset, s.nbytes, s.provider(store), s.digest, s.layout)
            for s in program.weights.segments
        ),
        weights_size=program.weights.size,
        arena_size=arena,
        plan=plan,
        errors=tuple(hand_over.ErrorEntry(node, text) for node, text in program.errors),
        reference_ops=tuple(
            reference_op(op, compilation.module, program) for op in program.references
        ),
        ir=ir,
        constants=constants,
        provenance=hand_over.Provenance(
            model=name,
            exactness=options.exactness,
            rewrites=rewrites,
            options={"threads": str(options.threads), "target": target.name},
            versions=versions(),
        ),
        threads=options.threads,
    )
