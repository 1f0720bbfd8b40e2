"""A small decoder in one `Loop`: caches grow, and the most likely token is fed back."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

HEADS, WIDTH, TOKENS, END = 4, 16, 300, 7


def info(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))


class CachedDecoder:
    """The model for a number of layers and of trips at most; `model` and `feeds`."""

    def __init__(self, layers: int = 2, most: int = 24):
        self.rng = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.caches = [f"{what}{layer}" for layer in range(layers) for what in "kv"]
        body = self._body(layers, most)
        self._constant("most", np.int64(most))
        self._constant("on", np.array(True))
        self.model = helper.make_model(
            self._graph(body), opset_imports=[helper.make_opsetid("", 18)], ir_version=9
        )

    def feeds(self, batch: int, past: int) -> dict[str, Any]:
        """Inputs: a token for each text, and what is in the caches."""
        rng = np.random.default_rng(batch + past)
        caches = {
            f"past_{c}": rng.standard_normal((batch, HEADS, past, WIDTH)).astype(np.float32)
            for c in self.caches
        }
        return {"first": rng.integers(0, TOKENS, (batch, 1)), **caches}

    def _node(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], f"/{out}", **attributes))
        return out

    def _weight(self, *shape: int, scale: float = 0.1) -> str:
        numbers = (self.rng.standard_normal(shape) * scale).astype(np.float32)
        return self._constant(f"w{len(self.weights)}", numbers)

    def _constant(self, name: str, value: Any) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _body(self, layers: int, most: int) -> onnx.GraphProto:
        width, n = HEADS * WIDTH, self._node
        self._constant("heads", np.array([0, 1, HEADS, WIDTH]))
        self._constant("flat", np.array([0, 1, width]))
        self._constant("scale", np.float32(WIDTH**-0.5))
        self._constant("end", np.int64(END))
        self._constant("zero", np.array([0]))
        self._constant("one", np.array([1]))
        place = n("Unsqueeze", n("Add", "start", "i"), "zero")
        at = n("Gather", self._weight(most + 128, width, scale=0.5), place)
        x = n("Add", n("Gather", self._weight(TOKENS, width, scale=1.0), "token"), at)
        for layer in range(layers):
            x = self._layer(x, layer, width)
        logits = n("MatMul", x, self._weight(width, TOKENS, scale=0.3))
        n("ArgMax", logits, out="next", axis=2, keepdims=0)
        going = n("Cast", n("Not", n("Equal", "next", "end")), to=INT64)
        n("Cast", n("ReduceMax", going, keepdims=0), out="still", to=BOOL)
        n("Squeeze", "next", "one", out="row")
        taken = [info("i", INT64), info("go", BOOL), info("token", INT64, "N", 1)]
        given = [info("still", BOOL), info("next", INT64, "N", 1)]
        for cache in self.caches:
            taken.append(info(cache, FLOAT, "N", HEADS, "L", WIDTH))
            given.append(info(f"new_{cache}", FLOAT, "N", HEADS, "M", WIDTH))
        return helper.make_graph(self.nodes, "b", taken, [*given, info("row", INT64, "N")])

    def _layer(self, x: str, layer: int, width: int) -> str:
        n = self._node
        q, k, v = (
            n(
                "Transpose",
                n("Reshape", n("MatMul", x, self._weight(width, width)), "heads"),
                perm=[0, 2, 1, 3],
            )
            for _ in range(3)
        )
        keys = n("Concat", f"k{layer}", k, out=f"new_k{layer}", axis=2)
        values = n("Concat", f"v{layer}", v, out=f"new_v{layer}", axis=2)
        scores = n("Mul", n("MatMul", q, n("Transpose", keys, perm=[0, 1, 3, 2])), "scale")
        mixed = n("MatMul", n("Softmax", scores, axis=-1), values)
        rows = n("Reshape", n("Transpose", mixed, perm=[0, 2, 1, 3]), "flat")
        x = n("Add", x, n("MatMul", rows, self._weight(width, width)))
        up = n("Relu", n("MatMul", x, self._weight(width, 2 * width)))
        return n("Add", x, n("MatMul", up, self._weight(2 * width, width)))

    def _graph(self, body: onnx.GraphProto) -> onnx.GraphProto:
        past, last = ([f"{w}_{c}" for c in self.caches] for w in ("past", "last"))
        nodes = [
            helper.make_node("Shape", [past[0]], ["length"], start=2, end=3),
            helper.make_node("Squeeze", ["length", "zero"], ["start"]),
            helper.make_node(
                "Loop",
                ["most", "on", "first", *past],
                ["token_", *last, "tokens"],
                "/decode",
                body=body,
            ),
        ]
        inputs = [info("first", INT64, "N", 1)]
        inputs += [info(c, FLOAT, "N", HEADS, "P", WIDTH) for c in past]
        outputs = [info("tokens", INT64, "T", "N")]
        outputs += [info(c, FLOAT, "N", HEADS, "Q", WIDTH) for c in last]
        return helper.make_graph(nodes, "g", inputs, outputs, self.weights)
