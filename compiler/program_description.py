"""
What the run time is told about a program: its signature, plan, constants and reference operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    UnrankedTensorType,
)
from xdsl.ir import Attribute, Block, SSAValue

from ..conversion.engine_to_kernels.convert import KernelProgram, planned_main
from ..dialects.engine import ConstantOp, ReferenceOp, ViewOp, WeightAttr
from ..dialects.engine.base import element_of, int_values, names_of, shape_of, span_bytes_of
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.weights import WeightStore, dtype_of
from ..dialects.onnx.element_types import StringType
from ..dialects.onnx.types import MapType, OptionalType, SequenceType, dims_of
from ..errors import CompileError
from ..ir.known_sizes import check_sizes
from ..kernels.kernel_key import byte_range
from ..runtime import program as hand_over
from ..runtime.abi import OPAQUE_OUTPUTS


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
    """Inputs and outputs of a level-2 module; those without a buffer are not yet given a slot."""
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
            tensor_signature(n, v.type)
            if is_opaque(v)
            else hand_over.TensorSignature(n, dtype_of(element_of(v)).name, shape_of(v))
            for v, n in zip(values, names, strict=True)
        )

    return (
        described(inputs, _names(main, "input_names", len(inputs), "input")),
        described(outputs, _names(main, "output_names", len(outputs), "output")),
    )


def tensor_signature(name: str, type_: Attribute, slot: int = -1) -> hand_over.TensorSignature:
    """
    The signature of an object, with names of sizes where the model gives them.

    Raises:
        CompileError: for a type that is none of a model's.
    """
    wrappers: list[str] = []
    while isinstance(type_, SequenceType | OptionalType | MapType):
        if isinstance(type_, SequenceType):
            wrappers.append("seq")
        elif isinstance(type_, OptionalType):
            wrappers.append("optional")
        else:
            wrappers.append(f"map {_dtype_name(type_.key_type)}")
        type_ = type_.value_type if isinstance(type_, MapType) else type_.element_type
    if not isinstance(type_, TensorType | UnrankedTensorType):
        raise CompileError(f"'{name}' is of type {type_}, which no model has")
    dims = dims_of(type_)
    shape = (
        hand_over.ANY_SHAPE
        if dims is None
        else tuple(hand_over.UNKNOWN if n is None else n for n in dims)
    )
    element = type_.element_type
    return hand_over.TensorSignature(name, _dtype_name(element), shape, tuple(wrappers), slot)


def _dtype_name(element: Attribute) -> str:
    return hand_over.STRING if isinstance(element, StringType) else dtype_of(element).name


def object_slots(main: func.FuncOp) -> dict[SSAValue, int]:
    """The place of each object of a planned function in the table of a call."""
    values: list[SSAValue] = [a for a in main.body.block.args if is_opaque(a)]
    for op in main.body.block.ops:
        if isinstance(op, ReferenceOp):
            values += op.res
    return {value: slot for slot, value in enumerate(values)}


def with_slots(
    signature: tuple[tuple[hand_over.TensorSignature, ...], tuple[hand_over.TensorSignature, ...]],
    module: ModuleOp,
) -> tuple[tuple[hand_over.TensorSignature, ...], tuple[hand_over.TensorSignature, ...]]:
    """The signature with the places that the planned module gives to objects."""
    main = planned_main(module)
    slots = object_slots(main)
    inputs, outputs = list(signature[0]), list(signature[1])
    for at, argument in enumerate(main.body.block.args[1 : 1 + len(inputs)]):
        if is_opaque(argument):
            inputs[at] = replace(inputs[at], slot=slots[argument])
    positions = main.attributes.get(OPAQUE_OUTPUTS)
    last = main.body.block.last_op
    if isinstance(positions, DenseArrayBase) and last is not None:
        for at, value in zip(int_values(positions), last.operands, strict=True):
            outputs[at] = replace(outputs[at], slot=slots[value])
    return tuple(inputs), tuple(outputs)


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
            size = span_bytes_of(op.res)
            found.append(hand_over.PlannedBuffer(name, offset, size, min(used), max(used)))
    assert isinstance(arena.type, MemRefType)
    return tuple(found), arena.type.get_shape()[0]


def reference_op(
    op: ReferenceOp, module: ModuleOp, program: KernelProgram
) -> hand_over.ReferenceOp:
    """A planned reference operation: its code as text, and where its operands and results lie."""
    main = planned_main(module)
    slots = object_slots(main)
    arguments = [a for a in main.body.block.args if a not in slots]
    inputs = sum(not is_opaque(a) for a in program_inputs(main))
    count = len(op.inputs)

    def buffer(value: SSAValue) -> hand_over.ReferenceBuffer:
        if value in slots:
            return hand_over.ReferenceBuffer(hand_over.OPAQUE, slots[value], 0, "", ())
        base, offset, _ = byte_range(value)
        dtype = dtype_of(element_of(value)).name
        shape = shape_of(value)
        if isinstance(base.owner, ConstantOp):
            start = program.weights.offset_of(base.owner) + offset
            return hand_over.ReferenceBuffer("weights", 0, start, dtype, shape)
        position = arguments.index(base)  # pyright: ignore[reportArgumentType]
        if position == 0:
            return hand_over.ReferenceBuffer("arena", 0, offset, dtype, shape)
        if position <= inputs:
            return hand_over.ReferenceBuffer("input", position - 1, offset, dtype, shape)
        return hand_over.ReferenceBuffer("output", position - 1 - inputs, offset, dtype, shape)

    inner = list(op.body.block.ops)[:-1]
    return hand_over.ReferenceOp(
        node=", ".join(names_of(op, "nodes")) or op.name,
        op_type=inner[0].name if inner else op.name,
        module=_reference_module(op),
        operands=tuple(buffer(v) for v in op.operands[:count]),
        results=tuple(buffer(v) for v in op.targets),
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


def _reference_module(op: ReferenceOp) -> str:
    """The text of a module whose @main is the region of a reference operation."""
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
