"""
The stages of the compiler as named pipelines, one from each level to the next.

    lower-to-engine     level 1 -> 2    converted, then rewritten to a fixpoint
    lower-to-layout     level 2 -> 3    every tensor has its layout
    lower-to-plan       level 3 -> 4    memrefs into one arena
    lower-to-kernels    level 4 -> 5    func, scf, vector, memref

The compiler runs these and nothing else, so a pipeline of `opt-tool` with the same names does what
`stepwell compile` does. There is none for level 6: LLVM IR is llvmlite's, not a module of xDSL
(`stepwell compile --emit llvm` prints it).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from xdsl.passes import ModulePass

from ..conversion.engine_to_kernels.convert import ConvertEngineToKernelsPass
from ..conversion.to_engine.convert_to_engine import ConvertToEnginePass
from ..conversion.to_engine.data_names import ALL_SIZES
from ..transforms.assign_layouts import AssignLayoutsPass
from ..transforms.band_rows import BandRowsPass
from ..transforms.contract_codes import ContractCodesPass
from ..transforms.expand_transposed_conv import ExpandTransposedConvPass
from ..transforms.hoist_invariants import HoistInvariantsPass
from ..transforms.keep_roundings import KeepRoundingsPass
from ..transforms.keep_weight_codes import KeepWeightCodesPass
from ..transforms.late_concats import LateConcatsPass
from ..transforms.narrow_contractions import NarrowContractionsPass
from ..transforms.optimize import OptimizePass
from ..transforms.optimize.choice import DEFAULT_LEVEL, Choice, exactness_at
from ..transforms.optimize.plugged import all_rewrites
from ..transforms.order_operations import OrderOperationsPass
from ..transforms.plan_memory import PlanMemoryPass
from ..transforms.prepare_codes import PrepareCodesPass
from ..transforms.promote_half_precision import PromoteHalfPrecisionPass
from ..transforms.split_padding import SplitPaddingPass
from ..transforms.use_winograd import UseWinogradPass
from ..transforms.widen_half_precision import WidenHalfPrecisionPass
from .named_pipeline import NamedPipeline
from .options import Options


@dataclass(frozen=True)
class ChosenPipeline(NamedPipeline):
    """A pipeline some of whose passes and rules need not run (`transforms/optimize/choice.py`)."""

    exactness: str | None = None
    """The class that is allowed; without one, that of the level of optimisation."""
    optimization: int = DEFAULT_LEVEL
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()

    @property
    def choice(self) -> Choice:
        """What takes part."""
        exactness = exactness_at(self.optimization, self.exactness)
        return Choice(self.optimization, exactness, self.enable, self.disable)

    def passes(self) -> tuple[ModulePass, ...]:
        choice = self.choice
        if not choice.is_plain:
            choice.check(all_rewrites())
        return tuple(pass_ for pass_ in self.all_passes(choice) if choice.takes_pass(pass_.name))

    @abstractmethod
    def all_passes(self, choice: Choice) -> tuple[ModulePass, ...]:
        """The passes, also those that are not chosen."""


@dataclass(frozen=True)
class LowerToEnginePipeline(ChosenPipeline):
    """From level 1 to level 2: convert to engine operations and rewrite them to a fixpoint."""

    name = "lower-to-engine"
    data_sizes: str = ALL_SIZES
    precision: str = "f32"
    target: str = "native"

    def all_passes(self, choice: Choice) -> tuple[ModulePass, ...]:
        return (
            ConvertToEnginePass(self.data_sizes),
            PromoteHalfPrecisionPass(exactness=choice.exactness),
            HoistInvariantsPass(),
            ContractCodesPass(
                exactness=self.exactness,
                enable=self.enable,
                disable=self.disable,
                optimization=self.optimization,
            ),
            OptimizePass(
                exactness=self.exactness,
                enable=self.enable,
                disable=self.disable,
                optimization=self.optimization,
            ),
            KeepWeightCodesPass(exactness=choice.exactness),
            NarrowContractionsPass(precision=self.precision, target=self.target),
        )


@dataclass(frozen=True)
class LowerToLayoutPipeline(ChosenPipeline):
    """From level 2 to level 3: choose algorithms for the target, then the layout of each tensor."""

    name = "lower-to-layout"
    target: str = "native"

    def all_passes(self, choice: Choice) -> tuple[ModulePass, ...]:
        return (
            BandRowsPass(),
            WidenHalfPrecisionPass(target=self.target),
            ExpandTransposedConvPass(target=self.target, exactness=choice.exactness),
            SplitPaddingPass(),
            PrepareCodesPass(target=self.target),
            UseWinogradPass(target=self.target, exactness=choice.exactness),
            KeepRoundingsPass(exactness=choice.exactness),
            AssignLayoutsPass(target=self.target),
            LateConcatsPass(),
        )


@dataclass(frozen=True)
class LowerToPlanPipeline(ChosenPipeline):
    """From level 3 to level 4: order operations for memory, and give every tensor its place."""

    name = "lower-to-plan"

    def all_passes(self, choice: Choice) -> tuple[ModulePass, ...]:
        return (OrderOperationsPass(), PlanMemoryPass())


@dataclass(frozen=True)
class LowerToKernelsPipeline(NamedPipeline):
    """From level 4 to level 5: write every operation as a kernel of loops and vectors."""

    name = "lower-to-kernels"
    target: str = "native"

    def passes(self) -> tuple[ModulePass, ...]:
        return (ConvertEngineToKernelsPass(target=self.target),)


STAGES: dict[str, Callable[[Options], NamedPipeline]] = {
    "engine": lambda o: LowerToEnginePipeline(
        o.exactness, o.optimization, o.enable, o.disable, o.data_sizes, o.precision, o.target
    ),
    "layout": lambda o: LowerToLayoutPipeline(
        o.exactness, o.optimization, o.enable, o.disable, o.target
    ),
    "plan": lambda o: LowerToPlanPipeline(o.exactness, o.optimization, o.enable, o.disable),
    "kernels": lambda o: LowerToKernelsPipeline(o.target),
}
"""Level -> the pipeline that leads to it from the level before."""
