"""
The engine dialect on xDSL's interpreter.

A value is a numpy array: at level 2 row-major, at level 3 the physical array of its layout with
poisoned padding lanes, at level 4 a view of the bytes that its memref type describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.interpreter import (
    Interpreter,
    InterpreterFunctions,
    OpImplResult,
    PythonValues,
    ReturnedValues,
    TerminatorValue,
    impl,
    impl_terminator,
    register_impls,
)
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine import (
    ConstantOp,
    IfOp,
    LoopOp,
    ReferenceOp,
    SizeDefiningOp,
    ViewOp,
    WeightStore,
    YieldOp,
    weight_store,
)
from ...dialects.engine.base import EngineOp, element_of, names_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.engine.weights import Array, dtype_of
from ...errors import InputError
from ...runtime.opaque_values import owned
from ...runtime.size import sum_of
from ..result_room import out_of_memory, require_result_room
from .data_sizes import DataSizes
from .layout import pack, unpack
from .loop import filled, grown, is_true, loop_in_memory, loop_on_tensors
from .semantics import SEMANTICS, evaluate


def _run_engine_op(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    assert isinstance(op, EngineOp)
    sizes = functions.sizes if isinstance(functions, EngineFunctions) else DataSizes()
    original, op = op, sizes.bound(op)
    sources, args = op.sources, sizes.arrays(op, args)
    logical = [unpack(a, v) for a, v in zip(args, sources, strict=False)]
    nodes = ", ".join(names_of(op, "nodes"))
    require_result_room(op, nodes or op.name)
    try:
        results = evaluate(op, *logical)
    except InputError as error:
        if nodes:
            raise InputError(f"{nodes}: {error}") from error
        raise
    except MemoryError as error:
        raise out_of_memory(nodes or op.name, error) from error
    if isinstance(original, SizeDefiningOp):
        sizes.define(original, results[-1])
        op = sizes.bound(original)
        args = sizes.arrays(op, args)
    return OpImplResult(_deliver(results, op.results, op.destinations, args[len(sources) :]), None)


def _deliver(
    results: Sequence[Array],
    values: Sequence[SSAValue],
    destinations: Sequence[SSAValue],
    outs: Sequence[Array],
) -> PythonValues:
    """Logical results as the values of tensors, or written into `outs`."""
    if not destinations:
        return tuple(pack(r, v) for r, v in zip(results, values, strict=True))
    # Results may be views of operands that a destination overlaps: copy those first.
    packed = [pack(r, d) for r, d in zip(results, destinations, strict=True)]
    safe = [p.copy() if any(np.may_share_memory(p, o) for o in outs) else p for p in packed]
    for out, array in zip(outs, safe, strict=True):
        out[...] = array
    return ()


def engine_functions(types: Iterable[type[EngineOp]]) -> InterpreterFunctions:
    """Engine operations of plug-ins, for xDSL's interpreter."""
    known = tuple(types)

    class PluggedEngineFunctions(InterpreterFunctions):
        """Operations whose meaning is a function of a plug-in."""

        @classmethod
        def _impls(cls) -> Iterable[Any]:
            yield from super()._impls()
            for op_type in known:
                yield op_type, _run_engine_op

    return register_impls(PluggedEngineFunctions)()


@register_impls
class EngineFunctions(InterpreterFunctions):
    """Reference semantics of the engine dialect; constants come from the context's store."""

    def __init__(self, ctx: Context):
        self._store: WeightStore = weight_store(ctx)
        self.sizes = DataSizes()
        self._constants: dict[tuple[Attribute, Attribute], Array] = {}

    @classmethod
    def _impls(cls) -> Iterable[Any]:
        yield from super()._impls()
        for op_type in SEMANTICS:
            yield op_type, _run_engine_op

    @impl(ConstantOp)
    def run_constant(
        self, interpreter: Interpreter, op: ConstantOp, args: PythonValues
    ) -> PythonValues:
        key = (op.value, op.res.type)
        if key not in self._constants:
            array = self._store.array(op.value)
            expected = dtype_of(element_of(op.res))
            # Padding lanes of constants are zero: kernels may read them.
            self._constants[key] = pack(array.astype(expected, copy=False), op.res, 0)
        return (self._constants[key],)

    @impl(ViewOp)
    def run_view(self, interpreter: Interpreter, op: ViewOp, args: PythonValues) -> PythonValues:
        base, *counts = args
        moves = zip(op.moves, counts, strict=True)
        moved = sum_of(move.bytes_at(int(count)) for move, count in moves)
        return (self.sizes.view(op, base, moved),)

    @impl(IfOp)
    def run_if(self, interpreter: Interpreter, op: IfOp, args: PythonValues) -> PythonValues:
        args = self.sizes.arrays(op, args)
        region = op.then_region if is_true(args[0]) else op.else_region
        self.sizes.require(op.needs(region))
        yielded = interpreter.run_ssacfg_region(region, (), op.name)
        return () if op.outs else yielded

    @impl(LoopOp)
    def run_loop(self, interpreter: Interpreter, op: LoopOp, args: PythonValues) -> PythonValues:
        known = dict(self.sizes.values)

        def trip(values: PythonValues) -> PythonValues:
            if op.trip_name is not None or known != self.sizes.values:
                self.sizes.begin_trip(known, op.trip_name, int(np.asarray(values[0])))
            if op.is_planned:
                types = [self.sizes.type(v.type) for v in op.carried]
                values = (values[0], *grown(op, values[1:], types))
            return interpreter.run_ssacfg_region(op.body, values, op.name)

        args = self.sizes.arrays(op, args)
        last = [self.sizes.type(v.type) for v in op.res[: len(op.inits)]]
        if op.is_planned:
            return tuple(grown(op, loop_in_memory(op, args, trip), last))
        stacked = [self.sizes.type(rows.type) for rows in op.stacked]
        return filled(op, loop_on_tensors(op, args, stacked, trip), last)

    @impl(ReferenceOp)
    def run_reference(
        self, interpreter: Interpreter, op: ReferenceOp, args: PythonValues
    ) -> PythonValues:
        op = self.sizes.bound(op)
        args = self.sizes.arrays(op, args)
        count = len(op.inputs)
        inputs = [
            pack(unpack(a, v), argument)
            for a, v, argument in zip(args, op.inputs, op.body.block.args, strict=False)
        ]
        yielded = interpreter.run_ssacfg_region(op.body, tuple(inputs), op.name)
        last = op.body.block.last_op
        assert last is not None
        results = [unpack(a, v) for a, v in zip(yielded, last.operands, strict=True)]
        if not op.outs:
            return tuple(pack(r, v) for r, v in zip(results, op.res, strict=True))
        # Objects outlive the memory that planned operands lie in.
        memory = [a for a in args if isinstance(a, np.ndarray)]
        pairs = list(zip(results, op.targets, strict=True))
        kept = tuple(owned(r, memory) for r, v in pairs if is_opaque(v))
        written = [(r, v) for r, v in pairs if not is_opaque(v)]
        arrays, targets = [r for r, _ in written], [v for _, v in written]
        _deliver(arrays, (), targets, args[count:])
        return kept

    @impl_terminator(YieldOp)
    def run_yield(
        self, interpreter: Interpreter, op: YieldOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()
