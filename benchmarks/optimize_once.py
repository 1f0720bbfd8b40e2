"""One optimiser on one model, in a process of its own: its nodes and processor seconds as JSON.

    python benchmarks/optimize_once.py TOOL MODEL.onnx OUT.onnx

`TOOL` is `stepwell` (operators of opset 24 at most), `stepwell-onnxruntime` (those of that runtime
as well), `onnxslim`, `onnxsim`, `onnxruntime` (its extended level), `onnxruntime-basic` (its basic
level, which has standard operators alone) or `none`. Importing a package is not timed: each has
optimised a model of one node before.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import onnx


def nodes_of(graph: onnx.GraphProto) -> tuple[int, int]:
    """Nodes but constants, those of subgraphs included, and how many are of no standard domain."""
    count, foreign = 0, 0
    for node in graph.node:
        count += node.op_type != "Constant"
        foreign += node.domain not in ("", "ai.onnx.ml")
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                inner = nodes_of(attribute.g)
                count, foreign = count + inner[0], foreign + inner[1]
    return count, foreign


def stepwell(source: str, target: str, runtime: str | None = None) -> Callable[[], None]:
    optimize: Any = import_module("stepwell").optimize

    def run() -> None:
        optimize(source, opset=24, runtime=runtime).save(target)

    return run


def onnxslim(source: str, target: str) -> Callable[[], None]:
    slim: Any = import_module("onnxslim").slim

    def run() -> None:
        slim(source, target)

    return run


def onnxsim(source: str, target: str) -> Callable[[], None]:
    simplify: Any = import_module("onnxsim").simplify

    def run() -> None:
        Path(target).write_bytes(simplify(source)[0].SerializeToString())

    return run


def onnxruntime(source: str, target: str, level: str = "EXTENDED") -> Callable[[], None]:
    runtime: Any = import_module("onnxruntime")
    runtime.set_default_logger_severity(3)
    options = runtime.SessionOptions()
    options.graph_optimization_level = getattr(
        runtime.GraphOptimizationLevel, f"ORT_ENABLE_{level}"
    )
    options.intra_op_num_threads = 1
    options.optimized_model_filepath = target
    providers = ["CPUExecutionProvider"]

    def run() -> None:
        runtime.InferenceSession(source, options, providers=providers)

    return run


def unchanged(source: str, target: str) -> Callable[[], None]:
    def run() -> None:
        shutil.copyfile(source, target)

    return run


TOOLS: dict[str, Callable[[str, str], Callable[[], None]]] = {
    "none": unchanged,
    "onnxruntime": onnxruntime,
    "onnxruntime-basic": partial(onnxruntime, level="BASIC"),
    "onnxsim": onnxsim,
    "onnxslim": onnxslim,
    "stepwell": stepwell,
    "stepwell-onnxruntime": partial(stepwell, runtime="onnxruntime"),
}


def one_node() -> onnx.ModelProto:
    """A convolution."""
    float_ = onnx.TensorProto.FLOAT
    info, helper = onnx.helper.make_tensor_value_info, onnx.helper
    weight = helper.make_tensor("w", float_, [2, 2, 1, 1], [1.0, 2.0, 3.0, 4.0])
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    ends = ([info(name, float_, [1, 2, 4, 4])] for name in ("x", "y"))
    graph = helper.make_graph([node], "first", *ends, initializer=[weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def main() -> None:
    """Print the figures of one run."""
    tool, source, target = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        first = str(Path(folder) / "first.onnx")
        Path(first).write_bytes(one_node().SerializeToString())
        TOOLS[tool](first, str(Path(folder) / "out.onnx"))()
    run = TOOLS[tool](source, target)
    start = time.process_time()
    run()
    seconds = time.process_time() - start
    nodes, foreign = nodes_of(onnx.ModelProto.FromString(Path(target).read_bytes()).graph)
    print(json.dumps({"nodes": nodes, "foreign": foreign, "seconds": round(seconds, 3)}))


if __name__ == "__main__":
    main()
