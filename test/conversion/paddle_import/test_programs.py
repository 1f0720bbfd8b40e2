"""Whole programs: files that belong together, open sizes, what is wrong with them."""

import json
import os
from typing import Any

import numpy as np
import pytest
from xdsl.ir import Block

import stepwell
from stepwell.compiler.compile import lower
from stepwell.conversion.import_model import import_model, recognise, summary_of
from stepwell.conversion.paddle_import.messages import messages
from stepwell.conversion.to_engine.block_conversion import BlockConversion
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.dialects import make_context
from stepwell.dialects.engine import ReferenceOp
from stepwell.errors import ImportModelError, InputError
from stepwell.interpreters.running import run
from stepwell.test.conversion.paddle_import.recorded_programs import FORMATS, arrays_of, recorded


def write(folder, kind: str, name: str, stem: str = "inference"):
    """The two files of a recorded program; the path of the first."""
    case = recorded(kind)[name]
    path = folder / f"{stem}.{'json' if kind == 'pir' else 'pdmodel'}"
    path.write_bytes(case["program"].tobytes())
    if "parameters" in case:
        path.with_suffix(".pdiparams").write_bytes(case["parameters"].tobytes())
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_files_belong_together(kind, tmp_path):
    path = write(tmp_path, kind, "batch_norm")
    case = recorded(kind)["batch_norm"]
    [x], [wanted] = arrays_of(case, "in"), arrays_of(case, "out")
    for given in (path, path.with_suffix(".pdiparams")):
        ctx = make_context()
        [found] = run(ctx, import_model(given, ctx), [x])
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    moved = path.with_suffix(".pdiparams").rename(tmp_path / "other.pdiparams")
    ctx = make_context()
    [found] = run(ctx, import_model(path, ctx, weights=moved), [x])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_one_program_for_all_sizes(tmp_path):
    path = write(tmp_path, "pir", "open_squeezed")
    engine = stepwell.compile(path)
    assert not engine.reference_ops
    for shape in ((2, 4, 7, 9), (1, 4, 16, 3)):
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        gate = np.clip(x.mean((2, 3), keepdims=True) / 6 + 0.5, 0, 1)
        np.testing.assert_allclose(engine(x), x * gate, rtol=1e-4, atol=1e-5)


def test_sizes_that_must_be_equal_are_asked_for(tmp_path):
    """A sum of two inputs of open sizes: what it needs is said of the call that lacks it."""
    program = json.loads(recorded("pir")["where"]["program"].tobytes())
    block = program["program"]["regions"][0]["blocks"][0]
    for op in block["ops"]:
        for result in op["O"] if isinstance(op["O"], list) else [op["O"]]:
            result["TT"]["D"][1] = [-1, 5]
    ctx = make_context()
    module = import_model(json.dumps(program).encode(), ctx)
    ConvertToEnginePass().apply(ctx, module)
    assert "relations" in str(module) or "broadcast" in str(module)
    x = np.ones((3, 5), np.float32)
    np.testing.assert_array_equal(run(ctx, module, [x, 2 * x])[0], 2 * x)
    with pytest.raises((InputError, ValueError)):
        run(ctx, module, [x, np.ones((4, 5), np.float32)])


def test_results_of_the_reference_get_sizes():
    """What follows an operator without a native form is native once inputs have sizes."""
    program = json.loads(recorded("pir")["atan2"]["program"].tobytes())
    block = program["program"]["regions"][0]["blocks"][0]
    for op in block["ops"]:
        for result in op["O"] if isinstance(op["O"], list) else [op["O"]]:
            result["TT"]["D"][1] = [-1] * len(result["TT"]["D"][1])
    ctx = make_context()
    shapes = {"x0": (2, 3, 4), "x1": (3, 1)}
    module = import_model(json.dumps(program).encode(), ctx, shapes=shapes)
    ConvertToEnginePass().apply(ctx, module)
    [op] = [op for op in module.walk() if isinstance(op, ReferenceOp)]
    assert "tensor<2x3x4xf32>" in str(op.results[0].type)


@pytest.mark.parametrize("kind", FORMATS)
def test_summary(kind, tmp_path):
    found = summary_of(write(tmp_path, kind, "conv"))
    assert found.facts[0][1].startswith("PaddlePaddle, ")
    assert str(found.inputs["x0"]) == "tensor<2x4x7x9xf32>"
    assert found.operators["conv2d"] == 1
    assert len(found.files) == 2
    assert recognise(tmp_path / found.files[0]).title == "a PaddlePaddle program"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_folder_has_one_program(kind, tmp_path):
    write(tmp_path, kind, "conv")
    (tmp_path / "config.json").write_text('{"Global": {"model_name": "conv"}}')
    os.mkfifo(tmp_path / "pipe.json")
    assert summary_of(tmp_path).operators["conv2d"] == 1
    assert len(summary_of(tmp_path).files) == 2
    write(tmp_path, kind, "linear", "second")
    with pytest.raises(ImportModelError, match=r"needs one .pdmodel or PIR .json in it, has"):
        import_model(tmp_path, make_context())


