"""The general passes of xDSL: those that belong to no target and to dialects that we have too."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.passes import ModulePass
from xdsl.transforms import get_all_passes

GENERAL = (
    "apply-individual-rewrite",
    "apply-pdl-interp",
    "approximate-math-with-bitcast",
    "arith-add-fastmath",
    "constant-fold-interp",
    "control-flow-hoist",
    "convert-arith-to-varith",
    "convert-linalg-to-loops",
    "convert-memref-to-ptr",
    "convert-ml-program-to-memref",
    "convert-pdl-to-pdl-interp",
    "convert-ptr-to-llvm",
    "convert-ptr-type-offsets",
    "convert-scf-to-cf",
    "convert-varith-to-arith",
    "convert-vector-to-ptr",
    "cse",
    "dce",
    "empty-tensor-to-alloc-tensor",
    "expand-math-to-polynomials",
    "frontend-desymrefy",
    "func-to-pdl-rewrite",
    "function-constant-pinning",
    "function-persist-arg-names",
    "licm",
    "lift-arith-to-linalg",
    "linalg-fuse-multiply-add",
    "linalg-generalize-named-ops",
    "loop-hoist-memref",
    "lower-affine",
    "mlir-opt",
    "reconcile-unrealized-casts",
    "scf-for-loop-flatten",
    "scf-for-loop-range-folding",
    "scf-for-loop-unroll",
    "scf-parallel-loop-tiling",
    "test-constant-folding",
    "test-linalg-tiling",
    "test-specialised-constant-folding",
    "test-vectorize-matmul",
    "transform-interpreter",
    "varith-fuse-repeated-operands",
    "vector-split-load-extract",
)


def general_passes() -> dict[str, Callable[[], type[ModulePass]]]:
    """Factories of xDSL's general passes by name; a pass is imported when it is first made."""
    available = get_all_passes()
    return {name: available[name] for name in GENERAL}
