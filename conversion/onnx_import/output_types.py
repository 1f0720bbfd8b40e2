"""The outputs of an ONNX graph as it declares them, and as they are."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from xdsl.ir import SSAValue

from ...dialects.framework import element_of, type_name
from ..problems import Problems
from .types import IllTypedError, ir_type


def check_output_types(
    graph: onnx.GraphProto, values: Sequence[SSAValue | None], problems: Problems
) -> None:
    """Report outputs whose element type is not the declared one.

    Declared sizes are often those of another export, and those that follow from the nodes hold.
    """
    for output, value in zip(graph.output, values, strict=True):
        try:
            declared = ir_type(output.type)
        except IllTypedError:
            # Nothing is declared, or nothing that could be: the nodes say what it is.
            continue
        if value is None or element_of(value.type) == element_of(declared):
            continue
        found, wanted = type_name(value.type), type_name(declared)
        problems.add(f"output '{output.name}' is declared as {wanted}, it is {found}")
