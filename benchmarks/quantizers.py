"""Quantised models of Stepwell beside those of onnxruntime's and NNCF's quantisers.

    python benchmarks/quantizers.py [CASE...] [--json FILE] [--rounds N]

Wants onnxruntime, nncf and openvino beside Stepwell. For each case of `quantized_cases.py` and each
tool: the ratio of signal to noise of the outputs on samples that no tool saw (in onnxruntime), the
figure of the task, and a call's time in Stepwell and in onnxruntime as a part of the original's in
the same (one thread; the least of interleaved rounds). A tool that fails has its message.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from quantized_cases import CASES, Case

import stepwell

Figures = dict[str, Any]


def ours(case: Case, target: Path, **options: Any) -> str:
    """`stepwell quantize`; gives how many operations have codes."""
    report = stepwell.quantize(case.path, case.calibration, **options)
    report.save(target)
    operations = report.answer["operations"]
    done = [o for o in operations if o["precision"] not in ("f32", "weights-bf16")]
    return f"{len(done)}/{len(operations)}"


class _Samples:
    """Calibration samples as onnxruntime takes them."""

    def __init__(self, case: Case):
        self.left = iter(case.calibration)

    def get_next(self) -> Any:
        return next(self.left, None)


def by_onnxruntime(case: Case, target: Path, method: str = "MinMax") -> str:
    """`quantize_static` with channels, behind its own preparation."""
    tool: Any = import_module("onnxruntime.quantization")

    prepared = target.with_suffix(".prepared.onnx")
    tool.shape_inference.quant_pre_process(str(case.path), str(prepared), skip_symbolic_shape=True)
    tool.quantize_static(
        str(prepared),
        str(target),
        _Samples(case),
        quant_format=tool.QuantFormat.QDQ,
        per_channel=True,
        activation_type=tool.QuantType.QUInt8,
        weight_type=tool.QuantType.QInt8,
        calibrate_method=getattr(tool.CalibrationMethod, method),
    )
    return ""


def by_nncf(case: Case, target: Path) -> str:
    """NNCF's `quantize`, told of transformers."""
    nncf: Any = import_module("nncf")
    files: Any = import_module("onnx")
    data = nncf.Dataset(case.calibration)
    kind = nncf.ModelType.TRANSFORMER if case.transformer else None
    made = nncf.quantize(
        files.load(case.path), data, subset_size=len(case.calibration), model_type=kind
    )
    files.save(made, target)
    return ""


TOOLS: dict[str, Callable[[Case, Path], str]] = {
    "stepwell": lambda case, target: ours(case, target),
    "stepwell, all": lambda case, target: ours(case, target, budget=1e9),
    "stepwell, dynamic": lambda case, target: ours(case, target, scheme="int8-dynamic"),
    "onnxruntime": lambda case, target: by_onnxruntime(case, target),
    "onnxruntime, entropy": lambda case, target: by_onnxruntime(case, target, "Entropy"),
    "nncf": by_nncf,
}


def session(path: Path) -> Any:
    """The model in onnxruntime, one thread."""
    runtime: Any = onnxruntime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(str(path), options)


def outputs(path: Path, case: Case) -> list[Any]:
    """The first output for all test samples, in onnxruntime."""
    run = session(path)
    return [run.run(None, sample)[0] for sample in case.test]


def decibels(expected: Sequence[Any], found: Sequence[Any]) -> float:
    """Signal over noise."""
    a, b = (np.concatenate([x.reshape(-1) for x in part]).astype(np.float64)
            for part in (expected, found))  # fmt: skip
    noise = np.square(a - b).mean()
    return float(10 * np.log10(a.var() / noise)) if noise else float("inf")


def times(paths: dict[str, Path], case: Case, rounds: int) -> dict[str, dict[str, float]]:
    """The least seconds of a call of each model in each runtime, in turns."""
    calls: dict[tuple[str, str], Callable[[], Any]] = {}
    sample = case.test[0]
    shapes = {name: array.shape for name, array in sample.items()}
    for name, path in paths.items():
        run = session(path)
        calls[name, "onnxruntime"] = lambda run=run: run.run(None, sample)
        try:
            engine = stepwell.compile(path, shapes=shapes)
            calls[name, "stepwell"] = lambda engine=engine: engine.run(sample)
        except stepwell.StepwellError as error:
            print(f"  {name} in stepwell: {error}")
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for key, call in calls.items():
            call()
            start = time.perf_counter()
            call()
            least[key] = min(least[key], time.perf_counter() - start)
    found: dict[str, dict[str, float]] = {}
    for (name, runtime), seconds in least.items():
        found.setdefault(name, {})[runtime] = 1e3 * seconds
    return found


def compare(name: str, rounds: int, tools: Sequence[str]) -> dict[str, Figures]:
    """All tools on one case."""
    case = CASES[name]()
    expected = outputs(case.path, case)
    print(f"{name}: {case.what}; original {case.figure(expected, expected):.4g}", flush=True)
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {"original": case.path}
        for tool in tools:
            target = Path(folder) / f"{tool.replace(', ', '_')}.onnx"
            start = time.process_time()
            try:
                note = TOOLS[tool](case, target)
                found = outputs(target, case)
            except Exception as error:  # a tool may raise anything
                figures[tool] = {"error": str(error).strip().splitlines()[0][:200]}
                print(f"  {tool}: {figures[tool]['error']}", flush=True)
                continue
            paths[tool] = target
            figures[tool] = {
                "seconds": time.process_time() - start,
                "operations": note,
                "decibels": decibels(expected, found),
                "figure": case.figure(expected, found),
                "bytes": target.stat().st_size,
            }
            print(f"  {tool}: {figures[tool]}", flush=True)
        for tool, each in times(paths, case, rounds).items():
            figures.setdefault(tool, {})["ms"] = each
    original = figures["original"]["ms"]
    for tool, row in figures.items():
        if "decibels" not in row:
            continue
        speed = {runtime: original[runtime] / ms for runtime, ms in row["ms"].items()}
        print(
            f"  {tool:<22} {row['decibels']:6.1f} dB  {row['figure']:.4f}  "
            + "  ".join(f"{runtime} x{value:.2f}" for runtime, value in speed.items())
            + f"  {row['operations']}  {row['seconds']:.0f} s",
            flush=True,
        )
    return figures


def main() -> None:
    """The cases named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="all if none is named")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--tool", action="append", choices=list(TOOLS))
    given = parser.parse_args()
    found = {
        name: compare(name, given.rounds, given.tool or list(TOOLS))
        for name in given.cases or CASES
    }
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
