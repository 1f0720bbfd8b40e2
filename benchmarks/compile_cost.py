"""What compiling costs: time from nothing, time with the kernel cache, loading, peak memory.

    python benchmarks/compile_cost.py                    the default models
    python benchmarks/compile_cost.py resnet50_bn --runs 3

Each figure comes from a fresh Python process, as a user's would; importing the package is listed
on its own. The cold run has an empty kernel cache, the warm one the cache that the cold run left.
Peak memory is that of the whole process, with the interpreter, all imports and the mapped model
file, beside the size of the model. Times are the best of `--runs`. Beside them stands how many
kernels the model has, and how many operations the largest one (`kernel_sizes.py` lists them).
Writes `benchmarks/compile_cost.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from compile_once import Run
from kernel_sizes import kernel_sizes
from models import COMPILED, model_path
from rich.console import Console
from rich.table import Table

from stepwell.compiler.kernel_cache import FOLDER_VARIABLE
from stepwell.targets.target import Target
from stepwell.tools.measure.bench import busy, machine

RESULTS = Path(__file__).resolve().parent / "compile_cost.json"


class Cost(TypedDict):
    model: str
    model_bytes: int
    artifact_bytes: int
    cold_seconds: float
    warm_seconds: float
    load_seconds: float
    import_seconds: float
    imported_bytes: int
    peak_bytes: int
    peak_over_model: float
    kernels: int
    largest_kernel: int  # operations of level 5


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the cost of compiling.")
    parser.add_argument("models", nargs="*", default=COMPILED, help="names, or paths of ONNX files")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    state = machine()
    if warning := busy(state):
        print(f"compile_cost: {warning}", file=sys.stderr)
    costs: list[Cost] = []
    console = Console()
    for model in options.models:
        path = Path(model) if model.endswith(".onnx") else model_path(model)
        try:
            costs.append(_cost(path, options.runs))
        except subprocess.CalledProcessError as error:
            print(f"compile_cost: {model}: {_last_line(error.stderr)}", file=sys.stderr)
            continue
        console.print(_line(costs[-1]), soft_wrap=True, highlight=False)
        results = {"command": " ".join(["python", *sys.argv]), "machine": state, "costs": costs}
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    if console.is_terminal:
        console.print(_table(costs))
    return 0 if len(costs) == len(options.models) else 1


def _cost(model: Path, runs: int) -> Cost:
    cold: list[Run] = []
    warm: list[Run] = []
    loads: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder) / "model.well"
        for run in range(runs):
            cache = Path(folder) / f"cache{run}"
            cold.append(_measure("compile", model, artifact, cache))
            warm.append(_measure("compile", model, artifact, cache))
            loads.append(_measure("load", model, artifact, cache))
        artifact_bytes = artifact.stat().st_size
    size = model.stat().st_size
    peak = max(run["peak_bytes"] for run in cold + warm)
    kernels = [size.operations for size in kernel_sizes(model, Target.host(), code=False)]
    return Cost(
        model=model.stem,
        model_bytes=size,
        artifact_bytes=artifact_bytes,
        cold_seconds=min(run["seconds"] for run in cold),
        warm_seconds=min(run["seconds"] for run in warm),
        load_seconds=min(run["seconds"] for run in loads),
        import_seconds=min(run["import_seconds"] for run in loads),
        imported_bytes=min(run["imported_bytes"] for run in cold),
        peak_bytes=peak,
        peak_over_model=peak / size,
        kernels=len(kernels),
        largest_kernel=max(kernels, default=0),
    )


def _measure(action: str, model: Path, artifact: Path, cache: Path) -> Run:
    """`compile_once.py` in a process of its own whose kernel cache is `cache`."""
    script = Path(__file__).resolve().parent / "compile_once.py"
    command = [sys.executable, str(script), action, str(model), str(artifact)]
    environment = os.environ | {FOLDER_VARIABLE: str(cache)}
    # Python compiles our sources each time where it may not keep the result, as no user's would.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _line(cost: Cost) -> str:
    return (
        f"{cost['model']} ({_mega(cost['model_bytes'])}): cold {cost['cold_seconds']:.2f} s, "
        f"warm {cost['warm_seconds']:.2f} s, load {1e3 * cost['load_seconds']:.1f} ms, "
        f"peak {_mega(cost['peak_bytes'])} = {cost['peak_over_model']:.2f}x the model, "
        f"{cost['kernels']} kernels, the largest of {cost['largest_kernel']} operations"
    )


def _table(costs: list[Cost]) -> Table:
    table = Table(caption="peak: of the whole process; largest: operations of level 5 in a kernel")
    table.add_column("model")
    titles = ("size", "cold", "warm", "load", "artifact", "peak", "peak/size", "kernels", "largest")
    for title in titles:
        table.add_column(title, justify="right")
    for cost in costs:
        table.add_row(
            cost["model"],
            _mega(cost["model_bytes"]),
            f"{cost['cold_seconds']:.2f} s",
            f"{cost['warm_seconds']:.2f} s",
            f"{1e3 * cost['load_seconds']:.1f} ms",
            _mega(cost["artifact_bytes"]),
            _mega(cost["peak_bytes"]),
            f"{cost['peak_over_model']:.2f}x",
            str(cost["kernels"]),
            str(cost["largest_kernel"]),
        )
    return table


def _mega(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["failed"])[-1]


if __name__ == "__main__":
    sys.exit(main())
