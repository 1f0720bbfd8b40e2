"""
Random nodes of every operator, most of which make no sense, for what must not hang or abort.

Run as a program, tries many: `python -m stepwell.test.conversion.onnx_import.node_fuzz 5000`.
"""

from __future__ import annotations

import mmap
import os
import random
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnx.defs
from onnx import helper, numpy_helper
from onnx.defs import OpSchema
from xdsl.utils.exceptions import VerifyException

from stepwell.conversion.onnx_import.inference import InferenceFailure, inferred_types
from stepwell.conversion.onnx_import.operators import attribute_problems, attribute_values
from stepwell.conversion.onnx_import.types import IllTypedError, ir_type
from stepwell.dialects.onnx import op_class
from stepwell.dialects.onnx.rules import Form, check_form

Option, Kind = OpSchema.FormalParameterOption, OpSchema.AttrType

SECONDS = 5.0
"""After which a node counts as one that never ends."""

_INTEGERS = (0, 1, 2, 3, -1, -2, 5, 7, 100, -100, 2**31 - 1, -(2**31), 2**40, 2**63 - 1, -(2**63))
_SIZES = (0, 1, 2, 3, 6, 8, None, 2**40, 2**62)
_FLOATS = (0.0, 1.0, -1.0, 0.5, 1e30, float("nan"), float("inf"))
_WORDS = ("", "NOTSET", "SAME_UPPER", "VALID", "linear", "reflect", "bidirectional", "nonsense")
_EQUATION = "ij,jk->..a(){}[]-> AZ.\0"
_CODES = {
    "tensor(float)": 1, "tensor(uint8)": 2, "tensor(int8)": 3, "tensor(int32)": 6,
    "tensor(int64)": 7, "tensor(string)": 8, "tensor(bool)": 9, "tensor(float16)": 10,
    "tensor(double)": 11,
}  # fmt: skip
_ATTRIBUTE_KINDS: dict[Any, Any] = {
    Kind.FLOAT: 1, Kind.INT: 2, Kind.STRING: 3, Kind.TENSOR: 4, Kind.FLOATS: 6, Kind.INTS: 7,
    Kind.STRINGS: 8,
}  # fmt: skip


@dataclass
class Operand:
    """What is known of an operand."""

    type: Any
    constant: Any = None


class _Maker:
    def __init__(self, schema: OpSchema, seed: int):
        self.schema = schema
        self.r = random.Random(f"{schema.domain}.{schema.name}.{seed}")

    def integer(self) -> int:
        return self.r.choice(_INTEGERS) if self.r.random() < 0.4 else self.r.randint(-3, 4)

    def shape(self) -> list[int | None] | None:
        if self.r.random() < 0.1:
            return None
        rank = self.r.choice((0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6))
        return [
            self.r.choice(_SIZES) if self.r.random() < 0.3 else self.r.randint(1, 6)
            for _ in range(rank)
        ]

    def type(self, allowed: Iterable[str]) -> onnx.TypeProto:
        common = [t for t in allowed if t in ("tensor(float)", "tensor(int64)")]
        names = sorted(common) if common and self.r.random() < 0.8 else sorted(allowed)
        return self._type(self.r.choice(names))

    def _type(self, name: str) -> onnx.TypeProto:
        if name.startswith("seq("):
            return helper.make_sequence_type_proto(self._type(name[4:-1]))
        if name.startswith("optional("):
            return helper.make_optional_type_proto(self._type(name[9:-1]))
        if name.startswith("map("):
            return helper.make_map_type_proto(7, helper.make_tensor_type_proto(1, None))
        return helper.make_tensor_type_proto(_CODES.get(name, 1), self.shape())

    def constant(self, type_: onnx.TypeProto) -> Any:
        dims = type_.tensor_type.shape.dim
        if not type_.HasField("tensor_type") or not all(d.HasField("dim_value") for d in dims):
            return None
        shape = [d.dim_value for d in dims]
        count = int(np.prod(shape, dtype=object))
        code = type_.tensor_type.elem_type
        if count > 64 or max(shape, default=0) > 64 or code not in (1, 6, 7, 9):
            return None
        if code in (6, 7):
            bound = 2 ** (31 if code == 6 else 63)
            values = [max(-bound, min(bound - 1, self.integer())) for _ in range(count)]
            return np.array(values, np.int32 if code == 6 else np.int64).reshape(shape)
        choices = _FLOATS if code == 1 else (False, True)
        values = [self.r.choice(choices) for _ in range(count)]
        return np.array(values, np.float32 if code == 1 else np.bool_).reshape(shape)

    def attribute(self, name: str, spec: OpSchema.Attribute) -> onnx.AttributeProto | None:
        r, kind = self.r, spec.type
        value: Any = None
        if kind == Kind.INT:
            value = self.integer()
        elif kind == Kind.FLOAT:
            value = r.choice(_FLOATS)
        elif kind == Kind.STRING and name == "equation":
            value = "".join(r.choice(_EQUATION) for _ in range(r.randint(0, 9)))
        elif kind == Kind.STRING:
            value = r.choice(_WORDS)
        elif kind == Kind.INTS:
            value = [self.integer() for _ in range(r.randint(0, 5))]
        elif kind == Kind.FLOATS:
            value = [r.choice(_FLOATS) for _ in range(r.randint(0, 5))]
        elif kind == Kind.STRINGS:
            value = [r.choice(("Tanh", "", "a")) for _ in range(r.randint(0, 3))]
        elif kind == Kind.TENSOR:
            value = numpy_helper.from_array(np.array([self.integer()], np.int64))
        if value is None:
            return None
        return helper.make_attribute(name, value, attr_type=_ATTRIBUTE_KINDS[kind])


