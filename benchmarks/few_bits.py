"""
Decoders with weights of four bits, token by token: against the same model in f32, and onnxruntime.

    python benchmarks/few_bits.py gpt2_decode.onnx --bits 4 --block 32

Weights of products and tables become codes by rounding to nearest, with one scale for each block
along the sum: what is measured is time and size, not the quality of the text. The products are
`MatMulNBits` of both accuracy levels, tables `GatherBlockQuantized`; onnxruntime runs the same
files. Rounds are interleaved, one thread each; times are medians.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

import stepwell

Array = npt.NDArray[Any]

# What onnxruntime says of its types is in part unknown.
onnxruntime: Any = import_module("onnxruntime")

LEAST = 1 << 16
"""Elements of a weight that is worth codes."""


def coded(array: Array, bits: int, block: int) -> tuple[Array, Array]:
    """Rows `[N, K]` as bytes of codes `[N, blocks, bytes]`, and their scales `[N, blocks]`."""
    rows, size = array.shape
    blocks, half = -(-size // block), 1 << (bits - 1)
    padded = np.zeros((rows, blocks * block), np.float32)
    padded[:, :size] = array
    parts = padded.reshape(rows, blocks, block)
    limits = np.abs(parts).max(axis=-1)
    scales = np.where(limits > 0, limits / (half - 1), 1).astype(np.float32)
    codes = np.clip(np.rint(parts / scales[..., None]), -half, half - 1) + half
    found = np.zeros((rows, blocks, block * bits // 8), np.uint8)
    for place in range(8 // bits):
        found |= codes[..., place :: 8 // bits].astype(np.uint8) << (bits * place)
    return found, scales


class Coder:
    """Puts codes in the place of the weights of a model."""

    def __init__(self, model: onnx.ModelProto, bits: int, block: int, level: int):
        self.model, self.bits, self.block, self.level = model, bits, block, level
        graph = model.graph
        self.weights = {t.name: t for t in graph.initializer}
        self.turned = {
            n.output[0]: n.input[0]
            for n in graph.node
            if n.op_type == "Transpose" and n.input[0] in self.weights
        }
        self.made: dict[tuple[str, bool, bool], tuple[str, str, tuple[int, int]]] = {}

    def run(self) -> onnx.ModelProto:
        """The model with codes; what nothing reads any more is gone."""
        graph = self.model.graph
        nodes = [self._node(node) for node in graph.node]
        read = {name for node in nodes for name in node.input} | {o.name for o in graph.output}
        nodes = [n for n in nodes if n.op_type != "Transpose" or n.output[0] in read]
        read = {name for node in nodes for name in node.input}
        kept = [t for t in graph.initializer if t.name in read]
        del graph.node[:], graph.initializer[:]
        graph.node.extend(nodes)
        graph.initializer.extend(kept)
        if all(o.domain != "com.microsoft" for o in self.model.opset_import):
            self.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
        return self.model

    def _node(self, node: onnx.NodeProto) -> onnx.NodeProto:
        name = node.input[1] if len(node.input) > 1 else ""
        if node.op_type == "Gather" and self._is_weight(node.input[0]):
            codes, scales, _ = self._codes(node.input[0], turned=False, table=True)
            return self._made(
                node,
                "GatherBlockQuantized",
                [codes, node.input[1], scales],
                bits=self.bits,
                block_size=self.block,
                gather_axis=0,
                quantize_axis=1,
            )
        if node.op_type not in ("MatMul", "Gemm"):
            return node
        turned = name not in self.turned
        source = self.turned.get(name, name)
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if not self._is_weight(source) or attributes.get("transA", 0):
            return node
        if attributes.get("transB", 0):
            turned = not turned
        codes, scales, (columns, depth) = self._codes(source, turned, table=False)
        inputs = [node.input[0], codes, scales]
        if node.op_type == "Gemm" and len(node.input) > 2:
            inputs += ["", "", node.input[2]]
        return self._made(
            node,
            "MatMulNBits",
            inputs,
            K=depth,
            N=columns,
            bits=self.bits,
            block_size=self.block,
            accuracy_level=self.level,
        )

    def _made(
        self, node: onnx.NodeProto, kind: str, inputs: Sequence[str], **attributes: int
    ) -> onnx.NodeProto:
        made = helper.make_node(kind, inputs, list(node.output), name=node.name)
        made.domain = "com.microsoft"
        made.attribute.extend(helper.make_attribute(k, v) for k, v in attributes.items())
        return made

    def _is_weight(self, name: str) -> bool:
        tensor = self.weights.get(name)
        return tensor is not None and len(tensor.dims) == 2 and prod(tensor.dims) >= LEAST

    def _codes(self, name: str, turned: bool, table: bool) -> tuple[str, str, tuple[int, int]]:
        key = (name, turned, table)
        if key not in self.made:
            array = numpy_helper.to_array(self.weights[name]).astype(np.float32)
            array = array.T if turned else array
            codes, scales = coded(np.ascontiguousarray(array), self.bits, self.block)
            kind = f"{int(turned)}{int(table)}"
            names = [f"{name}.{part}.{kind}" for part in ("codes", "scales")]
            given = [codes, scales.reshape(-1)]
            if table:
                given = [codes.reshape(array.shape[0], -1), scales]
            for own, numbers in zip(names, given, strict=True):
                self.model.graph.initializer.append(numpy_helper.from_array(numbers, own))
            self.made[key] = (names[0], names[1], (array.shape[0], array.shape[1]))
        return self.made[key]


def feeds_of(session: Any, tokens: int) -> dict[str, Array]:
    """Numbers for the inputs; open sizes are 1, or `tokens` for the last of ids."""
    random = np.random.default_rng(0)
    found: dict[str, Array] = {}
    for given in session.get_inputs():
        shape = [n if isinstance(n, int) else 1 for n in given.shape]
        if given.type == "tensor(int64)":
            shape[-1] = tokens if not isinstance(given.shape[-1], int) else shape[-1]
            found[given.name] = np.full(shape, 7, np.int64)
        else:
            found[given.name] = random.standard_normal(shape).astype(np.float32)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--block", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=1)
    given = parser.parse_args()
    calls: dict[str, Callable[[], object]] = {}
    sizes: dict[str, int] = {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    outputs: dict[str, Array] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("f32", "level 0", "level 4"):
            path = Path(folder) / f"{kind.replace(' ', '_')}.onnx"
            model = onnx.ModelProto.FromString(given.model.read_bytes())
            if kind != "f32":
                model = Coder(model, given.bits, given.block, int(kind[-1])).run()
            path.write_bytes(model.SerializeToString())
            del model
            session = onnxruntime.InferenceSession(path, options)
            feeds = feeds_of(session, given.tokens)
            shapes = {name: array.shape for name, array in feeds.items()}
            engine = stepwell.compile(str(path), threads=1, shapes=shapes)
            artifact = path.with_suffix(".well")
            engine.save(artifact)
            sizes[f"file, {kind}"] = path.stat().st_size
            sizes[f"artifact, {kind}"] = artifact.stat().st_size

            def ours(engine: Any = engine, feeds: dict[str, Array] = feeds) -> Any:
                return engine.run(feeds)

            def theirs(session: Any = session, feeds: dict[str, Array] = feeds) -> Any:
                return session.run(None, feeds)

            name = session.get_outputs()[0].name
            outputs[f"stepwell {kind}"], outputs[f"onnxruntime {kind}"] = (
                ours()[name],
                theirs()[0],
            )
            calls[f"stepwell {kind}"], calls[f"onnxruntime {kind}"] = ours, theirs
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(given.rounds):
            for name, call in calls.items():
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
    medians = {name: float(np.median(found)) for name, found in times.items()}
    for name, median in medians.items():
        ratio = medians["stepwell f32"] / median
        print(f"{name:24} {1e3 * median:9.3f} ms  {ratio:5.2f} x our f32")
    for name, size in sizes.items():
        print(f"{name:24} {size / 1e6:9.1f} MB  {size / sizes['file, f32']:5.3f} of the f32 file")
    for kind in ("f32", "level 0", "level 4"):
        a, b = outputs[f"stepwell {kind}"], outputs[f"onnxruntime {kind}"]
        print(f"{kind}: off onnxruntime by {np.abs(a - b).max() / np.abs(b).max():.1e}")


if __name__ == "__main__":
    main()
