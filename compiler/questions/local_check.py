"""
Whether a few operations mean the same after a step of the compiler: before and after it, alone,
on random inputs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ...compiler.function_inputs import random_inputs
from ...dialects.text import operation_text
from ...errors import StepwellError
from ...interpreters import run
from ...interpreters.deviation import TOLERANCES, deviation
from ...ir.verify_ir import quiet_diagnostics
from ...runtime.named_arrays import named_arrays
from ..planned_program import main_of

SEED = 20


@dataclass(frozen=True)
class Tolerance:
    """How far floats may be apart, of the largest magnitude; integers are equal."""

    relative: float
    exactness: str

    def allows(self, before: Any, after: Any) -> bool:
        """Whether two values agree."""
        return self.difference(before, after) <= 1.0

    def difference(self, before: Any, after: Any) -> float:
        """The largest difference in units of what is allowed; infinite for other shapes."""
        old, new = named_arrays("", before), named_arrays("", after)
        if old.keys() != new.keys():
            return np.inf
        return max((self._of(old[name], new[name]) for name in old), default=0.0)

    def _of(self, before: Any, after: Any) -> float:
        old, new = np.asarray(before), np.asarray(after)
        if old.shape != new.shape or old.dtype != new.dtype:
            return np.inf
        found = deviation(old, new)
        if found is None:
            return 0.0
        known = TOLERANCES["rounding"].get(old.dtype.name)
        if known is None:
            return np.inf if old.dtype.kind not in "iu" else found.relative / self.relative
        own = TOLERANCES[self.exactness].get(old.dtype.name, known)
        allowed = max(self.relative * (1 if old.dtype.itemsize > 2 else 0), 4 * max(own, known))
        return found.relative / allowed


def interpreted(ctx: Context, module: ModuleOp, inputs: Sequence[Any]) -> list[Any] | None:
    """What a module means on some inputs; None where it cannot be run."""
    with quiet_diagnostics():
        try:
            return list(run(ctx, module, list(inputs)))
        except (StepwellError, DiagnosticException, NotImplementedError):  # the last of xDSL's own
            return None


def drawn(module: ModuleOp) -> list[Any] | None:
    """Random inputs of a module; None where there are none, as of a type that is no tensor."""
    try:
        return list(random_inputs(main_of(module), SEED))
    except StepwellError:
        return None


def key_of(*modules: ModuleOp) -> str:
    """The same for modules that do the same with other constants of the same types."""
    text = "\n".join(operation_text(module) for module in modules)
    kept = [_without_names(line) for line in text.splitlines()]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _without_names(line: str) -> str:
    """A line without what tells one place of a model from another."""
    line = re.sub(r"(nodes|rewrites|input_names|output_names) = \[[^\]]*\]", "", line)
    line = re.sub(r'#engine\.weight<"[^"]*", "[^"]*", ', "#engine.weight<", line)
    names: dict[str, str] = {}
    return re.sub(r"%[\w.$-]+", lambda m: names.setdefault(m.group(), f"%{len(names)}"), line)