def random_node(schema: OpSchema, seed: int) -> tuple[onnx.NodeProto, dict[str, Operand]]:
    """A node of the operator and what is known of its operands."""
    maker = _Maker(schema, seed)
    r = maker.r
    node = onnx.NodeProto(op_type=schema.name, domain=schema.domain, name="n")
    variables = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    operands: dict[str, Operand] = {}
    for formal in schema.inputs:
        count = 1
        if formal.option == Option.Variadic:
            count = r.randint(0, 4)
        elif formal.option == Option.Optional:
            count = int(r.random() < 0.6)
        for _ in range(count):
            name = f"x{len(node.input)}"
            proto = maker.type(variables.get(formal.type_str, [formal.type_str]))
            try:
                operands[name] = Operand(ir_type(proto))
            except IllTypedError:
                operands[name] = Operand(ir_type(helper.make_tensor_type_proto(1, None)))
                proto = onnx.TypeProto()
            if r.random() < 0.6:
                operands[name].constant = maker.constant(proto)
            node.input.append(name)
        if count == 0 and formal.option != Option.Variadic:
            node.input.append("")
    node.output.extend(f"y{i}" for i in range(r.randint(1, max(1, min(6, schema.max_output)))))
    for name, spec in schema.attributes.items():
        if spec.type != Kind.GRAPH and (spec.required or r.random() < 0.5):
            attribute = maker.attribute(name, spec)
            if attribute is not None:
                node.attribute.append(attribute)
    return node, operands


def infer(schema: OpSchema, seed: int) -> str:
    """What the importer makes of a random node: its types, or why there are none."""
    node, operands = random_node(schema, seed)
    cls = op_class(schema.name, schema.domain)
    assert cls is not None
    if any(True for _ in attribute_problems(node, cls)):
        return "attributes"
    given = [operands.get(name) for name in node.input]
    types = [None if o is None else o.type for o in given]
    constants = [None if o is None else o.constant for o in given]
    try:
        check_form(Form(cls.SIGNATURE, attribute_values(node), types, constants, len(node.output)))
        return str(inferred_types(schema, node, operands))
    except (IllTypedError, InferenceFailure, VerifyException) as error:
        return str(error)


def deaths(schemas: Iterable[OpSchema], trials: int) -> Iterator[str]:
    """Random nodes that end the process, raise what they should not, or never come to an end."""
    progress = mmap.mmap(-1, 8)
    for schema in schemas:
        start = 0
        while start < trials:
            end = _run(schema, range(start, trials), progress)
            at = struct.unpack("q", progress[:8])[0]
            if end:
                yield f"{schema.name} {at}: {end}"
            start = at + 1 if end else trials


def _run(schema: OpSchema, seeds: range, progress: mmap.mmap) -> str:
    """How a child ends that tries the nodes; empty when all is well."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for seed in seeds:
                progress[:8] = struct.pack("q", seed)
                infer(schema, seed)
            code = 0
        finally:
            os._exit(code)
    last, since = -1, time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "" if status == 0 else f"ends with {status}"
        at = struct.unpack("q", progress[:8])[0]
        if at != last:
            last, since = at, time.monotonic()
        elif time.monotonic() - since > SECONDS:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return "never ends"
        time.sleep(0.005)


def every_schema() -> list[OpSchema]:
    """The newest schema of every operator."""
    return sorted(onnx.defs.get_all_schemas(), key=lambda s: (s.domain, s.name))


if __name__ == "__main__":
    found = list(deaths(every_schema(), int(sys.argv[1])))
    print("\n".join(found) or "all is well")
