"""Programs of `torch.export` as modules of the `torch` dialect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.parser import Parser

from stepwell.conversion.source import open_source
from stepwell.conversion.torch_import.archive import open_archive
from stepwell.conversion.torch_import.import_program import import_program
from stepwell.conversion.torch_import.summary import summary_of
from stepwell.dialects import make_context
from stepwell.dialects.engine.weights import WeightAttr, weight_store
from stepwell.dialects.framework import SizeOp, state_of
from stepwell.dialects.text import operation_text
from stepwell.dialects.torch import TorchOp
from stepwell.errors import ImportModelError
from stepwell.ir.verify_ir import verify_ir
from stepwell.test.conversion.torch_import.recorded_programs import (
    NAMES,
    changed,
    path_of,
    values_of,
)


def imported(source: str | bytes | Path, **options: Any) -> ModuleOp:
    module = import_program(open_archive(open_source(source)), make_context(), **options)
    verify_ir(module)
    return module


def main_of(module: ModuleOp) -> FuncOp:
    [main] = module.ops
    assert isinstance(main, FuncOp)
    return main


def operators_of(module: ModuleOp) -> list[str]:
    return [op.operator for op in module.walk() if isinstance(op, TorchOp)]


def names_of(main: FuncOp, which: str) -> list[str]:
    names = main.attributes[which]
    assert isinstance(names, ArrayAttr)
    return [name.data for name in names if isinstance(name, StringAttr)]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_imported_prints_and_parses_back(name: str) -> None:
    text = operation_text(imported(path_of(name), values=values_of(name)))
    assert operation_text(Parser(make_context(), text).parse_module()) == text


def test_writing_in_place_is_a_new_value() -> None:
    module = imported(path_of("convolutional"))
    names = operators_of(module)
    assert names.count("aten.relu.default") == 2
    assert "aten.add.Tensor" in names
    assert not any(name.split(".")[-2].endswith("_") for name in names if name.count(".") == 2)


def test_nodes_have_the_path_of_their_module() -> None:
    nodes = [
        op.nodes for op in imported(path_of("convolutional")).walk() if isinstance(op, TorchOp)
    ]
    assert ["stem/conv2d"] in nodes
    assert ["head/linear"] in nodes


def test_a_buffer_that_is_written_into_is_state() -> None:
    main = main_of(imported(path_of("cache")))
    rows, count = state_of(main)
    assert (rows.title.data, rows.argument.data, rows.result.data) == ("rows", 1, 1)
    assert (count.title.data, count.argument.data, count.result.data) == ("count", 2, 2)
    assert names_of(main, "input_names") == ["row", "rows", "count"]
    assert names_of(main, "output_names") == ["output_0", "rows_after", "count_after"]


def test_both_forms_have_the_same_state() -> None:
    mains = [main_of(imported(path_of(name))) for name in ("cache", "cache_core")]
    assert state_of(mains[0]) == state_of(mains[1])


def test_outputs_are_named_by_position_and_none_is_left_out() -> None:
    main = main_of(imported(path_of("signature")))
    assert names_of(main, "input_names") == ["pair_0", "pair_1", "other_u"]
    outputs = names_of(main, "output_names")
    assert outputs == [*(f"output_{at}" for at in (0, 2, 3, 4, 5)), "pair_1_after"]


def test_sizes_keep_their_names_and_bounds() -> None:
    module = imported(path_of("convolutional"))
    text = operation_text(module)
    assert 'tensor<?x3x8x8xf32, #framework.dims<["s40"' in text
    assert "s40 in 0 to 64" in text


def test_sizes_that_are_computed_are_expressions() -> None:
    module = imported(path_of("sizes"))
    sizes = [str(op.size) for op in module.walk() if isinstance(op, SizeOp)]
    assert sizes == ["s44 * 4 - 1", "s44 + 1", "s44 * 6 - 2", "s44 * 2", "s44"]
    assert not any("sym_size" in name for name in operators_of(module))


def test_a_size_that_is_given_is_a_number_everywhere() -> None:
    module = imported(path_of("sizes"), shapes={"x": (8, 4)})
    assert "framework" not in operation_text(module)


def test_a_size_beyond_the_bounds_of_the_export() -> None:
    with pytest.raises(ImportModelError, match=r"size 's40' is given as 65; .* for 0\.\.64"):
        imported(path_of("convolutional"), shapes={"image": (65, 3, 8, 8)})


def test_an_input_with_a_value_is_a_constant() -> None:
    main = main_of(imported(path_of("views"), values={"y": [1.0, 2.0, 3.0, 4.0]}))
    assert names_of(main, "input_names") == ["x"]


def test_an_open_number_is_given_by_its_value() -> None:
    text = operation_text(imported(path_of("number"), values={"k": 3}))
    assert "tensor<3x3xf32>" in text
    assert "s16" not in text
    main = main_of(imported(path_of("number"), values={"k": 3}))
    assert names_of(main, "input_names") == ["x", "y"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "input 'k' is an open number that is no tensor; give it a number by values="),
        ({"j": 2}, "value of 'j': it names no input; there are"),
        ({"k": 2.5}, "value of 'k'"),
        ({"k": -1}, "is given as -1; the model was exported for 0.."),
    ],
)
def test_an_open_number_without_a_value_that_fits(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ImportModelError) as error:
        imported(path_of("number"), values=values)
    assert said in str(error.value)


def test_tied_weights_are_one() -> None:
    ctx = make_context()
    module = import_program(open_archive(open_source(path_of("language"))), ctx)
    weights = [
        op.properties["value"] for op in module.walk() if getattr(op, "operator", "") == "Constant"
    ]
    tied = [w for w in weights if isinstance(w, WeightAttr) and w.type.get_shape() == (29, 16)]
    assert len({w.digest for w in tied}) == 1


def test_stored_weights_are_views_of_the_file() -> None:
    content = open_source(path_of("stored"))
    ctx = make_context()
    module = import_program(open_archive(content), ctx)
    store = weight_store(ctx)
    arrays = [
        store.array(op.properties["value"])
        for op in module.walk()
        if getattr(op, "operator", "") == "Constant"
        and isinstance(op.properties["value"], WeightAttr)
    ]
    assert arrays
    assert not any(array.flags.owndata or array.flags.writeable for array in arrays)


def test_control_flow_is_regions() -> None:
    names = operators_of(imported(path_of("courses")))
    assert {"cond", "while_loop", "scan", "map"} <= set(names)


def test_everything_that_is_not_supported_is_said_at_once() -> None:
    def change(program: dict[str, Any]) -> None:
        nodes = program["graph_module"]["graph"]["nodes"]
        nodes[0]["target"] = "torch.ops.mine.first.default"
        nodes[-1]["target"] = "torch.ops.mine.last.default"

    with pytest.raises(ImportModelError) as raised:
        imported(changed("convolutional", change))
    assert raised.value.problems == (
        "mine.first.default 'stem/conv2d': is an operator that is not supported",
        "mine.last.default 'softmax': is an operator that is not supported",
    )


def test_the_summary() -> None:
    summary = summary_of(open_source(path_of("courses")))
    assert ("format", "torch.export, schema version 8.20") in summary.facts
    assert list(summary.inputs) == ["x"]
    assert list(summary.outputs) == [f"output_{at}" for at in range(5)]
    assert summary.operators["aten.linear.default"] == 2
