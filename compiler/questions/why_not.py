"""`why_not`: why a rule did not apply, or not more often."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ...dialects.engine.base import names_of
from ...errors import UsageError
from ...ir.nearest import unknown_name
from ...transforms.optimize.choice import LEVEL_OF_GROUP, OPTIONAL_PASSES, Choice
from ...transforms.optimize.plugged import all_rewrites
from ...transforms.optimize.rewriting import RewriteReport, Rule
from ..compilation import Compilation
from ..garbage import fewer_collections
from ..observer import Observer
from .misses import Miss, Misses
from .model_options import ChoiceAnswer, ModelOptions, choice_answer, model_name, opened

SCHEMA, VERSION = "stepwell.why_not", 1


class MissAnswer(TypedDict):
    """
    One attempt that ended: the clause that failed, how many conditions held before it, the values
    of the rule's variables then. `final` says whether it is of the program as it is in the end.
    """

    nodes: list[str]
    operation: str
    clause: str
    held: int
    values: dict[str, str]
    place: str
    final: bool


class WhyNot(TypedDict):
    """
    Why a rule did not apply. `applied` are the nodes of each application there was, `misses` the
    attempts that ended, the nearest first; `reason` says why there was none at all, or nothing.
    """

    schema: str
    version: int
    model: str
    choice: ChoiceAnswer
    rule: str
    equation: str
    exactness: str
    node: str | None
    reason: str
    applied: list[list[str]]
    misses: list[MissAnswer]


class _Asking(Observer):
    """Looks for the attempts of one rule."""

    why_not = True

    def __init__(self, misses: Misses):
        self.watcher = misses
        self.report = RewriteReport(misses=[])

    def after(
        self,
        stage: str,
        pass_: ModulePass,
        module: ModuleOp,
        seconds: float,
        report: RewriteReport | None,
    ) -> None:
        if report is not None:
            self.report.add(report)


def why_not(
    model: Any, rule: str, *, node: str | None = None, **options: Unpack[ModelOptions]
) -> WhyNot:
    """
    Why `rule` did not apply to `model`, or to a `node` of it; `options` are those of `compile`.

    Raises:
        StepwellError: as `compile`, and `UsageError` for a rule or a node that there is not.
    """
    found = _rule_named(rule)
    with fewer_collections():
        return why_not_in(opened(model, **options), model_name(model), found, node)


def _rule_named(name: str) -> Rule:
    known = {rule.name: rule for rule in all_rewrites()}
    if name in OPTIONAL_PASSES:
        raise UsageError(f"'{name}' is a pass, not a rule; stepwell explain says what it did")
    if name not in known:
        listing = "docs/reference/rewrites.md lists all"
        raise UsageError(unknown_name("rewrite", name, known, listing=listing))
    return known[name]


def why_not_in(compilation: Compilation, name: str, rule: Rule, node: str | None) -> WhyNot:
    """The same of a compilation at level 1, which is at level 2 then."""
    if node is not None:
        known = {n for op in compilation.module.walk() for n in names_of(op, "nodes")}
        if node not in known:
            raise UsageError(unknown_name("node", node, known))
    misses = Misses(rule)
    asking = _Asking(misses)
    choice = compilation.options.choice
    reason = _not_chosen(choice, rule)
    if not reason:
        compilation.observer = asking
        compilation.lower_to("engine")
    final = set(asking.report.misses or ())
    attempts = [
        _miss_answer(miss, near in final)
        for near, miss in misses.found.items()
        if node is None or node in miss.nodes
    ]
    attempts.sort(key=lambda miss: (not miss["final"], -miss["held"]))
    applied = [list(nodes) for nodes in misses.applied_to if node is None or node in nodes]
    if not reason and not attempts and not applied:
        reason = _not_offered(rule, node)
    return WhyNot(
        schema=SCHEMA,
        version=VERSION,
        model=name,
        choice=choice_answer(choice),
        rule=rule.name,
        equation=rule.equation,
        exactness=rule.exactness,
        node=node,
        reason=reason,
        applied=applied,
        misses=attempts,
    )


def _not_chosen(choice: Choice, rule: Rule) -> str:
    """Why a rule takes no part at all."""
    if choice.takes_rule(rule):
        return ""
    if rule.name in choice.disable:
        return "it is disabled"
    level = LEVEL_OF_GROUP[rule.group]
    if level > choice.optimization:
        return f"it takes part from -O{level} on, or with --enable {rule.name}"
    return f"it is of class {rule.exactness}, and exactness is {choice.exactness}"


def _not_offered(rule: Rule, node: str | None) -> str:
    kinds = ", ".join(anchor.name for anchor in rule.anchors) or "any operation"
    where = "of the node " if node is not None else ""
    return f"nothing {where}is what the rule begins with: {kinds}"


def _miss_answer(miss: Miss, final: bool) -> MissAnswer:
    return MissAnswer(
        nodes=list(miss.nodes),
        operation=miss.operation,
        clause=miss.clause,
        held=miss.held,
        values=miss.values,
        place=miss.place,
        final=final,
    )
