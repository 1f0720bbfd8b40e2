"""
Complex numbers, which have no kernels: which operators take them by their reference.

The reference of others is written for real numbers, and would drop a part without a word.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ComplexType
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.opaque import is_opaque
from ...dialects.framework import element_of as framework_element_of
from ...dialects.torch import TorchOp
from ...errors import CompileError
from ...interpreters.torch import fourier
from ...interpreters.torch.functions import operation_named
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm, operator_name

_MEANT_FOR_BOTH = """abs add.Tensor alias cat clone contiguous div.Tensor detach expand flatten lift
    lift_fresh lift_fresh_copy mul.Scalar mul.Tensor neg permute reshape resolve_conj resolve_neg
    select.int slice.Tensor squeeze squeeze.dim sub.Tensor transpose.int unsqueeze view"""

TAKES_COMPLEX = frozenset(map(operation_named, (*fourier.FUNCTIONS, *_MEANT_FOR_BOTH.split())))
"""Operations whose reference is right for complex numbers, too."""


def is_complex(value: SSAValue) -> bool:
    """Whether a value has complex numbers."""
    return not is_opaque(value) and isinstance(element_of(value), ComplexType)


def of_real(real: Conversion | None, of_complex: Conversion | None) -> Conversion:
    """The conversion of an operator by those for real and for complex operands."""

    def convert(lo: Lowering) -> SSAValue | Results:
        chosen = of_complex if any(map(is_complex, lo.op.operands)) else real
        if chosen is None:
            raise NoNativeForm("of complex numbers")
        return chosen(lo)

    return convert


def require_meaning(function: FuncOp) -> None:
    """
    See that the reference of every operation on complex numbers is for these.

    Raises:
        CompileError: with all operations of which it is not.
    """
    problems: list[str] = []
    for op in function.walk():
        if isinstance(op, TorchOp) and op.name not in TAKES_COMPLEX and _takes_complex(op):
            names = ", ".join(f"'{name}'" for name in op.nodes) or "without a name"
            problems.append(f"{operator_name(op)} {names}")
    if problems:
        raise CompileError(
            f"not supported for complex numbers: {'; '.join(problems)}; take real and imaginary "
            "parts apart before (torch.view_as_real)"
        )


def _takes_complex(op: TorchOp) -> bool:
    return any(isinstance(framework_element_of(v.type), ComplexType) for v in op.operands)
