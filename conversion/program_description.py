"""
What the run time is told about a program: its signature, plan, constants and host operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, MemRefType, ModuleOp, StringAttr
from xdsl.ir import Block, SSAValue

from ..dialects.engine import ConstantOp, HostOp, ViewOp, WeightAttr
from ..dialects.engine.base import element_of, extent_of, names_of, shape_of
from ..dialects.engine.weights import WeightStore, dtype_of
from ..errors import CompileError
from ..runtime import program as hand_over
from ..transforms.known_sizes import check_sizes
from .engine_to_kernels.convert import KernelProgram, planned_main
from .engine_to_kernels.kernel_key import byte_range


def constant(store: WeightStore, attr: WeightAttr) -> hand_over.Constant:
    """A weight of level 2, for recompiling."""
    return hand_over.Constant(
        attr.key.data,
        attr.digest.data,
        dtype_of(attr.type.element_type).name,
        tuple(attr.type.get_shape()),
        lambda: store.array(attr),
    )


def rewrites_used(module: ModuleOp) -> dict[str, int]:
    """How many operations each rewrite has touched."""
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


def signature_of(
    module: ModuleOp,
) -> tuple[tuple[hand_over.TensorSignature, ...], tuple[hand_over.TensorSignature, ...]]:
    """Inputs and outputs of a level-2 module."""
    main = next((op for op in module.ops if isinstance(op, func.FuncOp)), None)
    if main is None:
        raise CompileError("the module has no function @main")
    last = main.body.block.last_op
    assert last is not None
    check_sizes(main)
    inputs, outputs = list(main.body.block.args), list(last.operands)

    def described(
        values: Sequence[SSAValue], names: list[str]
    ) -> tuple[hand_over.TensorSignature, ...]:
        return tuple(
            hand_over.TensorSignature(n, dtype_of(element_of(v)).name, shape_of(v))
            for v, n in zip(values, names, strict=True)
        )

    return (
        described(inputs, _names(main, "input_names", len(inputs), "input")),
        described(outputs, _names(main, "output_names", len(outputs), "output")),
    )


def plan_of(module: ModuleOp) -> tuple[tuple[hand_over.PlannedBuffer, ...], int]:
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


def host_op(op: HostOp, module: ModuleOp, program: KernelProgram) -> hand_over.HostOp:
    """A planned host operation: its code as text, and where its operands and results lie."""
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


def versions() -> dict[str, str]:
    """What compiled the program."""
    from importlib.metadata import version

    return {name: version(name) for name in ("stepwell", "xdsl", "llvmlite", "onnx", "numpy")}
