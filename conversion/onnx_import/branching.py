"""
An `If` while its graph is built: both of its branches, or what it comes to.

A branch is built in a block of its own, where nodes that do not fit their operands are no problem:
it may never be taken. Where the branches give tensors of unlike ranks, the nodes behind them say
which can be (`continuation.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import onnx
from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import AssertOp, node_names
from ...dialects.onnx import OnnxOp, op_class
from ..input_shapes import GraphInputs
from ..problems import Problems
from ..size_relations import Relations
from .branches import (
    ELSE,
    THEN,
    Branch,
    branch_graph,
    condition_of,
    move_operations,
    not_to_be_taken,
    require_outputs,
)
from .continuation import Continuation, have_unlike_ranks
from .inference import InferenceFailure, Value
from .microsoft import NoExpansionError
from .node_label import node_label
from .subgraphs import with_all_outputs
from .tensors import TensorError, TensorReader
from .types import IllTypedError, common, merged

Scope = dict[str, "Value | None"]
"""Values by name; None for one whose node failed, so that what needs it is not reported too."""

FAILURES = (
    IllTypedError,
    InferenceFailure,
    NoExpansionError,
    TensorError,
    ValueError,
    VerifyException,
)
"""What may be wrong with a node."""

MISTAKES = (IllTypedError, TensorError, VerifyException)
"""What is wrong with it whatever the sizes are."""

Built = tuple[dict[str, Region], list[Attribute]]
"""The regions of a node, and the types of its results."""


@dataclass
class BranchingBuilder(ABC):
    """What builds the graphs of one model, as far as it is about `If`."""

    reader: TensorReader
    store: WeightStore
    problems: Problems
    inputs: GraphInputs
    """Which also say what sizes the named dimensions were given."""
    relations: Relations = field(default_factory=Relations)
    """What must hold of the sizes of a call."""
    misfits: list[str] | None = None
    """Where given, nodes that do not fit their operands are listed here: in a branch that may never
    be taken they are no problem."""
    looks_ahead: bool = True
    """Whether what follows an `If` may say which of its branches can be taken."""

    @abstractmethod
    def _filled(self, graph: onnx.GraphProto, block: Block, outer: Scope) -> list[Value | None]:
        """Append the operations of a graph whose inputs are in `outer`."""

    @abstractmethod
    def _add_node(
        self, node: onnx.NodeProto, at: int, block: Block, scope: Scope, behind: Continuation
    ) -> None:
        """Append a node, the number `at` of its graph, and bind its results in `scope`."""

    @abstractmethod
    def _build_node(
        self,
        node: onnx.NodeProto,
        label: str,
        inputs: Sequence[Value | None],
        block: Block,
        scope: Scope,
        declared: Mapping[str, Attribute],
        built: Built | None = None,
    ) -> OnnxOp:
        """Append a node; `built` are its regions and result types where they are there already."""

    def _add_if(
        self,
        node: onnx.NodeProto,
        label: str,
        inputs: Sequence[Value | None],
        block: Block,
        scope: Scope,
        behind: Continuation,
    ) -> None:
        """An `If`, or what it comes to where only one of its branches can be taken."""
        declared = behind.declared
        condition = inputs[0] if len(inputs) == 1 else None
        if condition is None:
            raise InferenceFailure("expects 1 operand, its condition")
        chosen = condition_of(condition)
        if chosen is not None:
            name = THEN if chosen else ELSE
            values = self._filled(branch_graph(node, name), block, scope)
            require_outputs(node, name, values)
            self._bind_branch(node, label, values, block, scope, declared)
            return
        node = with_all_outputs(node, label)
        branches = [self._tried(node, name, scope) for name in (THEN, ELSE)]
        if not all(branch.complete for branch in branches):
            scope.update(dict.fromkeys(node.output, None))
            return
        possible = [branch for branch in branches if not branch.misfits]
        if len(possible) == len(branches) and self.looks_ahead:
            branches = self._with_what_follows(node, label, branches, scope, behind)
            possible = [branch for branch in branches if not branch.misfits]
        if not possible:
            problems = "; ".join(m for branch in branches for m in branch.misfits)
            raise InferenceFailure(f"neither of its branches fits: {problems}")
        if len(possible) == 1:
            [branch], [other] = possible, [b for b in branches if b.misfits]
            move_operations(branch.block, block)
            self.relations.add(branch.relations)
            holds = self._holds(condition, branch.name == THEN, label, block)
            message = not_to_be_taken(node_label(node), other)
            checks = [AssertOp(v.ssa, holds, message) for v in branch.values]
            for check, value in zip(checks, branch.values, strict=True):
                check.attributes["nodes"] = node_names(label)
                check.res.name_hint = value.ssa.name_hint
            block.add_ops(checks)
            checked = [Value(c.res) for c in checks]
            self._bind_branch(node, label, checked, block, scope, declared)
            return
        regions = {branch.name: branch.region() for branch in branches}
        then, other = (branch.types for branch in branches)
        if len(then) != len(other) or len(then) != len(node.output):
            raise InferenceFailure(
                f"its branches have {len(then)} and {len(other)} outputs, "
                f"the node has {len(node.output)}"
            )
        types = [common(a, b) for a, b in zip(then, other, strict=True)]
        op = self._build_node(node, label, inputs, block, scope, declared, (regions, types))
        for branch in branches:
            if branch.relations.found:
                op.attributes[branch.relations_name] = ArrayAttr(branch.relations.found)

    def _tried(self, node: onnx.NodeProto, name: str, scope: Scope) -> Branch:
        """A branch in a block of its own, with what does not fit in it."""
        relations = self.relations.of_branch()
        trial = replace(self, misfits=[], relations=relations)
        assert trial.misfits is not None
        block = Block()
        values = trial._filled(branch_graph(node, name), block, scope)
        relations.in_branches.extend(relations.found)
        return Branch(name, block, values, tuple(trial.misfits), relations)

    def _with_what_follows(
        self,
        node: onnx.NodeProto,
        label: str,
        branches: Sequence[Branch],
        scope: Scope,
        behind: Continuation,
    ) -> list[Branch]:
        """
        Branches of unlike ranks, with what does not fit one of them of the nodes behind.

        Where nothing tells them apart they are as they were.
        """
        then, other = branches
        if not have_unlike_ranks(then.types, other.types):
            return list(branches)
        trials = [self._trial_of(node, label, b, scope, behind) for b in branches]
        for at, after in behind.needing(node.output):
            if any(trial.failures for trial, _, _ in trials):
                break
            for trial, block, inner in trials:
                trial._add_node(after, at, block, inner, replace(behind, begin=at + 1))
        found = [trial.failures for trial, _, _ in trials]
        for _, block, _ in trials:
            for op in reversed(list(block.ops)):
                op.detach()
                op.erase(safe_erase=False)
        if all(found):
            return list(branches)
        return [replace(b, misfits=m) for b, m in zip(branches, found, strict=True)]

    @property
    def failures(self) -> tuple[str, ...]:
        """What is wrong with a graph that is built to see whether it can be."""
        return (*(self.misfits or ()), *self.problems.found)

    def _trial_of(
        self,
        node: onnx.NodeProto,
        label: str,
        branch: Branch,
        scope: Scope,
        behind: Continuation,
    ) -> tuple[BranchingBuilder, Block, Scope]:
        """What builds the nodes behind an `If` where a branch is taken, into a block of its own."""
        trial = replace(
            self,
            problems=Problems(self.problems.subject),
            misfits=list[str](),
            relations=Relations(self.relations.names, self.relations.facts),
            looks_ahead=False,
        )
        block, inner = Block(), dict(scope)
        try:
            trial._bind_branch(node, label, branch.values, block, inner, behind.declared)
        except FAILURES as error:
            trial.problems.node(node_label(node), str(error))
        return trial, block, inner

    def _holds(self, condition: Value, wanted: bool, label: str, block: Block) -> SSAValue:
        """The condition, or its opposite."""
        if wanted:
            return condition.ssa
        cls = op_class("Not")
        assert cls is not None
        op = cls.make([condition.ssa], [condition.type])
        op.attributes["nodes"] = node_names(label)
        block.add_op(op)
        return op.results[0]

    def _bind_branch(
        self,
        node: onnx.NodeProto,
        label: str,
        values: Sequence[Value | None],
        block: Block,
        scope: Scope,
        declared: Mapping[str, Attribute],
    ) -> None:
        """Let the outputs of an `If` be those of the branch that is taken."""
        for name, value in zip(node.output, values, strict=False):
            if value is not None and name in declared:
                type_ = merged(value.type, declared[name])
                if type_ != value.type:
                    value = self._retyped(value, type_, label, block)
            if name:
                scope[name] = value

    def _retyped(self, value: Value, type_: Attribute, label: str, block: Block) -> Value:
        """The value with a type that says more, such as what the model declares."""
        cls = op_class("Identity")
        assert cls is not None
        op = cls.make([value.ssa], [type_])
        op.attributes["nodes"] = node_names(label)
        op.results[0].name_hint = value.ssa.name_hint
        block.add_op(op)
        return Value(op.results[0], value.constant, value.symbols)
