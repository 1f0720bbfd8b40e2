"""
From a model to machine code: the stages, and what goes from one to the next.

    import   .onnx           -> onnx      level 1
    engine   onnx            -> engine    level 2: converted, then rewritten to a fixpoint
    layout   engine          -> engine    level 3: every tensor has its layout
    plan     engine          -> engine    level 4: memrefs into one arena
    kernels  engine          -> func/scf/vector/memref    level 5
    code     level 5         -> objects, linked into one image

Each stage is a list of passes (`STAGES`) that `opt-tool` can run one by one. Kernels are built
one by one and their object code is kept in a cache on disk, so that the level-5 module of a
whole program is made only when somebody wants to read it.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import Block, SSAValue

from .conversion.engine_to_kernels.convert import (
    KernelProgram,
    build_kernel,
    build_main,
    kernels_used,
    planned_main,
)
from .conversion.engine_to_kernels.kernel_key import byte_range
from .conversion.engine_to_kernels.template import Kernel
from .conversion.kernels_to_llvm import compile_object, emit_assembly, emit_module
from .conversion.target import Target
from .dialects import make_context
from .dialects.engine import ConstantOp, HostOp, ViewOp, WeightAttr
from .dialects.engine.base import element_of, extent_of, names_of, shape_of
from .dialects.engine.weights import (
    WeightStore,
    dtype_of,
    weight_store,
    weights_used,
)
from .errors import CompileError, UsageError
from .runtime import program as hand_over
from .runtime.kernel_cache import KernelCache, kernel_digest
from .runtime.linker import link
from .runtime.pool_code import emit_pool, pool_ir
from .transforms import get_all_passes

if TYPE_CHECKING:
    from .runtime.engine import Engine

LEVELS = ("onnx", "engine", "layout", "plan", "kernels", "llvm", "asm")
"""What `lower` can stop at."""

EXACTNESS = ("bitwise", "rounding", "approximate")
"""What rewrites may do to numbers, from nothing on."""


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
            ("optimize", {"exactness": options.exactness}),
        ],
        "layout": [
            ("split-padding", {}),
            ("use-winograd", {**target, "exactness": options.exactness}),
            ("assign-layouts", target),
        ],
        "plan": [("plan-memory", {})],
        "kernels": [("convert-engine-to-kernels", target)],
    }
    return stages[level]


@contextmanager
def _fewer_collections() -> Generator[None]:
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
    rewrites: dict[str, int] = field(default_factory=dict[str, int])

    @staticmethod
    def of(model: Any, options: Options, progress: Progress | None = None) -> Compilation:
        """Import `model`: a path, bytes, or an `onnx.ModelProto`."""
        from .conversion.import_onnx import import_model

        start = time.perf_counter()
        ctx = make_context()
        module = import_model(model, ctx, shapes=options.shapes)
        self = Compilation(ctx, module, options, progress=progress)
        self._report("import", start, module)
        return self

    def _report(self, name: str, start: float, module: ModuleOp | None = None) -> None:
        if self.progress is not None:
            self.progress(Step(name, time.perf_counter() - start, module=module))

    def lower_to(self, level: str) -> None:
        """Run the stages between the current level and `level`."""
        for stage in LEVELS[LEVELS.index(self.level) + 1 : LEVELS.index(level) + 1]:
            start = time.perf_counter()
            for name, arguments in stage_passes(stage, self.options):
                get_all_passes()[name]()(**arguments).apply(self.ctx, self.module)
            self.module.verify()
            self.level = stage
            self._report(stage, start, self.module)

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
    with _fewer_collections():
        compilation = Compilation.of(model, options, progress)
        compilation.lower_to("kernels" if level in ("llvm", "asm") else level)
        module = compilation.module
        weights = tuple(weights_used(module))
        if level not in ("llvm", "asm"):
            return LoweredText(str(module) + "\n", weights, compilation.store)
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
        UsageError: for an unknown target, exactness or number of threads.
    """
    from .runtime.engine import Engine

    options = Options(threads, target or "native", dict(shapes or {}), exactness)
    with _fewer_collections():
        compilation = Compilation.of(model, options, progress)
        compilation.lower_to("engine")
        program = _finish(compilation)
    # The IR is cycles of objects: collect it before memory is needed for the weights.
    del compilation
    gc.collect()
    return Engine(program, threads=threads)


def recompile(program: hand_over.CompiledProgram) -> hand_over.CompiledProgram:
    """The program compiled anew for this machine from the level-2 IR it carries."""
    from .tools.parse_ir import parse_ir  # reads infinities, which xDSL's parser does not

    ctx = make_context()
    store = weight_store(ctx)
    for constant in program.constants:
        store.restore(constant.digest, constant.provider())
    module = parse_ir(ctx, program.ir, "<artifact>")
    exactness = program.provenance.exactness or "rounding"
    options = Options(max(1, program.threads), "native", {}, exactness)
    compilation = Compilation(ctx, module, options, level="engine")
    compilation.rewrites.update(program.provenance.rewrites)
    with _fewer_collections():
        return _finish(compilation, program.provenance.model)


