"""Artifacts of small models, and mutations of them whose digests are right."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.runtime import artifact, artifact_generated
from stepwell.runtime.array_memory import aligned
from stepwell.runtime.artifact import MAGIC
from stepwell.runtime.artifact_header import IDENTIFIER
from stepwell.runtime.section_digest import section_digest
from stepwell.test.fuzz.plan_models import MODELS as PLANNED
from stepwell.test.fuzz.programs import MUTATIONS as TEXT_MUTATIONS

_PREAMBLE: Any = vars(artifact)["_PREAMBLE"]
_DIGESTED: int = vars(artifact)["_DIGESTED"]
_tables: Any = artifact_generated

FLOAT, INTEGER, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def _model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    weights: Sequence[onnx.TensorProto] = (),
) -> bytes:
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    opset = [helper.make_opsetid("", 21)]
    return helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString()


def perceptron() -> bytes:
    """Two products with weights, and an index that may be out of range: an error at run time."""
    rng = np.random.default_rng(5)
    info = helper.make_tensor_value_info
    weights = [
        numpy_helper.from_array(rng.standard_normal(s).astype(np.float32), n)
        for n, s in (("w", (20, 32)), ("b", (32,)), ("v", (32, 7)))
    ]
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["s"]),
        helper.make_node("Gather", ["s", "i"], ["y"], axis=1),
    ]
    inputs = [info("x", FLOAT, [3, 20]), info("i", INTEGER, [2])]
    return _model(nodes, inputs, [info("y", FLOAT, [3, 2])], weights)


def half_precision() -> bytes:
    """Numbers of 16 and of 8 bits."""
    info = helper.make_tensor_value_info
    weight = numpy_helper.from_array(np.arange(96, dtype=np.float16).reshape(8, 12) / 64, "w")
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("Cast", ["p"], ["y"], to=TensorProto.BFLOAT16),
        helper.make_node("Cast", ["p"], ["z"], to=TensorProto.INT8),
    ]
    outputs = [info("y", TensorProto.BFLOAT16, [4, 12]), info("z", TensorProto.INT8, [4, 12])]
    return _model(nodes, [info("x", TensorProto.FLOAT16, [4, 8])], outputs, [weight])


def reference_operations() -> bytes:
    """Positions of numbers, strings and a sequence, between native operations."""
    info = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Neg", ["x"], ["n"]),
        helper.make_node("Unique", ["n"], ["u"], sorted=1),
        helper.make_node("StringNormalizer", ["t"], ["s"], case_change_action="UPPER"),
        helper.make_node("SequenceConstruct", ["n", "x"], ["q"]),
        helper.make_node("SequenceAt", ["q", "one"], ["a"]),
        helper.make_node("Det", ["a"], ["d"]),
        helper.make_node("Exp", ["d"], ["e"]),
    ]
    inputs = [info("x", FLOAT, [3, 3]), info("t", STRING, [2])]
    outputs = [info("u", FLOAT, [None]), info("s", STRING, [2]), info("e", FLOAT, [])]
    one = numpy_helper.from_array(np.array(1, np.int64), "one")
    sequence = helper.make_tensor_sequence_value_info("q", FLOAT, [3, 3])
    return _model(nodes, inputs, [*outputs, sequence], [one])


MAKERS: Sequence[Callable[[], bytes]] = (
    perceptron,
    half_precision,
    reference_operations,
    PLANNED["residual_network"],
    PLANNED["rearrangements"],
    PLANNED["recurrent_network"],
)


@cache
def donor(number: int) -> bytes:
    """The artifact of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "donor.well"
        stepwell.compile(MAKERS[number](), threads=2).save(path)
        return path.read_bytes()


