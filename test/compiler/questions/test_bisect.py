"""`bisect` finds the step that is wrong, with faults planted in rules and in passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

import stepwell
from stepwell.conversion.to_engine.convert_to_engine import ConvertToEnginePass
from stepwell.errors import UsageError
from stepwell.tools.opt_tool import main as opt_tool
from stepwell.transforms.optimize import plugged
from stepwell.transforms.optimize.rewrites import REWRITES
from stepwell.transforms.optimize.rewriting import Match, Rewrite, rule_of_pattern
from stepwell.transforms.split_padding import SplitPaddingPass

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
g (float[1,2,6,6] x) => (float[1,3,4] y)
<float three = {3}, float[4] shift = {1,2,3,4}, int64[3] shape = {1,3,16}>
{
  [conv] c = Conv (x, w)
  [relu] r = Relu (c)
  [third] h = Div (r, three)
  [flat] f = Reshape (h, shape)
  [there] t = Transpose <perm = [0, 2, 1]> (f)
  [back] b = Transpose <perm = [0, 2, 1]> (t)
  [product] p = MatMul (b, m)
  [bias] y = Add (p, shift)
}
"""


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    found = onnx.parser.parse_model(MODEL)
    rng = np.random.default_rng(0)
    for name, shape in (("w", (3, 2, 3, 3)), ("m", (16, 4))):
        weight = rng.standard_normal(shape).astype(np.float32)
        found.graph.initializer.append(numpy_helper.from_array(weight, name))
    return found


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`plant(rule, change)` lets `change` spoil what a rule builds."""

    def with_fault(name: str, change: Callable[[Match], object]) -> None:
        def spoiled(rule: Rewrite) -> Rewrite:
            def body(op: Any, m: Match) -> Sequence[SSAValue]:
                values = rule.body(op, m)
                change(m)
                return values

            return replace(rule, body=body)

        rules = tuple(spoiled(r) if r.name == name else r for r in REWRITES)
        monkeypatch.setattr(plugged, "REWRITES", rules)
        plugged.all_rewrites.cache_clear()

    yield with_fault
    monkeypatch.undo()
    plugged.all_rewrites.cache_clear()


def spoil_scalars(m: Match) -> None:
    for op in [inner for new in m.inserted for inner in new.walk()]:
        if isinstance(op, arith.ConstantOp) and isinstance(op.value, FloatAttr):
            op.properties["value"] = FloatAttr(op.value.value.data + 1.0, op.value.type)
        elif isinstance(op, arith.AddfOp):
            op.operands[1] = op.operands[0]


@pytest.mark.parametrize(
    ("rule", "change", "node"),
    [
        ("divide-by-constant", spoil_scalars, "third"),
        ("fuse-map-into-contraction", spoil_scalars, "relu"),
    ],
)
def test_a_fault_in_a_rule(
    model: onnx.ModelProto,
    plant: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rule: str,
    change: Callable[[Match], object],
    node: str,
) -> None:
    plant(rule, change)
    found = stepwell.bisect(model)
    answer = found.answer
    assert not answer["agrees"]
    assert answer["fault"] is not None
    assert (answer["fault"]["pass_name"], answer["fault"]["rule"]) == ("optimize", rule)
    assert node in answer["fault"]["nodes"]
    assert answer["confirmed"]
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    case = tmp_path / "case.mlir"
    command = found.save(case)
    tool, *words = command.replace("'", "").split()
    assert tool == "opt-tool"
    assert sum(line.count("engine.") for line in case.read_text().splitlines()) <= 6
    assert opt_tool([*words, "-o", str(tmp_path / "out.mlir")]) == 1
    assert "moved result" in capsys.readouterr().err


class TurnSums(RewritePattern):
    """Makes a difference of the sum of a bias: a pattern, which cannot be looked at alone."""

    exactness = "bitwise"

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        if isinstance(op, arith.AddfOp):
            rewriter.replace(op, arith.SubfOp(op.lhs, op.rhs))


def test_a_fault_in_a_pattern(model: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = rule_of_pattern(TurnSums(), name="turn-sums", exactness="bitwise")
    monkeypatch.setattr(plugged, "REWRITES", (*REWRITES, bad))
    plugged.all_rewrites.cache_clear()
    try:
        answer = stepwell.bisect(model).answer
    finally:
        plugged.all_rewrites.cache_clear()
    assert answer["fault"] is not None
    assert answer["fault"]["rule"] == "turn-sums"
    assert answer["confirmed"]


def planted_pass(
    monkeypatch: pytest.MonkeyPatch, pass_type: type[Any], spoil: Callable[[Operation], object]
) -> None:
    apply = pass_type.apply

    def spoiled(self: Any, ctx: Any, module: ModuleOp) -> None:
        apply(self, ctx, module)
        for op in list(module.walk()):
            spoil(op)

    monkeypatch.setattr(pass_type, "apply", spoiled)


def forget_a_tap(op: Operation) -> None:
    """Read the image as if it began elsewhere: strides of the product are another's."""
    if isinstance(op, arith.MaximumfOp):
        op.operands[1] = op.operands[0]


@pytest.mark.parametrize("pass_type", [SplitPaddingPass, ConvertToEnginePass])
def test_a_fault_in_a_pass(
    model: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch, pass_type: type[Any]
) -> None:
    planted_pass(monkeypatch, pass_type, forget_a_tap)
    answer = stepwell.bisect(model).answer
    assert answer["fault"] is not None
    assert (answer["fault"]["pass_name"], answer["fault"]["rule"]) == (pass_type.name, "")
    assert "relu" in answer["fault"]["nodes"]
    assert answer["confirmed"] == (pass_type is SplitPaddingPass)
    assert answer["command"].startswith(f"opt-tool CASE.mlir -p '{pass_type.name}'")


def test_a_model_that_is_right(model: onnx.ModelProto, tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((1, 2, 6, 6)).astype(np.float32)
    found = stepwell.bisect(model, {"x": x})
    assert found.answer["agrees"]
    assert found.answer["outputs"]["y"] <= 1
    assert found.save(tmp_path / "case.mlir") == ""
    assert not (tmp_path / "case.mlir").exists()


def test_inputs_of_other_names(model: onnx.ModelProto) -> None:
    with pytest.raises(UsageError, match=r"'x' is missing, there is no input 'z'; .* takes x"):
        stepwell.bisect(model, {"z": 1})
