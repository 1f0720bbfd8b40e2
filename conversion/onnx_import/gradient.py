"""
`Gradient` of `ai.onnx.preview.training`, expanded into the nodes that compute it.

The node names tensors of its graph: `y` is a function of `xs` and `zs`, and the result is the
derivative of (the sum of) `y` by each of `xs`, where these have the values the node is given. The
graph between them is walked backwards from `y`, with the rules of `gradient_rules.py`. What is
expanded may be differentiated again by a later node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ..problems import Problems
from .gradient_rules import RULES
from .model_facts import ModelFacts
from .node_label import node_label

DOMAIN = "ai.onnx.preview.training"


class NoDerivativeError(Exception):
    """There is no derivative; the text says why."""


def expand_gradients(model: onnx.ModelProto, problems: Problems) -> None:
    """Replace every `Gradient` node of the main graph; reports those without a derivative."""
    graph = model.graph
    while True:
        found = [at for at, node in enumerate(graph.node) if _is_gradient(node)]
        if not found:
            return
        node = graph.node[found[0]]
        try:
            nodes = _Differentiation(model, node).nodes()
        except NoDerivativeError as error:
            problems.node(node_label(node), str(error))
            return
        kept = [onnx.NodeProto.FromString(n.SerializeToString()) for n in graph.node]
        kept[found[0] : found[0] + 1] = nodes
        del graph.node[:]
        graph.node.extend(kept)


def _is_gradient(node: onnx.NodeProto) -> bool:
    return node.op_type == "Gradient" and node.domain == DOMAIN


class _Differentiation:
    """One `Gradient` node; the tape of the rules."""

    def __init__(self, model: onnx.ModelProto, node: onnx.NodeProto):
        self.model = model
        self.node = node
        self.facts = ModelFacts.of_newest(model)
        self.built: list[onnx.NodeProto] = []
        self.originals: dict[str, str] = {}
        """Names of the graph for those of the copy that is differentiated."""
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        try:
            self.xs = [name.decode() for name in given["xs"]]
            self.zs = [name.decode() for name in given.get("zs", [])]
            self.y: str = given["y"].decode()
        except (AttributeError, KeyError, TypeError, UnicodeDecodeError):
            raise NoDerivativeError("needs the attributes 'xs' (names) and 'y' (a name)") from None
        if len(self.xs) + len(self.zs) != len(node.input):
            raise NoDerivativeError(
                f"names {len(self.xs)} xs and {len(self.zs)} zs, and has {len(node.input)} inputs"
            )
        if len(node.output) > len(self.xs):
            raise NoDerivativeError(f"has {len(node.output)} outputs for {len(self.xs)} xs")

    def nodes(self) -> list[onnx.NodeProto]:
        """What stands for the node: the graph at its inputs, and the walk back through it."""
        path = self._path()
        names: dict[str, str] = dict(zip([*self.xs, *self.zs], self.node.input, strict=True))
        forward = [self._copied(node, names) for node in path]
        self.built += forward
        y = names.get(self.y, self.y)
        one = numpy_helper.from_array(np.ones(1, self.facts.dtype(self.y) or np.float32))
        seed = self.add("ConstantOfShape", self.integers(self.shape(y)), value=one)
        gradients = {y: seed}
        for node in reversed(forward):
            self._back(node, gradients)
        for name, output in zip(self.xs, self.node.output, strict=False):
            if output:
                self._result(gradients.get(names[name]), name, output)
        return self.built

    def _result(self, gradient: str | None, name: str, output: str) -> None:
        if gradient is not None:
            self.built.append(self._made("Identity", [gradient], output, {}))
            return
        zero = numpy_helper.from_array(np.zeros(1, self.facts.dtype(name) or np.float32))
        shape = self.integers(self.shape(name))
        self.built.append(self._made("ConstantOfShape", [shape], output, {"value": zero}))

    def _path(self) -> list[onnx.NodeProto]:
        """The nodes between `xs` and `y`, in their order, cut at `xs` and `zs`."""
        cut = {*self.xs, *self.zs}
        depends: set[str] = set(self.xs)
        for node in self.model.graph.node:
            if depends.intersection(node.input):
                depends.update(set(node.output) - cut)
        wanted = {self.y} - cut
        path: list[onnx.NodeProto] = []
        for node in reversed(self.model.graph.node):
            if wanted.intersection(node.output) and depends.intersection(node.output):
                path.append(node)
                wanted.update(set(node.input) - cut)
        if self.y not in depends:
            raise NoDerivativeError(f"'{self.y}' does not depend on {', '.join(self.xs)}")
        return path[::-1]

    def _copied(self, node: onnx.NodeProto, names: dict[str, str]) -> onnx.NodeProto:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        del copy.input[:], copy.output[:]
        copy.input.extend(names.get(name, name) for name in node.input)
        for name in node.output:
            if name:
                names[name] = self.facts.fresh(f"{name}_at")
                self.originals[names[name]] = name
            copy.output.append(names.get(name, ""))
        for name in node.input:
            self.originals.setdefault(names.get(name, name), name)
        return copy

    def _back(self, node: onnx.NodeProto, gradients: dict[str, str]) -> None:
        if any(name in gradients for name in node.output[1:]):
            raise self.refuse(f"there is no derivative of the further outputs of {node.op_type}")
        g = gradients.get(node.output[0])
        if g is None:
            return
        rule = RULES.get(node.op_type) if not node.domain else None
        if rule is None:
            known = ", ".join(sorted(RULES))
            raise self.refuse(f"there is no derivative of {node.op_type}, only of {known}")
        for name, new in zip(node.input, rule(self, node, g), strict=True):
            if name and new is not None:
                old = gradients.get(name)
                gradients[name] = new if old is None else self.add("Add", old, new)

    # The tape.

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        output = self.facts.fresh(f"{self.node.name or 'Gradient'}_{op_type}")
        self.built.append(self._made(op_type, list(inputs), output, attributes))
        return output

    def _made(
        self, op_type: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Any]
    ) -> onnx.NodeProto:
        return helper.make_node(op_type, inputs, [output], name=self.node.name, **attributes)

    def scalar(self, value: float, like: str) -> str:
        dtype = self.facts.dtype(self.originals.get(like, like))
        if dtype is None:
            raise self.refuse(f"the element type of '{like}' is not known")
        return self.add("Constant", value=numpy_helper.from_array(np.asarray(value, dtype)))

    def integers(self, values: Sequence[int]) -> str:
        vector = np.asarray(values, np.int64).reshape(-1)
        return self.add("Constant", value=numpy_helper.from_array(vector))

    def constant(self, name: str) -> list[int]:
        array = self.facts.constant(self.originals.get(name, name))
        if array is None:
            raise self.refuse(f"'{name}' is not a constant")
        return [int(value) for value in array.reshape(-1)]

    def shape(self, name: str) -> list[int]:
        shape = self.facts.shape(self.originals.get(name, name))
        if shape is None:
            raise self.refuse(f"the sizes of '{self.originals.get(name, name)}' are not known")
        return shape

    def summed(self, g: str, source: str, target: str) -> str:
        wide, shape = self.shape(source), self.shape(target)
        if wide == shape:
            return g
        own = [1] * (len(wide) - len(shape)) + shape
        axes = [at for at, (one, all_) in enumerate(zip(own, wide, strict=True)) if one != all_]
        if axes:
            g = self.add("ReduceSum", g, self.integers(axes), keepdims=1)
        return g if own == shape else self.add("Reshape", g, self.integers(shape), allowzero=1)

    def refuse(self, why: str) -> NoDerivativeError:
        return NoDerivativeError(why)
