"""Compiles one synthetic model stage by stage and says what each took, a JSON object a line.

    python benchmarks/scaling_once.py transformer 10000
    python benchmarks/scaling_once.py transformer 10000 --without optimize

A small model of the same kind is compiled first, so that neither imports nor the distinct kernels
of the larger one count. Seconds are those of the processor, not of the clock on the wall; bytes
are the largest resident set during the stage beyond that before the first one. `scaling.py` runs
this.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from growth import Stage
from synthetic_models import MODELS

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.garbage import fewer_collections
from stepwell.compiler.kernel_objects import compile_kernels
from stepwell.compiler.linker.link import link
from stepwell.compiler.memory_limits import check_program, check_values
from stepwell.compiler.options import Options
from stepwell.compiler.pipelines import STAGES
from stepwell.compiler.planned_program import PlannedProgram
from stepwell.dialects.text import operation_text
from stepwell.ir.parse_ir import parse_ir
from stepwell.targets.target import Target
from stepwell.transforms.check_memory_plan import CheckMemoryPlanPass

WARM_UP_NODES = 40

STATUS = Path("/proc/self/status")


@dataclass
class Measurement:
    """The stages of one model so far."""

    base: int = field(default_factory=lambda: _resident("VmRSS"))
    silent: bool = False

    @contextmanager
    def stage(self, name: str, compilation: Compilation | None = None) -> Generator[None]:
        """Measure the block below as the stage `name` and print its line."""
        gc.collect()
        _forget_peak()
        start = time.process_time()
        yield
        seconds = time.process_time() - start
        if self.silent:
            return
        count = 0 if compilation is None else sum(1 for _ in compilation.module.walk())
        peak = max(0, _resident("VmHWM") - self.base)
        line = Stage(stage=name, seconds=seconds, peak_bytes=peak, operations=count)
        print(json.dumps(line), flush=True)


def measure(path: Path, measurement: Measurement, without: frozenset[str]) -> None:
    """Compile the model at `path` without the passes named in `without`."""
    import stepwell

    options = Options()
    with measurement.stage("import"):
        compilation = Compilation.of(path, options)
    for level in ("engine", "layout", "plan"):
        for pass_ in STAGES[level](options).passes():
            if pass_.name not in without:
                with measurement.stage(pass_.name, compilation):
                    pass_.apply(compilation.ctx, compilation.module)
        if level == "engine":
            _text(compilation, measurement)
        if level == "layout":
            with measurement.stage("check-values", compilation):
                check_values(compilation.module)
    with measurement.stage("check-program", compilation):
        planned = PlannedProgram.of(compilation.module)
        check_program(planned, compilation.store, "", runs=True)
    with measurement.stage("check-memory-plan", compilation):
        CheckMemoryPlanPass().apply(compilation.ctx, compilation.module)
    target = Target.host()
    with measurement.stage("kernels", compilation):
        _, objects = compile_kernels(compilation.module, target)
    with measurement.stage("link", compilation):
        link(objects, triple=target.triple, cpu=target.cpu, features=target.features)
    del compilation
    if "optimize" in without:
        return
    with measurement.stage("whole"):
        engine = stepwell.compile(path)
    artifact = path.with_suffix(".well")
    with measurement.stage("save"):
        engine.save(artifact)
    del engine
    with measurement.stage("load"):
        engine = stepwell.load(artifact)
    shape = [int(size) for size in engine.inputs[0].shape]
    with measurement.stage("first call"):
        engine(np.ones(shape, np.float32))


def _text(compilation: Compilation, measurement: Measurement) -> None:
    """Verify the module, print it, and parse what was printed."""
    with measurement.stage("verify", compilation):
        compilation.module.verify()
    with measurement.stage("print", compilation):
        text = operation_text(compilation.module)
    with measurement.stage("parse", compilation):
        parse_ir(compilation.ctx, text, "<text>")


def _forget_peak() -> None:
    """Let the peak of the resident set begin anew, where Linux lets a process do that."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _resident(line: str) -> int:
    """`VmRSS` or `VmHWM` of this process in bytes; 0 where there is no `/proc`."""
    if not STATUS.exists():
        return 0
    for text in STATUS.read_text().splitlines():
        if text.startswith(f"{line}:"):
            return int(text.split()[1]) * 1024
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile one synthetic model stage by stage.")
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("nodes", type=int)
    parser.add_argument("--without", nargs="*", default=[], help="passes to leave out")
    options = parser.parse_args()
    without = frozenset(options.without)
    with tempfile.TemporaryDirectory() as folder, fewer_collections():
        for nodes, silent in ((WARM_UP_NODES, True), (options.nodes, False)):
            path = Path(folder) / f"{nodes}.onnx"
            path.write_bytes(MODELS[options.model](nodes).SerializeToString())
            measure(path, Measurement(silent=silent), without)


if __name__ == "__main__":
    main()
