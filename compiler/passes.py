"""
All passes by name: the table that `opt-tool` and the stages of the compiler look names up in.

The general passes of xDSL are in the table too; where a name of ours clashes with one of theirs,
ours is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from xdsl.passes import ModulePass

from ..plugins import extend
from .xdsl_passes import general_passes

PassFactory = Callable[[], type[ModulePass]]


def _own(module: str, symbol: str) -> PassFactory:
    """A factory that imports `symbol` from a module of this package."""
    return _loader(f"..{module}", symbol)


def _loader(module: str, symbol: str) -> PassFactory:
    def load() -> type[ModulePass]:
        return getattr(import_module(module, __package__), symbol)

    return load


def get_all_passes() -> dict[str, PassFactory]:
    """Factories of all passes by name, those of plug-ins included."""
    own = {
        "apply-pdl": _own("transforms.apply_pdl", "ApplyPdlPass"),
        "assign-layouts": _own("transforms.assign_layouts", "AssignLayoutsPass"),
        "canonicalize": _own("transforms.canonicalize", "CanonicalizePass"),
        "check-memory-plan": _own("transforms.check_memory_plan", "CheckMemoryPlanPass"),
        "contract-codes": _own("transforms.contract_codes", "ContractCodesPass"),
        "convert-engine-to-kernels": _own(
            "conversion.engine_to_kernels.convert", "ConvertEngineToKernelsPass"
        ),
        "convert-onnx-to-engine": _own(
            "conversion.onnx_to_engine.convert", "ConvertOnnxToEnginePass"
        ),
        "convert-to-engine": _own("conversion.to_engine.convert_to_engine", "ConvertToEnginePass"),
        "expand-math": _own("transforms.expand_math", "ExpandMathPass"),
        "expand-transposed-conv": _own(
            "transforms.expand_transposed_conv", "ExpandTransposedConvPass"
        ),
        "keep-roundings": _own("transforms.keep_roundings", "KeepRoundingsPass"),
        "keep-weight-codes": _own("transforms.keep_weight_codes", "KeepWeightCodesPass"),
        "narrow-contractions": _own("transforms.narrow_contractions", "NarrowContractionsPass"),
        "lower-to-engine": _own("compiler.pipelines", "LowerToEnginePipeline"),
        "lower-to-kernels": _own("compiler.pipelines", "LowerToKernelsPipeline"),
        "lower-to-layout": _own("compiler.pipelines", "LowerToLayoutPipeline"),
        "lower-to-plan": _own("compiler.pipelines", "LowerToPlanPipeline"),
        "optimize": _own("transforms.optimize", "OptimizePass"),
        "order-operations": _own("transforms.order_operations", "OrderOperationsPass"),
        "plan-memory": _own("transforms.plan_memory", "PlanMemoryPass"),
        "prepare-codes": _own("transforms.prepare_codes", "PrepareCodesPass"),
        "promote-half-precision": _own(
            "transforms.promote_half_precision", "PromoteHalfPrecisionPass"
        ),
        "bind-sizes": _own("transforms.bind_sizes", "BindSizesPass"),
        "hoist-invariants": _own("transforms.hoist_invariants", "HoistInvariantsPass"),
        "band-rows": _own("transforms.band_rows", "BandRowsPass"),
        "late-concats": _own("transforms.late_concats", "LateConcatsPass"),
        "split-padding": _own("transforms.split_padding", "SplitPaddingPass"),
        "use-winograd": _own("transforms.use_winograd", "UseWinogradPass"),
        "verify-dominance": _own("transforms.verify_dominance", "VerifyDominancePass"),
        "widen-half-precision": _own("transforms.widen_half_precision", "WidenHalfPrecisionPass"),
    }
    return extend("passes", general_passes() | own)
