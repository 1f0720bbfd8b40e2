"""Models of one node in an old opset, run as they are and as we import them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run

Array = npt.NDArray[Any]


def node_model(
    op_type: str,
    opset: int,
    inputs: Mapping[str, Array | None],
    *,
    constants: Sequence[str] = (),
    outputs: int = 1,
    domain: str = "",
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one node; inputs named in `constants` are initializers, None is an absent one."""
    given = {name: value for name, value in inputs.items() if value is not None}
    node = helper.make_node(
        op_type,
        [name if name in given else "" for name in inputs],
        [f"y{i}" for i in range(outputs)],
        name="node",
        domain=domain,
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "graph",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
            )
            for name, value in given.items()
            if name not in constants
        ],
        [onnx.ValueInfoProto(name=f"y{i}") for i in range(outputs)],
        [numpy_helper.from_array(given[name], name) for name in constants],
    )
    opsets = [helper.make_opsetid(domain, opset)]
    if domain:
        opsets.append(helper.make_opsetid("", 17))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def feeds(model: onnx.ModelProto, inputs: Mapping[str, Array | None]) -> dict[str, Array]:
    """The inputs that are not initializers."""
    names = [info.name for info in model.graph.input]
    return {name: value for name in names if (value := inputs[name]) is not None}


def run_original(model: onnx.ModelProto, inputs: Mapping[str, Array | None]) -> list[Array]:
    """What onnxruntime computes for the model in its own opset."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Without optimisation the kernels of just this version of the operator run.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return [np.asarray(value) for value in session.run(None, feeds(model, inputs))]


def run_imported(model: onnx.ModelProto, inputs: Mapping[str, Array | None]) -> list[Array]:
    """What the reference interpreter computes for the model as it is imported."""
    context = make_context()
    module = import_model(model, context)
    module.verify()
    return run(context, module, feeds(model, inputs))
