"""A framework that is not part of the compiler: read, converted and run, by a plug-in alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Dialect, Region, SSAValue

import stepwell
from stepwell import plugins
from stepwell.conversion.model_summary import ModelSummary
from stepwell.conversion.source import Content
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.conversion.to_engine.dialect_conversion import DialectConversion
from stepwell.conversion.to_engine.lowering import Lowering, NoNativeForm
from stepwell.conversion.to_engine.vocabulary.activations import activation, leaky_relu
from stepwell.dialects import make_context
from stepwell.dialects.framework import (
    AttributeSpec,
    Formal,
    FrameworkOp,
    Kind,
    OpSchema,
    node_names,
    op_class,
    tensor_type,
)
from stepwell.errors import ImportModelError
from stepwell.ir.level import level_of
from stepwell.plugins import Plugin, installed_plugins, told


def schema(name: str) -> OpSchema:
    floats = {"T": frozenset(("tensor(float)",))}
    slope = {"slope": AttributeSpec(Kind.FLOAT, default=0.5)}
    x, y = (Formal("x", "T"),), (Formal("y", "T"),)
    return OpSchema(f"lines.{name}", name, "Lines", x, y, slope, floats)


LEAK = op_class(schema("leak"), FrameworkOp)
SORT = op_class(schema("sort"), FrameworkOp)


def leak(lo: Lowering) -> SSAValue:
    return activation(lo, leaky_relu, lo.operand("x"), lo.number("slope"))


def stands_alone(lo: Lowering, run: Any) -> Any:
    raise NoNativeForm("")


def not_known(op: FrameworkOp, arrays: Any, store: Any) -> Any:
    raise NotImplementedError


class Lines:
    """Files with an operator and a number on each line, for vectors of three."""

    title = "a file of lines"
    modules: frozenset[str] = frozenset()
    suffixes = (".lines",)

    def recognises(self, content: Content) -> bool:
        return bytes(content.data[:6]) == b"lines\n"

    def import_model(self, source: Any, ctx: Context, **options: Any) -> ModuleOp:
        type_ = tensor_type(f32, [3])
        block = Block(arg_types=[type_])
        value: SSAValue = block.args[0]
        for number, line in enumerate(bytes(source.data).decode().splitlines()[1:], 2):
            name, _, slope = line.partition(" ")
            cls = {"leak": LEAK, "sort": SORT}.get(name)
            if cls is None:
                raise ImportModelError(source.subject, f"line {number}: no operator '{name}'")
            op = cls.make([value], [type_], {"slope": float(slope)})
            op.attributes["nodes"] = node_names(f"line {number}")
            block.add_op(op)
            value = op.results[0]
        block.add_op(ReturnOp(value))
        main = FuncOp("main", ([type_], [type_]), Region(block))
        main.attributes["input_names"] = ArrayAttr([StringAttr("x")])
        return ModuleOp([main])

    def summary(
        self, source: Any, *, weights: Content | None = None, signature: str | None = None
    ) -> ModelSummary:
        del weights, signature
        type_ = tensor_type(f32, [3])
        return ModelSummary((("format", "lines"),), {"x": type_}, {"y": type_})

    def conversion(self) -> DialectConversion:
        return DialectConversion("lines", lambda: {"lines.leak": leak}, not_known, stands_alone)


def missing() -> Any:
    raise ImportError("no such framework")


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = Plugin(
        dialects={"lines": lambda: Dialect("lines", [LEAK, SORT])},
        frontends={"lines": Lines, "broken": missing},
    )
    found = {"lines_plugin": plugin}
    monkeypatch.setenv("STEPWELL_STRICT", "0")
    monkeypatch.setattr(plugins, "installed_plugins", lambda: found)
    told.cache_clear()
    installed_plugins.cache_clear()


def test_a_model_of_another_framework_runs_natively(tmp_path: Path):
    path = tmp_path / "model.lines"
    path.write_text("lines\nleak 0.5\nleak 0.25\n")
    engine = stepwell.compile(path)
    x = np.array([-8, 0, 3], np.float32)
    np.testing.assert_array_equal(engine(x), np.array([-1, 0, 3], np.float32))
    assert not engine.reference_ops


def test_level_one_is_its_dialect(tmp_path: Path):
    from stepwell.compiler.compile import lower

    path = tmp_path / "model"
    path.write_text("lines\nleak 0.5\n")
    for level in ("framework", "lines"):
        assert "lines.leak(%0) {slope = 0.5, nodes = " in lower(path, level).text
    assert "lines." not in lower(path, "engine").text


def test_what_has_no_native_form_is_kept_by_name():
    ctx = make_context()
    content = Content("model", memoryview(b"lines\nsort 1\n"))
    module = Lines().import_model(content, ctx)
    assert level_of(module) == "framework"
    ConvertToEnginePass().apply(ctx, module)
    module.verify()
    assert 'reason = "sort has no native form"' in str(module)


def test_errors_speak_of_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "model.onnx"
    path.write_text("lines\nturn 0.5\n")
    with pytest.raises(ImportModelError) as caught:
        stepwell.compile(path)
    assert caught.value.problems == (
        "line 2: no operator 'turn'",
        "its name says an ONNX model, its content a file of lines",
    )
    assert "'broken' of its frontends: ImportError: no such framework" in capsys.readouterr().err
