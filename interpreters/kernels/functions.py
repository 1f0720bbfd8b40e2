"""
The kernel level (5) on xDSL's interpreter: `func`, `scf`, `memref`, `vector`, `arith`, `math`.

    run_kernels(module, "relu", [0, x, y])         numpy arrays in, written in place

A memref is a `Buffer` (see `kernel_memory.py`), a vector a one-dimensional array, a scalar a numpy
scalar, an index an `int64`. Arithmetic has the precision of the types; `arith` and `math` are
those of the scalar regions of `engine`. The chunks of `scf.parallel` can be run in reverse, to
find those that depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from ml_dtypes import bfloat16
from xdsl.dialects import arith, func, math, scf, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    MemRefType,
    ModuleOp,
    VectorType,
)
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
from xdsl.interpreters.cf import CfFunctions
from xdsl.ir import Attribute, Operation
from xdsl.traits import SymbolTable
from xdsl.utils.exceptions import InterpretationError

from ...dialects.engine.weights import Array, dtype_of
from ...dialects.vector_arith import VECTOR_FORM
from ...dialects.vector_ext import (
    GROUP,
    NIBBLES,
    PAIR,
    DotHalvesOp,
    DotOp,
    DotPairsOp,
    LookupOp,
    NumberOfNibbleOp,
    RoundHalvesOp,
)
from ...errors import InputError
from ...runtime.abi import ARENA_AT, CLOCK, INTERRUPTED, PROVIDE, REFERENCE, STOP_IF_FAILED
from ..engine.layout import POISON_BYTE
from ..engine.scalar import run_scalar_op
from .memory import Buffer, MemoryFunctions, element_dtype, mixed, vector_size


@register_impls
class VectorFunctions(InterpreterFunctions):
    """`vector` on registers."""

    @impl(vector.BroadcastOp)
    def broadcast(self, _: Interpreter, op: vector.BroadcastOp, args: PythonValues) -> PythonValues:
        return (np.broadcast_to(args[0], (vector_size(op.vector),)).copy(),)

    @impl(vector.FMAOp)
    def fma(self, _: Interpreter, op: vector.FMAOp, args: PythonValues) -> PythonValues:
        return (fused_multiply_add(*args),)

    @impl(DotOp)
    def dot(self, _: Interpreter, op: DotOp, args: PythonValues) -> PythonValues:
        acc, *sides = args
        a, b = (
            np.asarray(side).view(np.uint8 if sign == "u" else np.int8).astype(np.int64)
            for side, sign in zip(sides, op.signs.data, strict=True)
        )
        sums = (a * b).reshape(-1, GROUP).sum(axis=1)
        return ((np.asarray(acc, np.int64) + sums).astype(np.int32),)

    @impl(DotPairsOp)
    def dot_pairs(self, _: Interpreter, op: DotPairsOp, args: PythonValues) -> PythonValues:
        acc, a, b = (np.asarray(value, np.int64) for value in args)
        return ((acc + (a * b).reshape(-1, 2).sum(axis=1)).astype(np.int32),)

    @impl(DotHalvesOp)
    def dot_halves(self, _: Interpreter, op: DotHalvesOp, args: PythonValues) -> PythonValues:
        acc, *sides = args
        a, b = (np.asarray(side).astype(np.float32).reshape(-1, PAIR) for side in sides)
        sums = np.asarray(acc, np.float32)
        for place in range(PAIR):
            sums = sums + a[:, place] * b[:, place]
        return (sums,)

    @impl(NumberOfNibbleOp)
    def number_of_nibble(
        self, _: Interpreter, op: NumberOfNibbleOp, args: PythonValues
    ) -> PythonValues:
        table, words = args
        return (np.asarray(table)[np.asarray(words) & (NIBBLES - 1)],)

    @impl(RoundHalvesOp)
    def round_halves(self, _: Interpreter, op: RoundHalvesOp, args: PythonValues) -> PythonValues:
        return (np.asarray(args[0]).astype(bfloat16),)

    @impl(LookupOp)
    def lookup(self, _: Interpreter, op: LookupOp, args: PythonValues) -> PythonValues:
        table, codes = args
        return (np.asarray(table)[np.asarray(codes).view(np.uint8)],)

    @impl(vector.ExtractOp)
    def extract(self, _: Interpreter, op: vector.ExtractOp, args: PythonValues) -> PythonValues:
        (lane,) = mixed(op.static_position.get_values(), args[1:])
        return (args[0][lane],)

    @impl(vector.InsertOp)
    def insert(self, _: Interpreter, op: vector.InsertOp, args: PythonValues) -> PythonValues:
        (lane,) = mixed(op.static_position.get_values(), args[2:])
        result = args[1].copy()
        result[lane] = args[0]
        return (result,)

    @impl(vector.ShuffleOp)
    def shuffle(self, _: Interpreter, op: vector.ShuffleOp, args: PythonValues) -> PythonValues:
        both = np.concatenate([args[0], args[1]])
        return (both[list(cast(Sequence[int], op.mask.get_values()))],)

    @impl(vector.BitcastOp)
    def bitcast(self, _: Interpreter, op: vector.BitcastOp, args: PythonValues) -> PythonValues:
        return (args[0].view(element_dtype(op.result.type)),)

    @impl(vector.CreateMaskOp)
    def create_mask(
        self, _: Interpreter, op: vector.CreateMaskOp, args: PythonValues
    ) -> PythonValues:
        return (np.arange(vector_size(op.mask_vector)) < args[0],)

    @impl(vector.ReductionOp)
    def reduction(self, _: Interpreter, op: vector.ReductionOp, args: PythonValues) -> PythonValues:
        kind = op.kind.data.value
        combine = _COMBINE[kind]
        value: Array = np.asarray(args[0])
        is_float = value.dtype.kind == "f"
        in_order = is_float and kind in ("add", "mul") and not op.fastmath.data
        size = len(value)
        with np.errstate(all="ignore"):
            if in_order or size & (size - 1):
                start = args[1:] if in_order else ()
                total = start[0] if start else value[0]
                for item in value[0 if start else 1 :]:
                    total = combine(total, item)
                return (total if in_order or len(args) < 2 else combine(total, args[1]),)
            while size > 1:
                size //= 2
                value = combine(value[:size], value[size:])
            return (value[0] if len(args) < 2 else combine(value[0], args[1]),)


def fused_multiply_add(a: Any, b: Any, c: Any) -> Any:
    """
    `a * b + c` rounded (nearly always) once: f32 in f64, where the product is exact.

    In f64 the error of the product comes from Dekker's splitting, that of the sum from Knuth's;
    both are added to the rounded sum.
    """
    with np.errstate(all="ignore"):
        if np.asarray(a).dtype != np.float64:
            wide = np.multiply(a, b, dtype=np.float64) + np.asarray(c, np.float64)
            return wide.astype(np.asarray(a).dtype)
        product = a * b
        x, y = _halves(a), _halves(b)
        low = ((x[0] * y[0] - product) + x[0] * y[1] + x[1] * y[0]) + x[1] * y[1]
        total = product + c
        shared = total - product
        error = (product - (total - shared)) + (c - shared)
        exact = total + (low + error)
        return exact if np.isfinite(exact).all() else _where_finite(exact, total)


def _where_finite(exact: Array, rough: Array) -> Any:
    """`exact`, or `rough` where the splitting overflowed."""
    return np.asarray(np.where(np.isfinite(exact), exact, rough))[()]


def _halves(a: Any) -> tuple[Any, Any]:
    """A double as the sum of two numbers of 26 bits (Veltkamp)."""
    scaled = a * 134217729.0
    high = scaled - (scaled - a)
    return high, a - high


def _as_unsigned(choose: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(a: Any, b: Any) -> Any:
        x, y = np.asarray(a), np.asarray(b)
        if x.dtype.kind == "b":
            return choose(x, y)
        unsigned = f"u{x.dtype.itemsize}"
        return choose(x.view(unsigned), y.view(unsigned)).view(x.dtype)

    return run


_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "mul": np.multiply,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "maxsi": np.maximum,
    "minsi": np.minimum,
    "maxui": _as_unsigned(np.maximum),
    "minui": _as_unsigned(np.minimum),
    "maximumf": np.maximum,
    "minimumf": np.minimum,
    "maxnumf": np.fmax,
    "minnumf": np.fmin,
}


class StoppedError(Exception):
    """The program has ended because something failed; its status says what."""


@register_impls
class ControlFunctions(InterpreterFunctions):
    """`scf` and `func`. `reverse` runs parallel chunks from the last to the first."""

    def __init__(
        self,
        *,
        reverse: bool = False,
        reference: Callable[[int], None] | None = None,
        provided: dict[int, Array] | None = None,
    ):
        self.reverse = reverse
        self.reference = reference
        self._provided: dict[int, Array] = {} if provided is None else provided

    @impl(func.CallOp)
    def call(self, interpreter: Interpreter, op: func.CallOp, args: PythonValues) -> PythonValues:
        name = op.callee.string_value()
        if name == REFERENCE:
            if self.reference is None:
                raise InterpretationError(
                    "the program calls an operation run by reference, and none was given"
                )
            self.reference(int(args[0]))
            return ()
        if name == CLOCK:
            return (np.int64(0),)
        if name == INTERRUPTED:
            return args
        if name == PROVIDE:
            entry, size = int(args[2]), int(args[3])
            if entry not in self._provided or self._provided[entry].size < size:
                self._provided[entry] = np.full(size, POISON_BYTE, np.uint8).view(np.int8)
            return ()
        if name == ARENA_AT:
            return (Buffer.of(self._provided[int(args[1])]),)
        if name == STOP_IF_FAILED:
            if args[0].array()[0]:
                raise StoppedError
            return ()
        callee = interpreter.get_op_for_symbol(name)
        assert isinstance(callee, func.FuncOp)
        return interpreter.run_ssacfg_region(callee.body, args, name)

    @impl(scf.ForOp)
    def loop(self, interpreter: Interpreter, op: scf.ForOp, args: PythonValues) -> PythonValues:
        lower, upper, step, *carried = args
        values: PythonValues = tuple(carried)
        for index in range(int(lower), int(upper), int(step)):
            values = interpreter.run_ssacfg_region(op.body, (np.int64(index), *values), "for")
        return values

    @impl(scf.IfOp)
    def branch(self, interpreter: Interpreter, op: scf.IfOp, args: PythonValues) -> PythonValues:
        region = op.true_region if args[0] else op.false_region
        return interpreter.run_ssacfg_region(region, (), "if")

    @impl(scf.IndexSwitchOp)
    def switch(
        self, interpreter: Interpreter, op: scf.IndexSwitchOp, args: PythonValues
    ) -> PythonValues:
        cases = list(cast(Sequence[int], op.cases.get_values()))
        region = op.default_region
        if int(args[0]) in cases:
            region = op.case_regions[cases.index(int(args[0]))]
        return interpreter.run_ssacfg_region(region, (), "switch")

    @impl(scf.ExecuteRegionOp)
    def execute(
        self, interpreter: Interpreter, op: scf.ExecuteRegionOp, args: PythonValues
    ) -> PythonValues:
        return interpreter.run_ssacfg_region(op.region, (), "region")

    @impl(scf.WhileOp)
    def repeat(self, interpreter: Interpreter, op: scf.WhileOp, args: PythonValues) -> PythonValues:
        values = args
        while True:
            holds, *rest = interpreter.run_ssacfg_region(op.before_region, values, "while")
            if not holds:
                return tuple(rest)
            values = interpreter.run_ssacfg_region(op.after_region, tuple(rest), "do")

    @impl(scf.ParallelOp)
    def parallel(
        self, interpreter: Interpreter, op: scf.ParallelOp, args: PythonValues
    ) -> PythonValues:
        axes = len(op.lowerBound)
        bounds = [args[i * axes : (i + 1) * axes] for i in range(3)]
        sums = list(args[3 * axes :])
        ranges = [range(int(a), int(b), int(s)) for a, b, s in zip(*bounds, strict=True)]
        points = [()] if axes == 0 else _points(ranges)
        reduce = op.body.block.last_op
        assert isinstance(reduce, scf.ReduceOp)
        for point in reversed(points) if self.reverse and not sums else points:
            indices = tuple(np.int64(i) for i in point)
            found = interpreter.run_ssacfg_region(op.body, indices, "parallel")
            for position, (region, value) in enumerate(zip(reduce.reductions, found, strict=True)):
                (sums[position],) = interpreter.run_ssacfg_region(
                    region, (sums[position], value), "reduce"
                )
        return tuple(sums)

    @impl_terminator(scf.YieldOp)
    def yield_(
        self, _: Interpreter, op: scf.YieldOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()

    @impl_terminator(scf.ConditionOp)
    def condition(
        self, _: Interpreter, op: scf.ConditionOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()

    @impl_terminator(scf.ReduceOp)
    def reduce(
        self, _: Interpreter, op: scf.ReduceOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()

    @impl_terminator(scf.ReduceReturnOp)
    def reduce_return(
        self, _: Interpreter, op: scf.ReduceReturnOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()

    @impl_terminator(func.ReturnOp)
    def return_(
        self, _: Interpreter, op: func.ReturnOp, args: PythonValues
    ) -> tuple[TerminatorValue, PythonValues]:
        return ReturnedValues(args), ()


def _points(ranges: Sequence[range]) -> list[tuple[int, ...]]:
    points: list[tuple[int, ...]] = [()]
    for axis in ranges:
        points = [(*point, index) for point in points for index in axis]
    return points


def _run_elementwise(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    result = run_scalar_op(op, *(np.asarray(arg) for arg in args))
    return OpImplResult((result if result.ndim else result[()],), None)


def _run_fma(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    return OpImplResult((fused_multiply_add(*args),), None)


def _run_constant(
    functions: InterpreterFunctions, interpreter: Interpreter, op: Operation, args: PythonValues
) -> OpImplResult:
    assert isinstance(op, arith.ConstantOp)
    if isinstance(op.value, DenseIntOrFPElementsAttr):
        dtype = element_dtype(op.result.type)
        numbers = np.array(op.value.get_values()).astype(dtype)
        return OpImplResult((np.broadcast_to(numbers, (vector_size(op.result),)),), None)
    return _run_elementwise(functions, interpreter, op, args)


class ElementwiseFunctions(InterpreterFunctions):
    """`arith` and `math`, scalar and vector forms, by the table of the scalar regions."""

    @classmethod
    def _impls(cls) -> Any:
        ops = [*arith.Arith.operations, *math.Math.operations]
        ops += [VECTOR_FORM[op] for op in ops if op in VECTOR_FORM]
        table: dict[type[Operation], Any] = dict.fromkeys(ops, _run_elementwise)
        table[arith.ConstantOp] = _run_constant
        table[math.FmaOp] = _run_fma
        return table.items()

    @classmethod
    def _cast_impls(cls) -> Any:
        return ()

    @classmethod
    def _attr_impls(cls) -> Any:
        return ()

    @classmethod
    def _ext_impls(cls) -> Any:
        return ()

    @classmethod
    def _callable_impls(cls) -> Any:
        return ()


def run_kernels(
    module: ModuleOp,
    name: str,
    arguments: Sequence[Any],
    *,
    reverse: bool = False,
    reference: Callable[[int], None] | None = None,
    provided: dict[int, Array] | None = None,
) -> tuple[Any, ...]:
    """
    Call function `name` of a level-5 module on numpy arrays and numbers; gives its results.

    Arrays are the function's memrefs and are written in place; their shapes and dtypes must be
    those of the types (`InputError` otherwise). `reverse` runs parallel chunks last to first.
    `reference` is called for `func.call @stepwell_reference`. `provided` gets the memory that the
    program asks for, by its entry of the table of sizes.
    """
    function = SymbolTable.lookup_symbol(module, name)
    if not isinstance(function, func.FuncOp):
        raise InputError(f"the module has no function @{name}")
    types = function.function_type.inputs.data
    if len(types) != len(arguments):
        raise InputError(f"@{name} takes {len(types)} arguments, got {len(arguments)}")
    values = tuple(
        _argument(name, position, type, value)
        for position, (type, value) in enumerate(zip(types, arguments, strict=True))
    )
    interpreter = Interpreter(module)
    for functions in (
        CfFunctions(),
        ElementwiseFunctions(),
        MemoryFunctions(),
        VectorFunctions(),
        ControlFunctions(reverse=reverse, reference=reference, provided=provided),
    ):
        interpreter.register_implementations(functions)
    return interpreter.run_ssacfg_region(function.body, values, name)


def _argument(function: str, position: int, type: Attribute, value: Any) -> Any:
    if isinstance(type, VectorType):
        return np.asarray(value, element_dtype(type))
    if not isinstance(type, MemRefType):
        return np.asarray(value).astype(dtype_of(type))[()]
    if isinstance(value, Buffer):
        return value
    memref_type = type
    array = np.asarray(value)
    shape = memref_type.get_shape()
    fits = len(shape) == array.ndim and all(
        n in (DYNAMIC_INDEX, m) for n, m in zip(shape, array.shape, strict=True)
    )
    dtype = element_dtype(memref_type)
    if not fits or array.dtype.itemsize != dtype.itemsize:
        raise InputError(
            f"argument {position} of @{function} is {type}, got {array.dtype} {array.shape}"
        )
    buffer = Buffer.of(array if array.dtype == dtype else array.view(dtype))
    strides = memref_type.get_strides()
    if strides is not None and any(
        want not in (None, got) and size > 1
        for want, got, size in zip(strides, buffer.strides, array.shape, strict=True)
    ):
        raise InputError(
            f"argument {position} of @{function} is {type}, got strides {buffer.strides}"
        )
    return buffer
