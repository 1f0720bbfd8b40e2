"""`extract`: a part of a model as a model of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, SSAValue

from ...conversion.name_hint import name_hint
from ...dialects.engine.base import names_of
from ...dialects.engine.weights import weight_store, weights_used
from ...dialects.onnx import OnnxOp
from ...dialects.text import operation_text
from ...errors import UsageError
from ...ir.nearest import unknown_name
from ...ir.subgraph import between, part_of
from ...runtime.abi import INPUT_NAMES, OUTPUT_NAMES
from ...runtime.output_file import destination, output_file
from ..garbage import fewer_collections
from ..planned_program import main_of
from .model_options import ModelOptions, opened


@dataclass(frozen=True)
class Part:
    """A part of a model: a module of level 1, and the context that has its weights."""

    module: ModuleOp
    context: Context

    def save(self, path: str | Path, keep: Sequence[Path] = ()) -> None:
        """
        Write it as `.onnx`, or as `.mlir` with its weights in the `.safetensors` beside it.

        Raises:
            UsageError: for another name, for a part of another framework as ONNX, and for a file
                of `keep`.
            StepwellError: if it cannot be written.
        """
        target = Path(path)
        if target.suffix == ".mlir":
            store, weights = weight_store(self.context), tuple(weights_used(self.module))
            with output_file(target, keep) as part:
                part.write_text(operation_text(self.module) + "\n", encoding="utf-8")
                if weights:
                    store.save(target.with_suffix(".safetensors"), weights, keep)
        elif target.suffix == ".onnx":
            from ...conversion.export_onnx import export_file

            other = next((op.name for op in _work(self.module) if not isinstance(op, OnnxOp)), "")
            if other:
                raise UsageError(
                    f"{target}: the part has '{other}', which is not of ONNX; write it to a .mlir"
                )
            destination(target, keep)  # refused before the work
            export_file(self.module, self.context, target)
        else:
            raise UsageError(f"{target}: expected a name that ends in .onnx or .mlir")


def extract(
    model: Any, to: Sequence[str], *, from_: Sequence[str] = (), **options: Unpack[ModelOptions]
) -> Part:
    """
    The part of `model` from the nodes or values `from_` to the nodes or values `to`.

    A node of `from_` is in the part, a value is an input of it; without any, the part begins at the
    inputs of the model. What else is read becomes an input, constants come along.

    Raises:
        StepwellError: as `compile`, and `UsageError` with all names that there are not, and for
            a beginning that does not lead to the end.
    """
    if isinstance(to, str) or isinstance(from_, str):
        raise UsageError("to and from_ are lists of names")
    with fewer_collections():
        compilation = opened(model, **options)
        function = main_of(compilation.module)
        found = _Names.of(function)
        problems = [
            unknown_name("node or value", name, found.known)
            for name in (*from_, *to)
            if not found.has(name)
        ]
        if problems or not to:
            raise UsageError("; ".join(problems) or "to is empty, expected names")
        last = [value for name in to for value in found.outputs(name)]
        first, cut = found.beginning(from_)
        owners = [v.owner for v in last if isinstance(v.owner, Operation)]
        ops = between(function.body.block, owners, first, cut)
        outputs = [value for value in dict.fromkeys(last) if value.owner in ops]
        if len(outputs) != len(dict.fromkeys(last)):
            raise UsageError(f"{', '.join(to)} does not depend on {', '.join(from_)}")
        return Part(part_of(function, ops, outputs), compilation.ctx)


@dataclass(frozen=True)
class _Names:
    """What names stand for in a function: nodes, values as the model or the module names them."""

    nodes: dict[str, list[Operation]]
    values: dict[str, SSAValue]
    hints: dict[str, SSAValue]

    @property
    def known(self) -> list[str]:
        """All names, for messages about one that there is not."""
        return [*self.nodes, *self.values, *self.hints]

    def has(self, name: str) -> bool:
        return name in self.nodes or self.value(name) is not None

    @staticmethod
    def of(function: FuncOp) -> _Names:
        nodes: dict[str, list[Operation]] = {}
        hints: dict[str, SSAValue] = {}
        block = function.body.block
        for op in block.ops:
            for name in names_of(op, "nodes"):
                nodes.setdefault(name, []).append(op)
            for value in op.results:
                if value.name_hint:
                    hints.setdefault(value.name_hint, value)
        values: dict[str, SSAValue] = dict(
            zip(names_of(function, INPUT_NAMES), block.args, strict=False)
        )
        last = block.last_op
        if isinstance(last, ReturnOp):
            values.update(zip(names_of(function, OUTPUT_NAMES), last.operands, strict=False))
        return _Names(nodes, values, hints)

    def value(self, name: str) -> SSAValue | None:
        return self.values.get(name) or self.hints.get(name) or self.hints.get(name_hint(name))

    def outputs(self, name: str) -> list[SSAValue]:
        """The values that a name stands for: all results of the last operation of a node."""
        if name in self.nodes:
            return list(self.nodes[name][-1].results)
        value = self.value(name)
        return [] if value is None else [value]

    def beginning(self, names: Sequence[str]) -> tuple[list[Operation], list[SSAValue]]:
        """Operations to begin with, and values to cut at."""
        first: list[Operation] = []
        cut: list[SSAValue] = []
        for name in names:
            if name in self.nodes:
                first += self.nodes[name]
            elif (value := self.value(name)) is not None:
                cut.append(value)
        return first, cut


def _work(module: ModuleOp) -> list[Operation]:
    return [op for op in main_of(module).body.block.ops if not isinstance(op, ReturnOp)]
