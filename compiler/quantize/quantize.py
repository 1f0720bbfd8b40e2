"""`quantize`: a model with codes of eight or four bits, as standard ONNX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack

from ...errors import UsageError
from ...runtime.arguments import boolean, callable_or_none
from ..garbage import fewer_collections
from ..options import Progress
from ..questions.model_options import ModelOptions
from .asked import BUDGET, Asked
from .judge import Metric
from .quantization import Quantization
from .report import QuantizeReport
from .schemes import DYNAMIC, INT8


def quantize(
    model: Any,
    calibration: Iterable[Mapping[str, Any]] | str | Sequence[str] | None = None,
    *,
    scheme: str = INT8,
    ranges: str = "mse",
    budget: float = BUDGET,
    metric: Metric | None = None,
    keep: str | None = None,
    equalise: float | None = 0.5,
    block: int = 32,
    microsoft: bool = False,
    progress: Progress | None = None,
    **options: Unpack[ModelOptions],
) -> QuantizeReport:
    """
    A model of any framework with codes of eight or four bits, as ONNX of opset 21 or newer.

    `calibration` gives samples: mappings from the names of inputs to arrays, or `.npz` files. They
    are read once, and only some are kept. `scheme` is `int8` (tensors and weights, with the ranges
    of the samples), `int8-dynamic` (matrix products, whose ranges each call finds), `weights-int8`
    or `weights-int4` (weights alone, in blocks of `block` that share a scale; without samples
    nothing is measured). `ranges` is how the range of a tensor follows from its histogram:
    `minmax`, `percentile`, `mse` or `entropy`.

    A quantised model may be off by at most `budget`: the root mean square of the difference of the
    outputs over their deviation, or what `metric(samples, expected, outputs)` makes of the held-out
    samples, the original's outputs and the quantised model's, each a list of dictionaries. As many
    of the worst operations as it takes are left as they are, and those with a node whose name the
    regular expression `keep` finds.

    `equalise` moves the ranges of channels from tensors behind normalisations to weights, by 0
    (not at all, as None) to 1 (all). `target` among the options is the processor whose time is
    estimated; a model that would gain nothing is refused. With `microsoft`, products of weights of
    four bits are written as `MatMulNBits`, which onnxruntime has.

    Raises:
        UsageError: for arguments that cannot be, and for samples that are missing.
        InputError: for samples that do not fit the model, with all that is wrong with them.
        CompileError: for a model that is quantised already, has nothing to quantise, cannot keep to
            the budget or would gain nothing.
        StepwellError: as `compile`.
    """
    asked = Asked(
        scheme, ranges, budget, metric, keep, equalise, block, boolean("microsoft", microsoft)
    )
    callable_or_none("progress", progress)
    if calibration is None and scheme in (INT8, DYNAMIC):
        raise UsageError(f"{scheme} needs calibration: samples of what the model is used with")
    if calibration is None and metric is not None:
        raise UsageError("a metric needs calibration: samples to measure it with")
    with fewer_collections():
        return Quantization(model, asked, progress, options).run(calibration)
