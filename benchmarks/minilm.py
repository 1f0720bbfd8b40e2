"""MiniLM, an encoder of sentences, as ONNX from its weights: six layers of 384 numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

AnyArray = npt.NDArray[Any]


def encoder(weights: dict[str, AnyArray]) -> onnx.ModelProto:
    """The encoder as ONNX, from its weights: the mean of its states as the vector of a text."""
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, AnyArray] = {}

    def constant(name: str, value: AnyArray) -> str:
        constants.setdefault(name, value)
        return name

    def node(operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, list(inputs), [name], name, **attributes))
        return name

    def weight(name: str) -> str:
        return constant(name, weights[name])

    def dense(x: str, stem: str) -> str:
        matrix = constant(f"{stem}.weight", np.ascontiguousarray(weights[f"{stem}.weight"].T))
        product = node("MatMul", [x, matrix], f"{stem}/product")
        return node("Add", [product, weight(f"{stem}.bias")], f"{stem}/bias")

    def norm(x: str, stem: str) -> str:
        operands = [x, weight(f"{stem}.weight"), weight(f"{stem}.bias")]
        return node("LayerNormalization", operands, stem, epsilon=1e-12)

    e = "embeddings"
    words = node("Gather", [weight(f"{e}.word_embeddings.weight"), "ids"], "words")
    kinds = weights[f"{e}.token_type_embeddings.weight"][0]
    places = weights[f"{e}.position_embeddings.weight"][:64] + kinds
    x = norm(node("Add", [words, constant("places", places)], "placed"), f"{e}.LayerNorm")
    one, low = constant("one", np.array(1, np.float32)), constant("low", np.array(-1e4, np.float32))
    axes = constant("axes", np.array([1, 2]))
    kept = node("Cast", ["mask"], "kept", to=1)
    away = node("Mul", [node("Sub", [one, kept], "padding"), low], "away")
    bias = node("Unsqueeze", [away, axes], "mask_bias")
    apart = constant("apart", np.array([0, 0, 12, 32]))
    joined = constant("joined", np.array([0, 0, 384]))
    root = constant("root", np.array(32**-0.5, np.float32))
    numbers = {"two": 2**0.5, "half": 0.5, "tip": 1.0}
    two, half, tip = (constant(name, np.array(n, np.float32)) for name, n in numbers.items())
    turns = {"query": [0, 2, 1, 3], "key": [0, 2, 3, 1], "value": [0, 2, 1, 3]}
    for layer in range(6):
        stem = f"encoder.layer.{layer}"
        heads: dict[str, str] = {}
        for part, order in turns.items():
            made = dense(x, f"{stem}.attention.self.{part}")
            cut = node("Reshape", [made, apart], f"{stem}/{part}/heads")
            heads[part] = node("Transpose", [cut], f"{stem}/{part}/turned", perm=order)
        scores = node("MatMul", [heads["query"], heads["key"]], f"{stem}/scores")
        scaled = node("Mul", [scores, root], f"{stem}/scaled")
        shares = node("Softmax", [node("Add", [scaled, bias], f"{stem}/masked")], f"{stem}/shares")
        mixed = node("MatMul", [shares, heads["value"]], f"{stem}/mixed")
        back = node("Transpose", [mixed], f"{stem}/back", perm=[0, 2, 1, 3])
        whole = node("Reshape", [back, joined], f"{stem}/whole")
        out = dense(whole, f"{stem}.attention.output.dense")
        x = norm(node("Add", [out, x], f"{stem}/sum1"), f"{stem}.attention.output.LayerNorm")
        up = dense(x, f"{stem}.intermediate.dense")
        erf = node("Erf", [node("Div", [up, two], f"{stem}/ratio")], f"{stem}/erf")
        gate = node("Mul", [up, node("Add", [erf, tip], f"{stem}/shifted")], f"{stem}/gate")
        down = dense(node("Mul", [gate, half], f"{stem}/gelu"), f"{stem}.output.dense")
        x = norm(node("Add", [down, x], f"{stem}/sum2"), f"{stem}.output.LayerNorm")
    column = node("Unsqueeze", [kept, constant("last", np.array([2]))], "column")
    along = constant("along", np.array([1]))
    total = node("ReduceSum", [node("Mul", [x, column], "words_kept"), along], "total", keepdims=0)
    count = node("ReduceSum", [column, along], "count", keepdims=0)
    node("Div", [total, count], "embedding")
    whole_number = onnx.TensorProto.INT64
    graph = helper.make_graph(
        nodes,
        "minilm",
        [helper.make_tensor_value_info(n, whole_number, [1, 64]) for n in ("ids", "mask")],
        [helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, [1, 384])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker: Any = onnx.checker
    checker.check_model(model, full_check=True)
    return model
