"""Programs with values that have no buffer: sequences, optionals, maps, strings, open sizes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import stepwell
from stepwell.errors import InputError, StepwellError

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def _value(name: str, element: int, shape: Sequence[int | str | None] | None):
    return helper.make_tensor_value_info(name, element, shape)


def _list(name: str, element: int = FLOAT, shape: Sequence[int | str] | None = None):
    return helper.make_tensor_sequence_value_info(name, element, shape)


def _model(nodes, inputs, outputs, constants=()) -> onnx.ModelProto:
    initializers = [onnx.numpy_helper.from_array(array, name) for name, array in constants]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.fixture
def compressed() -> onnx.ModelProto:
    """y = relu(x); picked = y[y > 0.5]; count = its size; doubled = 2 picked; z = y @ y."""
    nodes = [
        helper.make_node("Relu", ["x"], ["y"], name="/relu"),
        helper.make_node("Reshape", ["y", "flat"], ["row"], name="/row"),
        helper.make_node("Greater", ["row", "half"], ["big"], name="/greater"),
        helper.make_node("Compress", ["row", "big"], ["picked"], name="/compress"),
        helper.make_node("Size", ["picked"], ["count"], name="/size"),
        helper.make_node("Mul", ["picked", "two"], ["doubled"], name="/double"),
        helper.make_node("MatMul", ["y", "y"], ["z"], name="/matmul"),
    ]
    outputs = [
        _value("picked", FLOAT, None),
        _value("z", FLOAT, [4, 4]),
        _value("doubled", FLOAT, ["K"]),
        _value("count", INT64, []),
    ]
    constants = [
        ("flat", np.array([-1])),
        ("half", np.array(0.5, np.float32)),
        ("two", np.array(2, np.float32)),
    ]
    return _model(nodes, [_value("x", FLOAT, [4, 4])], outputs, constants)


def _check_compressed(engine: stepwell.Engine, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((4, 4)).astype(np.float32)
    y = np.maximum(x, 0)
    picked = y[y > 0.5]
    results = engine(x)
    assert [r.dtype for r in results] == [np.float32, np.float32, np.float32, np.int64]
    np.testing.assert_array_equal(results[0], picked)
    np.testing.assert_allclose(results[1], y @ y, 1e-5, 1e-6)
    np.testing.assert_array_equal(results[2], 2 * picked)
    assert results[3] == picked.size


def test_native_operations_go_on_around_them(compressed) -> None:
    engine = stepwell.compile(compressed)
    assert engine.reference_ops == ()
    for seed in range(4):
        _check_compressed(engine, seed)


def test_saved_and_loaded(compressed, tmp_path: Path) -> None:
    engine = stepwell.compile(compressed)
    path, again = tmp_path / "model.well", tmp_path / "again.well"
    engine.save(path)
    loaded = stepwell.load(path)
    assert loaded.inputs == engine.inputs
    assert loaded.outputs == engine.outputs
    assert [str(out) for out in loaded.outputs] == [
        "picked: float32[K]",
        "z: float32[4, 4]",
        "doubled: float32[K]",
        "count: int64[]",
    ]
    _check_compressed(loaded, 1)
    loaded.save(again)
    assert path.read_bytes() == again.read_bytes()
    _check_compressed(stepwell.load(path, recompile=True), 2)


def test_calls_at_once(compressed) -> None:
    engine = stepwell.compile(compressed, threads=2)
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for seed in range(number, number + 20):
                _check_compressed(engine, seed)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not problems


@pytest.fixture
def appended() -> stepwell.Engine:
    """The sequence with x + 1 (computed natively) at its end; its length; its first element."""
    nodes = [
        helper.make_node("Add", ["x", "one"], ["more"], name="/add"),
        helper.make_node("SequenceInsert", ["given", "more"], ["longer"], name="/insert"),
        helper.make_node("SequenceLength", ["longer"], ["count"], name="/length"),
        helper.make_node("SequenceAt", ["longer", "zero"], ["first"], name="/first"),
    ]
    inputs = [_list("given", shape=[2]), _value("x", FLOAT, [2])]
    outputs = [_list("longer", shape=[2]), _value("count", INT64, []), _value("first", FLOAT, [2])]
    constants = [("one", np.array(1, np.float32)), ("zero", np.array(0))]
    return stepwell.compile(_model(nodes, inputs, outputs, constants))


def test_sequences(appended) -> None:
    assert [str(i) for i in appended.inputs] == ["given: seq(float32[2])", "x: float32[2]"]
    x = np.array([5, 6], np.float32)
    one = np.array([1, 2], np.float32)
    longer, count, first = appended([one], x)
    assert isinstance(longer, list)
    np.testing.assert_array_equal(longer, [[1, 2], [6, 7]])
    assert count == 2
    np.testing.assert_array_equal(first, [1, 2])
    # An element of a sequence that came from the arena of a call is not a view of it.
    before = longer[1].copy()
    appended([one], 10 * x)
    np.testing.assert_array_equal(longer[1], before)
    # And none is a view of an input.
    assert not np.shares_memory(longer[0], one)
    longer, count, first = appended((), x)
    np.testing.assert_array_equal(longer, [[6, 7]])
    np.testing.assert_array_equal(first, [6, 7])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((1, 2), np.float32), "'given' is of type ndarray, expected a list"),
        (None, "'given' is None, expected a list"),
        ([np.zeros(2)], "element 0 of input 'given' has dtype float64, expected float32"),
        (
            [np.zeros(2, np.float32), np.zeros(3, np.float32)],
            r"element 1 of input 'given' has shape \[3\], expected \[2\]",
        ),
        ([object()], "has dtype object, expected float32"),
    ],
)
def test_wrong_sequences(appended, given, message: str) -> None:
    with pytest.raises(InputError, match=message):
        appended(given, np.zeros(2, np.float32))


def test_a_failure_names_the_node_and_the_next_call_is_fine() -> None:
    nodes = [helper.make_node("SequenceAt", ["given", "at"], ["y"], name="/pick")]
    model = _model(nodes, [_list("given"), _value("at", INT64, [])], [_value("y", FLOAT, None)])
    engine = stepwell.compile(model)
    elements = [np.zeros(2, np.float32), np.ones(3, np.float32)]
    with pytest.raises(StepwellError, match="SequenceAt '/pick'"):
        engine(elements, np.array(7))
    np.testing.assert_array_equal(engine(elements, np.array(-1)), np.ones(3))
    np.testing.assert_array_equal(engine(elements, np.array(0)), np.zeros(2))


def test_a_result_of_another_shape_than_was_inferred() -> None:
    """The model says that the sequence holds pairs, but its elements are not constrained."""
    nodes = [
        helper.make_node("SequenceAt", ["given", "zero"], ["first"], name="/pick"),
        helper.make_node("Neg", ["first"], ["y"], name="/neg"),
    ]
    model = _model(nodes, [_list("given")], [_value("y", FLOAT, [2])], [("zero", np.array(0))])
    model.graph.value_info.append(_value("first", FLOAT, [2]))
    engine = stepwell.compile(model)
    np.testing.assert_array_equal(engine([np.ones(2, np.float32)]), [-1, -1])
    with pytest.raises(StepwellError, match="/pick.*compiled for"):
        engine([np.ones(3, np.float32)])


def test_strings() -> None:
    nodes = [
        helper.make_node("StringConcat", ["words", "end"], ["joined"], name="/concat"),
        helper.make_node("Identity", ["words"], ["same"], name="/same"),
    ]
    inputs, outputs = [_value("words", STRING, ["N"])], [_value("joined", STRING, ["N"])]
    outputs.append(_value("same", STRING, ["N"]))
    model = _model(nodes, inputs, outputs)
    model.graph.initializer.append(numpy_helper.from_array(np.array("!", object), "end"))
    engine = stepwell.compile(model)
    assert str(engine.inputs[0]) == "words: string[N]"
    for given in (["a", "bé"], np.array(["a", "bé"]), np.array(["a", "bé"], object)):
        joined, same = engine(given)
        assert joined.tolist() == ["a!", "bé!"]
        assert same.tolist() == ["a", "bé"]
    assert engine(np.array([], object))[0].shape == (0,)
    with pytest.raises(InputError, match="'words' is not an array of string: it holds"):
        engine(np.zeros(2, np.float32))
    with pytest.raises(InputError, match=r"shape \[\], expected \[N\]"):
        engine("a")


def test_constant_strings_of_any_characters(tmp_path: Path) -> None:
    """They are in the text of the program, and so is the name of the node."""
    texts = ['é"\n\\', "बावड़ी\t", "", '\\n"x']
    node = helper.make_node("StringConcat", ["words", "ends"], ["y"], name='/mit "ä"')
    model = _model([node], [_value("words", STRING, [4])], [_value("y", STRING, [4])])
    model.graph.initializer.append(numpy_helper.from_array(np.array(texts, object), "ends"))
    path = tmp_path / "strings.well"
    engine = stepwell.compile(model)
    engine.save(path)
    for same in (engine, stepwell.load(path), stepwell.load(path, recompile=True)):
        assert same(["", "", "", ""]).tolist() == texts
        assert same.reference_ops == ('/mit "ä"',)


def test_optionals(tmp_path: Path) -> None:
    element = helper.make_tensor_type_proto(FLOAT, [2])
    given = helper.make_value_info("given", helper.make_optional_type_proto(element))
    nodes = [helper.make_node("OptionalHasElement", ["given"], ["there"], name="/has")]
    model = _model(nodes, [given], [_value("there", TensorProto.BOOL, [])])
    path = tmp_path / "optional.well"
    stepwell.compile(model).save(path)
    engine = stepwell.load(path)
    assert str(engine.inputs[0]) == "given: optional(float32[2])"
    assert engine(np.zeros(2, np.float32)).tolist() is True
    assert engine(None).tolist() is False
    with pytest.raises(InputError, match="'given' has dtype"):
        engine(np.zeros(2))


def test_maps() -> None:
    given = helper.make_value_info(
        "given",
        helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, [])),
    )
    node = helper.make_node(
        "CastMap", ["given"], ["y"], name="/cast", domain="ai.onnx.ml",
        cast_to="TO_FLOAT", map_form="SPARSE", max_map=5,
    )  # fmt: skip
    model = _model([node], [given], [_value("y", FLOAT, [1, 5])])
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 4))
    engine = stepwell.compile(model)
    assert str(engine.inputs[0]) == "given: map(int64, float32[])"
    row = engine({3: np.float32(2), 1: np.float32(1)})
    np.testing.assert_array_equal(row, [[0, 1, 0, 2, 0]])
    with pytest.raises(InputError, match="has the key 'a'"):
        engine({"a": np.float32(1)})
    with pytest.raises(InputError, match="'given' is of type list, expected a dictionary"):
        engine([1])


def test_branches_of_different_shapes() -> None:
    """The results of If have the shape of the branch that is taken; branches capture values."""
    then = helper.make_graph(
        [helper.make_node("Concat", ["y", "y"], ["then_y"], axis=0)], "then", [],
        [_value("then_y", FLOAT, [4])],
    )  # fmt: skip
    other = helper.make_graph(
        [helper.make_node("Neg", ["y"], ["else_y"])], "else", [], [_value("else_y", FLOAT, [2])]
    )
    nodes = [
        helper.make_node("Relu", ["x"], ["y"], name="/relu"),
        helper.make_node("If", ["go"], ["z"], name="/if", then_branch=then, else_branch=other),
        helper.make_node("ReduceSum", ["z"], ["total"], name="/sum", keepdims=0),
    ]
    inputs = [_value("x", FLOAT, [2]), _value("go", TensorProto.BOOL, [])]
    outputs = [_value("z", FLOAT, None), _value("total", FLOAT, [])]
    engine = stepwell.compile(_model(nodes, inputs, outputs))
    x = np.array([1, 2], np.float32)
    z, total = engine(x, np.array(True))
    np.testing.assert_array_equal(z, [1, 2, 1, 2])
    assert total == 6
    z, total = engine(x, np.array(False))
    np.testing.assert_array_equal(z, [-1, -2])
    assert total == -3


def test_a_loop_that_stacks_as_often_as_the_data_says() -> None:
    body = helper.make_graph(
        [
            helper.make_node("Add", ["sum", "step"], ["next"]),
            helper.make_node("Less", ["next", "limit"], ["again"]),
            helper.make_node("Identity", ["next"], ["row"]),
        ],
        "body",
        [_value("i", INT64, []), _value("go", TensorProto.BOOL, []), _value("sum", FLOAT, [])],
        [
            _value("again", TensorProto.BOOL, []),
            _value("next", FLOAT, []),
            _value("row", FLOAT, []),
        ],
    )
    nodes = [
        helper.make_node("Neg", ["x"], ["step"], name="/neg"),
        helper.make_node("Loop", ["", "", "zero"], ["end", "rows"], name="/loop", body=body),
    ]
    outputs = [_value("end", FLOAT, []), _value("rows", FLOAT, ["trips"])]
    constants = [("zero", np.array(0, np.float32)), ("limit", np.array(10, np.float32))]
    engine = stepwell.compile(_model(nodes, [_value("x", FLOAT, [])], outputs, constants))
    end, rows = engine(np.array(-4, np.float32))
    assert end == 12
    np.testing.assert_array_equal(rows, [4, 8, 12])
    assert engine(np.array(-2.5, np.float32))[1].shape == (4,)


@pytest.mark.parametrize("outputs", [["", "rows"], ["end", ""], ["end"]])
@pytest.mark.parametrize("op_type", ["Loop", "Scan"])
def test_outputs_that_are_left_out(op_type: str, outputs: list[str]) -> None:
    """A name that is empty, or not there at the end: nobody reads that output."""
    pair, rows = _value("x", FLOAT, [2]), np.array([[1, 1], [2, 2], [3, 3]], np.float32)
    nodes = [
        helper.make_node("Add", ["carried", "row"], ["next"]),
        helper.make_node("Identity", ["next"], ["kept"]),
    ]
    types = {name: _value(name, FLOAT, [2]) for name in ("carried", "row", "next", "kept")}
    if op_type == "Scan":
        body = helper.make_graph(
            nodes, "b", [types["carried"], types["row"]], [types["next"], types["kept"]]
        )
        node = helper.make_node(
            "Scan", ["x", "rows_in"], outputs, name="/n", body=body, num_scan_inputs=1
        )
    else:
        nodes.insert(0, helper.make_node("Gather", ["rows_in", "i"], ["row"]))
        nodes.append(helper.make_node("Identity", ["go"], ["on"]))
        i, go = _value("i", INT64, []), _value("go", TensorProto.BOOL, [])
        body = helper.make_graph(
            nodes,
            "b",
            [i, go, types["carried"]],
            [_value("on", TensorProto.BOOL, []), types["next"], types["kept"]],
        )
        node = helper.make_node("Loop", ["trips", "", "x"], outputs, name="/n", body=body)
    inputs = [pair, _value("rows_in", FLOAT, [3, 2])]
    inputs += [_value("trips", INT64, [])] if op_type == "Loop" else []
    model = _model([node], inputs, [_value(name, FLOAT, None) for name in outputs if name])
    feeds = {"x": np.zeros(2, np.float32), "rows_in": rows, "trips": np.array(3)}
    results = stepwell.compile(model).run({i.name: feeds[i.name] for i in inputs})
    expected = {"end": [6, 6], "rows": [[1, 1], [3, 3], [6, 6]]}
    assert list(results) == [name for name in outputs if name]
    for name, result in results.items():
        np.testing.assert_array_equal(result, expected[name])


def test_a_scan_over_what_has_no_known_rank() -> None:
    """Sums along axes that are known at run time only, and running sums of them."""
    types = {name: _value(name, FLOAT, []) for name in ("sum", "row", "next", "kept")}
    body = helper.make_graph(
        [
            helper.make_node("Add", ["sum", "row"], ["next"]),
            helper.make_node("Identity", ["next"], ["kept"]),
        ],
        "body",
        [types["sum"], types["row"]],
        [types["next"], types["kept"]],
    )
    nodes = [
        helper.make_node("ReduceSum", ["x", "axes"], ["rows"], name="/sum", keepdims=0),
        helper.make_node(
            "Scan", ["zero", "rows"], ["", "y"], name="/scan", body=body, num_scan_inputs=1
        ),
    ]
    inputs = [_value("x", FLOAT, [2, 3]), _value("axes", INT64, ["count"])]
    model = _model(nodes, inputs, [_value("y", FLOAT, None)], [("zero", np.array(0, np.float32))])
    engine = stepwell.compile(model, shapes={"count": (1,)})
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(engine(x, np.array([0])), x.sum(0).cumsum())
    np.testing.assert_array_equal(engine(x, np.array([1])), x.sum(1).cumsum())
