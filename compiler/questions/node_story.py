"""What became of one node of a model: the operations that name it, from pass to pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from ...dialects.engine.base import EngineOp, names_of
from ...errors import UsageError
from ...ir.nearest import unknown_name
from ...kernels.registry import plan_kernel
from ...targets.target import Target
from .brief import brief
from .rule_figures import Application


class OperationAnswer(TypedDict):
    """One operation: a line of text, the nodes it stands for, the rewrites that made it."""

    text: str
    nodes: list[str]
    rewrites: list[str]


class LevelAnswer(TypedDict):
    """The operations that name the node after a pass; the import is the first."""

    after: str
    operations: list[OperationAnswer]


class StepAnswer(TypedDict):
    """
    A step of the plan: its position, operation and template; its kernel, share of all steps' time
    and microseconds where it was measured.
    """

    index: int
    operation: str
    template: str
    kernel: str
    nodes: list[str]
    share: float | None
    median_us: float | None


class Story(TypedDict):
    """
    What became of a node. `levels` has an entry for each pass that changed the operations that name
    it, `rewrites` each application that it took part in, `steps` what runs for it; `fate` says it
    in a sentence.
    """

    name: str
    levels: list[LevelAnswer]
    rewrites: list[dict[str, str | list[str]]]
    steps: list[StepAnswer]
    fate: str


@dataclass
class NodeStory:
    """Follows a node through the passes."""

    node: str
    levels: list[LevelAnswer] = field(default_factory=list[LevelAnswer])
    steps: list[StepAnswer] = field(default_factory=list[StepAnswer])
    gone_after: str = ""
    """The first pass after which nothing names the node."""

    @staticmethod
    def of(node: str, module: ModuleOp) -> NodeStory:
        """
        The beginning of a story, in a module of level 1.

        Raises:
            UsageError: for a node that no operation names, with the nearest names.
        """
        known = {name for op in module.walk() for name in names_of(op, "nodes")}
        if node not in known:
            raise UsageError(unknown_name("node", node, known))
        story = NodeStory(node)
        story._note("import", module)
        return story

    def after_pass(self, stage: str, name: str, module: ModuleOp) -> None:
        """Note what names the node now."""
        found = self._note(name, module)
        if not found and not self.gone_after:
            self.gone_after = name
        if stage == "plan":
            self.steps = [
                _step(index, op)
                for index, op in enumerate(_planned(module))
                if self.node in names_of(op, "nodes")
            ]

    def _note(self, name: str, module: ModuleOp) -> bool:
        ops = [op for op in module.walk() if self.node in names_of(op, "nodes")]
        answers = [
            OperationAnswer(
                text=brief(op), nodes=names_of(op, "nodes"), rewrites=names_of(op, "rewrites")
            )
            for op in ops
        ]
        if not self.levels or self.levels[-1]["operations"] != answers:
            self.levels.append(LevelAnswer(after=name, operations=answers))
        return bool(ops)

    def answer(self, applications: Sequence[Application]) -> Story:
        """The story as an answer has it."""
        return Story(
            name=self.node,
            levels=self.levels,
            rewrites=[
                {
                    "rule": found.rule,
                    "nodes": list(found.nodes),
                    "before": list(found.before),
                    "after": list(found.after),
                }
                for found in applications
            ],
            steps=self.steps,
            fate=self._fate(applications),
        )

    def _fate(self, applications: Sequence[Application]) -> str:
        if self.steps:
            names = {name for step in self.steps for name in step["nodes"]} - {self.node}
            with_ = f", together with {len(names)} other nodes" if names else ""
            number = len(self.steps)
            return f"computed by {'one step' if number == 1 else f'{number} steps'}{with_}"
        if self.gone_after == "plan-memory":
            return "needs no step: a view of another buffer since plan-memory"
        if self.gone_after == "optimize" and applications:
            return f"gone since optimize: {applications[-1].rule} was the last rule to take it in"
        if self.gone_after == "convert-to-engine":
            return "needs no operation since convert-to-engine: a constant, a size, or no change"
        return f"gone since {self.gone_after}: its result is a constant, or nobody reads it"


def _planned(module: ModuleOp) -> list[Operation]:
    return [op for op in module.walk() if isinstance(op, EngineOp) and op.destinations]


def _step(index: int, op: Operation) -> StepAnswer:
    planned = plan_kernel(op, Target.host()) if isinstance(op, EngineOp) else None
    template = "" if planned is None else type(planned.template).__name__.removesuffix("Template")
    return StepAnswer(
        index=index,
        operation=brief(op),
        template=template,
        kernel="",
        nodes=names_of(op, "nodes"),
        share=None,
        median_us=None,
    )
