"""From a lowered module to a program that `Engine` takes: kernels, code, and what goes with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from ..conversion.engine_to_kernels.main_builder import KernelProgram
from ..conversion.engine_to_kernels.weights_image import ImageSegment, WeightsImage
from ..dialects.engine import WeightAttr
from ..dialects.engine.base import names_of
from ..dialects.engine.size_facts import BroadcastRelationAttr, all_relations_of, facts_of
from ..dialects.engine.weights import WeightStore, dtype_of, weights_used
from ..dialects.text import operation_text
from ..errors import CompileError
from ..ir.known_sizes import check_sizes
from ..ir.level import FRAMEWORK
from ..runtime import program as hand_over
from ..runtime.bound_inputs import OPTION
from ..runtime.code_seal import sealed
from ..runtime.size_facts import names_of as names_of_sizes
from ..targets.target import Target
from ..transforms.expand_math import ExpandMathPass
from .chosen_options import chosen_options
from .compilation import Compilation, without_data_sizes
from .constant_checks import check_constants
from .given_sizes import require_sizes
from .kernel_module import KernelModule
from .kernel_objects import compile_kernels, compile_module
from .linker.link import link
from .memory_limits import check_program, check_values
from .planned_program import PlannedProgram, bound_inputs_of, main_of
from .states import states_of

CLOCK = "stepwell.clock"
"""Name of the output that a timed program has more."""


def finish(
    compilation: Compilation,
    name: str = "",
    *,
    timed: bool = False,
    weights: WeightsImage | None = None,
    with_ir: bool = True,
) -> hand_over.CompiledProgram:
    """
    From any level to a program that `Engine` takes; `name` is the model's, for reports.

    A `timed` program has one output more, `CLOCK`: the ticks of a clock at the start and after
    each of `compilation.steps`. Its constants are added to `weights`, where programs share them;
    one of many that share their IR, too, is made without.

    Where there is no program in which operations find sizes that only the data knows, these are
    left to reference operations.

    Raises:
        CompileError: for what has no kernel or no known size, and for a program of level 5 that
            is to be timed.
        NotEnoughMemoryError: for a program that needs more memory than there is.
    """
    spare = without_data_sizes(compilation)
    try:
        return _finish(compilation, name, timed=timed, weights=weights, with_ir=with_ir)
    except CompileError:
        if spare is None or not facts_of(main_of(compilation.module)).decided:
            raise
    compilation.module, compilation.options, compilation.level = spare
    return _finish(compilation, name, timed=timed, weights=weights, with_ir=with_ir)


def _finish(
    compilation: Compilation,
    name: str,
    *,
    timed: bool,
    weights: WeightsImage | None,
    with_ir: bool,
) -> hand_over.CompiledProgram:
    if compilation.level == "kernels":
        if timed:
            raise CompileError(
                "the program is at level 5 (kernels), where it has no steps that could be timed; "
                "profile it from level 4 or above"
            )
        return sealed(_finish_kernels(compilation, name))
    planned = _finish_planned(compilation, name, timed=timed, weights=weights, with_ir=with_ir)
    return sealed(planned)


def _finish_planned(
    compilation: Compilation,
    name: str,
    *,
    timed: bool,
    weights: WeightsImage | None,
    with_ir: bool,
) -> hand_over.CompiledProgram:
    module, options = compilation.module, compilation.options
    ir, constants, rewrites = _source(compilation, with_ir)
    if compilation.given != FRAMEWORK:
        require_sizes(main_of(module))
    # Planning checks the same again: it changes how operations are written, not what they are.
    compilation.lower_to("layout", verify=False)
    check_values(module)
    compilation.lower_to("plan")
    check_constants(module, compilation.store)
    planned = PlannedProgram.of(module)
    check_program(planned, compilation.store, name, runs=options.target == "native")
    program, code = _code(compilation, timed=timed, weights=weights)
    main = planned.main
    limit = program.size_limit
    ticks = hand_over.TensorSignature(CLOCK, "int64", (len(program.steps) + 1,))
    return hand_over.CompiledProgram(
        inputs=planned.inputs,
        outputs=(*planned.outputs, ticks) if timed else planned.outputs,
        codes=(code,),
        weights=_segments(program.weights.segments, compilation.store),
        weights_size=program.weights.size,
        arena_size=planned.arena_size,
        plan=planned.buffers,
        errors=tuple(hand_over.ErrorEntry(node, text) for node, text in program.errors),
        reference_ops=tuple(planned.reference_op(op, program) for op in program.references),
        ir=ir,
        constants=constants,
        # Layouts and planning copy and drop operations; what is new there are their own rewrites.
        provenance=provenance_of(compilation, name, {**_rewrites_used(module), **rewrites}),
        threads=options.threads,
        default_inputs=planned.default_inputs,
        dims=dims_of(main),
        relations=relations_of(main),
        table_entries=0 if program.table is None else len(program.table),
        size_limit="" if program.table is None else str(limit),
        decided=tuple(
            hand_over.DecidedSize(name, str(most), entry)
            for name, (most, entry) in program.decided.items()
        ),
        grow_entry=program.grow_entry,
        grown=tuple(hand_over.GrownResult(n, at) for n, at in program.grown.items()),
        states=states_of(main, compilation.store, planned.inputs, planned.outputs),
        donations=planned.donations,
    )


def dims_of(main: FuncOp) -> dict[str, str]:
    """What a function says of the names in sizes of inputs, as `parse_dim` reads it."""
    facts = facts_of(main)
    return {name: str(dim) for name, dim in facts.dims.items() if name not in facts.decided}


def relations_of(main: FuncOp) -> tuple[hand_over.SizeRelation, ...]:
    """What must hold of the sizes of a call; the program sees to those that it finds."""
    decided = facts_of(main).decided.keys()
    return tuple(
        hand_over.SizeRelation(
            str(r.sides[0]),
            str(r.sides[1]),
            r.node.data,
            isinstance(r, BroadcastRelationAttr),
        )
        for r in all_relations_of(main)
        if decided.isdisjoint(names_of_sizes(r.sides))
    )


def _source(
    compilation: Compilation, wanted: bool
) -> tuple[str, tuple[hand_over.Constant, ...], dict[str, int]]:
    """
    What the program can be compiled from again: IR of level 2, or 3 if it was given there, with
    its constants and the rewrites behind it. Of lower levels there is none: offsets and kernels
    are for one target. Nor of a program of many that share one, which is not `wanted` again.
    """
    module, store = compilation.module, compilation.store
    if compilation.level == "plan":
        return "", (), _rewrites_used(module)
    if compilation.level == FRAMEWORK:
        compilation.lower_to("engine")
    check_sizes(main_of(module))
    if not wanted:
        return "", (), _rewrites_used(module)
    return *source_of(module, store), _rewrites_used(module)


def source_of(module: ModuleOp, store: WeightStore) -> tuple[str, tuple[hand_over.Constant, ...]]:
    """The text of a module, and the constants that it refers to."""
    constants = tuple(_constant(store, weight) for weight in weights_used(module))
    return operation_text(module) + "\n", constants


def _finish_kernels(compilation: Compilation, name: str) -> hand_over.CompiledProgram:
    """From a module of level 5, whose functions are all the code there is."""
    start = time.perf_counter()
    module, options = compilation.module, compilation.options
    ExpandMathPass().apply(compilation.ctx, module)
    kernels = KernelModule.of(module)
    target = Target.parse(options.target)
    objects = compile_module(module, target)
    code = link(objects, triple=target.triple, cpu=target.cpu, features=target.features)
    compilation.report("code", start)
    return hand_over.CompiledProgram(
        inputs=kernels.inputs,
        outputs=kernels.outputs,
        codes=(code,),
        weights=_segments(kernels.segments, compilation.store),
        weights_size=kernels.weights_size,
        arena_size=kernels.arena_size,
        errors=tuple(hand_over.ErrorEntry("", text) for text in kernels.errors),
        dims=dims_of(main_of(module)),
        relations=relations_of(main_of(module)),
        table_entries=kernels.table_entries,
        size_limit=kernels.size_limit,
        decided=kernels.decided,
        grow_entry=kernels.grow_entry,
        grown=kernels.grown,
        states=states_of(main_of(module), compilation.store, kernels.inputs, kernels.outputs),
        provenance=provenance_of(compilation, name, {}),
        threads=options.threads,
    )


def _code(
    compilation: Compilation, *, timed: bool, weights: WeightsImage | None
) -> tuple[KernelProgram, hand_over.CodeImage]:
    """The kernels of a planned module, linked."""
    start = time.perf_counter()
    target = Target.parse(compilation.options.target)
    program, objects = compile_kernels(
        compilation.module, target, compilation.kernel_done, timed=timed, weights=weights
    )
    compilation.steps = program.steps
    image = link(objects, triple=target.triple, cpu=target.cpu, features=target.features)
    compilation.report("code", start)
    return program, image


def _segments(
    segments: Sequence[ImageSegment], store: WeightStore
) -> tuple[hand_over.WeightSegment, ...]:
    return tuple(
        hand_over.WeightSegment(s.offset, s.nbytes, s.provider(store), s.digest, s.layout)
        for s in segments
    )


def _constant(store: WeightStore, attr: WeightAttr) -> hand_over.Constant:
    """A weight of level 2, for recompiling."""
    return hand_over.Constant(
        attr.key.data,
        attr.digest.data,
        dtype_of(attr.type.element_type).name,
        tuple(attr.type.get_shape()),
        lambda: store.array(attr),
    )


def _rewrites_used(module: ModuleOp) -> dict[str, int]:
    """How many operations each rewrite has touched."""
    used: dict[str, int] = {}
    for op in module.walk():
        for name in names_of(op, "rewrites"):
            used[name] = used.get(name, 0) + 1
    return dict(sorted(used.items()))


def provenance_of(
    compilation: Compilation, name: str, rewrites: dict[str, int]
) -> hand_over.Provenance:
    """How a program comes about; `rewrites` says how often each was applied."""
    options = compilation.options
    return hand_over.Provenance(
        model=name,
        exactness=options.exactness,
        rewrites=rewrites,
        options={
            "threads": str(options.threads),
            "target": Target.parse(options.target).name,
            **chosen_options(options.choice),
            **({"precision": options.precision} if options.precision != "f32" else {}),
            **{OPTION + name: text for name, text in bound_inputs_of(compilation.module).items()},
        },
        versions=dict(_versions()),
    )


@cache
def _versions() -> dict[str, str]:
    """What compiled the program."""
    from importlib.metadata import version

    return {name: version(name) for name in ("stepwell", "xdsl", "llvmlite", "onnx", "numpy")}
