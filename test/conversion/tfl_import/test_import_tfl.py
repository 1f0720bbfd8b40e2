"""The importer: names, signatures, open sizes, states, what is refused and what is damaged."""

import struct
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.func import FuncOp

import stepwell
from stepwell.conversion.import_model import import_model, recognise, summary_of
from stepwell.dialects import make_context
from stepwell.dialects.framework import state_of
from stepwell.errors import ImportModelError
from stepwell.tools.cli import main as stepwell_main

from .recorded_cases import recorded

FILES = Path(__file__).parent / "recorded"


def imported(name: str, **how):
    return import_model(recorded()[name].model, make_context(), **how)


def main_of(module) -> FuncOp:
    [main] = module.ops
    assert isinstance(main, FuncOp)
    return main


def refused(data: bytes, **how) -> str:
    with pytest.raises(ImportModelError) as found:
        import_model(data, make_context(), **how)
    return str(found.value)


def spoilt(name: str, old: bytes, new: bytes) -> bytes:
    """A recorded model with bytes of the same number replaced once."""
    model = recorded()[name].model
    assert model.count(old) >= 1
    assert len(old) == len(new)
    return model.replace(old, new, 1)


def test_a_file_is_told_by_its_content(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(recorded()["ABS"].model)
    assert recognise(path).title == "a TensorFlow Lite model"
    assert "tfl.ABS" in str(import_model(path, make_context()))


def test_operations_have_the_names_of_their_results():
    text = str(imported("CONV_2D 1"))
    assert 'nodes = ["output"]' in text
    assert 'fused_activation_function = "RELU"' in text
    assert "stride_h = 2" in text


def test_the_default_signature_is_taken():
    main = main_of(imported("signatures"))
    assert '["left", "right"]' in str(main.attributes["input_names"])
    assert "tfl.SUB" in str(main)


def test_another_signature_is_taken_by_its_name():
    case = recorded()["signatures"]
    engine = stepwell.compile(case.model, signature="total")
    (left, right), _ = case.steps[0]
    np.testing.assert_allclose(engine.run({"left": left, "right": right})["sum"], left + right)


def test_a_signature_that_is_not_there():
    message = refused(recorded()["signatures"].model, signature="totals")
    assert "signature 'totals': the model has no such signature; there are total" in message


def test_open_sizes_have_names_and_are_native():
    main = main_of(imported("open sizes"))
    assert "#framework.dims" in str(main.function_type.inputs.data[0])
    engine = stepwell.compile(recorded()["open sizes"].model)
    assert engine.reference_ops == ()
    for rows in (1, 4, 9):
        x = np.random.default_rng(rows).standard_normal((rows, 6)).astype(np.float32)
        [found] = engine.run({"x": x}).values()
        np.testing.assert_allclose(found, x.reshape(rows, 2, 3).sum(1), rtol=1e-6)


def test_shapes_bind_open_sizes():
    main = main_of(imported("open sizes", shapes={"x": [5, 6]}))
    assert "tensor<5x6xf32>" in str(main.function_type.inputs.data[0])


def test_variables_become_states():
    main = main_of(imported("variables"))
    [state] = state_of(main)
    assert state.title.data == "sum"
    assert "READ_VARIABLE" not in str(main)
    case = recorded()["variables"]
    engine = stepwell.compile(case.model)
    for (x,), (expected,) in case.steps:
        np.testing.assert_allclose(engine.run({"x": x})["output"], expected, rtol=1e-6)
    engine.reset()
    (x,), (expected,) = case.steps[0]
    np.testing.assert_allclose(engine.run({"x": x})["output"], expected, rtol=1e-6)


def test_a_kernel_that_changes_its_state():
    case = recorded()["SVDF int8"]
    engine = stepwell.compile(case.model)
    assert engine.reference_ops == ()
    for (x,), (expected,) in case.steps:
        np.testing.assert_array_equal(engine.run({"input": x})["output"], expected)


def test_values_make_constants_of_inputs():
    case = recorded()["variables"]
    (x,), _ = case.steps[0]
    main = main_of(imported("variables", values={"x": x}))
    assert len(main.function_type.inputs) == 1


def test_everything_that_is_not_supported_is_said():
    # The number of an operator is in two fields of its code, of one byte and of four.
    message = refused(spoilt("ABS", struct.pack("<i", 101), struct.pack("<i", 136)))
    assert "HASHTABLE 'output': is not supported" in message


@pytest.mark.parametrize("name", ["ABS", "CONV_2D int8 2", "WHILE", "variables", "signatures"])
def test_a_truncated_file(name):
    model = recorded()[name].model
    for end in (8, 12, len(model) // 3, len(model) // 2):
        assert "damaged" in refused(model[:end]) or "refers to" in refused(model[:end])


def test_another_version():
    model = bytearray(recorded()["ABS"].model)
    root = struct.unpack_from("<I", model, 0)[0]
    vtable = root - struct.unpack_from("<i", model, root)[0]
    field = root + struct.unpack_from("<H", model, vtable + 4)[0]
    model[field : field + 4] = struct.pack("<I", 7)
    assert "is of schema version 7; expected 3" in refused(bytes(model))


def test_shapes_that_are_impossible():
    model = spoilt("ABS", struct.pack("<3i", 2, 3, 7), struct.pack("<3i", -9, 3, 7))
    assert "the shape [-9, 3, 7] is impossible" in refused(model)


def test_a_state_of_open_sizes():
    model = spoilt("SVDF True", struct.pack("<2i", 2, 40), struct.pack("<2i", -1, 40))
    assert "variable 'state': its sizes are not known" in refused(model)


def test_weights_of_another_size():
    model = spoilt("PRELU", struct.pack("<3i", 1, 1, 4), struct.pack("<3i", 1, 1, 5))
    assert "tensor 'alpha': has 16 bytes of data; expected 20" in refused(model)


def test_a_summary_is_read_without_weights():
    summary = summary_of(recorded()["signatures"].model)
    assert ("signature", "serving_default") in summary.facts
    assert list(summary.inputs) == ["left", "right"]
    assert summary.operators == {"SUB": 1, "ADD": 1}
    assert list(summary.outputs) == ["difference"]
    assert list(summary_of(recorded()["signatures"].model, signature="total").outputs) == ["sum"]


def test_files_beside_the_records_are_models():
    files = sorted(FILES.glob("*.tflite"))
    assert len(files) > 20
    for path in files:
        assert summary_of(path).operators


def test_every_value_of_a_quantised_model_is_verified(tmp_path, capsys, monkeypatch):
    """`stepwell verify --per-op`: at level 1 quantised inputs and states are integers, too."""
    path = tmp_path / "model.tflite"
    path.write_bytes(recorded()["SVDF int8"].model)
    monkeypatch.setattr("sys.argv", ["stepwell", "verify", str(path), "--per-op"])
    with pytest.raises(SystemExit) as stop:
        stepwell_main()
    assert not stop.value.code
    assert "2 of 2 values within" in capsys.readouterr().out
