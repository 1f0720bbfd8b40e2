"""The ONNX operator `Horner` of the domain `org.example`."""

import numpy as np
from onnx.defs import OpSchema
from onnx.shape_inference import InferenceError

from stepwell.conversion.to_engine.lowering import Lowering
from stepwell.dialects.framework import FrameworkOp
from stepwell_poly.dialect import HornerOp


def infer(context) -> None:
    """The result is of the type of the operand."""
    if context.get_input_type(0) is None:
        raise InferenceError("X has no type")
    context.set_output_type(0, context.get_input_type(0))


SCHEMA = OpSchema(
    "Horner",
    "org.example",
    1,
    doc="A polynomial of each element, by its coefficients from the power zero on.",
    inputs=[OpSchema.FormalParameter("X", "T")],
    outputs=[OpSchema.FormalParameter("Y", "T")],
    type_constraints=[("T", ["tensor(float)", "tensor(double)"], "")],
    attributes=[OpSchema.Attribute("coefficients", OpSchema.AttrType.FLOATS, required=True)],
)
SCHEMA.set_type_and_shape_inference_function(infer)


def coefficients(op: FrameworkOp) -> list[float]:
    """The attribute of an operation of level 1."""
    values = op.attribute("coefficients")
    assert isinstance(values, list)
    return [float(c) for c in values]


def meaning(op: FrameworkOp, x):
    """What the operator means, on numpy arrays: the oracle of every level below."""
    return np.polynomial.polynomial.polyval(x, coefficients(op)).astype(x.dtype)


def convert(lo: Lowering):
    """`poly.horner` in its place."""
    return lo.emit(HornerOp(lo.operand("X"), coefficients(lo.op)))
