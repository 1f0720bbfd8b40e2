"""Writes the tables of docs/benchmarks.md from the files of results.

    python benchmarks/tables.py                what `make bench` does last
    python benchmarks/tables.py --check        exits with 1 if a table is out of date

Between the lines `<!-- NAME: made by benchmarks/tables.py -->` and `<!-- end of NAME -->` nothing
is written by hand.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from growth import MEMORY, Growth, rows
from models import GROUPS, group_of
from results import RESULTS, GroupMean, group_means

from stepwell.tools.measure.bench import Comparison, Machine, Timing

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
COSTS = ROOT / "benchmarks" / "compile_cost.json"
SCALING = ROOT / "benchmarks" / "scaling.json"

TITLES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "mnn": "MNN"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the tables of docs/benchmarks.md.")
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--costs", type=Path, default=COSTS)
    parser.add_argument("--scaling", type=Path, default=SCALING)
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    options = parser.parse_args()
    before = options.document.read_text()
    after = with_tables(
        before,
        {
            "speed": speed_section(json.loads(options.results.read_text())),
            "compiling": cost_section(json.loads(options.costs.read_text())),
            "scaling": scaling_section(json.loads(options.scaling.read_text())),
        },
    )
    if options.check and before != after:
        print(f"{options.document} is out of date: python benchmarks/tables.py", file=sys.stderr)
        return 1
    if before != after:
        options.document.write_text(after)
    return 0


def with_tables(document: str, sections: dict[str, str]) -> str:
    """The document with the text between each section's marks replaced."""
    for name, text in sections.items():
        first = f"<!-- {name}: made by benchmarks/tables.py -->\n"
        last = f"<!-- end of {name} -->"
        pattern = re.compile(re.escape(first) + ".*?" + re.escape(last), re.DOTALL)
        if not pattern.search(document):
            raise SystemExit(f"tables: the document has no lines '{first.strip()}' and '{last}'")
        document = pattern.sub(lambda _, t=first + text + last: t, document)
    return document


def speed_section(results: dict[str, Any]) -> str:
    """When and where, and the table of all models."""
    comparisons: list[Comparison] = results["comparisons"]
    versions: dict[str, str] = {}
    for comparison in comparisons:
        for name, timing in comparison["runtimes"].items():
            versions[name] = timing["version"].split("-")[0]
    versions.pop("stepwell", None)
    peers = ", ".join(f"{TITLES.get(name, name)} {version}" for name, version in versions.items())
    return (
        f"`{results['command']}`, {_where(results['machine'])}; {peers}. The median time of a call,"
        " and how much faster Stepwell is.\n\n" + speed_table(comparisons) + "\n"
    )


def speed_table(comparisons: Sequence[Comparison]) -> str:
    """A row for each model; below each group its means and where we are slowest."""
    threads = list(dict.fromkeys(c["threads"] for c in comparisons))
    peers = list(dict.fromkeys(n for c in comparisons for n in c["runtimes"] if n != "stepwell"))
    titles = ["model"]
    for count in threads:
        titles += [_count(count), *(TITLES.get(name, name) for name in peers)]
    rows = [titles, ["---"] * len(titles)]
    means = group_means(comparisons)
    for group in (*GROUPS, "other"):
        models = dict.fromkeys(c["model"] for c in comparisons if group_of(c["model"]) == group)
        for model in models:
            row = [model]
            for count in threads:
                cell = [c for c in comparisons if (c["model"], c["threads"]) == (model, count)]
                row += _cells(cell[0], peers) if cell else ["-"] * (1 + len(peers))
            rows.append(row)
        if len(models) > 1:
            rows += _mean_rows([mean for mean in means if mean["group"] == group], threads, peers)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    notes: list[str] = []
    if any("≠" in line for line in lines):
        notes.append(
            "≠: this peer's results are more than 1e-4 of the largest magnitude away from the"
            " reference's."
        )
    reasons = _failures(comparisons)
    if reasons:
        notes.append("Failed: " + "; ".join(reasons) + ".")
    return "\n".join(lines) + "\n" + "".join(f"\n{note}\n" for note in notes)