def _finish(compilation: Compilation, name: str = "") -> hand_over.CompiledProgram:
    """From level 2 to a program the run time can take."""
    module, options = compilation.module, compilation.options
    ir = str(module) + "\n"  # a format of xDSL operations is their repr
    constants = tuple(_constant(compilation.store, w) for w in weights_used(module))
    rewrites = _rewrites_used(module)
    signature = _signature(module)
    compilation.lower_to("plan")
    target = Target.parse(options.target)
    start = time.perf_counter()
    program, objects = _compile_kernels(compilation, target)
    image = link(objects, triple=target.triple, cpu=target.cpu, features=target.features)
    compilation._report("code", start)  # pyright: ignore[reportPrivateUsage]
    plan, arena = _plan_of(compilation.module)
    store = compilation.store
    return hand_over.CompiledProgram(
        inputs=signature[0],
        outputs=signature[1],
        codes=(image,),
        weights=tuple(
            hand_over.WeightSegment(s.offset, s.nbytes, s.provider(store), s.digest, s.layout)
            for s in program.weights.segments
        ),
        weights_size=program.weights.size,
        arena_size=arena,
        plan=plan,
        errors=tuple(hand_over.ErrorEntry(node, text) for node, text in program.errors),
        host_ops=tuple(_host_op(op, compilation.module, program) for op in program.hosts),
        ir=ir,
        constants=constants,
        provenance=hand_over.Provenance(
            model=name,
            exactness=options.exactness,
            rewrites=rewrites,
            options={"threads": str(options.threads), "target": target.name},
            versions=_versions(),
        ),
        threads=options.threads,
    )


def _compile_kernels(
    compilation: Compilation, target: Target
) -> tuple[KernelProgram, list[hand_over.ObjectCode]]:
    """The object of each kernel, from the cache where it is there, and that of `@main`."""
    cache = KernelCache()
    uses = kernels_used(compilation.module)
    kernels: dict[str, Kernel] = {}
    objects: list[hand_over.ObjectCode] = []
    for number, (name, use) in enumerate(uses.items(), 1):
        start = time.perf_counter()
        digest = kernel_digest(f"{name}|{use.key}", target)
        found = cache.get(digest)
        if found is None:
            module, kernel = build_kernel(use, target)
            code = compile_object(emit_module(module, target), target)
            cache.put(digest, _pack(kernel, code))
        else:
            kernel, code = _unpack(found)
        kernels[name] = kernel
        objects.append(hand_over.ObjectCode(name, code))
        if compilation.progress is not None:
            seconds = time.perf_counter() - start
            compilation.progress(Step("kernels", seconds, number, len(uses)))
    program = build_main(compilation.module, kernels, target)
    objects.append(_main_object(program, list(kernels), target, cache))
    objects.append(_pool_object(target, cache))
    return program, objects


def _main_object(
    program: KernelProgram, kernels: list[str], target: Target, cache: KernelCache
) -> hand_over.ObjectCode:
    emitted = str(emit_module(program.main, target))
    digest = kernel_digest(f"main|{emitted}", target)
    code = cache.get(digest)
    if code is None:
        code = compile_object(emitted, target, kernels=kernels)
        cache.put(digest, code)
    return hand_over.ObjectCode("main", code)


def _pool_object(target: Target, cache: KernelCache) -> hand_over.ObjectCode:
    from .conversion.kernels_to_llvm.codegen import target_machine

    digest = kernel_digest(f"pool|{pool_ir(target.triple)}", target)
    code = cache.get(digest)
    if code is None:
        code = emit_pool(target_machine(target)).data
        cache.put(digest, code)
    return hand_over.ObjectCode("pool", code)


def _pack(kernel: Kernel, code: bytes) -> bytes:
    """A kernel with its object, as one cache entry."""
    head = json.dumps({"chunks": kernel.chunks, "may_fail": kernel.may_fail}).encode()
    return head + b"\n" + code


def _unpack(entry: bytes) -> tuple[Kernel, bytes]:
    head, _, code = entry.partition(b"\n")
    fields = json.loads(head)
    return Kernel(fields["chunks"], fields["may_fail"]), code


def _constant(store: WeightStore, attr: WeightAttr) -> hand_over.Constant:
    return hand_over.Constant(
        attr.key.data,
        attr.digest.data,
        dtype_of(attr.type.element_type).name,
        tuple(attr.type.get_shape()),
        lambda: store.array(attr),
    )


