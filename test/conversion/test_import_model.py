"""Which frontend reads what: objects by their class, files by content, then by name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import stepwell
from stepwell.conversion import import_model as module
from stepwell.conversion.frontends import frontends
from stepwell.conversion.import_model import holds_model, import_model, recognise
from stepwell.conversion.onnx_import.frontend import ONNX_FRONTEND, OnnxFrontend
from stepwell.conversion.source import Content
from stepwell.dialects import make_context
from stepwell.errors import ImportModelError, StepwellError, UsageError
from stepwell.runtime.artifact import MAGIC


def relu() -> onnx.ModelProto:
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
    return helper.make_model(graph)


class Bitmap(OnnxFrontend):
    """Another frontend: of files that start with BM."""

    title = "a bitmap"
    modules = frozenset(("fractions",))
    suffixes = (".bmp",)

    def recognises(self, content: Content) -> bool:
        return bytes(content.data[:2]) == b"BM"

    def import_model(self, source: Any, ctx: Any, **options: Any) -> Any:
        raise ImportModelError("picture", "is upside down")


class Failing(Bitmap):
    """A frontend that cannot look at a file."""

    title = "a riddle"
    modules = frozenset()
    suffixes = ()

    def recognises(self, content: Content) -> bool:
        raise RuntimeError("no\nanswer")


BITMAP = Bitmap()


@pytest.fixture
def two_frontends(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"bitmap": BITMAP, "onnx": ONNX_FRONTEND}
    monkeypatch.setattr(module, "frontends", lambda: table)


def message(source: Any) -> str:
    with pytest.raises(ImportModelError) as caught:
        import_model(source, make_context())
    return str(caught.value)


def zipped(name: str = "readme") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"weights")
    return stream.getvalue()


def test_onnx_is_one_entry_of_the_table():
    assert frontends()["onnx"] is ONNX_FRONTEND


@pytest.mark.usefixtures("two_frontends")
def test_an_object_is_told_by_the_module_of_its_class():
    from fractions import Fraction

    assert recognise(relu()) is ONNX_FRONTEND
    assert recognise(Fraction(1)) is BITMAP
    assert message(3.5) == (
        "model: is a builtins.float; expected a path, bytes, or a bitmap (.bmp) or "
        "an ONNX model (.onnx)"
    )


@pytest.mark.parametrize("name", ["model.onnx", "model", "model.bmp"])
@pytest.mark.usefixtures("two_frontends")
def test_content_beats_the_name(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(relu().SerializeToString())
    assert recognise(path) is ONNX_FRONTEND
    assert holds_model(str(path))
    import_model(path, make_context()).verify()


@pytest.mark.usefixtures("two_frontends")
def test_a_name_that_says_something_else_is_said_in_the_error(tmp_path: Path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"BM and so on")
    assert message(path) == (
        "picture: 2 problems\n  - is upside down\n"
        "  - its name says an ONNX model, its content a bitmap"
    )
    assert message(b"BM and so on") == "picture: is upside down"


def test_a_frontend_that_fails_to_recognise_a_file_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    table = {"riddle": Failing(), "onnx": ONNX_FRONTEND}
    monkeypatch.setattr(module, "frontends", lambda: table)
    assert recognise(relu().SerializeToString()) is ONNX_FRONTEND
    assert capsys.readouterr().err == (
        "stepwell: left out: the frontend of a riddle fails to recognise files:"
        " RuntimeError: no answer\n"
    )
    monkeypatch.setenv("STEPWELL_STRICT", "1")
    with pytest.raises(StepwellError, match="a riddle fails to recognise files"):
        recognise(relu().SerializeToString())


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.7])
def test_the_beginning_of_a_model_is_a_damaged_model(tmp_path: Path, kept: float):
    whole = relu().SerializeToString()
    path = tmp_path / "model"
    path.write_bytes(whole[: int(kept * len(whole))])
    assert "truncated or damaged" in message(path)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.onnx", b"", "the file is empty; expected a model"),
        ("a.onnx", b"A poem about a well.\n" * 400, "is text; expected an ONNX model (.onnx)"),
        ("a.txt", "Ä poem".encode(), "is text; expected an ONNX model (.onnx)"),
        ("a.onnx", zipped(), "is a zip archive; expected an ONNX model (.onnx)"),
        ("a.pt", zipped("a/data.pkl"), "holds what torch.save wrote, weights or a pickled module"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(40), "is an HDF5 file; expected an ONNX model"),
        ("a.pkl", b"\x80\x04K\x01.", "is a Python pickle; expected an ONNX model (.onnx)"),
        ("a.well", MAGIC + bytes(56), "is a compiled program, which stepwell.load reads; expected"),
        ("a.bin", bytes(range(256)), "is not a model of a known format; expected an ONNX model"),
        ("a.onnx", bytes(range(256)), "is not an ONNX model, or a truncated or damaged one"),
    ],
)
def test_what_is_no_model_is_named(tmp_path: Path, name: str, data: bytes, expected: str):
    path = tmp_path / name
    path.write_bytes(data)
    assert f"{path}: {expected}" in message(path)


def test_other_sources(tmp_path: Path):
    assert message(tmp_path).startswith(
        f"{tmp_path}: is a folder; expected an ONNX model (.onnx) or "
    )
    assert message(tmp_path / "none.onnx") == f"{tmp_path}/none.onnx: there is no such file"
    assert message(b"") == "model: there are no bytes; expected a model"
    assert "is not a model of a known format" in message(b"\x08")
    assert "is a numpy array" in message(_array())
    # Valid protobuf, but of another kind.
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0])
    assert "expected an ONNX model" in message(tensor.SerializeToString())


def test_what_is_to_be_done_with_other_forms_of_a_model():
    """A model saved in a form that is not read, and how to save it so that it is."""
    assert message(zipped()).endswith("; unpack it first")
    assert "what is in it is never run; export the model with torch.export" in message(
        b"\x80\x02}q\0." + bytes(20)
    )
    assert "convert the model with tf.lite" in message(b"\x89HDF\r\n\x1a\n" + bytes(20))


def _array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


def test_text_that_is_cut_in_a_character_is_text(tmp_path: Path):
    path = tmp_path / "long.onnx"
    path.write_text("x" + "ä" * 4000, encoding="utf-8")
    assert "is text" in message(path)


def test_a_file_of_ir_holds_no_model(tmp_path: Path):
    path = tmp_path / "module.mlir"
    path.write_text("builtin.module {}")
    assert not holds_model(str(path))
    assert holds_model(str(tmp_path / "missing.onnx"))
    assert not holds_model(str(tmp_path / "missing.mlir"))


class Pair(Bitmap):
    """A frontend of models of two files, with several functions."""

    takes = frozenset(("weights", "signature"))

    def import_model(self, source: Any, ctx: Any, **options: Any) -> Any:
        weights = options.get("weights")
        read = None if weights is None else bytes(weights.data)
        raise ImportModelError("pair", f"{read} {options.get('signature')}")


def test_weights_and_signature(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """They reach a frontend that takes them, are refused for others, and left out else."""
    monkeypatch.setattr(module, "frontends", lambda: {"pair": Pair(), "onnx": ONNX_FRONTEND})
    (tmp_path / "net.bin").write_bytes(b"numbers")

    def imported(source: bytes, **options: Any) -> str:
        with pytest.raises(StepwellError) as caught:
            import_model(source, make_context(), **options)
        return str(caught.value)

    assert imported(b"BM") == "pair: None None"
    given = imported(b"BM", weights=tmp_path / "net.bin", signature="serve")
    assert given == "pair: b'numbers' serve"
    assert "there is no such file" in imported(b"BM", weights=tmp_path / "none")
    onnx_model = relu().SerializeToString()
    assert imported(onnx_model, weights=b"x") == (
        "weights is given, but an ONNX model does not have a file of weights beside it"
    )
    assert imported(onnx_model, signature="serve") == (
        "signature is given, but an ONNX model does not have several functions"
    )


def test_a_module_has_neither(tmp_path: Path):
    path = tmp_path / "main.mlir"
    path.write_text(
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n"
        "  func.return %x : tensor<2xf32>\n}\n"
    )
    with pytest.raises(UsageError, match="weights and signature are for models of a framework"):
        stepwell.compile(path, signature="serve")
    with pytest.raises(UsageError, match="weights is 3 of type int, expected a path"):
        stepwell.compile(path, weights=3)