def _cells(comparison: Comparison, peers: Sequence[str]) -> list[str]:
    ours = comparison["runtimes"]["stepwell"]
    median = ours.get("median_ms", 0.0)
    wrong = "" if ours.get("agrees", False) else " ≠"
    cells = [(f"{median:.3g} ms" if median < 100 else f"{median:.0f} ms") + wrong]
    for name in peers:
        timing = comparison["runtimes"].get(name)
        speed = comparison["speed_against"].get(name)
        if timing is None:
            cells.append("-")
        elif speed is None:
            cells.append("failed")
        else:
            cells.append(f"{speed:.2f}×" + ("" if timing.get("agrees", True) else " ≠"))
    return cells


def _mean_rows(
    means: Sequence[GroupMean], threads: Sequence[int], peers: Sequence[str]
) -> list[list[str]]:
    found = {(mean["threads"], mean["peer"]): mean for mean in means}
    geometric, slowest = ["**geometric mean**"], ["*slowest*"]
    for count in threads:
        geometric.append("")
        slowest.append("")
        for name in peers:
            mean = found.get((count, name))
            geometric.append("-" if mean is None else f"**{mean['geometric_mean']:.2f}×**")
            slowest.append("-" if mean is None else f"*{mean['slowest_speed']:.2f}×*")
    return [geometric, slowest]


def _failures(comparisons: Sequence[Comparison]) -> list[str]:
    """`MNN on dlrm (no such operator)`, once for all numbers of threads."""
    found: dict[tuple[str, str], str] = {}
    for comparison in comparisons:
        for name, timing in comparison["runtimes"].items():
            if "error" in timing:
                reason = _reason(timing)
                found.setdefault((name, comparison["model"]), reason)
    return [
        f"{TITLES.get(name, name)} on {model} ({reason})" for (name, model), reason in found.items()
    ]


def _reason(timing: Timing) -> str:
    lines = timing.get("error", "").strip().splitlines() or ["no reason given"]
    return lines[0].replace("|", "/")[:120]


def cost_section(results: dict[str, Any]) -> str:
    """When and where, and the table of what compiling costs."""
    rows = [["model", "size", "cold", "warm", "load", "peak memory"], ["---"] * 6]
    for cost in results["costs"]:
        rows.append(
            [
                cost["model"],
                f"{cost['model_bytes'] / 1e6:.1f} MB",
                f"{cost['cold_seconds']:.2f} s",
                f"{cost['warm_seconds']:.2f} s",
                f"{1e3 * cost['load_seconds']:.1f} ms",
                f"{cost['peak_bytes'] / 1e6:.0f} MB, {cost['peak_over_model']:.3g}×",
            ]
        )
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"`{results['command']}`, {_where(results['machine'])}.\n\n{lines}\n"


def scaling_section(results: dict[str, Any]) -> str:
    """When and where, and a row for each stage: its cost per node, and how that grows."""
    measured: list[Growth] = results["measured"]
    models = list(dict.fromkeys(m["model"] for m in measured))
    cells: dict[str, dict[str, str]] = {}
    for row in rows(measured):
        unit = "B" if row["stage"] == MEMORY else "µs"
        factors = ["-" if f is None else f"{f:.2f}×" for f in row["factors"]]
        cost = f"{row['per_node']:.3g} {unit}"
        cells.setdefault(row["stage"], {})[row["model"]] = ", ".join([cost, *factors])
    order = sorted(cells, key=lambda stage: stage == MEMORY)
    titles = ["stage", *(model.replace("_", " ") for model in models)]
    lines = [titles, ["---"] * len(titles)]
    lines += [[stage, *(cells[stage].get(model, "-") for model in models)] for stage in order]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    sizes = [f"{nodes:,}" for nodes in sorted({m["nodes"] for m in measured})]
    return (
        f"`{results['command']}`, {_where(results['machine'])}. Cost per node of a model of"
        f" {sizes[0]} nodes, and how many times that a node costs at {' and '.join(sizes[1:])}.\n\n"
        f"{table}\n"
    )


def _where(state: Machine) -> str:
    return (
        f"{state['date'][:10]}, {state['cores']} cores of {state['processor']}, Python"
        f" {state['python']}, one-minute load before the run {state['load_average'][0]}"
    )


def _count(threads: int) -> str:
    return f"{threads} thread" + ("" if threads == 1 else "s")


if __name__ == "__main__":
    sys.exit(main())
