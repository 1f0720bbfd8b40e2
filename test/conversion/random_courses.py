"""Random models of branches and loops in each other, and inputs for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

ROWS, COLUMNS = 3, 5

TRIPS = (0, 1, 2, 3, 17)


def info(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))


@dataclass
class _Scope:
    """The nodes of one graph, and the matrices that are visible in it."""

    matrices: list[str]
    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])


class RandomCourses:
    """
    Draws a model; `model` and `feeds` are what came of it.

    With `open_rows` the number of rows is `R`; loops may make so many trips, scans go over them.
    """

    def __init__(self, seed: int, depth: int = 2, *, open_rows: bool = False):
        self.rng = random.Random(seed)
        self.seed = seed
        self.open_rows = open_rows
        self.rows: int | str = "R" if open_rows else ROWS
        self.count = 0
        self.constants: list[onnx.TensorProto] = []
        self.feeds: dict[str, Any] = {}
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        for name, value in self._matrices(ROWS).items():
            self.feeds[name] = value
            self.inputs.append(info(name, F32, self.rows, COLUMNS))
        for number in range(3):
            self._input(f"n{number}", I64, np.array(self.rng.choice(TRIPS)))
            self._input(f"c{number}", BOOL, np.array(self.rng.random() < 0.7))
        self.sequences: dict[int, str] = {}
        top = _Scope(["x", "y"])
        if open_rows:
            shape = self._add(top, "Shape", "x", start=0, end=1)
            self.length = self._add(top, "Squeeze", shape, self._constant([0]))
        for _ in range(self.rng.randint(1, 3)):
            self._step(top)
        for _ in range(self.rng.randint(1, 2)):
            self._course(top, depth)
            self._step(top)
        for name in self.rng.sample(top.matrices[2:], min(3, len(top.matrices) - 2)):
            self.outputs.append(info(name, F32, self.rows, COLUMNS))
        graph = helper.make_graph(top.nodes, "g", self.inputs, self.outputs, self.constants)
        opset = [helper.make_opsetid("", 21)]
        self.model = helper.make_model(graph, opset_imports=opset, ir_version=10)

    def feeds_at(self, rows: int) -> dict[str, Any]:
        """Inputs with so many rows."""
        return {**self.feeds, **self._matrices(rows)}

    def _matrices(self, rows: int) -> dict[str, Any]:
        rng = np.random.default_rng(self.seed)
        return {name: rng.standard_normal((rows, COLUMNS)).astype(np.float32) for name in "xy"}

    # Names.

    def _new(self, stem: str = "v") -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def _input(self, name: str, kind: int, value: Any) -> None:
        self.feeds[name] = value
        self.inputs.append(info(name, kind, *np.shape(value)))

    def _constant(self, value: Any) -> str:
        name = self._new("k")
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _add(self, scope: _Scope, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._new()
        scope.nodes.append(helper.make_node(kind, list(inputs), [name], f"/{name}", **attributes))
        return name

    def _pick(self, scope: _Scope) -> str:
        return self.rng.choice(scope.matrices)

    # What computes.

    def _step(self, scope: _Scope) -> str:
        """Some operation on matrices; results stay small."""
        one, other = self._pick(scope), self._pick(scope)
        kind = self.rng.randrange(8)
        if kind == 0:
            value = self._add(scope, "Tanh", self._add(scope, "Add", one, other))
        elif kind == 1:
            value = self._add(scope, "Softmax", one, axis=self.rng.choice([0, 1]))
        elif kind == 2:
            weight = self._constant(np.linspace(-0.4, 0.4, 25, dtype=np.float32).reshape(5, 5))
            value = self._add(scope, "MatMul", one, weight)
        elif kind == 3:
            value = self._cut(scope, self._add(scope, "Concat", one, other, axis=0))
        elif kind == 4:
            turned = self._add(scope, "Transpose", one, perm=[1, 0])
            shape = self._constant(np.array([-1, COLUMNS], np.int64))
            value = self._add(scope, "Reshape", turned, shape)
        elif kind == 5:
            mean = self._add(scope, "ReduceMean", one, self._constant([1]), keepdims=1)
            value = self._add(scope, "Sub", other, mean)
        elif kind == 6:
            value = self._add(scope, "Neg", one)
        else:
            value = self._add(scope, "Mul", one, self._constant(np.float32(0.75)))
        scope.matrices.append(value)
        return value

    def _cut(self, scope: _Scope, joined: str) -> str:
        """Half of the rows."""
        if not self.open_rows:
            begin, end = self._constant([1]), self._constant([1 + ROWS])
            return self._add(scope, "Slice", joined, begin, end, self._constant([0]))
        halves = [self._new(), self._new()]
        scope.nodes.append(
            helper.make_node("Split", [joined], halves, f"/{halves[0]}", axis=0, num_outputs=2)
        )
        return self.rng.choice(halves)

    def _body(self, outer: _Scope, depth: int, matrices: Sequence[str] = ()) -> _Scope:
        scope = _Scope([*matrices, *outer.matrices])
        for _ in range(self.rng.randint(1, 3)):
            self._step(scope)
        if depth > 1 and self.rng.random() < 0.6:
            self._course(scope, depth - 1)
            self._step(scope)
        return scope

    def _course(self, scope: _Scope, depth: int) -> None:
        kinds = [self._if, self._loop, self._loop, self._scan]
        kinds += [self._scan_rows] * self.open_rows
        self.rng.choice(kinds)(scope, depth)

    def _graph(
        self, scope: _Scope, inputs: Sequence[onnx.ValueInfoProto], results: Sequence[Any]
    ) -> onnx.GraphProto:
        return helper.make_graph(scope.nodes, self._new("g"), list(inputs), list(results))

    def _copied(self, scope: _Scope, value: str) -> str:
        return self._add(scope, "Identity", value)

    def _if(self, scope: _Scope, depth: int) -> None:
        names = [self._new(), self._new()]
        graphs: dict[str, Any] = {}
        for branch in ("then_branch", "else_branch"):
            inner = self._body(scope, depth)
            given = [self._copied(inner, self._pick(inner)) for _ in names]
            results = [info(v, F32, self.rows, COLUMNS) for v in given]
            graphs[branch] = self._graph(inner, (), results)
        condition = f"c{self.rng.randrange(3)}"
        scope.nodes.append(helper.make_node("If", [condition], names, f"/{names[0]}", **graphs))
        scope.matrices += names

    def _loop(self, scope: _Scope, depth: int) -> None:
        rng, count = self.rng, self.rng.randint(1, 3)
        trip, going = self._new("i"), self._new("b")
        carried = [self._new("a") for _ in range(count)]
        inner = self._body(scope, depth, carried)
        if rng.random() < 0.5:
            number = self._add(inner, "Cast", trip, to=F32)
            inner.matrices.append(self._add(inner, "Add", self._pick(inner), number))
        following = [self._copied(inner, self._pick(inner)) for _ in carried]
        if count > 1 and rng.random() < 0.4:
            following[0] = self._copied(inner, carried[1])
            following[1] = self._copied(inner, carried[0])
        early = rng.random() < 0.5
        if early:
            left = self._constant(np.array(rng.choice([0, 1, 4]), np.int64))
            still = self._add(inner, "Less", trip, left)
        else:
            still = self._copied(inner, going)
        stacked = rng.random() < 0.5
        results = [info(still, BOOL), *(info(v, F32, self.rows, COLUMNS) for v in following)]
        names = [self._new() for _ in carried]
        limit, condition = f"n{rng.randrange(3)}", rng.choice(["", f"c{rng.randrange(3)}"])
        if stacked:
            limit = self._constant(np.array(rng.choice(TRIPS[1:]), np.int64))
            if self.open_rows and not early:
                limit = rng.choice([limit, self.length])
            condition = ""
            results.append(info(self._copied(inner, self._pick(inner)), F32, self.rows, COLUMNS))
        inputs = [info(trip, I64), info(going, BOOL)]
        inputs += [info(v, F32, self.rows, COLUMNS) for v in carried]
        graph = self._graph(inner, inputs, results)
        rows = [self._new("r")] if stacked else []
        given = [limit, condition, *(self._pick(scope) for _ in carried)]
        node = helper.make_node("Loop", given, [*names, *rows], f"/{names[0]}", body=graph)
        scope.nodes.append(node)
        scope.matrices += names
        if stacked:
            summed = self._add(scope, "ReduceSum", rows[0], self._constant([0]), keepdims=0)
            scope.matrices.append(self._add(scope, "Tanh", summed))

    def _scan(self, scope: _Scope, depth: int) -> None:
        """Over the columns or rows of a matrix that was made larger."""
        rng = self.rng
        steps, axis = rng.choice([1, 2, 3, 17]), rng.choice([0, 1, 2])
        shape = [-1, COLUMNS]
        shape.insert(axis, 1)
        raised = self._add(scope, "Reshape", self._pick(scope), self._constant(np.array(shape)))
        times = [1, 1, 1]
        times[axis] = steps
        factors = np.linspace(0.5, 1, steps, dtype=np.float32).reshape(times)
        long = self._add(scope, "Mul", raised, self._constant(factors))
        state, piece = self._new("a"), self._new("p")
        inner = self._body(scope, depth, [state, piece])
        mixed = self._add(inner, "Add", state, piece)
        following = self._add(inner, "Tanh", mixed)
        row = self._copied(inner, self._pick(inner))
        inputs = [info(state, F32, self.rows, COLUMNS), info(piece, F32, self.rows, COLUMNS)]
        results = [info(following, F32, self.rows, COLUMNS), info(row, F32, self.rows, COLUMNS)]
        out_axis = rng.choice([0, 1, 2])
        last, rows = self._new(), self._new("r")
        scope.nodes.append(
            helper.make_node(
                "Scan",
                [self._pick(scope), long],
                [last, rows],
                f"/{last}",
                body=self._graph(inner, inputs, results),
                num_scan_inputs=1,
                scan_input_axes=[axis],
                scan_output_axes=[out_axis],
                scan_input_directions=[rng.randrange(2)],
                scan_output_directions=[rng.randrange(2)],
            )
        )
        summed = self._add(scope, "ReduceSum", rows, self._constant([out_axis]), keepdims=0)
        scope.matrices += [last, self._add(scope, "Tanh", summed)]

    def _scan_rows(self, scope: _Scope, depth: int) -> None:
        """Over the rows of a matrix, forwards or backwards."""
        rng = self.rng
        state, piece = self._new("a"), self._new("p")
        inner = _Scope(list(scope.matrices))
        if depth > 1:
            self._body(inner, depth - 1)
        mixed = self._add(inner, "Add", state, piece)
        following = self._add(inner, "Tanh", mixed)
        row = self._add(inner, "Softmax", self._add(inner, "Mul", mixed, piece), axis=0)
        graph = self._graph(
            inner,
            [info(state, F32, COLUMNS), info(piece, F32, COLUMNS)],
            [info(following, F32, COLUMNS), info(row, F32, COLUMNS)],
        )
        first = self._constant(np.linspace(-1, 1, COLUMNS, dtype=np.float32))
        last, rows = self._new(), self._new("r")
        scope.nodes.append(
            helper.make_node(
                "Scan",
                [first, self._pick(scope)],
                [last, rows],
                f"/{last}",
                body=graph,
                num_scan_inputs=1,
                scan_input_directions=[rng.randrange(2)],
                scan_output_directions=[rng.randrange(2)],
            )
        )
        scope.matrices.append(self._add(scope, "Add", rows, last))
