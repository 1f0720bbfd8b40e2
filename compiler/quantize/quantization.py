"""One model on its way from its file to its quantised form, step by step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from os import PathLike
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...dialects.engine.weights import dtype_of, weight_store
from ...dialects.framework import dims_of, element_of, stored_tensor
from ...errors import CompileError
from ...ir.bind_sizes import bind_sizes
from ...runtime.arguments import file_path
from ..estimate import Estimate, estimate
from ..function_inputs import input_names
from ..options import Progress, Step
from ..planned_program import main_of
from ..questions.model_options import ModelOptions, model_name, opened
from ..questions.optimize import as_onnx
from .already import refuse_codes
from .answer import operation_answers
from .asked import Asked
from .calibration import Calibration, Feeds, ModelInput
from .coded_model import coded_module
from .equalise import equalise
from .exclude import Chosen, Trials, choose
from .gain import Gain, bytes_of, saved_seconds
from .judge import checked, relative_error, sqnr
from .observe import observe
from .products import Product, products_of
from .report import SCHEMA, VERSION, ModelAnswer, QuantizeAnswer, QuantizeReport
from .runner import Runner, sizes_in
from .sample_files import samples_in
from .schemes import INT8, Plan, candidates
from .simulate import Simulator

_BEGINNING = 12
"""Samples that are looked at for the ranges of channels, before all others."""

_RETRIES = 4
"""Times that more is left out where the model is farther off than its simulation."""


@dataclass
class Quantization:
    """A model, what was asked of it, and who is told of each step."""

    model: Any
    asked: Asked
    progress: Progress | None
    options: ModelOptions
    name: str = ""
    equalised: list[str] = field(default_factory=list[str])
    began: float = field(default_factory=time.perf_counter)

    def run(self, calibration: object) -> QuantizeReport:
        """All steps."""
        self.name = model_name(self.model)
        compilation = opened(self.model, **self.options)
        refuse_codes(compilation.module, self.name)
        module, ctx = as_onnx(compilation), compilation.ctx
        self.threads, target = compilation.options.threads, compilation.options.target
        self.tell("fold")
        self._products(module, ctx)  # refused before the samples are read
        before = module.clone()
        samples = None if calibration is None else self._samples(module, calibration)
        if samples is not None and self.asked.equalise:
            first = samples.first(_BEGINNING)
            if first:
                self.equalised = equalise(module, ctx, first, self.asked.equalise, self.threads)
                self.tell("equalise")
        plan = self._plan(module, ctx)
        kept = [product for product in plan.products if self.asked.keeps(product)]
        free = [product for product in plan.products if product not in kept]
        if not free:
            raise CompileError(f"{self.asked.keep!r} keeps all that could be quantised")
        if samples is None:
            return self._unmeasured(plan, free, before, module, ctx, target)
        return self._measured(plan, free, before, module, ctx, target, samples)

    def tell(self, name: str, done: int = 1, total: int = 1) -> None:
        """That a step has ended, or goes on."""
        if self.progress is not None:
            now = time.perf_counter()
            self.progress(Step(name, now - self.began, done, total))
            if done >= total:
                self.began = now

    def _products(self, module: ModuleOp, ctx: Context) -> list[Product]:
        found = products_of(main_of(module), weight_store(ctx))
        products = candidates(found, self.asked.scheme)
        if not products:
            kinds = "Conv, Gemm or MatMul" if not found else "Gemm or MatMul"
            raise CompileError(
                f"{self.name or 'the model'} has nothing that {self.asked.scheme} is for: no "
                f"{kinds} of 32-bit floats with a constant weight"
            )
        return products

    def _plan(self, module: ModuleOp, ctx: Context) -> Plan:
        asked, store = self.asked, weight_store(ctx)
        products = self._products(module, ctx)
        return Plan(main_of(module), store, products, asked.scheme, asked.ranges, asked.block)

    def _samples(self, module: ModuleOp, calibration: Any) -> Calibration:
        main = main_of(module)
        inputs = tuple(
            _model_input(name, argument.type)
            for name, argument in zip(input_names(main), main.body.block.args, strict=True)
        )
        paths = _paths(calibration)
        return Calibration(samples_in(paths, inputs) if paths else calibration, inputs)

    def _unmeasured(
        self,
        plan: Plan,
        free: Sequence[Product],
        before: ModuleOp,
        module: ModuleOp,
        ctx: Context,
        target: str,
    ) -> QuantizeReport:
        """Weights alone, without samples."""
        made = coded_module(module, ctx, plan.choices(free, ()))
        times = [_estimated(each, ctx, target, None) for each in (before, made)]
        gain = Gain(bytes_of(before), bytes_of(made), *times)
        gain.require(self.asked.scheme, self.name, len(free), len(plan.products))
        return self._report(plan, Chosen(list(free), [], nan), gain, made, ctx, None)

    def _measured(
        self,
        plan: Plan,
        free: Sequence[Product],
        before: ModuleOp,
        module: ModuleOp,
        ctx: Context,
        target: str,
        samples: Calibration,
    ) -> QuantizeReport:
        values = list(plan.places(plan.products).coded) if self.asked.scheme == INT8 else []
        plan.observed = observe(
            module, ctx, samples.observed(), values, plan.products, self.threads
        )
        self.tell("observe")
        metric = relative_error if self.asked.metric is None else checked(self.asked.metric)
        simulator = Simulator(
            module,
            ctx,
            {product: plan.original(product) for product in plan.products},
            plan.places(plan.products),
            dynamic=plan.is_dynamic,
            threads=self.threads,
        )
        trials = Trials(plan, simulator, samples.held_out, metric)
        self._require_floats(trials)
        sample = samples.held_out[0]
        whole = coded_module(module, ctx, plan.choices(free, ()))
        times = [_estimated(each, ctx, target, sample) for each in (before, whole)]
        self.tell("estimate")
        saved = {product: saved_seconds(product, *times) or 0.0 for product in free}
        chosen = choose(trials, free, saved, self.asked.budget, self.tell)
        made = self._verified(plan, trials, chosen, module, ctx)
        if len(chosen.active) < len(free):
            times[1] = _estimated(made, ctx, target, sample)
            self.tell("estimate")
        gain = Gain(bytes_of(before), bytes_of(made), *times)
        gain.require(self.asked.scheme, self.name, len(chosen.active), len(plan.products))
        return self._report(plan, chosen, gain, made, ctx, samples)

    def _require_floats(self, trials: Trials) -> None:
        if self.asked.metric is None and not any(
            array.dtype.kind == "f" for array in trials.expected[0].values()
        ):
            raise CompileError(
                f"{self.name or 'the model'} has no output of floats, whose error could be kept to "
                "a budget; give a metric"
            )

    def _verified(
        self, plan: Plan, trials: Trials, chosen: Chosen, module: ModuleOp, ctx: Context
    ) -> ModuleOp:
        """The quantised model, with as much left out as its own error asks for."""
        for _ in range(_RETRIES):
            self._require_budget(chosen, len(plan.products))
            made = coded_module(module, ctx, plan.choices(chosen.active, chosen.narrow))
            run = Runner(made, ctx, self.threads)
            found = [run(sample) for sample in trials.samples]
            chosen.error = trials.metric(trials.samples, trials.expected, found)
            chosen.relative = relative_error(trials.samples, trials.expected, found)
            self.tell("verify")
            if chosen.error <= self.asked.budget:
                return made
            chosen.leave_out_more()
        chosen.active = []
        self._require_budget(chosen, len(plan.products))
        raise AssertionError("nothing is left to be quantised")

    def _require_budget(self, chosen: Chosen, count: int) -> None:
        if chosen.active:
            return
        worst = [f"'{p.name}' {error:.3g}" for p, error in chosen.worst()[:5]]
        best = min(chosen.alone.values(), default=nan)
        raise CompileError(
            f"{self.name or 'the model'} cannot keep to the budget of {self.asked.budget:g}: with "
            f"all {count} operations quantised it is {chosen.all_active:.3g}, with nothing "
            f"quantised {chosen.none_active:.3g}; the relative error that operations make alone is "
            f"at least {best:.3g}, most with {', '.join(worst)}; nothing is written"
        )

    def _report(
        self,
        plan: Plan,
        chosen: Chosen,
        gain: Gain,
        made: ModuleOp,
        ctx: Context,
        samples: Calibration | None,
    ) -> QuantizeReport:
        measured = samples is not None
        model = ModelAnswer(
            bytes=[gain.bytes_before, gain.bytes_after],
            seconds=[gain.before.seconds, gain.after.seconds],
            error=chosen.error if measured else None,
            sqnr=sqnr(chosen.relative) if measured else None,
            budget=self.asked.budget if measured else None,
            samples=samples.count if samples is not None else 0,
            held_out=len(samples.held_out) if samples is not None else 0,
        )
        answer = QuantizeAnswer(
            schema=SCHEMA,
            version=VERSION,
            name=self.name,
            scheme=self.asked.scheme,
            ranges=self.asked.ranges,
            equalised=self.equalised,
            model=model,
            operations=operation_answers(plan, chosen, gain),
        )
        return QuantizeReport(made, ctx, answer, self.asked.microsoft)


def _estimated(module: ModuleOp, ctx: Context, target: str, sample: Feeds | None) -> Estimate:
    """The time of a call, of the sizes of a sample."""
    bound = module.clone()
    if sample is not None:
        bind_sizes(bound, sizes_in(bound, sample))
    return estimate(bound, ctx, target)


def _model_input(name: str, type_: Any) -> ModelInput:
    stored = stored_tensor(type_)
    element, dims = element_of(stored), dims_of(type_)
    if element is None or dims is None:
        raise CompileError(f"input '{name}' is of {type_}: samples are tensors of known rank")
    return ModelInput(name, dtype_of(element), dims)


def _paths(calibration: Any) -> list[str]:
    """The files that samples are in, none where they are given themselves."""
    if isinstance(calibration, str | PathLike):
        return [file_path("calibration", calibration)]
    if isinstance(calibration, list | tuple):
        given = cast("Sequence[object]", calibration)
        if given and all(isinstance(entry, str | PathLike) for entry in given):
            return [file_path("calibration", entry) for entry in given]
    return []
