"""One test case, through the backend interface, to its outcome."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence

from ..dialects import make_context
from ..dialects.engine import ReferenceOp
from ..errors import StepwellError
from ..ir.parse_ir import parse_ir
from ..onnx_backend import prepare
from ..runtime.engine import Engine
from .case import Case
from .compare import differences
from .outcome import Outcome
from .random_cases import is_random, random_difference

COPIES = ("stepwell", "relayout")
"""Functions of a program that compute nothing start with one of these."""

LONGEST_REASON = 300


def run_case(case: Case, target: str = "native") -> Outcome:
    """Compile a case for a target, run its data sets, compare, and look at what ran natively."""
    return outcome_of(_run, case, target)


def outcome_of(run: Callable[[Case, str], Outcome], case: Case, target: str) -> Outcome:
    """What `run` gives for a case; `refused` or `failed` where it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run(case, target)
    except StepwellError as error:
        return Outcome("refused", one_line(str(error)))
    except Exception as error:
        return Outcome("failed", one_line(f"{type(error).__name__}: {error}"))


def _run(case: Case, target: str) -> Outcome:
    model, data_sets = case.load()
    rep = prepare(model, target=target)
    for inputs, expected in data_sets:
        results = rep.run(inputs)
        wrong = differences(results, expected, case.rtol, case.atol)
        if wrong is not None and is_random(model):
            wrong = random_difference(model, inputs, results, expected, target)
        if wrong is not None:
            return Outcome("failed", one_line(wrong))
    return Outcome(native_status(rep.engine), "", reference_reasons(rep.engine))


def native_status(engine: Engine) -> str:
    """How much of a program is native: `native`, `partly` or `reference`."""
    if not engine.reference_ops:
        return "native"
    names = {symbol.name for code in engine.program.codes for symbol in code.symbols}
    return "partly" if any(not name.startswith(COPIES) for name in names) else "reference"


def reference_reasons(engine: Engine) -> tuple[str, ...]:
    """The operators that run by their reference semantics, each with the reason."""
    if not engine.reference_ops:
        return ()
    module = parse_ir(make_context(), engine.program.ir, "<program>")
    reasons: dict[str, None] = {}
    for op in module.walk():
        if isinstance(op, ReferenceOp) and "reason" in op.attributes:
            reasons.setdefault(one_line(getattr(op.attributes["reason"], "data", "")))
    for reference in engine.program.reference_ops:
        if reference.op_type.startswith("engine."):
            reasons.setdefault(f"{reference.op_type} of these operands has no kernel")
    return tuple(sorted(reasons))


def one_line(text: str) -> str:
    """A message for a table: one line, no addresses, not too long."""
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", " ".join(text.split()))
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def outcomes_of(cases: Sequence[Case], target: str = "native") -> dict[str, Outcome]:
    """The outcomes of some cases by name, in this process."""
    return {str(case): run_case(case, target) for case in cases}
