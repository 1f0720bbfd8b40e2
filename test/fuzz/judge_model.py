"""A model through Stepwell, and what it gives against the oracles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

import stepwell
from stepwell.errors import StepwellError
from stepwell.runtime.named_arrays import named_arrays, random_opaque
from stepwell.runtime.program import TensorSignature, numpy_dtype
from stepwell.test.fuzz.case_feeds import kept_feeds, parsed
from stepwell.test.fuzz.kind import Announce
from stepwell.test.fuzz.oracles import OracleError, by_onnxruntime, by_reference, spread_of
from stepwell.test.fuzz.outcome import Outcome

Array = npt.NDArray[Any]

RELATIVE = {"float64": 1e-5, "float32": 1e-4, "float16": 1e-2, "bfloat16": 6e-2}
"""Differences of results that need no explanation, by the largest number of the result."""
PATIENCE_WITH_NOISE = 30.0
"""How many times as far as by noise of rounding a result may be off."""
MOST_INPUT_BYTES = 1 << 26


class TooLargeError(Exception):
    """Inputs of more memory than is tried."""


def feeds_for(inputs: Sequence[TensorSignature], seed: int) -> dict[str, Any]:
    """Random values of the types and sizes of inputs; integers are 0 and 1."""
    rng = np.random.default_rng(seed)
    feeds: dict[str, Any] = {}
    for tensor in inputs:
        if tensor.is_opaque:
            feeds[tensor.name] = random_opaque(tensor, rng)
            continue
        shape = [n if isinstance(n, int) else 3 for n in tensor.shape]
        dtype = numpy_dtype(tensor.dtype)
        if np.prod(shape, dtype=float) * dtype.itemsize > MOST_INPUT_BYTES:
            raise TooLargeError
        draw = rng.integers(0, 2, shape) if dtype.kind in "iub" else rng.standard_normal(shape)
        feeds[tensor.name] = np.asarray(draw).astype(dtype)
    return feeds


def results_of(engine: stepwell.Engine, feeds: Mapping[str, Any]) -> list[Any]:
    """The outputs by position: two may have one name."""
    results = engine(*(feeds[tensor.name] for tensor in engine.inputs))
    return [results] if len(engine.outputs) == 1 else list(results)


def difference(
    found: Any, wanted: Any, spread: Array | None = None, *, exact: bool = False
) -> str | None:
    """What is wrong with an output, None for nothing."""
    ours, theirs = named_arrays("", found), named_arrays("", wanted)
    if ours.keys() != theirs.keys():
        return f"{len(ours)} parts, expected {len(theirs)}"
    for part, array in theirs.items():
        wrong = _array_difference(ours[part], array, spread, exact)
        if wrong is not None:
            return f"{part} {wrong}".strip()
    return None


def _array_difference(a: Array, b: Array, spread: Array | None, exact: bool) -> str | None:
    if a.dtype.kind in "SUO" or b.dtype.kind in "SUO":
        same = a.shape == b.shape and a.astype(str).tolist() == b.astype(str).tolist()
        return None if same else f"{a!r}, expected {b!r}"
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)}, expected {b.dtype}{list(b.shape)}"
    kind = "c" if a.dtype.kind == "c" else "f"
    wide: Any = np.complex128 if kind == "c" else np.float64
    with np.errstate(all="ignore"):
        x, y = a.astype(wide), b.astype(wide)
        size = np.abs(np.where(np.isfinite(y), y, 0)).max(initial=0.0)
        limit: Any = 0.0
        if not exact and a.dtype.kind not in "iub":
            limit = RELATIVE.get(a.dtype.name, 2e-1) * (size + 1e-3)
        if spread is not None:
            limit = np.maximum(limit, PATIENCE_WITH_NOISE * spread)
        same = (a == b) | (np.isnan(x) & np.isnan(y))
        bad = ~(same | (np.abs(x - y) <= limit) | (np.isinf(np.asarray(limit))))
    if not bad.any():
        return None
    at = tuple(int(i) for i in np.argwhere(bad)[0]) if bad.ndim else ()
    count = int(np.count_nonzero(bad))
    return f"{count} of {bad.size} {a.dtype} differ, at {list(at)} {a[at]!s}, expected {b[at]!s}"


def judged_model(
    model: Path | bytes,
    announce: Announce,
    *,
    exactness: str = "rounding",
    valid: bool = False,
    exact: bool = False,
    seed: int = 0,
) -> Outcome:
    """
    What becomes of a model: compiled and run on random inputs, and compared where oracles agree.

    A `valid` one must not be refused if an oracle runs it. With `exact` each bit must be right.
    """
    given = str(model) if isinstance(model, Path) else model
    refusal = ""
    kept = _kept(given)
    found: list[Any] = []
    feeds: dict[str, Any] = {}
    try:
        engine = stepwell.compile(given, threads=1, exactness=exactness)
        feeds = kept or feeds_for(engine.inputs, seed)
        if engine.reference_ops:  # among them loops, whose length a mutant may set
            announce("slow")
        found = results_of(engine, feeds)
    except TooLargeError:
        return Outcome("undecided", "large inputs")
    except StepwellError as error:
        refusal = f"{type(error).__name__}: {str(error)[:300]}"
        if not valid:
            return Outcome("refused", refusal)
    announce("oracle")
    if refusal:
        feeds = kept or _declared_feeds(given, seed)
    answers = []
    for oracle in (by_reference, by_onnxruntime):
        try:
            answers.append(oracle(given, feeds))
        except OracleError:
            continue
    if refusal:
        return Outcome("rejected" if answers else "refused", refusal)
    if len(answers) < 2 and not valid:
        return Outcome("undecided", "not both oracles run it")
    outcome = _against(found, answers, exact)
    if outcome.kind != "differs" or exact:
        return outcome
    proto = onnx.load(given) if isinstance(given, str) else onnx.load_from_string(given)
    return _with_patience(proto, feeds, found, answers, exactness == "bitwise") or outcome


def _against(found: list[Any], answers: list[list[Any]], exact: bool) -> Outcome:
    """Our results against one answer, or against two that agree with each other."""
    if not answers:
        return Outcome("undecided", "no oracle runs it")
    wrong = [_worst(found, answer, exact) for answer in answers]
    if None in wrong:
        return Outcome("ran")
    if len(answers) == 2 and _worst(answers[1], answers[0], False) is not None:
        return Outcome("undecided", "the oracles disagree")
    return Outcome("differs", str(wrong[0]))


def _worst(found: list[Any], wanted: list[Any], exact: bool) -> str | None:
    if len(found) != len(wanted):
        return f"{len(found)} outputs, expected {len(wanted)}"
    for at, (one, other) in enumerate(zip(found, wanted, strict=True)):
        wrong = difference(one, other, exact=exact)
        if wrong is not None:
            return f"output {at}: {wrong}"
    return None


def _with_patience(
    model: onnx.ModelProto,
    feeds: dict[str, Any],
    found: list[Any],
    answers: list[list[Any]],
    bitwise: bool,
) -> Outcome | None:
    """`ran` if rounding explains the differences."""
    try:
        spreads = spread_of(model, feeds, answers[0], bitwise=bitwise)
    except Exception:  # the oracles cannot say how sure they are
        return None
    if len(found) != len(spreads):
        return None
    for one, other, spread in zip(found, answers[0], spreads, strict=True):
        if difference(one, other, spread) is not None:
            return None
    return Outcome("ran", "within rounding")


def _kept(model: str | bytes) -> dict[str, Any] | None:
    proto = parsed(model) if isinstance(model, bytes) else None
    return kept_feeds(proto) if proto is not None else None


def _declared_feeds(model: str | bytes, seed: int) -> dict[str, Any]:
    """Random values for the inputs as a valid model declares them."""
    proto = onnx.load(model) if isinstance(model, str) else onnx.load_from_string(model)
    tensors = [
        TensorSignature(
            value.name,
            onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
            tuple(d.dim_value for d in value.type.tensor_type.shape.dim),
        )
        for value in proto.graph.input
    ]
    return feeds_for(tensors, seed)