class Opened:
    """An artifact taken apart: the bytes before the header, and the header as objects."""

    def __init__(self, data: bytes):
        *_, offset, size, _digest = _PREAMBLE.unpack(data[: _PREAMBLE.size])
        self.body = bytearray(data[:offset])
        header = data[offset : offset + size]
        self.header: Any = _tables.HeaderT.InitFromObj(_tables.Header.GetRootAs(header))

    def sections(self) -> list[Any]:
        """Of the weights, the codes, the IR and the constants, as far as they are there."""
        header = self.header
        codes = [code.section for code in header.codes or () if code is not None]
        return [s for s in (header.weights, *codes, header.ir, header.constantsSection) if s]

    def closed(self, header: bytes | None = None) -> bytes:
        """The file again, with right digests."""
        if header is None:
            for section in self.sections():
                self._digest(section)
            builder: Any = flatbuffers.Builder(1 << 16)
            builder.Finish(self.header.Pack(builder), IDENTIFIER)
            header = bytes(builder.Output())
        end = len(self.body)
        numbers = (MAGIC, artifact.FORMAT_VERSION, 0, end + len(header), end, len(header))
        preamble = _PREAMBLE.pack(*numbers, b"")[:_DIGESTED]
        digest = section_digest(np.frombuffer(preamble + header, np.uint8))
        return preamble + digest + bytes(self.body[_PREAMBLE.size :]) + header

    def _digest(self, section: Any) -> None:
        start, size = int(section.offset or 0), int(section.size or 0)
        if start % 64 == 0 and start >= 0 and start + aligned(size) <= len(self.body):
            covered = bytes(self.body[start : start + aligned(size)])
            section.digest = list(section_digest(np.frombuffer(covered, np.uint8)))


NUMBERS = (0, 1, 2, 3, 7, 8, 63, 64, 65, 255, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 40, (1 << 62))
WORDS = (
    *("", "x", "float32", "float16", "int64", "string", "object", "bfloat16", "f4,O", "O", "V8"),
    *("arena", "weights", "input", "output", "opaque", "zz", "\x00", "ü", "seq", "map string"),
    *("aB16b", "ab", "Ab999999999a", "stepwell_main", "bitwise", "approximate", "1" * 5000),
)


