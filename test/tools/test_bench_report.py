"""How comparisons are shown: one line for one model in a pipe, a table on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from stepwell.tools.measure.bench import Comparison, Timing
from stepwell.tools.measure.bench_report import comparison_line, means, print_comparisons


def comparison(model: str, ours: Timing, theirs: Timing) -> Comparison:
    speed: dict[str, float] = {}
    if "median_ms" in ours and "median_ms" in theirs:
        speed["onnxruntime"] = theirs["median_ms"] / ours["median_ms"]
    return Comparison(
        model=model,
        model_bytes=1,
        threads=1,
        reference="onnxruntime",
        runtimes={"onnxruntime": theirs, "stepwell": ours},
        speed_against=speed,
    )


FAST = comparison(
    "resnet18",
    Timing(version="1", median_ms=9.104, agrees=True, deviation=0.0),
    Timing(version="2", median_ms=18.208, agrees=True, deviation=0.0),
)
SLOW = comparison(
    "gpt2",
    Timing(version="1", median_ms=400.4, agrees=False, deviation=0.5),
    Timing(version="2", median_ms=200.2, agrees=True, deviation=0.0),
)
FAILED = comparison(
    "t5",
    Timing(version="1", median_ms=1.0, agrees=True, deviation=0.0),
    Timing(version="2", error="no such operator\nmore"),
)


def test_a_line_holds_times_and_speeds() -> None:
    assert comparison_line(FAST) == (
        "resnet18, 1 thread: stepwell 9.1 ms; onnxruntime 18.2 ms (2.00x)"
    )


def test_wrong_numbers_stand_beside_the_time() -> None:
    assert comparison_line(SLOW) == (
        "gpt2, 1 thread: stepwell 400 ms DIFFERS by 5.0e-01; onnxruntime 200 ms (0.50x)"
    )


def test_a_failure_is_one_line() -> None:
    assert comparison_line(FAILED) == (
        "t5, 1 thread: stepwell 1 ms; onnxruntime failed: no such operator"
    )


def test_means_are_geometric_and_skip_failures() -> None:
    assert means([FAST, SLOW, FAILED]) == {"onnxruntime": 1.0}


def test_pipe_gets_plain_lines() -> None:
    console = Console(file=io.StringIO(), width=40)
    print_comparisons([FAST, SLOW], console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        comparison_line(FAST),
        comparison_line(SLOW),
        "geometric mean of the speed against onnxruntime, 1 thread: 1.00x",
    ]


def test_one_model_has_no_mean() -> None:
    console = Console(file=io.StringIO(), width=40)
    print_comparisons([FAST], console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [comparison_line(FAST)]


def test_terminal_gets_a_table() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    print_comparisons([FAST, SLOW, FAILED], console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    for word in (
        "resnet18",
        "18.2 ms (2.00x)",
        "DIFFERS by 5.0e-01",
        "no such operator",
        "(1.00x)",
    ):
        assert word in text
