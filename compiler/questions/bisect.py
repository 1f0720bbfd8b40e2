"""`bisect`: the first step of the compiler that makes a model compute something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block

from ...dialects.engine.base import names_of
from ...dialects.engine.weights import weight_store, weights_used
from ...dialects.text import operation_text
from ...errors import StepwellError, UsageError
from ...interpreters import run
from ...runtime.abi import INPUT_NAMES, OUTPUT_NAMES
from ...runtime.output_file import output_file
from ...transforms.optimize import OptimizePass
from ...transforms.optimize.rewriting import MERGE, Applied, Watcher
from ..compilation import Compilation
from ..compile import compile
from ..function_inputs import random_inputs
from ..garbage import fewer_collections
from ..named_pipeline import expanded
from ..pipelines import STAGES
from ..planned_program import main_of
from .local_check import Tolerance, interpreted
from .model_options import ChoiceAnswer, ModelOptions, choice_answer, model_name, opened
from .suspects import Examiner, Suspect

SCHEMA, VERSION = "stepwell.bisect", 1

DEFAULT_TOLERANCE = 1e-4
"""Of the largest magnitude of a result, as in `stepwell verify`."""

MOST = 1e30
"""What stands for an infinite difference, which JSON does not have."""

CODE = "code"
"""The step that makes machine code of the plan."""


class SuspectAnswer(TypedDict):
    """A step that does not mean the same on some operations alone; the largest difference there."""

    stage: str
    pass_name: str
    rule: str
    nodes: list[str]
    times_allowed: float


class Bisection(TypedDict):
    """
    Where a model goes wrong. `outputs` has the difference of each in units of what is allowed;
    where none is above 1 there is no fault. `fault` is the first step that changes the meaning of
    operations, `confirmed` whether the model is right without it (rules, and passes that are
    optional); `others` are later ones. Without a `fault`, `stage` is the first after which the
    model as a whole is wrong.
    """

    schema: str
    version: int
    model: str
    choice: ChoiceAnswer
    outputs: dict[str, float]
    agrees: bool
    fault: SuspectAnswer | None
    confirmed: bool
    stage: str
    others: list[SuspectAnswer]
    command: str


@dataclass(frozen=True)
class Found:
    """The answer, and the operations that show the fault, as a module of their own."""

    answer: Bisection
    case: ModuleOp | None
    context: Context

    def save(self, path: str | Path, keep: Sequence[Path] = ()) -> str:
        """
        Write the operations before the faulty step, with their weights beside it, and give the
        command that shows the fault; nothing without one.

        Raises:
            StepwellError: if it cannot be written.
        """
        if self.case is None:
            return ""
        target = Path(path)
        store, weights = weight_store(self.context), tuple(weights_used(self.case))
        with output_file(target, keep) as part:
            part.write_text(operation_text(self.case) + "\n", encoding="utf-8")
            if weights:
                store.save(target.with_suffix(".safetensors"), weights, keep)
        return self.answer["command"].replace(CASE, str(target))


CASE = "CASE.mlir"
"""What stands for the file in the command of an answer."""


def bisect(
    model: Any,
    inputs: Mapping[str, Any] | None = None,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    **options: Unpack[ModelOptions],
) -> Found:
    """
    The first pass, and of `optimize` the first rule, that moves an output of `model` further than
    `tolerance`, on `inputs` by name or random ones.

    The framework's own semantics are the reference. Where the compiled model differs, each pass is
    tried on each operation alone, and each application of a rule on what it takes in.

    Raises:
        StepwellError: as `compile`; `UsageError` for inputs that the model does not have.
    """
    with fewer_collections():
        compilation = opened(model, **options)
        return _bisected(compilation, model_name(model), inputs, tolerance)


def _bisected(
    compilation: Compilation, name: str, inputs: Mapping[str, Any] | None, tolerance: float
) -> Found:
    given = compilation.module.clone()
    main = main_of(given)
    allowed = Tolerance(tolerance, compilation.options.exactness)
    feeds = _feeds(main, inputs)
    reference = list(run(compilation.ctx, given, feeds))
    outputs = names_of(main, OUTPUT_NAMES) or [f"output{at}" for at in range(len(reference))]
    question = _Question(compilation.ctx, given, compilation, allowed, feeds, reference)
    differences = question.differences(())
    found = Bisection(
        schema=SCHEMA,
        version=VERSION,
        model=name,
        choice=choice_answer(compilation.options.choice),
        outputs=dict(zip(outputs, differences, strict=True)),
        agrees=all(difference <= 1 for difference in differences),
        fault=None,
        confirmed=False,
        stage="",
        others=[],
        command="",
    )
    if found["agrees"]:
        return Found(found, None, compilation.ctx)
    examiner = Examiner(compilation.ctx, compilation.options, allowed)
    suspects = list(examiner.suspects(given.clone()))
    suspects = suspects or question.by_count()
    first, confirmed = question.judged(suspects)
    if first is None:
        found["stage"] = question.stage()
        return Found(found, None, compilation.ctx)
    found["fault"] = _suspect_answer(first)
    found["confirmed"] = confirmed
    found["stage"] = first.stage
    found["others"] = [_suspect_answer(s) for s in _distinct(suspects) if s is not first]
    only = f"{{only={first.rule}}}" if first.rule else ""
    found["command"] = f"opt-tool {CASE} -p '{first.pass_name}{only}' --check-numerics"
    return Found(found, first.before, compilation.ctx)


@dataclass(frozen=True)
class _Question:
    """A model with its inputs and right results."""

    ctx: Context
    module: ModuleOp
    compilation: Compilation
    tolerance: Tolerance
    feeds: list[Any]
    reference: list[Any]

    def differences(self, disable: Sequence[str]) -> list[float]:
        """How far the outputs of the compiled model are off, without some rules."""
        options = self.compilation.options
        engine = compile(
            self.module,
            context=self.ctx,
            target=options.target,
            optimization=options.optimization,
            exactness=options.exactness,
            enable=tuple(name for name in options.enable if name not in disable),
            disable=(*options.disable, *disable),
        )
        names = [tensor.name for tensor in engine.inputs]
        results = list(engine.run(dict(zip(names, self.feeds, strict=True))).values())
        return self._against(results)

    def _against(self, results: Sequence[Any]) -> list[float]:
        pairs = zip(self.reference, results, strict=True)
        return [min(self.tolerance.difference(right, found), MOST) for right, found in pairs]

    def judged(self, suspects: Sequence[Suspect]) -> tuple[Suspect | None, bool]:
        """The first suspect without which the model is right; or the first that cannot be tried."""
        fallback: Suspect | None = None
        for suspect in _distinct(suspects):
            try:
                right = max(self.differences((suspect.rule or suspect.pass_name,))) <= 1
            except UsageError:  # a pass that every program needs
                fallback = fallback or suspect
                continue
            if right:
                return suspect, True
            fallback = fallback or suspect
        return fallback, False

    def by_count(self) -> list[Suspect]:
        """
        The application of a rule that makes the results of the whole model wrong, found by
        bisection over how many there are: for rules that cannot be looked at alone, as patterns of
        xDSL and what happens in branches and loops.
        """
        before = self.module.clone()
        for pass_ in expanded((STAGES["engine"](self.compilation.options),)):
            if isinstance(pass_, OptimizePass):
                break
            pass_.apply(self.ctx, before)
        else:
            return []
        names, whole = _Names(), before.clone()
        pass_.watched(self.ctx, whole, names)
        right, wrong = 0, len(names.found)
        if self._is_off(before) or not self._is_off(whole):
            return []
        while wrong - right > 1:
            middle, trial = (right + wrong) // 2, before.clone()
            pass_.watched(self.ctx, trial, limit=middle)
            right, wrong = (right, middle) if self._is_off(trial) else (middle, wrong)
        pass_.watched(self.ctx, before, limit=right)
        rule, nodes = names.found[right]
        return [Suspect("engine", pass_.name, rule, nodes, before, MOST)]

    def _is_off(self, module: ModuleOp) -> bool:
        results = interpreted(self.ctx, module, self.feeds)
        return results is None or max(self._against(results), default=0.0) > 1

    def stage(self) -> str:
        """The first stage after which the module as a whole computes something else."""
        options = replace(self.compilation.options.for_module)
        trial = Compilation.of_module(self.ctx, self.module.clone(), options)
        for stage in ("engine", "layout", "plan"):
            trial.lower_to(stage)
            if self._is_off(trial.module):
                return stage
        return CODE


class _Names(Watcher):
    """The rule and the nodes of each application, in order."""

    def __init__(self) -> None:
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def begin(self, block: Block) -> None:
        self.found.clear()

    def applied(self, application: Applied) -> None:
        nodes = tuple(application.trail.all_nodes())
        self.found.append((application.rule.name, nodes))

    def merged(self, block: Block, count: int) -> None:
        self.found.append((MERGE, ()))


def _distinct(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The first of each pass and rule."""
    found: dict[tuple[str, str], Suspect] = {}
    for suspect in suspects:
        found.setdefault((suspect.pass_name, suspect.rule), suspect)
    return list(found.values())


def _suspect_answer(suspect: Suspect) -> SuspectAnswer:
    return SuspectAnswer(
        stage=suspect.stage,
        pass_name=suspect.pass_name,
        rule=suspect.rule,
        nodes=list(suspect.nodes),
        times_allowed=min(suspect.difference, MOST),
    )


def _feeds(main: FuncOp, inputs: Mapping[str, Any] | None) -> list[Any]:
    """
    The inputs of a function in its order.

    Raises:
        UsageError: for names that are not those of the inputs.
    """
    if inputs is None:
        try:
            return list(random_inputs(main, 0))
        except StepwellError as error:
            raise UsageError(f"give inputs: {error}") from error
    names = names_of(main, INPUT_NAMES)
    missing = [name for name in names if name not in inputs]
    extra = [name for name in inputs if name not in names]
    if missing or extra:
        said = [f"'{name}' is missing" for name in missing]
        said += [f"there is no input '{name}'" for name in extra]
        raise UsageError(f"inputs: {', '.join(said)}; the model takes {', '.join(names)}")
    return [inputs[name] for name in names]
