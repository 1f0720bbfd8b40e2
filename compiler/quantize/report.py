"""What a quantisation says of a model and of each of its products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...conversion.export_onnx import export_file, export_model
from ...conversion.onnx_export.opset import opset_versions
from ...dialects.onnx import OnnxOp
from ...errors import UsageError
from ...runtime.output_file import destination
from ..planned_program import main_of
from .microsoft import save, with_products_of_four_bits

SCHEMA, VERSION = "stepwell.quantize", 1
"""Of the answer; the version goes up when a field changes its meaning or goes."""

OLDEST_OPSET = 21
"""The first with codes of four bits and scales of blocks."""


class OperationAnswer(TypedDict):
    """
    A product: its nodes, its precision and why, the ratio of signal to noise of the model's outputs
    in decibels if nothing else is computed with codes, the range of its codes, the share of numbers
    outside of it, and the seconds that are saved by estimate.
    """

    name: str
    nodes: list[str]
    precision: str
    why: str
    sqnr: float | None
    range: list[float] | None
    clipped: float | None
    seconds_saved: float | None


class ModelAnswer(TypedDict):
    """The model before and after: bytes, seconds of a call by estimate, and the error."""

    bytes: list[int]
    seconds: list[float]
    error: float | None
    sqnr: float | None
    budget: float | None
    samples: int
    held_out: int


class QuantizeAnswer(TypedDict):
    """What was quantised, how, and what came of it."""

    schema: str
    version: int
    name: str
    scheme: str
    ranges: str
    equalised: list[str]
    model: ModelAnswer
    operations: list[OperationAnswer]


@dataclass(frozen=True)
class QuantizeReport:
    """A quantised model: a module of the `onnx` dialect, its weights, and the report."""

    module: ModuleOp
    context: Context
    answer: QuantizeAnswer
    microsoft: bool = False
    """Whether products of weights of four bits are written as `MatMulNBits`."""

    def save(self, path: str | Path, keep: Sequence[Path] = ()) -> tuple[Path, ...]:
        """
        Write it as `.onnx`, of opset 21 or newer; beyond 2 GiB its weights go to `NAME.data`
        beside it. Gives the files that it wrote.

        Raises:
            UsageError: for another name, and for a file of `keep`.
            StepwellError: if it cannot be written, as one with `MatMulNBits` beyond 2 GiB.
        """
        target = Path(path)
        if target.suffix != ".onnx":
            raise UsageError(f"{target}: expected a name that ends in .onnx")
        destination(target, keep)  # refused before the work
        opset = opset_of(self.module)
        if not self.microsoft:
            return export_file(self.module, self.context, target, opset=opset)
        model = export_model(self.module, self.context, opset=opset)
        return save(with_products_of_four_bits(model), target)


def opset_of(module: ModuleOp) -> int:
    """The version to write: 21, or a newer one that the model needs."""
    ops = [op for op in main_of(module).walk() if isinstance(op, OnnxOp)]
    return max(OLDEST_OPSET, opset_versions(ops, None)[""])