def _rewrites_used(module: ModuleOp) -> dict[str, int]:
    used: dict[str, int] = {}
    for op in module.walk():
        for name in names_of(op, "rewrites"):
            used[name] = used.get(name, 0) + 1
    return dict(sorted(used.items()))


def _names(function: func.FuncOp, key: str, count: int, default: str) -> list[str]:
    attr = function.attributes.get(key)
    if isinstance(attr, ArrayAttr) and len(attr) == count:
        return [a.data for a in attr if isinstance(a, StringAttr)]
    return [f"{default}{i}" for i in range(count)]


def _signature(
    module: ModuleOp,
) -> tuple[tuple[hand_over.TensorSignature, ...], tuple[hand_over.TensorSignature, ...]]:
    """Inputs and outputs of a level-2 module."""
    main = next((op for op in module.ops if isinstance(op, func.FuncOp)), None)
    if main is None:
        raise CompileError("the module has no function @main")
    last = main.body.block.last_op
    assert last is not None
    inputs, outputs = list(main.body.block.args), list(last.operands)

    def described(values: Sequence[SSAValue], names: list[str]) -> Any:
        return tuple(
            hand_over.TensorSignature(n, dtype_of(element_of(v)).name, shape_of(v))
            for v, n in zip(values, names, strict=True)
        )

    return (
        described(inputs, _names(main, "input_names", len(inputs), "input")),
        described(outputs, _names(main, "output_names", len(outputs), "output")),
    )


def _plan_of(module: ModuleOp) -> tuple[tuple[hand_over.PlannedBuffer, ...], int]:
    """The arena's buffers with their live steps, and its size."""
    main = planned_main(module)
    arena = main.body.block.args[0]
    steps = {op: i for i, op in enumerate(main.body.block.ops)}
    found: list[hand_over.PlannedBuffer] = []
    for op in main.body.block.ops:
        if isinstance(op, ViewOp) and op.base is arena and op.res.uses:
            used = [steps[use.operation] for use in op.res.uses if use.operation in steps]
            offset = op.offset.value.data
            name = op.res.name_hint or f"buffer{len(found)}"
            size = extent_of(op.res)
            found.append(hand_over.PlannedBuffer(name, offset, size, min(used), max(used)))
    assert isinstance(arena.type, MemRefType)
    return tuple(found), arena.type.get_shape()[0]


def _host_op(op: HostOp, module: ModuleOp, program: KernelProgram) -> hand_over.HostOp:
    main = planned_main(module)
    arguments = list(main.body.block.args)
    inputs = len(program_inputs(main))
    count = len(op.inputs)

    def buffer(value: SSAValue) -> hand_over.HostBuffer:
        base, offset, _ = byte_range(value)
        dtype = dtype_of(element_of(value)).name
        shape = shape_of(value)
        if isinstance(base.owner, ConstantOp):
            start = program.weights.offset_of(base.owner) + offset
            return hand_over.HostBuffer("weights", 0, start, dtype, shape)
        position = arguments.index(base)  # pyright: ignore[reportArgumentType]
        if position == 0:
            return hand_over.HostBuffer("arena", 0, offset, dtype, shape)
        if position <= inputs:
            return hand_over.HostBuffer("input", position - 1, offset, dtype, shape)
        return hand_over.HostBuffer("output", position - 1 - inputs, offset, dtype, shape)

    inner = list(op.body.block.ops)[:-1]
    return hand_over.HostOp(
        node=", ".join(names_of(op, "nodes")) or op.name,
        op_type=inner[0].name if inner else op.name,
        module=_host_module(op),
        operands=tuple(buffer(v) for v in op.operands[:count]),
        results=tuple(buffer(v) for v in op.outs),
    )


def program_inputs(main: func.FuncOp) -> list[SSAValue]:
    """The input arguments of a planned `@main`: those nobody writes, in front of the outputs."""
    names = main.attributes.get("input_names")
    arguments = list(main.body.block.args)[1:]
    if isinstance(names, ArrayAttr):
        return list(arguments[: len(names)])
    written: set[SSAValue] = set()
    for op in main.body.block.ops:
        for value in getattr(op, "outs", ()):
            written.add(byte_range(value)[0])
    return [a for a in arguments if a not in written]


def _host_module(op: HostOp) -> str:
    """The text of a module whose @main is the region of a host operation."""
    body = op.body.clone()
    block: Block = body.block
    last = block.last_op
    assert last is not None
    results = list(last.operands)
    block.add_op(func.ReturnOp(*results))
    last.detach()
    last.erase()
    types = ([a.type for a in block.args], [v.type for v in results])
    return str(ModuleOp([func.FuncOp("main", types, body)])) + "\n"


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("stepwell", "xdsl", "llvmlite", "onnx", "numpy")}
