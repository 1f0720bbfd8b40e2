"""xDSL's own filecheck tests through `opt-tool`: `make xdsl-suite`, or with `XDSL=path`.

    python test/xdsl_suite.py [--tests FOLDER] [--show] [NAME ...]

Takes the RUN lines of xDSL's tests for the dialects and the passes that Stepwell has too, runs
them with `xdsl-opt` and, with nothing but the tool's name changed, with `opt-tool`, and lists the
files that pass with the first only. `FOLDER` is `tests/filecheck` of a clone of xDSL of the
installed version; without it the tests that xDSL's package installs are taken. `NAME` restricts
the run to files whose path contains it; `--show` prints why a file fails.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import xdsl

from stepwell.tools.lit.in_process_format import COMMANDS, parse_pipeline, run_pipeline

INSTALLED = Path(xdsl.__file__).parent.parent / "tests" / "filecheck"

DIALECTS = (
    "builtin func arith scf cf memref vector math tensor linalg affine pdl pdl_interp ub symref "
    "bufferization complex varith"
)

FILES = (
    "dce.mlir parser-printer "
    "transforms/approximate-math-with-bitcast.mlir transforms/arith-add-fastmath.mlir "
    "transforms/apply-pdl transforms/apply-pdl-interp transforms/convert-pdl-to-pdl-interp "
    "transforms/convert-arith-to-varith.mlir transforms/convert-varith-to-arith.mlir "
    "transforms/convert-scf-to-cf.mlir transforms/convert_linalg_to_loops.mlir "
    "transforms/cse.mlir transforms/dce.mlir transforms/desymref.mlir "
    "transforms/empty-tensor-to-alloc-tensor.mlir transforms/expand_math_to_polynomials.mlir "
    "transforms/function-constant-pinning.mlir transforms/function-persist-arg-names.mlir "
    "transforms/licm.mlir transforms/lift-arith-to-linalg.mlir "
    "transforms/linalg-fuse-multiply-add.mlir transforms/linalg_generalize_named_ops.mlir "
    "transforms/linalg-tiling.mlir transforms/linalg-tiling-reject-unsupported.mlir "
    "transforms/loop-hoist-memref transforms/lower_affine.mlir "
    "transforms/reconcile_unrealized_casts.mlir transforms/scf-parallel-loop-tiling.mlir "
    "transforms/scf-parallel-loop-tiling-partial.mlir "
    "transforms/scf_for_loop_range_folding.mlir transforms/scf_for_loop_unroll.mlir "
    "transforms/test-constant-folding.mlir transforms/test-specialised-constant-folding.mlir "
    "transforms/varith-fuse-repeated-operands.mlir transforms/vector-split-load-extract.mlir "
    "xdsl_opt"
)

# The substitutions of xDSL's lit.cfg.
ROUNDTRIPS = {
    "XDSL_ROUNDTRIP": "xdsl-opt %s --print-op-generic --split-input-file "
    "| xdsl-opt --split-input-file | filecheck %s",
    "XDSL_GENERIC_ROUNDTRIP": "xdsl-opt %s --print-op-generic --split-input-file "
    "| filecheck %s --check-prefix=CHECK-GENERIC",
}
_RUN = re.compile(r"RUN:\s*(.*)")


def main() -> int:
    """Run the tests; the exit code is 1 if fewer than 95 % of those that xDSL passes do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tests", type=Path, default=INSTALLED, help="xDSL's tests/filecheck")
    parser.add_argument("--show", action="store_true", help="print why a file fails")
    parser.add_argument("names", nargs="*", help="only files whose path contains one of these")
    args = parser.parse_args()
    COMMANDS["xdsl-opt"] = _xdsl_opt
    passed: list[str] = []
    failed: list[str] = []
    for path in _files(args.tests):
        name = str(path.relative_to(args.tests))
        if args.names and not any(part in name for part in args.names):
            continue
        if _failure(path, "xdsl-opt") is not None:
            print(f"not counted, as xdsl-opt fails too: {name}", flush=True)
        elif (reason := _failure(path, "opt-tool")) is None:
            passed.append(name)
        else:
            failed.append(name)
            print(f"FAIL {name}" + (f"\n{reason}" if args.show else ""), flush=True)
    counted = len(passed) + len(failed)
    if not counted:
        print(f"no tests of xDSL in {args.tests}")
        return 1
    print(f"{len(passed)} of {counted} files pass ({len(passed) / counted:.1%})")
    return int(len(passed) < 0.95 * counted)


def _files(root: Path) -> Iterator[Path]:
    for name in [*(f"dialects/{dialect}" for dialect in DIALECTS.split()), *FILES.split()]:
        path = root / name
        yield from sorted(path.rglob("*.mlir")) if path.is_dir() else (path,)


def _run_lines(path: Path) -> list[str]:
    """The RUN lines of a file with xDSL's substitutions; none for a file that has none."""
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if (match := _RUN.search(line)) is None:
            continue
        command = match[1].strip()
        for name, meaning in ROUNDTRIPS.items():
            command = command.replace(name, meaning)
        lines.append(command.replace("%s", str(path)).replace("%p", str(path.parent)))
    return lines


def _failure(path: Path, tool: str) -> str | None:
    """Why a file fails with a tool, in a process of its own: xDSL's tool leaves traces."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(_run(path, tool)))
    child.start()
    sender.close()
    try:
        report: str | None = receiver.recv()
    except EOFError:
        report = "the tool ended the process"
    child.join()
    return report


def _run(path: Path, tool: str) -> str | None:
    os.chdir(path.parent)
    for line in _run_lines(path):
        command = line.replace("xdsl-opt", tool)
        if command == "true":
            continue
        if (pipeline := parse_pipeline(command)) is None:
            return f"needs a shell: {command}"
        if (report := run_pipeline(pipeline)) is not None:
            return f"{command}\n{report}"
    return None


def _xdsl_opt(argv: list[str]) -> int:
    """xDSL's tool as in a process of its own, in which no resources of an earlier file are left."""
    from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
    from xdsl.dialects.builtin import Builtin
    from xdsl.xdsl_opt_main import xDSLOptMain

    vars(Builtin.get_interface(OpAsmDialectInterface))["_blob_storage"].clear()
    xDSLOptMain(args=argv).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
