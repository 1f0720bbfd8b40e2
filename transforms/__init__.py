"""Moves along a level: one pass per file, the file named after the pass.

Passes of `conversion`, the steps between levels, are listed here too: this is the table that
`opt-tool` and the compiler's stages look names up in.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from xdsl.passes import ModulePass

from ..plugins import extend

PassFactory = Callable[[], type[ModulePass]]


def _pass(module: str, symbol: str) -> PassFactory:
    """A factory that imports `symbol` from `module`, relative to this package or xDSL's."""

    def load() -> type[ModulePass]:
        return getattr(import_module(module, __package__), symbol)

    return load


def get_all_passes() -> dict[str, PassFactory]:
    """Factories of all passes by name, those of plug-ins included."""
    own = {
        "assign-layouts": _pass(".assign_layouts", "AssignLayoutsPass"),
        "canonicalize": _pass("xdsl.transforms.canonicalize", "CanonicalizePass"),
        "check-memory-plan": _pass(".check_memory_plan", "CheckMemoryPlanPass"),
        "convert-engine-to-kernels": _pass(
            "..conversion.engine_to_kernels.convert", "ConvertEngineToKernelsPass"
        ),
        "convert-onnx-to-engine": _pass(
            "..conversion.onnx_to_engine.convert", "ConvertOnnxToEnginePass"
        ),
        "cse": _pass(
            "xdsl.transforms.common_subexpression_elimination", "CommonSubexpressionElimination"
        ),
        "dce": _pass("xdsl.transforms.dead_code_elimination", "DeadCodeElimination"),
        "expand-math": _pass(".expand_math", "ExpandMathPass"),
        "expand-transposed-conv": _pass(".expand_transposed_conv", "ExpandTransposedConvPass"),
        "licm": _pass("xdsl.transforms.loop_invariant_code_motion", "LoopInvariantCodeMotionPass"),
        "optimize": _pass(".optimize", "OptimizePass"),
        "plan-memory": _pass(".plan_memory", "PlanMemoryPass"),
        "promote-half-precision": _pass(".promote_half_precision", "PromoteHalfPrecisionPass"),
        "split-padding": _pass(".split_padding", "SplitPaddingPass"),
        "use-winograd": _pass(".use_winograd", "UseWinogradPass"),
        "verify-dominance": _pass(".verify_dominance", "VerifyDominancePass"),
        "widen-half-precision": _pass(".widen_half_precision", "WidenHalfPrecisionPass"),
    }
    return extend("passes", own)
