"""
Networks for images whose number, rows and columns are names, made from those of fixed sizes.

`yolov8n_nhw` is `yolov8n` with `[N, 3, H, W]` for its input. What an exporter computed from the
fixed sizes is computed from the shape again, as it is where a model is exported with open sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

SUFFIX = "_nhw"
"""What the names of these models end with."""

STRIDES = (8, 16, 32)
"""Pixels of the image for one of each map that a detector looks at."""


def write_opened_model(source: Path, name: str, path: Path) -> None:
    """Write the model `name` to `path`, made from the file `source`."""
    model = onnx.load_model_from_string(source.read_bytes())
    PREPARED.get(name.removesuffix(SUFFIX), lambda _: None)(model)
    del model.graph.value_info[:]
    shape = model.graph.input[0].type.tensor_type.shape
    for dim, said in zip(shape.dim, ("N", None, "H", "W"), strict=True):
        if said is not None:
            dim.dim_param = said
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    path.write_bytes(model.SerializeToString())


def _set(model: onnx.ModelProto, values: Mapping[str, npt.ArrayLike]) -> None:
    """Give constants other values, by name."""
    left = dict(values)
    for tensor in model.graph.initializer:
        if tensor.name in left:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(left.pop(tensor.name)), tensor.name))
    for node in model.graph.node:
        if node.op_type == "Constant" and node.output[0] in left:
            new = numpy_helper.from_array(np.asarray(left.pop(node.output[0])))
            node.attribute[0].t.CopyFrom(new)
    assert not left, f"no constants {', '.join(left)}"


def _densenet(model: onnx.ModelProto) -> None:
    _set(model, {"val_1336": np.array([-1, 1024])})


def _detector(model: onnx.ModelProto) -> None:
    """The grid of anchors, and the strides they have, from the shapes of the maps."""
    columns = {f"/Constant_{number}_output_0": np.array([0, 144, -1]) for number in (6, 13, 20)}
    boxes = {
        "/Constant_22_output_0": np.array([0, 4, 16, -1]),
        "/Constant_23_output_0": np.array([0, 4, -1]),
    }
    _set(model, {**columns, **boxes})
    graph = model.graph
    numbers = {
        "grid.0": np.array([0]), "grid.1": np.array([1]), "grid.2": np.array([2]),
        "grid.4": np.array([4]), "grid.row": np.array(2), "grid.column": np.array(3),
        "grid.zero": np.array(0.0), "grid.one": np.array(1.0), "grid.half": np.array(0.5),
        **{f"grid.stride.{s}": np.array([float(s)]) for s in STRIDES},
    }  # fmt: skip
    graph.initializer.extend(numpy_helper.from_array(v, name) for name, v in numbers.items())
    made: list[onnx.NodeProto] = []
    maps = ("/Concat_4_output_0", "/Concat_6_output_0", "/Concat_8_output_0")
    shapes = ("/Constant_output_0", "/Constant_7_output_0", "/Constant_14_output_0")
    for at, (map_, shape, stride) in enumerate(zip(maps, shapes, STRIDES, strict=True)):
        made += _anchors(f"grid{at}.", map_, shape, (1 + 7 * at, 2 + 7 * at), stride)
    made += [
        helper.make_node("Concat", [f"grid{i}.strides" for i in range(3)], ["strides"], axis=0),
        helper.make_node("Unsqueeze", ["strides", "grid.0"], ["/Constant_31_output_0"]),
    ]
    replaced = {name for node in made for name in node.output}
    kept = [node for node in graph.node if not replaced & set(node.output)]
    nodes = _sorted([*kept, *made], graph)
    del graph.node[:]
    graph.node.extend(nodes)


def _anchors(
    prefix: str, map_: str, shape: str, numbers: tuple[int, int], stride: int
) -> list[onnx.NodeProto]:
    """Rows, columns and strides of the anchors of one map, in place of constants."""
    found = [
        helper.make_node("Shape", [map_], [prefix + "shape"]),
        helper.make_node("Slice", [prefix + "shape", "grid.2", "grid.4", "grid.0"], [shape]),
    ]
    for axis, number, unsqueezed in (("row", numbers[0], "1"), ("column", numbers[1], "0")):
        name = prefix + axis
        constant = f"/Constant_{number}_output_0"
        found += [
            helper.make_node("Gather", [prefix + "shape", f"grid.{axis}"], [name]),
            helper.make_node("Cast", [name], [name + "s"], to=onnx.TensorProto.DOUBLE),
            helper.make_node("Range", ["grid.zero", name + "s", "grid.one"], [name + ".range"]),
            helper.make_node("Add", [name + ".range", "grid.half"], [name + ".middle"]),
            helper.make_node("Unsqueeze", [name + ".middle", f"grid.{unsqueezed}"], [constant]),
        ]
    return [
        *found,
        helper.make_node("Mul", [prefix + "row", prefix + "column"], [prefix + "all"]),
        helper.make_node("Unsqueeze", [prefix + "all", "grid.0"], [prefix + "count"]),
        helper.make_node(
            "Expand", [f"grid.stride.{stride}", prefix + "count"], [prefix + "strides"]
        ),
    ]


def _sorted(nodes: list[onnx.NodeProto], graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Nodes behind those that they read."""
    known = {"", *(i.name for i in graph.input), *(t.name for t in graph.initializer)}
    found: list[onnx.NodeProto] = []
    while nodes:
        left: list[onnx.NodeProto] = []
        for node in nodes:
            if known.issuperset(node.input):
                found.append(node)
                known.update(node.output)
            else:
                left.append(node)
        assert len(left) < len(nodes), "a circle of nodes"
        nodes = left
    return found


PREPARED: Mapping[str, Callable[[onnx.ModelProto], None]] = {
    "densenet121": _densenet,
    "yolov8n": _detector,
}
"""What is done to a model before its sizes are opened."""
