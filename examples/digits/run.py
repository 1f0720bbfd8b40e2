"""The way of one real model through Stepwell, from an ONNX file to the answers of native code.

    make run      or, with everything set up,      python examples/digits/run.py

Compiles the classifier that `train.py` made and shows what each level holds and how long each step
took; classifies the 360 held-out images natively; compares the answers with those of the reference
interpreter on the ONNX level; saves the artifact, loads it in a second process and checks that
the answers there are the same, bit for bit. Every level is left as text in `build/digits`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from classify import classify
from rich.console import Console
from rich.table import Table
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp

import stepwell
from stepwell.compiler.compilation import LEVELS
from stepwell.compiler.compile import lower
from stepwell.compiler.options import Step
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run
from stepwell.runtime.value_text import size_text

Array = npt.NDArray[Any]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODEL = HERE / "digits.onnx"
HELD_OUT = HERE / "held_out.npz"
BUILD = ROOT / "build" / "digits"

NOT_COUNTED = {"onnx.Constant", "engine.constant", "engine.view"}  # these compute nothing
ALLOWED_DEVIATION = 1e-4


class Descent:
    """Collects what each level holds while the model goes down."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, float]] = []
        self._kernel_seconds = 0.0

    def step(self, step: Step) -> None:
        """The compiler's progress callback."""
        if step.name == "kernels":
            self._kernel_seconds += step.seconds
            if step.done == step.total:
                self.rows.append(("5 kernels", f"{step.total} kernels", self._kernel_seconds))
        elif step.name == "code":
            # measured from before the first kernel on
            self.rows.append(("6 machine code", "", step.seconds - self._kernel_seconds))
        elif step.module is not None:
            title = {"import": "onnx"}.get(step.name, step.name)
            level = f"{len(self.rows) + 1} {title}"
            self.rows.append((level, operations(step.module), step.seconds))

    def add(self, level: str, text: str) -> None:
        """Says more about a level than could be known when it was passed."""
        self.rows = [
            (name, ", ".join(filter(None, [held, text])) if name == level else held, seconds)
            for name, held, seconds in self.rows
        ]


def operations(module: ModuleOp) -> str:
    """`24 operations: 6 Conv, ...`, without constants and views; fused ones on their own."""
    counts: Counter[str] = Counter()
    fused = 0
    for function in module.ops:
        if not isinstance(function, FuncOp):
            continue
        for op in function.body.block.ops:
            if op.name in NOT_COUNTED or isinstance(op, ReturnOp):
                continue
            counts[op.name.split(".", 1)[1]] += 1
            # an epilogue ends in a terminator, which computes nothing
            fused += sum(
                len(list(block.ops)) - 1 for region in op.regions for block in region.blocks
            )
    listed = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    inside = f"; {fused} scalar operations fused into them" if fused else ""
    return f"{counts.total()} operations: {listed}{inside}"


def write_levels() -> None:
    """Leaves each level as text, with its weights beside it, for `opt-tool` and for reading."""
    for number, level in enumerate(("onnx", *LEVELS[1:]), 1):
        lowered = lower(str(MODEL), level)
        suffix = {"llvm": ".ll", "asm": ".s"}.get(level, ".mlir")
        path = BUILD / f"{number}-{level}{suffix}"
        path.write_text(lowered.text)
        lowered.save_weights(path.with_suffix(".safetensors"))


def reference(images: Array) -> Array:
    """What ONNX's reference implementation of each operator makes of the images."""
    ctx = make_context()
    module = import_model(str(MODEL), ctx)
    batches = np.split(images, len(images) // 40)
    return np.concatenate([run(ctx, module, [x])[0] for x in batches])


def milliseconds_per_call(engine: stepwell.Engine, batch: Array) -> float:
    times: list[float] = []
    for _ in range(50):
        start = time.perf_counter()
        engine(batch)
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def in_second_process(artifact: Path) -> tuple[Array, str]:
    """Probabilities of the held-out images by `classify.py`, and what it says."""
    answers = BUILD / "answers.npy"
    command = [sys.executable, HERE / "classify.py", artifact, HELD_OUT, answers]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise stepwell.StepwellError(f"the second process failed: {done.stderr.strip()}")
    return np.load(answers), done.stdout.strip()


def show(rows: list[tuple[str, str, float]], console: Console) -> None:
    """The levels as a table on a terminal, as lines in a pipe."""
    if not console.is_terminal:
        for level, held, seconds in rows:
            print(f"{level}: {held} ({1e3 * seconds:.0f} ms)")
        return
    table = Table("level", "holds")
    table.add_column("took", justify="right", no_wrap=True)
    for level, held, seconds in rows:
        table.add_row(level, held, f"{1e3 * seconds:.0f} ms")
    console.print(table)


def main() -> int:
    console = Console(highlight=False)
    BUILD.mkdir(parents=True, exist_ok=True)
    print(f"{MODEL.relative_to(ROOT)}: {size_text(MODEL.stat().st_size)}")

    descent = Descent()
    start = time.perf_counter()
    engine = stepwell.compile(str(MODEL), progress=descent.step)
    seconds = time.perf_counter() - start
    buffers = len(engine.program.plan)
    descent.add("4 plan", f"arena of {size_text(engine.arena_bytes)} in {buffers} buffers")
    descent.add("6 machine code", size_text(sum(len(c.code) for c in engine.program.codes)))
    descent.add("6 machine code", f"weights {size_text(engine.weight_bytes)}")
    show(descent.rows, console)
    by_reference = ", ".join(engine.reference_ops) or "nothing"
    print(f"compiled in {seconds:.2f} s; run by reference: {by_reference}")

    with np.load(HELD_OUT) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    probabilities = classify(engine, images)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    print(f"held-out images: {right} of {len(labels)} right, {right / len(labels):.1%}")
    print(f"one call with 40 images: {milliseconds_per_call(engine, images[:40]):.2f} ms")

    deviation = float(np.abs(probabilities - reference(images)).max())
    print(f"largest deviation from the reference: {deviation:.1e}")

    artifact = BUILD / "digits.well"
    engine.save(artifact)
    again, said = in_second_process(artifact)
    same = np.array_equal(probabilities.view(np.uint32), again.view(np.uint32))
    verdict = "the same answers, bit for bit" if same else "OTHER answers"
    print(f"{artifact.relative_to(ROOT)}: {size_text(artifact.stat().st_size)}")
    print(f"second process: {said}, {verdict}")

    write_levels()
    print(f"each level as text: {BUILD.relative_to(ROOT)}")
    return 0 if same and deviation <= ALLOWED_DEVIATION else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except stepwell.StepwellError as error:
        sys.exit(f"run: {error}")
