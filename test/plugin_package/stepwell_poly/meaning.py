"""What `poly.horner` means, on numpy arrays."""

from stepwell_poly.dialect import HornerOp


def horner(op: HornerOp, x):
    """Horner's scheme, in the type of the operand."""
    *rest, result = op.numbers
    result = x * 0 + x.dtype.type(result)
    for coefficient in reversed(rest):
        result = result * x + x.dtype.type(coefficient)
    return result
