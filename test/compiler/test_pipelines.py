"""The named pipelines are the stages of the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepwell.compiler.compile import lower
from stepwell.compiler.named_pipeline import expanded
from stepwell.compiler.options import Options
from stepwell.compiler.passes import get_all_passes
from stepwell.compiler.pipelines import STAGES
from stepwell.tools.opt.pass_pipeline import parse_pass_pipeline
from stepwell.tools.opt_tool import main

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits" / "digits.onnx"

DOWN = "lower-to-engine{exactness=bitwise},lower-to-layout{exactness=bitwise target=x86-64-v3}"


def test_opt_tool_does_what_the_compiler_does(tmp_path: Path) -> None:
    out = tmp_path / "layout.mlir"
    assert main([str(DIGITS), "-p", DOWN, "-o", str(out)]) == 0
    compiled = lower(str(DIGITS), "layout", target="x86-64-v3", exactness="bitwise")
    assert out.read_text() == compiled.text


def test_every_stage_is_a_pipeline_of_its_name() -> None:
    options = Options(target="x86-64-v2", exactness="bitwise")
    for level, make in STAGES.items():
        pipeline = make(options)
        assert pipeline.name == f"lower-to-{level}"
        known = get_all_passes()
        (*written,) = parse_pass_pipeline(str(pipeline), known)
        assert tuple(written) == pipeline.passes()


def test_options_reach_the_passes() -> None:
    passes = parse_pass_pipeline("lower-to-layout{target=aarch64}", get_all_passes())
    targets = [getattr(p, "target", None) for p in passes]
    assert targets == ["aarch64", "aarch64", None, "aarch64", "aarch64", None, "aarch64"]


def test_expanding_leaves_other_passes_alone() -> None:
    known = get_all_passes()
    passes = parse_pass_pipeline("canonicalize,lower-to-plan,cse", known)
    names = [p.name for p in passes]
    assert names == ["canonicalize", "order-operations", "plan-memory", "cse"]
    assert expanded(passes) == passes


def test_listed_with_what_they_stand_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-passes"]) == 0
    shown = capsys.readouterr().out
    passes = (
        *("convert-to-engine", "promote-half-precision", "hoist-invariants", "contract-codes"),
        *("optimize", "keep-weight-codes", "narrow-contractions"),
    )
    assert f"= {','.join(passes)}\n" in shown


def test_each_pass_is_seen_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = "lower-to-engine,lower-to-layout"
    assert main([str(DIGITS), "-p", pipeline, "--print-ir-after", "split-padding"]) == 0
    assert "IR Dump After split-padding" in capsys.readouterr().err
