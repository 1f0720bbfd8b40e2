"""One kernel to measure, and the machine that it is measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import f32

from stepwell.targets.target import Target
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.memory import Operand, Result

TARGET = Target.host()
LANES = TARGET.lanes(f32)


@dataclass(frozen=True)
class Case:
    """One kernel: the operation, its operands and results, its work, and a peer's session."""

    name: str
    make: MakeOp
    operands: tuple[Operand, ...]
    results: tuple[Result, ...]
    flops: float = 0
    bytes: float = 0
    codes: bool = False
    """Whether products are of codes of eight bits, whose peak is that of dot products."""
    halves: bool = False
    """Whether they are of pairs of bf16, as many of which start in a cycle as multiply-adds."""
    model: Callable[[], Any] | None = None


def onnx_model(
    nodes: Sequence[Any],
    inputs: dict[str, Any],
    outputs: Sequence[str],
    element: int = 1,
    **weights: Any,
) -> Any:
    """A model from nodes, example inputs, output names, their element type, and weights."""
    from onnx import helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "case",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in inputs.items()
        ],
        [helper.make_tensor_value_info(name, element, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    opset = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9)
