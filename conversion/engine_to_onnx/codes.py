"""Maps between numbers and their codes, as QuantizeLinear and DequantizeLinear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import Float32Type, IntegerType, Signedness
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.weights import Array, ConstantAttr, dtype_of
from ...runtime.size import is_one
from .nodes import Nodes, element, sizes
from .scalar_forms import Form, as_element, constant_number

_RANGES = {"arith.fptoui": (0.0, 255.0), "arith.fptosi": (-128.0, 127.0)}
"""What codes of eight bits go from and to."""


def coding_of(scalar: SSAValue) -> Form | None:
    """The operator between numbers of 32 bits and codes that a scalar is a whole call of."""
    owner = scalar.owner
    if not isinstance(owner, Operation):
        return None
    if owner.name in _RANGES:
        return _quantised(owner)
    return _dequantised(scalar) if owner.name == "arith.mulf" else None


def _operands(scalar: SSAValue, name: str) -> Sequence[SSAValue]:
    owner = scalar.owner
    return owner.operands if isinstance(owner, Operation) and owner.name == name else ()


def _dequantised(scalar: SSAValue) -> Form | None:
    """`(code - zero) * scale`"""
    if not isinstance(scalar.type, Float32Type):
        return None
    pair = _operands(scalar, "arith.mulf")
    for shifted, scale in (pair, pair[::-1]):
        difference = _operands(shifted, "arith.subf")
        whole = difference[0] if difference else shifted
        codes = _code_of(whole)
        if codes is None:
            continue
        zero = _code_of(difference[1]) if difference else None
        number = constant_number(difference[1]) if difference else 0
        if difference and zero is None and number is None:
            continue
        unsigned = bool(_operands(whole, "arith.uitofp"))
        operands = (codes, scale, *(() if zero is None else (zero,)))
        return Form(operands, _Decode(number or 0, unsigned, bool(difference)))
    return None


def _code_of(scalar: SSAValue) -> SSAValue | None:
    for name in ("arith.sitofp", "arith.uitofp"):
        found = _operands(scalar, name)
        if found and found[0].type == IntegerType(8):
            return found[0]
    return None


class _Decode:
    """The nodes of `(code - zero) * scale`."""

    def __init__(self, number: float, unsigned: bool, shifted: bool):
        self.number, self.unsigned, self.shifted = number, unsigned, shifted

    def __call__(self, nodes: Nodes, *made: SSAValue) -> SSAValue:
        codes, scale = made[:2]
        zero = made[2] if len(made) > 2 else nodes.number(int(self.number), element(codes))
        found = _parameters(nodes, codes, scale, zero)
        if found is None or element(codes) != _code_type(self.unsigned):
            return self._plain(nodes, codes, scale, zero)
        attributes, operands = found
        return nodes.one(
            "DequantizeLinear", [codes, *operands], element(scale), sizes(codes), attributes
        )

    def _plain(self, nodes: Nodes, *made: SSAValue) -> SSAValue:
        codes, scale, zero = made
        kind = element(scale)
        whole = as_element(nodes, codes, kind)
        if self.shifted:
            whole = nodes.each("Sub", whole, as_element(nodes, zero, kind))
        return nodes.each("Mul", whole, scale)


def _quantised(op: Operation) -> Form | None:
    """`clamp(round(x / scale) + zero)`"""
    if op.results[0].type != IntegerType(8):
        return None
    low, high = _RANGES[op.name]
    value = op.operands[0]
    for name, bound in (("arith.minimumf", high), ("arith.maximumf", low)):
        pair = _operands(value, name)
        if len(pair) != 2 or constant_number(pair[1]) != bound:
            return None
        value = pair[0]
    zero: SSAValue | int = 0
    if shifted := _operands(value, "arith.addf"):
        found = _zero_point(shifted[1], low, high)
        if found is None:
            return None
        value, zero = shifted[0], found
    rounded = _operands(value, "math.roundeven")
    divided = _operands(rounded[0], "arith.divf") if rounded else ()
    if len(divided) != 2 or not isinstance(divided[0].type, Float32Type):
        return None
    x, scale = divided
    kind, later = _code_type(op.name == "arith.fptoui"), () if isinstance(zero, int) else (zero,)

    def build(nodes: Nodes, x: SSAValue, scale: SSAValue, *zeros: SSAValue) -> SSAValue:
        middle = zeros[0] if zeros else nodes.number(zero, kind)
        if sizes(scale) or sizes(middle) or element(middle) != kind:
            return _plainly_quantised(nodes, x, scale, middle, (low, high), kind)
        return nodes.one("QuantizeLinear", [x, scale, middle], kind, sizes(x))

    return Form((x, scale, *later), build)


def _zero_point(scalar: SSAValue, low: float, high: float) -> SSAValue | int | None:
    """A code as a number: a constant within these bounds, or one that is computed."""
    number = constant_number(scalar)
    if number is None:
        return _code_of(scalar)
    return int(number) if number == int(number) and low <= number <= high else None


def _plainly_quantised(
    nodes: Nodes,
    x: SSAValue,
    scale: SSAValue,
    zero: SSAValue,
    bounds: tuple[float, float],
    kind: Attribute,
) -> SSAValue:
    """The nodes of it where scale or zero point are not one number."""
    number = element(x)
    rounded = nodes.each("Round", nodes.each("Div", x, scale))
    shifted = nodes.each("Add", rounded, as_element(nodes, zero, number))
    limits = [nodes.number(bound, number) for bound in bounds]
    return as_element(nodes, nodes.each("Clip", shifted, *limits), kind)


def _code_type(unsigned: bool) -> Attribute:
    return IntegerType(8, Signedness.UNSIGNED if unsigned else Signedness.SIGNLESS)


def _parameters(
    nodes: Nodes, codes: SSAValue, scale: SSAValue, zero: SSAValue
) -> tuple[dict[str, int], list[SSAValue]] | None:
    """Scale and zero point as the operator takes them: one of each, or a list along an axis."""
    rank = len(sizes(codes))
    scales, zeros = _numbers(nodes, scale), _numbers(nodes, zero)
    if scales is None or zeros is None or max(scales.ndim, zeros.ndim) > rank:
        return None
    if element(zero) != element(codes):
        zeros = zeros.astype(dtype_of(element(codes)))
    shape = np.broadcast_shapes(scales.shape, zeros.shape)
    shape = (1,) * (rank - len(shape)) + shape
    long = [axis for axis, n in enumerate(shape) if not is_one(n)]
    if not long:
        return {}, [nodes.constant(a.reshape(())) for a in (scales, zeros)]
    if len(long) > 1 or sizes(codes)[long[0]] != shape[long[0]]:
        return None
    lists = [np.broadcast_to(a.reshape(-1), (shape[long[0]],)) for a in (scales, zeros)]
    return {"axis": long[0]}, [nodes.constant(a) for a in lists]


def _numbers(nodes: Nodes, value: SSAValue) -> Array | None:
    """The numbers of a constant of ONNX."""
    owner = value.owner
    if not isinstance(owner, Operation) or owner.name != "onnx.Constant":
        return None
    attr = owner.properties.get("value")
    return nodes.store.array(attr) if isinstance(attr, ConstantAttr) else None
