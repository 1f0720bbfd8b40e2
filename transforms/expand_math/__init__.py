"""
`expand-math`: elementary functions of `math` as polynomials in `arith`.

After this pass no op of a kernel needs a C library: what is left of `math` (`absf`, `sqrt`,
`floor`, `fma`, ...) is an instruction. The functions themselves and their accuracy are in the files
beside this one, for processors with a fused multiply-add; without one they are off by at most a
quarter of a unit in the last place (ulp) more. f16 and bf16 are computed in f32, the trigonometric
functions, `pow` and their like on f32 in f64; each result is rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func, math
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float64Type,
    ModuleOp,
    f32,
    f64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from ...kernels.builder import KernelBuilder, element_type
from ...targets.target import Target
from . import exponential, logarithm, power, trigonometric

Function = Callable[..., SSAValue]

NATIVE: dict[type[Operation], Function] = {
    math.ExpOp: exponential.exp,
    math.Exp2Op: exponential.exp2,
    math.ExpM1Op: exponential.expm1,
    math.TanhOp: exponential.tanh,
    math.ErfOp: exponential.erf,
    math.SinhOp: exponential.sinh,
    math.CoshOp: exponential.cosh,
    math.LogOp: logarithm.log,
    math.Log2Op: logarithm.log2,
    math.Log10Op: logarithm.log10,
    math.Log1pOp: logarithm.log1p,
    math.RoundOp: power.round_half_away,
}
"""Functions written for f32 and f64 alike."""

DOUBLE: dict[type[Operation], Function] = {
    math.SinOp: trigonometric.sin,
    math.CosOp: trigonometric.cos,
    math.TanOp: trigonometric.tan,
    math.AtanOp: trigonometric.atan,
    math.Atan2Op: trigonometric.atan2,
    math.AsinOp: trigonometric.asin,
    math.AcosOp: trigonometric.acos,
    math.AsinhOp: logarithm.asinh,
    math.AcoshOp: logarithm.acosh,
    math.AtanhOp: logarithm.atanh,
    math.PowFOp: power.pow,
    math.CbrtOp: power.cbrt,
}
"""Functions written for f64 only."""


def expand(b: KernelBuilder, op: type[Operation], *values: SSAValue) -> SSAValue | None:
    """
    Append the expansion of `op` on `values`; None if `op` has none (it is an instruction).

    Also for templates that want a function without the detour over an op and the pass.
    """
    element = element_type(values[0].type)
    if op is math.FPowIOp:
        return expand(b, math.PowFOp, values[0], b.cast(values[1], element))
    if op is math.IPowIOp:
        return power.integer_power(b, *values)
    function = NATIVE.get(op) or DOUBLE.get(op)
    if function is None:
        return None
    inner = _working_type(op, element)
    if inner == element:
        return function(b, *values)
    return b.cast(function(b, *(b.cast(value, inner) for value in values)), element)


def _working_type(op: type[Operation], element: Attribute) -> Attribute:
    """The type a function is computed in."""
    if op in DOUBLE:
        return f64
    if isinstance(element, Float16Type | BFloat16Type):
        return f32
    return element if isinstance(element, Float64Type) else f32


def expand_math(module: ModuleOp) -> int:
    """Expand all functions of a module in place; gives how many there were."""
    builder = KernelBuilder(Target.parse("x86-64-v3"), module)
    count = 0
    for function in module.ops:
        if not isinstance(function, func.FuncOp) or len(function.body.blocks) != 1:
            continue
        found = [
            op
            for op in function.walk()
            if type(op) in NATIVE
            or type(op) in DOUBLE
            or isinstance(op, math.FPowIOp | math.IPowIOp)
        ]
        with builder.rewriting(function):
            for op in found:
                with builder.before(op):
                    value = expand(builder, type(op), *op.operands)
                assert value is not None
                value.name_hint = op.results[0].name_hint
                op.results[0].replace_all_uses_with(value)
                op.detach()
                op.erase()
        count += len(found)
    return count


@dataclass(frozen=True)
class ExpandMathPass(ModulePass):
    """Write the elementary functions of `math` as polynomials in `arith`."""

    name = "expand-math"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        expand_math(op)
