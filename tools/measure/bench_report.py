"""How comparisons of runtimes are shown: a table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .bench import Comparison, Timing, mean_speed

SUBJECT = "stepwell"


def print_comparisons(comparisons: Sequence[Comparison], console: Console) -> None:
    """Prints the figures of each model, then the summary."""
    if not console.is_terminal:
        for comparison in comparisons:
            console.print(comparison_line(comparison), soft_wrap=True, highlight=False)
    print_summary(comparisons, console)


def print_summary(comparisons: Sequence[Comparison], console: Console) -> None:
    """For a reader who has seen each model's line: the table, or the means in a pipe.

    The comparisons are of one number of threads.
    """
    if console.is_terminal:
        console.print(comparison_table(comparisons))
        for comparison in comparisons:
            for name, timing in comparison["runtimes"].items():
                if "error" in timing:
                    console.print(f"{comparison['model']}: {name} {_failure(timing)}")
        return
    threads = _threads(comparisons[0]) if comparisons else ""
    for peer, mean in _worthwhile_means(comparisons).items():
        line = f"geometric mean of the speed against {peer}, {threads}: {mean:.2f}x"
        console.print(line, soft_wrap=True, highlight=False)


def comparison_line(comparison: Comparison) -> str:
    """One line for one model: `resnet18, 1 thread: stepwell 9.10 ms; onnxruntime 9.83 ms (1.08x)`.

    The factor is our speed against that peer: above one, Stepwell is faster.
    """
    parts = [_cell(comparison, SUBJECT)]
    parts += [_cell(comparison, name) for name in comparison["runtimes"] if name != SUBJECT]
    return f"{comparison['model']}, {_threads(comparison)}: {'; '.join(parts)}"


def comparison_table(comparisons: Sequence[Comparison]) -> Table:
    """Rows are models, columns are runtimes; the last row holds geometric means."""
    names = [SUBJECT]
    for comparison in comparisons:
        names += [name for name in comparison["runtimes"] if name not in names]
    averages = _worthwhile_means(comparisons)
    table = Table(caption="milliseconds per call; in brackets our speed against that peer")
    table.add_column("model")
    table.add_column("threads", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    for comparison in comparisons:
        cells = [_table_cell(comparison, name) for name in names]
        table.add_row(comparison["model"], str(comparison["threads"]), *cells)
    if averages:
        table.add_section()
        cells = [f"({averages[name]:.2f}x)" if name in averages else "" for name in names]
        table.add_row("geometric mean", "", *cells)
    return table


def means(comparisons: Sequence[Comparison]) -> dict[str, float]:
    """The geometric mean of our speed against each peer that ran."""
    peers = dict.fromkeys(name for c in comparisons for name in c["speed_against"])
    found = {name: mean_speed(comparisons, name) for name in peers}
    return {name: mean for name, mean in found.items() if mean is not None}


def _threads(comparison: Comparison) -> str:
    return f"{comparison['threads']} thread{'' if comparison['threads'] == 1 else 's'}"


def _worthwhile_means(comparisons: Sequence[Comparison]) -> dict[str, float]:
    return means(comparisons) if len(comparisons) > 1 else {}


def _cell(comparison: Comparison, name: str) -> str:
    timing = comparison["runtimes"][name]
    figure = _failure(timing) if "error" in timing else _figure(comparison, name)
    return f"{name} {figure}"


def _table_cell(comparison: Comparison, name: str) -> str:
    timing = comparison["runtimes"].get(name)
    if timing is None:
        return ""
    return "failed" if "error" in timing else _figure(comparison, name)


def _figure(comparison: Comparison, name: str) -> str:
    timing = comparison["runtimes"][name]
    if "median_ms" not in timing:
        return "not timed"
    figure = (
        f"{timing['median_ms']:.3g} ms"
        if timing["median_ms"] < 100
        else (f"{timing['median_ms']:.0f} ms")
    )
    if name in comparison["speed_against"]:
        figure += f" ({comparison['speed_against'][name]:.2f}x)"
    if not timing.get("agrees", True):
        moved = timing.get("deviation")
        figure += " DIFFERS" if moved is None else f" DIFFERS by {moved:.1e}"
    return figure


def _failure(timing: Timing) -> str:
    return f"failed: {timing.get('error', '').splitlines()[0]}"
