"""How a profile is shown: what was measured, the steps in order, the sums by kernel and by op."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from .profile_run import Figures, GroupFigures, Profile, StepFigures

PIPE_WIDTH = 220
"""Where the output is not a terminal, nothing is cut off but the longest lists of nodes."""

NODES_SHOWN = 2


def profile_console() -> Console:
    """Standard output; wide where nobody looks at a screen."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=PIPE_WIDTH, highlight=False)


def print_profile(profile: Profile, console: Console, top: int | None = None) -> None:
    """All steps in order, or the `top` that take longest, and the sums."""
    for line in summary_lines(profile):
        console.print(line, soft_wrap=True)
    steps = list(profile["steps"])
    if top is not None:
        steps = sorted(steps, key=lambda step: -step["median_us"])[:top]
    console.print(steps_table(steps))
    kernels = profile["by_kernel"]
    console.print(groups_table("kernel", kernels if top is None else kernels[:top]))
    console.print(groups_table("operation", profile["by_op"]))


def summary_lines(profile: Profile) -> list[str]:
    """What was measured, on what, and how much of it the steps explain."""
    threads = f"{profile['threads']} thread{'' if profile['threads'] == 1 else 's'}"
    lines = [f"at {profile['sizes']}, {profile['program']}:"] if profile["sizes"] else []
    lines += [
        f"{profile['model']}, {threads}: {profile['wall_us'] / 1e3:.3f} ms per call"
        f" (median of {profile['runs']}, best {profile['best_wall_us'] / 1e3:.3f} ms)",
        f"{len(profile['steps'])} steps account for {100 * profile['accounted']:.1f} % of it;"
        f" at the ceilings they would take {profile['ceiling_us'] / 1e3:.3f} ms"
        f" ({_of_ceiling(profile['ceiling_us'], profile['steps_us'])} %)",
    ]
    for peak in profile["ceilings"]:
        levels = ", ".join(
            f"{level} {rate['read']:.0f}/{rate['copy']:.0f}"
            for level, rate in peak["bandwidth"].items()
        )
        count = f"{peak['threads']} thread{'' if peak['threads'] == 1 else 's'}"
        codes = f"{peak['gops_of_codes']:.0f} Gop/s of codes"
        lines.append(
            f"ceilings of {count}: {peak['gflops']:.0f} GFLOP/s, {codes};"
            f" GB/s read/copied: {levels}"
        )
    if profile["reference_ops"]:
        lines.append("run by their reference semantics, not as machine code:")
        lines += [f"  {text}" for text in profile["reference_ops"]]
    if any(step["flops"] != step["definition_flops"] for step in profile["steps"]):
        lines.append(
            "GFLOP/s are operations executed; in brackets those of the definition, where Winograd"
            " needs fewer or a causal mask hides some"
        )
    return lines


def steps_table(steps: Sequence[StepFigures]) -> Table:
    """One row for each step."""
    table = _table("#", "chunks", "best ms")
    for title in ("limit", "kernel", "operands -> results", "nodes"):
        table.add_column(title, overflow="fold")
    for step in steps:
        table.add_row(
            str(step["index"]),
            str(step["chunks"]),
            f"{step['best_us'] / 1e3:.3f}",
            *_cells(step),
            step["bound"] or "",
            step["kernel"] or f"{step['op']} (reference)",
            f"{', '.join(step['operands'])} -> {', '.join(step['results'])}",
            _nodes(step["nodes"]),
        )
    return table


def groups_table(title: str, groups: Sequence[GroupFigures]) -> Table:
    """One row for each kernel or operation."""
    table = _table("steps")
    table.add_column(title, overflow="fold")
    for group in groups:
        table.add_row(str(group["count"]), *_cells(group), group["name"])
    return table


def _table(*first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (*first, "ms", "share", "GFLOP/s", "GB/s", "ceiling"):
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _cells(figures: Figures) -> list[str]:
    gflops = f"{figures['gflops']:.1f}" if figures["flops"] else ""
    if figures["definition_flops"] != figures["flops"]:
        gflops += f" ({figures['definition_gflops']:.1f})"
    percent = figures["percent_of_ceiling"]
    return [
        f"{figures['median_us'] / 1e3:.3f}",
        f"{100 * figures['share']:.1f} %",
        gflops,
        f"{figures['gbs']:.1f}" if figures["bytes"] else "",
        "" if percent is None else f"{percent:.0f} %",
    ]


def _of_ceiling(ceiling: float, taken: float) -> str:
    return f"{100 * ceiling / taken:.0f}" if taken else "100"


def _nodes(nodes: Sequence[str]) -> str:
    shown = ", ".join(nodes[:NODES_SHOWN])
    rest = len(nodes) - NODES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
