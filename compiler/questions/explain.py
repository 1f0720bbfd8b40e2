"""`explain`: what the compiler did with a model, by pass and by rule, or with one node of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...transforms.optimize.plugged import all_rewrites
from ...transforms.optimize.rewriting import MERGE, RewriteReport, Rule
from ..compilation import Compilation
from ..garbage import fewer_collections
from ..observer import Observer
from .cost import Cost, CostAnswer, cost_answer, module_cost
from .model_options import ChoiceAnswer, ModelOptions, choice_answer, model_name, opened
from .node_story import NodeStory, Story
from .rule_figures import Application, Figures, RuleFigures

SCHEMA, VERSION = "stepwell.explain", 1
"""Of the answer; the version goes up when a field changes its meaning or goes."""


class PassAnswer(CostAnswer):
    """One pass: what it cost before and after, in seconds of its own."""

    stage: str
    name: str
    seconds: float


class SampleAnswer(TypedDict):
    """One application: the nodes, and operations before and after, a line each."""

    rule: str
    nodes: list[str]
    before: list[str]
    after: list[str]


class RuleAnswer(CostAnswer):
    """One rule: how often it applied, what it took away and what it built instead."""

    name: str
    equation: str
    exactness: str
    group: str
    source: str
    count: int
    samples: list[SampleAnswer]


class Explanation(TypedDict):
    """
    What the compiler did. `bytes` are read and written, `flops` executed, in one call; sizes that
    stay open count as nothing. `folding` is what was computed once: the bytes it added to the
    artifact and the operations it saves a call. `node` is there where one was asked for.
    """

    schema: str
    version: int
    model: str
    choice: ChoiceAnswer
    passes: list[PassAnswer]
    rules: list[RuleAnswer]
    folding: dict[str, int]
    left_out: dict[str, str]
    node: Story | None


@dataclass
class _Passes(Observer):
    """The cost of the program around each pass."""

    figures: RuleFigures
    story: NodeStory | None
    answers: list[PassAnswer] = field(default_factory=list[PassAnswer])
    report: RewriteReport = field(default_factory=RewriteReport)
    was: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        self.watcher = self.figures

    def before(self, stage: str, pass_: ModulePass, module: ModuleOp) -> None:
        if not self.answers:
            self.was = module_cost(module)

    def after(
        self,
        stage: str,
        pass_: ModulePass,
        module: ModuleOp,
        seconds: float,
        report: RewriteReport | None,
    ) -> None:
        now = module_cost(module)
        costs = cost_answer(self.was, now)
        self.answers.append(PassAnswer(stage=stage, name=pass_.name, seconds=seconds, **costs))
        self.was = now
        if report is not None:
            self.report.add(report)
            self.report.left_out.update(report.left_out)
        if self.story is not None:
            self.story.after_pass(stage, pass_.name, module)


def explain(model: Any, *, node: str | None = None, **options: Unpack[ModelOptions]) -> Explanation:
    """
    What the compiler did with `model` down to the memory plan; with `node`, what became of it.

    `options` are those of `compile`. Nothing is built or run.

    Raises:
        StepwellError: as `compile`, and `UsageError` for a node that the model does not have.
    """
    with fewer_collections():
        return explained(opened(model, **options), model_name(model), node)


def explained(compilation: Compilation, name: str, node: str | None = None) -> Explanation:
    """The same of a compilation at level 1, which is at level 4 then."""
    story = None if node is None else NodeStory.of(node, compilation.module)
    passes = _Passes(RuleFigures(node), story)
    compilation.observer = passes
    compilation.lower_to("plan")
    passes.figures.settle()
    known = {rule.name: rule for rule in all_rewrites()}
    found = sorted(passes.figures.figures.items(), key=lambda item: (-item[1].count, item[0]))
    return Explanation(
        schema=SCHEMA,
        version=VERSION,
        model=name,
        choice=choice_answer(compilation.options.choice),
        passes=passes.answers,
        rules=[_rule_answer(rule, known.get(rule), figures) for rule, figures in found],
        folding={
            "bytes_added": passes.report.bytes_added,
            "flops_saved": passes.report.flops_saved,
        },
        left_out=dict(passes.report.left_out),
        node=None if story is None else story.answer(passes.figures.about),
    )


def _rule_answer(name: str, rule: Rule | None, figures: Figures) -> RuleAnswer:
    costs = cost_answer(figures.before, figures.after)
    return RuleAnswer(
        name=name,
        equation="f(x), f(x) => f(x)"
        if rule is None and name == MERGE
        else _said(rule, "equation"),
        exactness="bitwise" if rule is None else rule.exactness,
        group=_said(rule, "group"),
        source=_said(rule, "source"),
        count=figures.count,
        samples=[sample_answer(sample) for sample in figures.samples],
        **costs,
    )


def _said(rule: Rule | None, what: str) -> str:
    return "" if rule is None else str(getattr(rule, what))


def sample_answer(sample: Application) -> SampleAnswer:
    """An application as an answer has it."""
    return SampleAnswer(
        rule=sample.rule,
        nodes=list(sample.nodes),
        before=list(sample.before),
        after=list(sample.after),
    )
