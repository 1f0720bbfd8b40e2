"""docs/benchmarks.md says what the files of results say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from stepwell.tools.measure.bench import machine

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "tables.py"

DOCUMENT = """# Benchmarks
<!-- speed: made by benchmarks/tables.py -->
what was here before
<!-- end of speed -->
between
<!-- compiling: made by benchmarks/tables.py -->
<!-- end of compiling -->
<!-- scaling: made by benchmarks/tables.py -->
<!-- end of scaling -->
after
"""


def tables(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def comparison(model: str, ours: float, ort: float | None, agrees: bool = True) -> object:
    theirs: dict[str, object] = {"version": "1.2-long", "error": "no operator X\nmore"}
    if ort is not None:
        theirs = {"version": "1.2-long", "median_ms": ort, "agrees": agrees}
    return {
        "model": model,
        "threads": 1,
        "runtimes": {
            "onnxruntime": theirs,
            "stepwell": {"version": "0", "median_ms": ours, "agrees": True},
        },
        "speed_against": {} if ort is None else {"onnxruntime": ort / ours},
    }


def growth(nodes: int, microseconds: float) -> object:
    """A model whose verification takes this long a node; the larger one has not been parsed."""
    stages = [("verify", microseconds, 100), ("parse", 10 * microseconds, 300)]
    return {
        "model": "wide_concat",
        "nodes": nodes,
        "stages": [
            {"stage": n, "seconds": s * nodes / 1e6, "peak_bytes": b * nodes, "operations": nodes}
            for n, s, b in stages[: 2 if nodes < 10_000 else 1]
        ],
        "failure": "" if nodes < 10_000 else "not over after 900 s",
    }


def test_the_document_is_up_to_date() -> None:
    done = tables("--check")
    assert done.returncode == 0, done.stderr


def test_tables_are_written_between_their_marks(tmp_path: Path) -> None:
    document, results, costs = (tmp_path / n for n in ("doc.md", "results.json", "costs.json"))
    scaling = tmp_path / "scaling.json"
    document.write_text(DOCUMENT)
    results.write_text(
        json.dumps(
            {
                "command": "python benchmarks/compare.py",
                "machine": machine(),
                "comparisons": [
                    comparison("resnet18", 10.0, 20.0),
                    comparison("gpt2", 200.0, 100.0, agrees=False),
                    comparison("dlrm", 1.0, None),
                    comparison("light_vgg19", 123.0, 246.0),
                ],
            }
        )
    )
    cost = {"model": "resnet18", "model_bytes": 46.7e6, "cold_seconds": 2.5, "warm_seconds": 0.5}
    cost |= {"load_seconds": 0.01, "peak_bytes": 2e8, "peak_over_model": 4.28}
    costs.write_text(json.dumps({"command": "c", "machine": machine(), "costs": [cost]}))
    scaling.write_text(
        json.dumps(
            {"command": "c", "machine": machine(), "measured": [growth(1000, 2), growth(10000, 3)]}
        )
    )
    files = ("--document", document, "--results", results, "--costs", costs, "--scaling", scaling)
    assert tables("--check", *files).returncode == 1
    assert tables(*files).returncode == 0
    assert tables("--check", *files).returncode == 0
    text = document.read_text()
    assert text.startswith("# Benchmarks\n<!-- speed")
    assert "\nbetween\n" in text
    assert text.endswith("<!-- end of scaling -->\nafter\n")
    assert "what was here" not in text
    for line in (
        "| model | 1 thread | ONNX Runtime |",
        "| resnet18 | 10 ms | 2.00× |",
        "| gpt2 | 200 ms | 0.50× ≠ |",
        "| dlrm | 1 ms | failed |",
        "| **geometric mean** |  | **1.00×** |",
        "| *slowest* |  | *0.50×* |",
        "| light_vgg19 | 123 ms | 2.00× |",
        "Failed: ONNX Runtime on dlrm (no operator X).",
        "| stage | wide concat |",
        "| verify | 2 µs, 1.50× |",
        "| parse | 20 µs, - |",
        "| peak memory | 300 B, - |",
        "| resnet18 | 46.7 MB | 2.50 s | 0.50 s | 10.0 ms | 200 MB, 4.28× |",
    ):
        assert line in text.splitlines()
    assert "ONNX Runtime 1.2." in text
    assert "≠: this peer's" in text


def test_a_document_without_marks_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "doc.md"
    document.write_text("nothing\n")
    done = tables("--document", document)
    assert done.returncode == 1
    assert "has no lines" in done.stderr
    assert document.read_text() == "nothing\n"
