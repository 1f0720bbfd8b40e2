"""Names of any characters: models with them compile, print, parse back, are saved and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from xdsl.dialects.func import FuncOp

import stepwell
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.dialects.framework import value_of
from stepwell.errors import ImportModelError
from stepwell.ir.parse_ir import parse_ir
from stepwell.runtime.abi import INPUT_NAMES

PLACES = (
    "input", "output", "node", "value", "initializer", "graph", "size", "producer", "doc", "note",
    "subgraph",
)  # fmt: skip
MARK = "MARKMARK"


def model(place: str, name: str) -> onnx.ModelProto:
    """(x + w) * 2 with `name` in one place, or everywhere and numbered."""

    def at(here: str, otherwise: str) -> str:
        if place == "everywhere":
            return f"{name}{PLACES.index(here)}"
        return name if here == place else otherwise

    x, y, t, w = at("input", "x"), at("output", "y"), at("value", "t"), at("initializer", "w")
    inner = at("subgraph", "i")
    branch = helper.make_graph(
        [helper.make_node("Add", [t, t], [inner])], at("subgraph", "b"), [],
        [onnx.ValueInfoProto(name=inner)],
    )  # fmt: skip
    nodes = [
        helper.make_node("Add", [x, w], [t], name=at("node", "n"), doc_string=at("doc", "")),
        helper.make_node("If", ["c"], [y], then_branch=branch, else_branch=branch),
    ]
    graph = helper.make_graph(
        nodes,
        at("graph", "g"),
        [helper.make_tensor_value_info(x, 1, [at("size", "s"), 2]),
         helper.make_tensor_value_info("c", 9, [])],
        [helper.make_tensor_value_info(y, 1, None)],
        [numpy_helper.from_array(np.ones(2, np.float32), w)],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    made.producer_name = at("producer", "p")
    made.metadata_props.add(key=at("note", "k"), value=at("note", "v"))
    return made


def check(source: Any, folder: Path) -> None:
    """Compile, print and parse, save, load, run."""
    context = make_context()
    module = import_model(source, context)
    text = str(module)
    assert str(parse_ir(context, text, "text")) == text
    x, condition = np.arange(6, dtype=np.float32).reshape(3, 2), np.array(1, np.bool_)
    main = next(op for op in module.ops if isinstance(op, FuncOp))
    names = cast(list[str], value_of(main.attributes[INPUT_NAMES]))
    engine = stepwell.compile(source, shapes={names[0]: [3, 2]})
    engine.save(folder / "m.well")
    loaded = stepwell.load(folder / "m.well")
    for one in (engine, loaded):
        [y] = one.run(dict(zip(names, [x, condition], strict=True))).values()
        np.testing.assert_array_equal(y, 2 * (x + 1))


STRANGE = ("höhe/größe", "日本", "🙂", 'a"b\\c', "a\nb\tc", "a\0b", " ", "-1", "%0", "x" * 5000)


@pytest.mark.parametrize("name", STRANGE, ids=lambda n: ascii(n)[:12])
def test_strange_names(name: str, tmp_path: Path):
    check(model("everywhere", name), tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_names_that_are_not_utf8(place: str, tmp_path: Path):
    data = model(place, MARK).SerializeToString()
    assert MARK.encode() in data
    damaged = data.replace(MARK.encode(), b"\xff\xfeab\xc0\x80cd"[: len(MARK)])
    check(damaged, tmp_path)


OUTPUT = onnx.ValueInfoProto(name="y")


def test_a_message_spells_the_bytes():
    relu = helper.make_node("Relu", [MARK], ["y"], name="n")
    proto = helper.make_model(helper.make_graph([relu], "g", [], [OUTPUT]))
    damaged = proto.SerializeToString().replace(MARK.encode(), b"ab\xff\xfecdef")
    with pytest.raises(ImportModelError, match=r"input 'ab\\xff\\xfecdef' is defined nowhere"):
        import_model(damaged, make_context())


def test_strings_that_are_not_utf8():
    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.STRING, dims=[1])
    tensor.string_data.append(b"\xff")
    identity = helper.make_node("Identity", ["w"], ["y"])
    graph = helper.make_graph([identity], "g", [], [OUTPUT], [tensor])
    with pytest.raises(ImportModelError, match="initializer 'w' has strings that are not UTF-8"):
        import_model(helper.make_model(graph), make_context())
    node = helper.make_node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", name="n")
    node.attribute.append(helper.make_attribute("keys_strings", ["a"]))
    node.attribute[0].strings[0] = b"\xff"
    x = helper.make_tensor_value_info("x", onnx.TensorProto.STRING, [1])
    graph = helper.make_graph([node], "g", [x], [OUTPUT])
    with pytest.raises(ImportModelError, match="'n': attribute 'keys_strings' is not UTF-8 text"):
        import_model(helper.make_model(graph), make_context())