def refused(data: bytes, weights: bytes | None = None) -> str:
    with pytest.raises(ImportModelError) as caught:
        import_model(data, make_context(), weights=weights)
    return str(caught.value)


def test_unknown_operators_are_all_named():
    program = json.loads(recorded("pir")["conv"]["program"].tobytes())
    block = program["program"]["regions"][0]["blocks"][0]
    for op in block["ops"]:
        if op["#"] in ("1.conv2d", "1.add"):
            op["#"] += "_unheard_of"
    message = refused(json.dumps(program).encode(), recorded("pir")["conv"]["parameters"].tobytes())
    assert "conv2d_unheard_of" in message
    assert "add_unheard_of" in message
    assert "this operator is not supported" in message


def test_parameters_are_missing_cut_or_others():
    case = recorded("pir")["conv"]
    program, parameters = case["program"].tobytes(), case["parameters"].tobytes()
    assert "no file of them" in refused(program)
    assert "bytes for the parameter" in refused(program, parameters[:-4])
    assert "4 bytes behind" in refused(program, parameters + b"four")
    assert "levels" in refused(program, b"\1" + parameters[1:])


def relu_program() -> Any:
    """The message of a program of one operator."""
    data = recorded("legacy")["f_relu"]["program"].tobytes()
    return messages()["ProgramDesc"].FromString(data)


def test_rows_of_unlike_lengths():
    message = relu_program()
    for variable in message.blocks[0].vars:
        if variable.name == "x0":
            variable.type.dense_tensor.lod_level = 1
    assert "LoD" in refused(message.SerializeToString())


def test_loops_are_refused():
    message = relu_program()
    [op] = [op for op in message.blocks[0].ops if op.type == "relu"]
    op.type = "while"
    assert "while" in refused(message.SerializeToString())


def test_damaged_programs():
    for kind in FORMATS:
        whole = recorded(kind)["f_relu"]["program"].tobytes()
        for data in (whole[: len(whole) // 2], whole[:40]):
            refused(data)
    refused(b'{"base_code": {"magic": "pir", "version": 9}, "program": {}}')
    refused(b'{"base_code": {"magic": "pir", "version": 1}, "program": ' + b"[" * 100_000)


def test_bombs():
    program = json.loads(recorded("pir")["f_relu"]["program"].tobytes())
    block = program["program"]["regions"][0]["blocks"][0]
    for op in block["ops"]:
        for result in op["O"]:
            result["TT"]["D"][1] = [10**18, 10**18]
    with pytest.raises(stepwell.errors.StepwellError):
        stepwell.compile(json.dumps(program).encode())


def test_values_inside_have_sizes():
    """Of a program of open sizes each value has its own, as they follow from the input's."""
    case = recorded("pir")["open_block"]
    weights = case["parameters"].tobytes()
    text = lower(case["program"].tobytes(), "paddle", weights=weights).text
    assert '["x0_0", "", "(x0_2 + 1) floordiv 2", "(x0_3 + 1) floordiv 2"]' in text
    [line] = [line for line in text.splitlines() if "func.return" in line]
    assert "((x0_2 + 1) floordiv 2) * 4" in line


def test_a_program_for_all_sizes_is_converted_once(monkeypatch: pytest.MonkeyPatch):
    case = recorded("pir")["open_block"]
    converted: list[str] = []
    own = BlockConversion.block

    def noting(self: BlockConversion, block: Block) -> None:
        converted.append(self.dialect.name)
        own(self, block)

    monkeypatch.setattr(BlockConversion, "block", noting)
    weights = case["parameters"].tobytes()
    engine = stepwell.compile(case["program"].tobytes(), weights=weights)
    assert engine.program.sizes
    assert not engine.program.is_open
    assert converted == ["paddle"]


def test_operators_are_known_by_their_results():
    case = recorded("legacy")["batch_norm"]
    weights = case["parameters"].tobytes()
    module = import_model(case["program"].tobytes(), make_context(), weights=weights)
    [op] = [op for op in module.walk() if op.name == "paddle.batch_norm"]
    assert "batch_norm_0.tmp_2" in str(op.attributes["nodes"])


def test_a_split_into_other_parts_than_there_are():
    program = recorded("pir")["split"]["program"].tobytes()
    assert b'{"#":"0.a_i32","D":2},"N":"num"' in program.replace(b" ", b"")
    wrong = program.replace(b" ", b"").replace(b'"D":2},"N":"num"', b'"D":4},"N":"num"')
    ctx = make_context()
    module = import_model(wrong, ctx)
    ConvertToEnginePass().apply(ctx, module)
    assert "into 4 parts, of which there are 2" in str(module)
