"""
How large the kernels of models are: operations of level 5, and the time that each costs to make.

    python benchmarks/kernel_sizes.py                       the default models
    python benchmarks/kernel_sizes.py yolov8n --above 1000  what has more than 1000 operations

A kernel counts with its private functions and after math functions are expanded: what the code
generator gets. `MOST_OPERATIONS` is the bound that templates keep; the command fails when a kernel
is above it. Times are of the process, in milliseconds, without the cache of kernels.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models import DEFAULT, model_path

from stepwell.compiler.compilation import Compilation
from stepwell.compiler.options import Options
from stepwell.conversion.engine_to_kernels.convert import build_kernel
from stepwell.conversion.engine_to_kernels.kernel_uses import KernelUse, kernels_used
from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.dialects.engine.base import names_of
from stepwell.kernels.registry import plan_kernel
from stepwell.kernels.template import MOST_OPERATIONS, operation_count
from stepwell.targets.target import Target


@dataclass(frozen=True)
class KernelSize:
    """One kernel: its size, the template that built it, and what making it cost."""

    name: str
    template: str
    operations: int
    build_ms: float
    code_ms: float
    nodes: str

    def __str__(self) -> str:
        return (
            f"{self.operations:6d} ops  build {self.build_ms:6.1f} ms  code {self.code_ms:7.1f} ms"
            f"  {self.template:22s} {self.name}  ({self.nodes})"
        )


def kernel_sizes(model: Path, target: Target, *, code: bool = True) -> Iterator[KernelSize]:
    """The distinct kernels of a model, in the order of first use; `code` also makes their code."""
    compilation = Compilation.of(model, Options())
    compilation.lower_to("plan")
    for use in kernels_used(compilation.module).values():
        yield _measured(use, target, code)
        gc.collect(1)  # IR is full of cycles


def _measured(use: KernelUse, target: Target, code: bool) -> KernelSize:
    start = time.process_time()
    module, _ = build_kernel(use, target)
    built = time.process_time()
    if code:
        compile_object(emit_module(module, target), target)
    end = time.process_time()
    planned = plan_kernel(use.op, target)
    assert planned is not None
    nodes = names_of(use.op, "nodes")
    return KernelSize(
        name=use.name,
        template=type(planned.template).__name__,
        operations=operation_count(module),
        build_ms=1e3 * (built - start),
        code_ms=1e3 * (end - built),
        nodes=nodes[0] if nodes else "",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="List the sizes of the kernels of models.")
    parser.add_argument("models", nargs="*", default=DEFAULT, help="names, or paths of ONNX files")
    parser.add_argument("--above", type=int, default=MOST_OPERATIONS, help="list what is larger")
    parser.add_argument("--no-code", action="store_true", help="only build, do not generate code")
    options = parser.parse_args()
    paths = [Path(m) if m.endswith(".onnx") else model_path(m) for m in options.models]
    target = Target.host()
    largest = 0
    for path in paths:
        sizes = list(kernel_sizes(path, target, code=not options.no_code))
        sizes.sort(key=lambda size: size.operations, reverse=True)
        largest = max(largest, sizes[0].operations if sizes else 0)
        print(
            f"{path.stem}: {len(sizes)} kernels, largest {sizes[0].operations if sizes else 0} ops,"
            f" build {sum(s.build_ms for s in sizes):.0f} ms,"
            f" code {sum(s.code_ms for s in sizes):.0f} ms"
        )
        for size in sizes:
            if size.operations > options.above:
                print(f"  {size}")
        sys.stdout.flush()
    return int(largest > MOST_OPERATIONS)


if __name__ == "__main__":
    sys.exit(main())
