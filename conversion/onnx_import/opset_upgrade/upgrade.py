"""Walking every node of a model through the version steps of its operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import onnx
import onnx.defs
from onnx.defs import OpSchema

from ....dialects.onnx.schemas import kind_of, register_plugged
from ...problems import Problems
from ..functions import Opsets, opsets_of
from ..inlining import Inlined
from ..model_facts import ModelFacts
from ..node_label import node_label, normal_domain
from ..operators import KINDS, is_text
from ..structure import subgraphs
from .elementwise import ELEMENTWISE_STEPS
from .layers import LAYER_STEPS
from .loops import LOOP_STEPS
from .movement import MOVEMENT_STEPS
from .step import Step, StepRule, UnsupportedStepError

STEPS: dict[tuple[str, str, int], StepRule] = {
    **ELEMENTWISE_STEPS,
    **LAYER_STEPS,
    **LOOP_STEPS,
    **MOVEMENT_STEPS,
}
"""Rules by domain, operator and the version they lead to."""

_IGNORED = frozenset(("consumed_inputs",))
"""Memory hints of the first versions, without a meaning for the result."""

Option = OpSchema.FormalParameterOption


@cache
def versions(domain: str, op_type: str) -> dict[int, OpSchema]:
    """All versions of an operator, the oldest first."""
    found = {s.since_version: s for s in _history().get((domain, op_type), [])}
    return dict(sorted(found.items()))


@cache
def _history() -> dict[tuple[str, str], list[OpSchema]]:
    register_plugged()
    found: dict[tuple[str, str], list[OpSchema]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        found.setdefault((schema.domain, schema.name), []).append(schema)
    return found


def all_operators() -> list[tuple[str, str]]:
    """Domain and name of every operator of which any version is known."""
    return sorted(_history())


@cache
def newest_opset(domain: str) -> int:
    """The newest version of a domain that the installed `onnx` has."""
    if domain == "":
        return onnx.defs.onnx_opset_version()
    return max(
        (s.since_version for k, ss in _history().items() if k[0] == domain for s in ss), default=0
    )


def _default(attribute: OpSchema.Attribute) -> bytes | None:
    value: Any = attribute.default_value
    return value.SerializeToString() if value.name else None


@cache
def is_compatible(domain: str, op_type: str, old: int, new: int) -> bool:
    """Whether every node of version `old` is one of version `new` as it stands.

    Its inputs, outputs and attributes must all exist there, at the same places, of the same
    kinds and with the same defaults; what is new must be optional. Where the meaning changed
    all the same, there is a step in the tables, which is asked first.
    """
    before, after = versions(domain, op_type)[old], versions(domain, op_type)[new]
    if not _extends(before.inputs, after.inputs) or not _extends(before.outputs, after.outputs):
        return False
    for name, spec in before.attributes.items():
        later = after.attributes.get(name)
        if name in _IGNORED:
            continue
        if later is None or later.type != spec.type or _default(later) != _default(spec):
            return False
        if later.required and not spec.required:
            return False
    added = (spec for name, spec in after.attributes.items() if name not in before.attributes)
    return not any(spec.required for spec in added)


def _extends(old: Any, new: Any) -> bool:
    kinds_old = [formal.option for formal in old]
    kinds_new = [formal.option for formal in new]
    return kinds_new[: len(kinds_old)] == kinds_old and all(
        kind == Option.Optional for kind in kinds_new[len(kinds_old) :]
    )


def upgrade_model(model: onnx.ModelProto, inlined: Inlined, problems: Problems) -> None:
    """Bring every operator of `model`, which has no functions any more, to its newest version.

    Reports opsets newer than this package knows and forms without an upgrade.
    """
    opsets = opsets_of(model.opset_import, "the model", problems)
    _check_opsets(opsets, "the model", problems)
    for label, own in inlined.functions.items():
        _check_opsets(own, label, problems)
    _Upgrade(opsets, inlined.nodes, ModelFacts(model), problems).upgrade(model.graph)
    for entry in model.opset_import:
        entry.version = newest_opset(normal_domain(entry.domain)) or entry.version


def _check_opsets(opsets: Opsets, whose: str, problems: Problems) -> None:
    for domain, version in opsets.items():
        newest = newest_opset(domain)
        if newest and version > newest:
            problems.add(
                f"{whose} uses version {version} of {_domain(domain)}, the newest known is {newest}"
            )
        if version < 1:
            problems.add(f"{whose} uses version {version} of {_domain(domain)}")


def _domain(domain: str) -> str:
    return f"the operators of '{domain or 'ai.onnx'}'"


@dataclass(frozen=True)
class _Upgrade:
    opsets: Opsets
    own: Mapping[str, Opsets]
    """The versions of nodes, by their first output, that are not those of the model."""
    facts: ModelFacts
    problems: Problems

    def upgrade(self, graph: onnx.GraphProto) -> None:
        nodes: list[onnx.NodeProto] = []
        changed = False
        self.facts.enter(graph)
        for node in graph.node:
            node.domain = normal_domain(node.domain)
            for inner in subgraphs(node):
                self.upgrade(inner)
            step = Step(node, self.facts)
            try:
                upgrade_node(step, self._version(node))
            except UnsupportedStepError as error:
                self.problems.node(node_label(node), str(error))
            changed = changed or bool(step.before or step.after)
            steps = (*step.before, node, *step.after)
            self.facts.extend(steps)
            nodes.extend(steps)
        if changed:
            copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
            del graph.node[:]
            graph.node.extend(copies)

    def _version(self, node: onnx.NodeProto) -> int:
        """The version of the operators around a node."""
        first = next(filter(None, node.output), "")
        # A model without the import is of a time before opsets.
        version = self.opsets.get(node.domain, 1 if node.domain == "" else 0)
        return self.own[first].get(node.domain, version) if first in self.own else version


def check_form(node: onnx.NodeProto, schema: OpSchema) -> None:
    """Check that a node is one of its version, which the rule for its step relies on.

    Raises `UnsupportedStepError` for a wrong number of inputs or outputs and for attributes that
    are missing or of another kind.
    """
    version = f"version {schema.since_version} of this operator"
    for values, least, most, what in (
        (node.input, schema.min_input, schema.max_input, "inputs"),
        (node.output, schema.min_output, schema.max_output, "outputs"),
    ):
        if not least <= len(values) <= most:
            raise UnsupportedStepError(
                f"{version} has {least} to {most} {what}, the node has {len(values)}"
            )
    given = {attribute.name: attribute for attribute in node.attribute}
    for name, spec in schema.attributes.items():
        attribute = given.get(name)
        if attribute is None and spec.required:
            raise UnsupportedStepError(f"{version} needs the attribute '{name}'")
        if attribute is not None and KINDS.get(attribute.type) != spec.type:
            raise UnsupportedStepError(f"in {version}, '{name}' is {kind_of(spec.type).value}")
        if attribute is not None and not is_text(attribute):
            raise UnsupportedStepError(f"attribute '{name}' is not UTF-8 text")


def upgrade_node(step: Step, opset: int) -> None:
    """Take one node from its version in `opset` to the newest.

    Raises `UnsupportedStepError` where a version step has no rule for its form.
    """
    node = step.node
    known = versions(node.domain, node.op_type)
    passed = max((v for v in known if v <= opset), default=0)
    while True:
        known = versions(node.domain, node.op_type)
        following = next((v for v in known if v > passed), None)
        if following is None or not passed:
            break
        rule = STEPS.get((node.domain, node.op_type, following))
        if rule is not None:
            check_form(node, known[passed])
            rule(step)
        elif not is_compatible(node.domain, node.op_type, passed, following):
            raise UnsupportedStepError(
                f"version {passed} of this operator is not supported "
                f"(there is no rule for the step to version {following})"
            )
        passed = following
    for name in _IGNORED:
        if passed:
            step.take(name)
    every = STEPS.get((node.domain, node.op_type, 0))
    if every is not None and passed:
        every(step)