def _number(rng: random.Random, old: int) -> int:
    near = [old + 1, old - 1, 2 * old, -old, old + 64, old - 64, old // 2]
    return rng.choice([*NUMBERS, *(-n for n in NUMBERS), *near, *near])


def _word(rng: random.Random, old: str) -> str:
    cut = rng.randrange(len(old) + 1)
    return rng.choice([*WORDS, old[:cut], old + "x", old[cut:] + old[:cut], old.upper()])


Place = tuple[Callable[[], Any], Callable[[Any], None]]
"""How to get and to set one thing in a header."""


def _attribute(owner: Any, name: str) -> Place:
    return (lambda: getattr(owner, name)), (lambda value: setattr(owner, name, value))


def _element(owner: list[Any], at: int) -> Place:
    def put(value: Any) -> None:
        owner[at] = value

    return (lambda: owner[at]), put


def _places(table: Any) -> list[Place]:
    """Everything that stands in a table of the header, and in the tables in it."""
    found: list[Place] = []
    todo = [table]
    while todo:
        owner = todo.pop()
        for name, value in vars(owner).items():
            if isinstance(value, np.ndarray):
                setattr(owner, name, value.tolist())
                value = getattr(owner, name)
            found.append(_attribute(owner, name))
            if isinstance(value, list):
                found += [_element(value, at) for at in range(len(value))]
                todo += [v for v in value if hasattr(v, "__dict__")]
            elif hasattr(value, "__dict__"):
                todo.append(value)
    return found


def header_field(rng: random.Random, opened: Opened) -> None:
    """One field of the header is another."""
    get, put = rng.choice(_places(opened.header))
    value = get()
    if isinstance(value, bool | int | np.integer):
        put(_number(rng, int(value)))
    elif isinstance(value, bytes | str):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        put(_word(rng, text))
    elif isinstance(value, list):
        put(_list(rng, value))
    elif value is None:
        put(rng.choice([0, "x", []]))
    else:
        put(None)


def _list(rng: random.Random, old: list[Any]) -> list[Any] | None:
    """A list that is shorter, longer, in another order, or not there."""
    new = list(old)
    kind = rng.randrange(6)
    if kind == 0 or not new:
        return rng.choice([None, []])
    at = rng.randrange(len(new))
    if kind == 1:
        del new[at]
    elif kind == 2:
        new.insert(at, new[rng.randrange(len(new))])
    elif kind == 3:
        rng.shuffle(new)
    elif kind == 4:
        new = new[:at]
    else:
        new[at] = new[rng.randrange(len(new))]
    return new


def reference_field(rng: random.Random, opened: Opened) -> None:
    """One field of a reference operation, or of an input or output, is another."""
    tables = [*(opened.header.referenceOps or ()), *(opened.header.inputs or ())]
    tables += opened.header.outputs or ()
    if not tables:
        return header_field(rng, opened)
    get, put = rng.choice(_places(rng.choice(tables)))
    value = get()
    if isinstance(value, int | np.integer):
        put(_number(rng, int(value)))
    elif isinstance(value, bytes | str):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        put(rng.choice(TEXT_MUTATIONS)(rng, text) if len(text) > 40 else _word(rng, text))
    elif isinstance(value, list):
        put(_list(rng, value))
    else:
        put(rng.choice([None, 0, "x"]))
    return None


def section_bytes(rng: random.Random, opened: Opened) -> None:
    """Bytes of the weights or the constants are others."""
    header = opened.header
    section = rng.choice([header.weights, header.constantsSection])
    if section is None or not section.size:
        return
    for _ in range(rng.choice([1, 1, 8, 100])):
        at = section.offset + rng.randrange(section.size)
        opened.body[at] = rng.randrange(256)


def text(rng: random.Random, opened: Opened) -> None:
    """The IR is another, as a text or as bytes."""
    section = opened.header.ir
    if section is None or not section.size:
        return
    start, size = int(section.offset), int(section.size)
    old = bytes(opened.body[start : start + size])
    new = rng.choice(TEXT_MUTATIONS)(rng, old.decode("utf-8", "replace")).encode()
    if rng.random() < 0.2:
        changed = bytearray(old)
        changed[rng.randrange(size)] = rng.randrange(256)
        new = bytes(changed)
    opened.body += bytes(-len(opened.body) % 64)
    section.offset, section.size = len(opened.body), len(new)
    opened.body += new + bytes(-len(new) % 64)


def section_place(rng: random.Random, opened: Opened) -> None:
    """A section lies elsewhere, in whole or in part upon another."""
    sections = opened.sections()
    if not sections:
        return
    section, other = rng.choice(sections), rng.choice(sections)
    if rng.random() < 0.5:
        section.offset = rng.choice([other.offset, section.offset + 64, section.offset - 64, 0])
        section.offset = max(section.offset, 0)
    else:
        near = [section.size + 1, section.size - 1, section.size // 2, section.size + 64, 0]
        section.size = max(rng.choice([other.size, *near]), 0)


Mutation = Callable[[random.Random, Opened], None]

MUTATIONS: Sequence[Mutation] = (
    header_field,
    header_field,
    header_field,
    reference_field,
    reference_field,
    section_bytes,
    text,
    text,
    section_place,
)


def mutated(seed: int) -> tuple[int, bytes]:
    """The number of a model and its artifact, to which something was done; by seed."""
    rng = random.Random(seed)
    number = rng.randrange(len(MAKERS))
    data = donor(number)
    kind = rng.random()
    if kind < 0.1:
        return number, _header_bytes(rng, data)
    if kind < 0.13:
        return number, _machine_code(rng, data)
    while True:
        opened = Opened(data)
        for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
            rng.choice(MUTATIONS)(rng, opened)
        try:
            return number, opened.closed()
        except Exception:  # what the generated code cannot write is no file
            continue


def _header_bytes(rng: random.Random, data: bytes) -> bytes:
    """Bytes of the header itself are others."""
    *_, offset, size, _digest = _PREAMBLE.unpack(data[: _PREAMBLE.size])
    header = bytearray(data[offset : offset + size])
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(size)
        if rng.random() < 0.3:
            at = at // 4 * 4
            header[at : at + 4] = rng.choice([0, 4, size, 0xFFFFFFFF, 0x7FFFFFFF]).to_bytes(
                4, "little"
            )
        else:
            header[at] = rng.randrange(256)
    if rng.random() < 0.1:
        del header[rng.randrange(size) :]
    return Opened(data).closed(bytes(header))


def _machine_code(rng: random.Random, data: bytes) -> bytes:
    """Bytes of the machine code are others: refused, for its seal is another."""
    opened = Opened(data)
    section = opened.header.codes[0].section
    at = section.offset + rng.randrange(section.size)
    opened.body[at] ^= 1 << rng.randrange(8)
    return opened.closed()
