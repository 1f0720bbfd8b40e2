"""How far the outputs of a quantised model are from those of the original."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ...errors import InputError, UsageError

AnyArray = npt.NDArray[Any]
Outputs = Mapping[str, AnyArray]

Metric = Callable[[Sequence[Outputs], Sequence[Outputs], Sequence[Outputs]], float]
"""From samples, the outputs of the original, and those of the quantised model to the loss."""


def relative_error(
    samples: Sequence[Outputs], expected: Sequence[Outputs], found: Sequence[Outputs]
) -> float:
    """
    The root mean square of the difference over the deviation of the original's numbers: the
    largest of all outputs that are floats.
    """
    worst = 0.0
    for name in expected[0]:
        if expected[0][name].dtype.kind != "f":
            continue
        worst = max(worst, _error([e[name] for e in expected], [f[name] for f in found]))
    return worst


def _error(expected: Sequence[AnyArray], found: Sequence[AnyArray]) -> float:
    count = sum(a.size for a in expected)
    if not count:
        return 0.0
    wide = [a.astype(np.float64) for a in expected]
    mean = sum(float(a.sum()) for a in wide) / count
    spread = sum(float(np.square(a - mean).sum()) for a in wide)
    off = 0.0
    for ours, theirs in zip(found, wide, strict=True):
        if ours.shape != theirs.shape:
            return math.inf
        difference = float(np.square(ours.astype(np.float64) - theirs).sum())
        if not math.isfinite(difference):
            return math.inf
        off += difference
    spread = spread or sum(float(np.square(a).sum()) for a in wide)  # outputs that never differ
    return math.sqrt(off / spread) if spread else (0.0 if off == 0 else math.inf)


def sqnr(error: float) -> float | None:
    """A relative error as a ratio of signal to noise, in decibels; None where there is no noise."""
    return -20 * math.log10(error) if 0 < error < math.inf else None


def checked(metric: Metric) -> Metric:
    """A metric of a user's, whose faults are told as such."""

    def judged(*given: Sequence[Outputs]) -> float:
        try:
            value = float(metric(*given))
        except Exception as error:  # it is the user's code
            text = f"{type(error).__name__}: {error}"
            raise InputError(f"the metric of the budget failed: {text}") from error
        if math.isnan(value):
            raise InputError("the metric of the budget is not a number")
        return value

    return judged


def metric_in(text: str) -> Metric:
    """
    The function that `script.py:function` names.

    Raises:
        UsageError: if there is no such file or function, or the file does not run.
    """
    path, _, name = text.rpartition(":")
    if not path or not name:
        raise UsageError(f"--budget-metric {text}: expected SCRIPT.py:FUNCTION")
    if not Path(path).is_file():
        raise UsageError(f"--budget-metric {text}: there is no file {path}")
    spec = importlib.util.spec_from_file_location("stepwell_budget_metric", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--budget-metric {text}: {path} is not a file of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # it is the user's code
        raise UsageError(
            f"--budget-metric {text}: {path} does not run ({type(error).__name__}: {error})"
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise UsageError(f"--budget-metric {text}: {path} has no function '{name}'")
    return cast("Metric", function)
