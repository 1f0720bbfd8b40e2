"""`optimize`: a model as standard ONNX again, after the rewrites of level 2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...conversion.engine_to_onnx.convert import onnx_module
from ...conversion.engine_to_onnx.nodes import DEFAULT_OPSET
from ...conversion.export_onnx import export_file
from ...conversion.onnx_export.fused_nodes import RUNTIME, FusedNode, fused_nodes
from ...conversion.onnx_export.opset import opset_versions
from ...conversion.onnx_import.opset_upgrade.upgrade import newest_opset
from ...dialects.engine.weights import weight_store
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import OnnxOp
from ...errors import UsageError
from ...runtime.output_file import destination
from ...transforms.contract_codes import RULES, ContractCodesPass
from ...transforms.keep_weight_codes import KeepWeightCodesPass
from ...transforms.optimize import OptimizePass
from ...transforms.optimize.plugged import all_rewrites
from ...transforms.optimize.rewrites import coded_scalars, coded_weights
from ..compilation import Compilation
from ..garbage import fewer_collections
from ..pipelines import STAGES
from ..planned_program import main_of
from .model_options import ChoiceAnswer, ModelOptions, choice_answer, model_name, opened

OLDEST_ASKED = 13
"""The oldest opset that may be asked for."""

SCHEMA, VERSION = "stepwell.optimize", 1
"""Of the answer; the version goes up when a field changes its meaning or goes."""


class NodesAnswer(TypedDict):
    """The nodes of a model, constants left out: how many, and how many of each operator."""

    count: int
    by_operator: dict[str, int]


class Optimization(TypedDict):
    """What was optimised, how, and the nodes of the model as it was given and as it is now."""

    schema: str
    version: int
    model: str
    choice: ChoiceAnswer
    before: NodesAnswer
    after: NodesAnswer


@dataclass(frozen=True)
class Optimized:
    """An optimised model: a module of the `onnx` dialect, and the context that has its weights."""

    module: ModuleOp
    context: Context
    answer: Optimization
    opset: int | None = None
    """The opset that was asked for."""
    fused: tuple[FusedNode, ...] = ()
    """Nodes of a runtime's own operators, each in the place of several."""

    def save(self, path: str | Path, keep: Sequence[Path] = ()) -> tuple[Path, ...]:
        """
        Write it as `.onnx`; beyond 2 GiB its weights go to `NAME.data` beside it. Gives the files
        that it wrote.

        Raises:
            UsageError: for another name, and for a file of `keep`.
            StepwellError: if it cannot be written.
        """
        target = Path(path)
        if target.suffix != ".onnx":
            raise UsageError(f"{target}: expected a name that ends in .onnx")
        destination(target, keep)  # refused before the work
        return export_file(self.module, self.context, target, opset=self.opset, fused=self.fused)


def optimize(
    model: Any,
    *,
    opset: int | None = None,
    runtime: str | None = None,
    **options: Unpack[ModelOptions],
) -> Optimized:
    """
    A model of any framework as ONNX, after the rewrites of level 2.

    The rewrites that take part are those of `optimization`, `exactness`, `enable` and `disable`, as
    in `compile`. Inputs and outputs keep their names. The model is of `opset`, and uses what that
    has; without one it is of the oldest from 18 on that will do, and of 23 at most. For the
    `runtime` "onnxruntime" it has operators of that runtime's own, too, where these are fewer.

    Raises:
        UsageError: for an opset or a runtime that is not known.
        StepwellError: as `compile`, and a `CompileError` with all operations that have no form in
            ONNX, and their nodes.
    """
    _check(opset, runtime)
    with fewer_collections():
        compilation = opened(model, **options)
        choice = choice_answer(compilation.options.choice)
        before = _nodes(compilation.module)
        module = as_onnx(compilation, opset or DEFAULT_OPSET)
        if opset is not None:
            opset_versions(_operations(module), opset)  # refused here, not when it is written
        fused: list[FusedNode] = []
        if runtime == RUNTIME:
            fused = fused_nodes(main_of(module).body.block, weight_store(compilation.ctx))
        answer = Optimization(
            schema=SCHEMA,
            version=VERSION,
            model=model_name(model),
            choice=choice,
            before=before,
            after=_nodes(module, fused),
        )
        return Optimized(module, compilation.ctx, answer, opset, tuple(fused))


def _check(opset: int | None, runtime: str | None) -> None:
    newest = newest_opset("")
    if opset is not None and not OLDEST_ASKED <= opset <= newest:
        raise UsageError(f"opset is {opset}, expected {OLDEST_ASKED} to {newest}")
    if runtime not in (None, RUNTIME):
        raise UsageError(f"runtime is '{runtime}', expected '{RUNTIME}'")


def as_onnx(compilation: Compilation, newest: int = DEFAULT_OPSET) -> ModuleOp:
    """
    The module of a compilation at level 1, rewritten on level 2, as one of the `onnx` dialect,
    with operators of the opset `newest` at most.

    Raises:
        CompileError: with all operations that have no form in ONNX, and their nodes.
    """
    for pass_ in _passes(compilation):
        pass_.apply(compilation.ctx, compilation.module)
    return onnx_module(compilation.module, compilation.ctx, newest)


_OF_CODES = frozenset(
    rule.name for rule in (*coded_scalars.RULES, *coded_weights.RULES)
) | frozenset(RULES)
"""Rules that take apart what ONNX says of codes: QuantizeLinear, DequantizeLinear."""


def _passes(compilation: Compilation) -> Iterator[ModulePass]:
    """Those to level 2, without what is said of codes in other words."""
    names = tuple(rule.name for rule in all_rewrites() if rule.name not in _OF_CODES)
    for pass_ in STAGES["engine"](compilation.options).passes():
        if isinstance(pass_, OptimizePass):
            yield replace(pass_, only=names)
        elif not isinstance(pass_, ContractCodesPass | KeepWeightCodesPass):
            yield pass_


def _operations(module: ModuleOp) -> list[OnnxOp]:
    return [op for op in main_of(module).walk() if isinstance(op, OnnxOp)]


def _nodes(module: ModuleOp, fused: Sequence[FusedNode] = ()) -> NodesAnswer:
    taken = {op for node in fused for op in node.ops}
    found = Counter(node.operator for node in fused)
    for op in main_of(module).walk():
        if isinstance(op, FrameworkOp) and op.name != "onnx.Constant" and op not in taken:
            found[op.SIGNATURE.schema.operator] += 1
    return NodesAnswer(count=found.total(), by_operator=dict(sorted(found.items())))
