"""Artifacts of small models, taken apart and put together again with right digests."""

from __future__ import annotations

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
from stepwell.test.fuzz.open_models import data_sizes, related_sizes
from stepwell.test.fuzz.plan_models import MODELS as PLANNED

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


OTHER = -1
"""Stands for the number of a model whose artifact may give something else."""

MAKERS: Sequence[Callable[[], bytes]] = (
    perceptron,
    half_precision,
    reference_operations,
    PLANNED["residual_network"],
    PLANNED["rearrangements"],
    PLANNED["recurrent_network"],
    lambda: data_sizes().SerializeToString(),
    lambda: related_sizes().SerializeToString(),
    lambda: related_sizes().SerializeToString(),
)

WITH_VARIANTS = len(MAKERS) - 1
"""The model that has programs for some sizes, among them those of the calls that are tried."""


@cache
def donor(number: int) -> bytes:
    """The artifact of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "donor.well"
        sizes = [dict.fromkeys("NMS", n) for n in (3, 1)] if number == WITH_VARIANTS else []
        stepwell.compile(MAKERS[number](), threads=2, variants=sizes).save(path)
        return path.read_bytes()


def preamble_of(data: bytes) -> tuple[int, int]:
    """Where the header of an artifact lies, and how large it is."""
    *_, offset, size, _digest = _PREAMBLE.unpack(data[: _PREAMBLE.size])
    return offset, size


class Opened:
    """An artifact taken apart: the bytes before the header, and the header as objects."""

    def __init__(self, data: bytes):
        offset, size = preamble_of(data)
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
