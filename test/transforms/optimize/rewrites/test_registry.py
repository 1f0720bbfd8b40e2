"""
Every rewrite keeps its obligations.

A rewrite `NAME` has the file `NAME.mlir` (dashes as underscores) beside this one. Its functions
show before and after; those called `near_miss...` show where it must not fire. The RUN line
applies the rewrite alone and checks it numerically on random inputs, as strictly as its class of
exactness demands.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.transforms.optimize.rewrites import REWRITES as ALL
from stepwell.transforms.optimize.rewriting import Rewrite, apply_rewrites
from stepwell.transforms.optimize.rewriting.sources import SOURCES, unknown_sources

HERE = Path(__file__).parent
REWRITES = {r.name: r for r in ALL}


def case_file(rewrite: Rewrite) -> Path:
    return HERE / f"{rewrite.name.replace('-', '_')}.mlir"


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_has_its_case_file(name: str) -> None:
    file = case_file(REWRITES[name])
    assert file.exists(), f"{name} has no before/after case: write {file.name}"
    text = file.read_text()
    run = next(line for line in text.splitlines() if line.startswith("// RUN:"))
    exactness = REWRITES[name].exactness
    assert f"optimize{{only={name} exactness={exactness}}}" in run
    assert "--check-numerics" in run
    assert "CHECK" in text


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_fires_where_it_must_and_only_there(name: str) -> None:
    rewrite = REWRITES[name]
    fired: list[str] = []
    missed: list[str] = []
    for chunk in case_file(rewrite).read_text().split("// -----"):
        ctx = make_context()
        module = Parser(ctx, chunk).parse_module()
        label = _function(module)
        apply_rewrites(ctx, module, [])  # dead code goes in any case
        before = str(module)
        report = apply_rewrites(ctx, module, [rewrite])
        if label.startswith("near_miss"):
            assert not report.fired, f"{name} fired on @{label}"
            assert str(module) == before
            missed.append(label)
        else:
            assert report.fired.get(name), f"{name} did not fire on @{label}"
            module.verify()
            fired.append(label)
    assert fired, f"{name} has no positive case"
    assert missed, f"{name} has no near miss"


def _function(module: ModuleOp) -> str:
    [function] = [op for op in module.ops if isinstance(op, func.FuncOp)]
    return function.sym_name.data


def test_every_case_file_belongs_to_a_rewrite() -> None:
    known = {case_file(r).name for r in REWRITES.values()}
    assert {f.name for f in HERE.glob("*.mlir")} == known


def test_a_rewrite_states_its_equation_and_source() -> None:
    for rewrite in REWRITES.values():
        assert "=>" in rewrite.equation
        assert unknown_sources(rewrite.source) == [], rewrite.name


def test_every_source_is_cited() -> None:
    cited = {name for r in ALL for name in r.source.split("; ")}
    assert set(SOURCES) == cited


def test_names_are_unique() -> None:
    assert len(REWRITES) == len(ALL)
