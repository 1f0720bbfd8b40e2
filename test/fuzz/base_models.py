"""
Small valid models of twelve kinds and more, which the mutations begin with.

No weight has more than 64 elements, so that texts of them are whole without a file of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from stepwell.test.fuzz.open_models import data_sizes, related_sizes

Array = npt.NDArray[Any]
Shape = Sequence[int | str]

FLOAT, INT64, BOOL, STRING = (
    TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING
)  # fmt: skip
tensor = helper.make_tensor_value_info
node = helper.make_node


def numbers(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Array:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape) * 0.5, dtype)


def weights(**arrays: Array) -> list[TensorProto]:
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    initializers: Sequence[TensorProto] = (),
    *,
    opset: int = 21,
    functions: Sequence[onnx.FunctionProto] = (),
    domains: Mapping[str, int] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(initializers))
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(d, v) for d, v in (domains or {}).items()]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=10)


def cnn() -> onnx.ModelProto:
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], name="/stem/conv", pads=[1, 1, 1, 1],
             kernel_shape=[3, 3]),
        node("BatchNormalization", ["c1", "s", "b", "m", "v"], ["n1"], epsilon=1e-3),
        node("Relu", ["n1"], ["r1"]),
        node("MaxPool", ["r1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "w2"], ["c2"], group=4, pads=[1, 1, 1, 1], name="/dw"),
        node("Clip", ["c2", "lo", "hi"], ["r2"]),
        node("Add", ["r2", "p1"], ["a"]),
        node("GlobalAveragePool", ["a"], ["g"]),
        node("Flatten", ["g"], ["f"], axis=1),
        node("Gemm", ["f", "wf", "bf"], ["y"], transB=1),
        node("Softmax", ["y"], ["z"], axis=-1),
    ]  # fmt: skip
    return model(
        nodes, [tensor("x", FLOAT, [1, 1, 8, 8])], [tensor("z", FLOAT, [1, 5])],
        weights(
            w1=numbers(4, 1, 3, 3), b1=numbers(4), s=numbers(4), b=numbers(4), m=numbers(4),
            v=np.abs(numbers(4)) + np.float32(0.5), w2=numbers(4, 1, 3, 3), wf=numbers(5, 4),
            bf=numbers(5), lo=np.array(0, np.float32), hi=np.array(6, np.float32),
        ),
    )  # fmt: skip


def transformer() -> onnx.ModelProto:
    nodes = [
        node("Gather", ["table", "ids"], ["e"]),
        node("LayerNormalization", ["e", "ls", "lb"], ["n"], axis=-1),
        *(node("MatMul", ["n", f"w{p}"], [f"m{p}"]) for p in "qkv"),
        *(node("Reshape", [f"m{p}", "split"], [f"s{p}"]) for p in "qkv"),
        node("Transpose", ["sq"], ["q"], perm=[0, 2, 1, 3]),
        node("Transpose", ["sk"], ["k"], perm=[0, 2, 3, 1]),
        node("Transpose", ["sv"], ["v"], perm=[0, 2, 1, 3]),
        node("MatMul", ["q", "k"], ["scores"]),
        node("Mul", ["scores", "scale"], ["scaled"]),
        node("Softmax", ["scaled"], ["p"], axis=-1),
        node("MatMul", ["p", "v"], ["o"]),
        node("Transpose", ["o"], ["t"], perm=[0, 2, 1, 3]),
        node("Reshape", ["t", "join"], ["j"]),
        node("Add", ["j", "e"], ["r"]),
        node("MatMul", ["r", "w1"], ["h"]),
        node("Gelu", ["h"], ["a"], approximate="tanh"),
        node("MatMul", ["a", "w2"], ["y"]),
    ]
    return model(
        nodes, [tensor("ids", INT64, [1, 5])], [tensor("y", FLOAT, [1, 5, 4])],
        weights(
            table=numbers(11, 4), ls=numbers(4), lb=numbers(4), wq=numbers(4, 4), wk=numbers(4, 4),
            wv=numbers(4, 4), split=ints(1, 5, 2, 2), join=ints(1, 5, 4),
            scale=np.array(0.5, np.float32), w1=numbers(4, 8), w2=numbers(8, 4),
        ),
    )  # fmt: skip


def recurrent() -> onnx.ModelProto:
    nodes = [
        node("LSTM", ["x", "w", "r", "b"], ["y", "h", "c"], hidden_size=2,
             direction="bidirectional"),
        node("Transpose", ["y"], ["t"], perm=[0, 2, 1, 3]),
        node("Reshape", ["t", "flat"], ["f"]),
        node("GRU", ["f", "gw", "gr"], ["gy", "gh"], hidden_size=4, linear_before_reset=1),
        node("Squeeze", ["gh", "zero"], ["z"]),
    ]  # fmt: skip
    outputs = [tensor("z", FLOAT, [2, 4]), tensor("c", FLOAT, [2, 2, 2])]
    return model(
        nodes, [tensor("x", FLOAT, [4, 2, 3])], outputs,
        weights(
            w=numbers(2, 8, 3), r=numbers(2, 8, 2), b=numbers(2, 16), flat=ints(0, 0, -1),
            gw=numbers(1, 12, 4), gr=numbers(1, 12, 4), zero=ints(0),
        ),
    )  # fmt: skip


def quantised() -> onnx.ModelProto:
    nodes = [
        node("QuantizeLinear", ["x", "sx", "zx"], ["qx"]),
        node("DequantizeLinear", ["qx", "sx", "zx"], ["dx"]),
        node("DequantizeLinear", ["w", "sw", "zw"], ["dw"], axis=0),
        node("Conv", ["dx", "dw"], ["c"], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]),
        node("QuantizeLinear", ["r", "sy", "zx"], ["q"]),
        node("DequantizeLinear", ["q", "sy", "zx"], ["y"]),
        node("QLinearConv", ["qx", "sx", "zx", "w", "sw", "zw", "sy", "zx"], ["ql"]),
        node("DynamicQuantizeLinear", ["x"], ["dq", "ds", "dz"]),
        node("MatMulInteger", ["dq", "wm", "dz"], ["mi"]),
    ]
    outputs = [tensor("y", FLOAT, [1, 3, 6, 6]), tensor("ql", TensorProto.UINT8, [1, 3, 4, 4])]
    outputs.append(tensor("mi", TensorProto.INT32, [1, 2, 6, 3]))
    rng = np.random.default_rng(3)
    return model(
        nodes, [tensor("x", FLOAT, [1, 2, 6, 6])], outputs,
        weights(
            sx=np.array(0.03, np.float32), zx=np.array(128, np.uint8), sy=np.array(0.1, np.float32),
            w=rng.integers(-127, 128, (3, 2, 3, 3)).astype(np.int8),
            sw=np.full(3, 0.01, np.float32), zw=np.zeros(3, np.int8),
            wm=rng.integers(-127, 128, (6, 3)).astype(np.int8),
        ),
    )  # fmt: skip


def detector() -> onnx.ModelProto:
    nodes = [
        node("Conv", ["x", "w"], ["c"], strides=[2, 2]),
        node("Resize", ["c", "", "scales"], ["u"], mode="nearest",
             coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        node("Reshape", ["u", "shape"], ["r"]),
        node("Split", ["r", "parts"], ["boxes", "logits"], axis=2),
        node("Sigmoid", ["logits"], ["p"]),
        node("Transpose", ["p"], ["scores"], perm=[0, 2, 1]),
        node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "least"], ["chosen"]),
        node("Slice", ["chosen", "two", "three", "one"], ["at"]),
        node("Squeeze", ["at", "one"], ["flat"]),
        node("TopK", ["logits", "k"], ["best", "where"], axis=1),
        node("GatherND", ["boxes", "nd"], ["picked"]),
    ]  # fmt: skip
    outputs = [tensor("flat", INT64, ["n"]), tensor("best", FLOAT, [1, 3, 1])]
    outputs.append(tensor("picked", FLOAT, [2, 4]))
    return model(
        nodes, [tensor("x", FLOAT, [1, 1, 9, 9])], outputs,
        weights(
            w=numbers(5, 1, 3, 3), scales=np.array([1, 1, 2, 2], np.float32), shape=ints(1, 64, 5),
            parts=ints(4, 1), most=ints(5), iou=np.array([0.5], np.float32),
            least=np.array([0.4], np.float32), two=ints(2), three=ints(3), one=ints(1), k=ints(3),
            nd=np.array([[0, 3], [0, 7]], np.int64),
        ),
    )  # fmt: skip


def control_flow() -> onnx.ModelProto:
    graph = helper.make_graph
    then = graph([node("Mul", ["x", "k"], ["t"])], "then", [], [tensor("t", FLOAT, [3, 4])])
    other = graph([node("Neg", ["x"], ["e"])], "else", [], [tensor("e", FLOAT, [3, 4])])
    body = graph(
        [
            node("Add", ["acc", "x"], ["next"]), node("Identity", ["cond"], ["go"]),
            node("ReduceSum", ["next"], ["seen"], keepdims=0), node("Cast", ["i"], ["f"], to=FLOAT),
        ],
        "body", [tensor("i", INT64, []), tensor("cond", BOOL, []), tensor("acc", FLOAT, [3, 4])],
        [tensor("go", BOOL, []), tensor("next", FLOAT, [3, 4]), tensor("seen", FLOAT, [])],
    )  # fmt: skip
    scanned = graph(
        [node("Add", ["state", "row"], ["sum"]), node("Relu", ["sum"], ["out"])],
        "scan", [tensor("state", FLOAT, [4]), tensor("row", FLOAT, [4])],
        [tensor("sum", FLOAT, [4]), tensor("out", FLOAT, [4])],
    )  # fmt: skip
    nodes = [
        node("ReduceSum", ["x"], ["total"], keepdims=0),
        node("Greater", ["total", "zero"], ["c"]),
        node("If", ["c"], ["b"], then_branch=then, else_branch=other),
        node("Loop", ["trips", "yes", "b"], ["l", "history"], body=body),
        node("Scan", ["first", "l"], ["last", "rows"], body=scanned, num_scan_inputs=1),
    ]
    outputs = [tensor("l", FLOAT, [3, 4]), tensor("history", FLOAT, [3])]
    outputs += [tensor("last", FLOAT, [4]), tensor("rows", FLOAT, [3, 4])]
    return model(
        nodes, [tensor("x", FLOAT, [3, 4])], outputs,
        weights(
            zero=np.array(0, np.float32), trips=np.array(3, np.int64), yes=np.array(True),
            k=numbers(4), first=numbers(4),
        ),
    )  # fmt: skip


def local_functions() -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("mine", 1)]
    scaled = helper.make_function(
        "mine", "Scaled", ["a", "b"], ["c"],
        [_with_reference(node("LeakyRelu", ["a"], ["l"]), "alpha", "slope"),
         node("Mul", ["l", "b"], ["c"])],
        opsets, attributes=["slope"],
    )  # fmt: skip
    block = helper.make_function(
        "mine", "Block", ["a", "w"], ["c", "d"],
        [node("MatMul", ["a", "w"], ["m"]),
         node("Scaled", ["m", "m"], ["c"], domain="mine", slope=0.25),
         node("Identity", ["m"], ["d"])],
        opsets,
    )  # fmt: skip
    nodes = [
        node("Block", ["x", "w"], ["p", "q"], domain="mine", name="first"),
        node("Block", ["p", "w"], ["r", ""], domain="mine", name="second"),
        node("Scaled", ["r", "q"], ["y"], domain="mine", slope=0.5),
    ]
    return model(
        nodes, [tensor("x", FLOAT, [2, 4])], [tensor("y", FLOAT, [2, 4])], weights(w=numbers(4, 4)),
        functions=[scaled, block], domains={"mine": 1},
    )  # fmt: skip


def _with_reference(made: onnx.NodeProto, name: str, refers: str) -> onnx.NodeProto:
    attribute = made.attribute.add(name=name, type=onnx.AttributeProto.FLOAT)
    attribute.ref_attr_name = refers
    return made


def trees() -> onnx.ModelProto:
    ml: dict[str, Any] = {"domain": "ai.onnx.ml"}
    forest = node(
        "TreeEnsembleClassifier", ["s"], ["label", "p"], **ml,
        nodes_treeids=[0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2, 0, 1, 2],
        nodes_featureids=[0, 0, 0, 2, 0, 0], nodes_values=[0.1, 0.0, 0.0, -0.2, 0.0, 0.0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * 2, nodes_truenodeids=[1, 0, 0, 1, 0, 0],
        nodes_falsenodeids=[2, 0, 0, 2, 0, 0], class_treeids=[0, 0, 1, 1],
        class_nodeids=[1, 2, 1, 2], class_ids=[0, 1, 0, 1], class_weights=[0.7, 0.3, 0.2, 0.9],
        classlabels_int64s=[3, 8], post_transform="SOFTMAX",
    )  # fmt: skip
    nodes = [
        node("Scaler", ["x"], ["s"], offset=[0.0, 0.1, 0.2], scale=[1.0, 2.0, 0.5], **ml),
        forest,
        node("LinearRegressor", ["s"], ["r"], coefficients=[0.1, -0.2, 0.3], intercepts=[0.5],
             **ml),
        node("Normalizer", ["s"], ["n"], norm="L2", **ml),
        node("LabelEncoder", ["label"], ["e"], keys_int64s=[3, 8],
             values_floats=[0.5, 1.5], **ml),
    ]  # fmt: skip
    outputs = [tensor("p", FLOAT, [4, 2]), tensor("r", FLOAT, [4, 1]), tensor("e", FLOAT, [4])]
    outputs.append(tensor("n", FLOAT, [4, 3]))
    x = [tensor("x", FLOAT, [4, 3])]
    return model(nodes, x, outputs, domains={"ai.onnx.ml": 3})


def strings_and_sequences() -> onnx.ModelProto:
    made = helper.make_tensor_sequence_value_info
    nodes = [
        node("StringNormalizer", ["words"], ["lower"], case_change_action="LOWER"),
        node("LabelEncoder", ["words"], ["codes"], domain="ai.onnx.ml",
             keys_strings=["well", "step"], values_int64s=[1, 2], default_int64=0),
        node("Cast", ["codes"], ["f"], to=FLOAT),
        node("SequenceConstruct", ["x", "x"], ["s"]),
        node("SequenceInsert", ["s", "x"], ["s2"]),
        node("SequenceAt", ["s2", "at"], ["y"]),
        node("ConcatFromSequence", ["s2"], ["all"], axis=0),
        node("SplitToSequence", ["x", "two"], ["parts"], axis=1),
        node("SequenceLength", ["parts"], ["n"]),
    ]  # fmt: skip
    inputs = [tensor("words", STRING, [3]), tensor("x", FLOAT, [2, 4])]
    outputs = [tensor("f", FLOAT, [3]), tensor("y", FLOAT, [2, 4]), tensor("all", FLOAT, [6, 4])]
    outputs += [
        tensor("lower", STRING, ["k"]),
        tensor("n", INT64, []),
        made("parts", FLOAT, [2, 2]),
    ]
    return model(
        nodes, inputs, outputs, weights(at=np.array(1, np.int64), two=np.array(2, np.int64)),
        domains={"ai.onnx.ml": 3},
    )  # fmt: skip


def half_precision() -> onnx.ModelProto:
    half = TensorProto.FLOAT16
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        node("Mul", ["c", "k"], ["m"]),
        node("Sigmoid", ["m"], ["s"]),
        node("ReduceMean", ["s", "axes"], ["a"], keepdims=1),
        node("Sub", ["s", "a"], ["d"]),
        node("Cast", ["d"], ["f"], to=FLOAT),
        node("Cast", ["f"], ["b"], to=TensorProto.BFLOAT16),
        node("Cast", ["b"], ["y"], to=FLOAT),
        node("AveragePool", ["d"], ["p"], kernel_shape=[2, 2]),
    ]
    outputs = [tensor("y", FLOAT, [1, 3, 4, 4]), tensor("p", half, [1, 3, 3, 3])]
    return model(
        nodes, [tensor("x", half, [1, 2, 4, 4])], outputs,
        weights(
            w=numbers(3, 2, 3, 3, dtype=np.float16), k=numbers(3, 1, 1, dtype=np.float16),
            axes=ints(2, 3),
        ),
    )  # fmt: skip


EXTERNAL_FILE = "weights.bin"
EXTERNAL_DATA = numbers(64, seed=9).tobytes()


def external_data() -> onnx.ModelProto:
    """Weights in a file beside the model, `EXTERNAL_FILE` with `EXTERNAL_DATA`."""
    made = model(
        [node("Gemm", ["x", "w", "b"], ["y"]), node("Relu", ["y"], ["z"])],
        [tensor("x", FLOAT, [2, 6])], [tensor("z", FLOAT, [2, 8])],
    )  # fmt: skip
    for name, dims, offset in (("w", [6, 8], 0), ("b", [8], 192)):
        weight = made.graph.initializer.add(name=name, data_type=FLOAT, dims=dims)
        weight.data_location = TensorProto.EXTERNAL
        length = 4 * int(np.prod(dims))
        entries = {"location": EXTERNAL_FILE, "offset": str(offset), "length": str(length)}
        for key, value in entries.items():
            weight.external_data.add(key=key, value=value)
    return made


def many_outputs() -> onnx.ModelProto:
    nodes = [
        node("Split", ["x"], ["a", "b", "c"], axis=1, num_outputs=3),
        node("Abs", ["a"], ["d"]), node("Exp", ["b"], ["e"]), node("Add", ["d", "e"], ["f"]),
        node("Concat", ["f", "c", "a"], ["g"], axis=-1), node("ArgMax", ["g"], ["h"], axis=1),
        node("CumSum", ["g", "one"], ["i"]), node("Tile", ["f", "twice"], ["j"]),
        node("Pad", ["f", "pads"], ["k"], mode="reflect"), node("Not", ["flag"], ["l"]),
        node("Where", ["l", "d", "e"], ["m"]), node("OneHot", ["h", "depth", "on"], ["n"]),
        node("ScatterND", ["f", "places", "news"], ["o"]), node("Shape", ["g"], ["p"]),
        node("Einsum", ["f", "f"], ["q"], equation="ij,kj->ik"),
        node("ReduceL2", ["g", "axes"], ["r"]),
        node("Range", ["start", "stop", "step"], ["s"]),
    ]  # fmt: skip
    shapes: dict[str, tuple[int, Shape]] = {
        "d": (FLOAT, [2, 3]), "f": (FLOAT, [2, 3]), "g": (FLOAT, [2, 9]), "h": (INT64, [2, 1]),
        "i": (FLOAT, [2, 9]), "j": (FLOAT, [4, 3]), "k": (FLOAT, [2, 7]), "l": (BOOL, [2, 3]),
        "m": (FLOAT, [2, 3]), "n": (FLOAT, [2, 1, 9]), "o": (FLOAT, [2, 3]), "p": (INT64, [2]),
        "q": (FLOAT, [2, 2]), "r": (FLOAT, [2, 1]), "s": (INT64, [4]), "x": (FLOAT, [2, 9]),
    }  # fmt: skip
    inputs = [tensor("x", FLOAT, [2, 9]), tensor("flag", BOOL, [2, 3])]
    return model(
        nodes, inputs, [tensor(name, *given) for name, given in shapes.items()],
        weights(
            one=np.array(1, np.int64), twice=ints(2, 1), pads=ints(0, 2, 0, 2),
            depth=np.array(9, np.int64), on=np.array([0, 1], np.float32), axes=ints(1),
            places=np.array([[0, 1], [1, 2]], np.int64), news=numbers(2),
            start=np.array(0, np.int64), stop=np.array(8, np.int64), step=np.array(2, np.int64),
        ),
    )  # fmt: skip


def old_opset() -> onnx.ModelProto:
    nodes = [
        node("Conv", ["x", "w"], ["c"], auto_pad="SAME_UPPER"),
        node("BatchNormalization", ["c", "s", "s", "s", "v"], ["n"], epsilon=1e-5),
        node("Pad", ["n"], ["p"], pads=[0, 0, 1, 1, 0, 0, 1, 1], mode="constant", value=0.5),
        node("Slice", ["p"], ["t"], axes=[2], starts=[1], ends=[5]),
        node("Unsqueeze", ["t"], ["u"], axes=[0]),
        node("ReduceSum", ["u"], ["r"], axes=[2], keepdims=0),
        node("Clip", ["r"], ["k"], min=-1.0, max=1.0),
        node("Upsample", ["k", "scales"], ["z"], mode="nearest"),
        node("Dropout", ["z"], ["y"], ratio=0.5),
    ]
    return model(
        nodes, [tensor("x", FLOAT, [1, 2, 5, 5])], [tensor("y", FLOAT, [1, 1, 8, 14])],
        weights(
            w=numbers(3, 2, 3, 3), s=numbers(3), v=np.abs(numbers(3)) + np.float32(0.5),
            scales=np.array([1, 1, 2, 2], np.float32),
        ),
        opset=9,
    )  # fmt: skip


def open_sizes() -> onnx.ModelProto:
    nodes = [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axis"], ["m"]), node("Concat", ["m", "rest"], ["t"], axis=0),
        node("Reshape", ["x", "t"], ["y"]), node("MatMul", ["y", "w"], ["z"]),
        node("NonZero", ["z"], ["found"]),
    ]  # fmt: skip
    return model(
        nodes, [tensor("x", FLOAT, [2, 3, 4])],
        [tensor("z", FLOAT, ["batch", 5]), tensor("found", INT64, [2, "count"])],
        weights(zero=np.array(0, np.int64), axis=ints(0), rest=ints(-1), w=numbers(12, 5)),
    )  # fmt: skip


KINDS: Mapping[str, Callable[[], onnx.ModelProto]] = {
    "cnn": cnn,
    "transformer": transformer,
    "recurrent": recurrent,
    "quantised": quantised,
    "detector": detector,
    "control flow": control_flow,
    "local functions": local_functions,
    "trees": trees,
    "strings and sequences": strings_and_sequences,
    "half precision": half_precision,
    "external data": external_data,
    "many outputs": many_outputs,
    "old opset": old_opset,
    "open sizes": open_sizes,
    "data sizes": data_sizes,
    "related sizes": related_sizes,
}


@cache
def base_models() -> tuple[bytes, ...]:
    """All of them, as files."""
    return tuple(make().SerializeToString() for make in KINDS.values())
