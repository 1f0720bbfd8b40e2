"""Plug-ins from entry points, installed for the length of a test."""

import sys
from pathlib import Path

import pytest

from stepwell.compiler.passes import get_all_passes
from stepwell.dialects import make_context
from stepwell.errors import StepwellError
from stepwell.plugins import installed_plugins, told
from stepwell.tools.cli import main as stepwell_main
from stepwell.tools.opt_tool import main
from stepwell.transforms.optimize.plugged import all_rewrites

PLUGIN = '''
from dataclasses import dataclass

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Dialect
from xdsl.irdl import IRDLOperation, irdl_op_definition
from xdsl.passes import ModulePass

from stepwell.plugins import Plugin


@irdl_op_definition
class NothingOp(IRDLOperation):
    """Does nothing."""

    name = "plugged.nothing"
    assembly_format = "attr-dict"


@dataclass(frozen=True)
class MarkPass(ModulePass):
    """Marks the module."""

    name = "plugged-mark"
    mark: str = "here"

    def apply(self, ctx, op):
        op.attributes["mark"] = StringAttr(self.mark)


PLUGIN = Plugin(
    dialects={"DIALECT": lambda: Dialect("DIALECT", [NothingOp])},
    passes={"plugged-mark": lambda: MarkPass},
)
NO_PLUGIN = 3
NO_TABLE = Plugin(passes=MarkPass)


def missing():
    raise ImportError("gone")


FAILING = Plugin(dialects={"bad": missing})
'''


def install(folder: Path, value: str, *, dialect: str = "plugged") -> None:
    """Put a distribution `plugged` with one entry point into `folder`, as pip would."""
    (folder / "plugged_package.py").write_text(PLUGIN.replace("DIALECT", dialect))
    write_distribution(folder, f"plugged = {value}\n")


def write_distribution(folder: Path, entry_points: str) -> None:
    info = folder / "plugged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[stepwell.plugins]\n{entry_points}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("STEPWELL_STRICT", "0")
    installed_plugins.cache_clear()
    told.cache_clear()
    yield tmp_path
    sys.modules.pop("plugged_package", None)
    installed_plugins.cache_clear()


def test_dialect_and_pass(folder, tmp_path, capsys):
    install(folder, "plugged_package:PLUGIN")
    assert "plugged-mark" in get_all_passes()
    assert make_context().get_dialect("plugged").name == "plugged"
    file = tmp_path / "module.mlir"
    file.write_text("plugged.nothing\n")
    assert main([str(file), "-p", "plugged-mark{mark=there}"]) == 0
    out = capsys.readouterr().out
    assert 'attributes {mark = "there"}' in out
    assert "plugged.nothing" in out


def test_pass_is_listed_with_its_option(folder, capsys):
    install(folder, "plugged_package:PLUGIN")
    assert main(["--list-passes"]) == 0
    out = capsys.readouterr().out
    assert "plugged-mark                     Marks the module.\n    mark: str (default here)" in out


def test_unknown_option(folder, tmp_path, capsys):
    install(folder, "plugged_package:PLUGIN")
    file = tmp_path / "module.mlir"
    file.write_text("plugged.nothing\n")
    assert main([str(file), "-p", "plugged-mark{marc=x}"]) == 2
    assert "has no option 'marc'; did you mean 'mark'?" in capsys.readouterr().err


BROKEN = [
    ("plugged_package:NO_PLUGIN", "is of class int, expected a stepwell.plugins.Plugin"),
    ("plugged_package:NO_TABLE", "'passes' is not a table of names and factories"),
    ("plugged_package:ABSENT", "cannot be imported: AttributeError"),
    ("no_such_package:PLUGIN", "cannot be imported: ModuleNotFoundError"),
]


@pytest.mark.parametrize(("value", "message"), BROKEN)
def test_what_does_not_load_is_left_out(folder, capsys, value, message):
    install(folder, value)
    assert "plugged" not in make_context().registered_dialect_names
    make_context()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stepwell: left out: plug-in 'plugged'")
    assert message in line


@pytest.mark.parametrize(("value", "message"), BROKEN)
def test_what_does_not_load_is_an_error_where_strict(folder, monkeypatch, value, message):
    install(folder, value)
    monkeypatch.setenv("STEPWELL_STRICT", "1")
    with pytest.raises(StepwellError, match=message):
        make_context()


@pytest.mark.parametrize("command", ["opt-tool", "stepwell"])
def test_strict_is_an_option_of_the_tools(folder, monkeypatch, capsys, command):
    install(folder, "no_such_package:PLUGIN")
    file = folder / "module.mlir"
    file.write_text("func.func @main() {\n  func.return\n}\n")

    def run(*options: str) -> int:
        installed_plugins.cache_clear()
        if command == "opt-tool":
            return main([str(file), *options])
        monkeypatch.setattr("sys.argv", ["stepwell", *options, "info", str(file)])
        with pytest.raises(SystemExit) as stop:
            stepwell_main()
        return int(stop.value.code or 0)

    assert run() == 0
    assert "stepwell: left out: plug-in 'plugged'" in capsys.readouterr().err
    assert run("--strict") == 1
    assert "plug-in 'plugged' (no_such_package:PLUGIN) cannot be imp" in capsys.readouterr().err


def test_a_factory_that_fails_is_named(folder):
    install(folder, "plugged_package:FAILING")
    with pytest.raises(StepwellError, match="'plugged', 'bad' of its dialects: ImportError: gone"):
        make_context().get_dialect("bad")


def test_name_that_is_taken(folder, capsys):
    install(folder, "plugged_package:PLUGIN", dialect="arith")
    assert make_context().get_dialect("arith") is not None
    assert "plugged-mark" in get_all_passes()
    message = "plug-in 'plugged' adds 'arith' to the dialects, which Stepwell itself has already"
    assert capsys.readouterr().err == f"stepwell: left out: {message}\n"


RULES = """
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from stepwell.dialects.engine import TransposeOp
from stepwell.plugins import Plugin

PDL = '''
module attributes {exactness = "bitwise"} {
  pdl.pattern @drop_same : benefit(1) {
    %t = pdl.type
    %p = pdl.attribute = array<i64: 0, 1>
    %x = pdl.operand
    %a = pdl.operation "engine.transpose"(%x : !pdl.value) {"perm" = %p} -> (%t : !pdl.type)
    pdl.rewrite %a {
      pdl.replace %a with (%x : !pdl.value)
    }
  }
}
'''


class DropSame(RewritePattern):
    exactness = "bitwise"

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: TransposeOp, rewriter: PatternRewriter):
        if list(op.permutation) == [0, 1]:
            rewriter.replace(op, [], [op.input])


PLUGIN = Plugin(
    rewrites={
        "drop_same": lambda: PDL,
        "drop-same": DropSame,
        "no_such": lambda: PDL,
        "no-rule": lambda: 3,
        "drop-identity-transpose": DropSame,
    }
)
"""


@pytest.mark.parametrize("rule", ["drop_same", "drop-same"])
def test_rewrites_may_be_patterns_and_pdl(folder, capsys, rule):
    (folder / "plugged_package.py").write_text(RULES)
    write_distribution(folder, "plugged = plugged_package:PLUGIN\n")
    all_rewrites.cache_clear()
    file = folder / "module.mlir"
    file.write_text("""
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.transpose %x {perm = array<i64: 0, 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}
""")
    try:
        assert main([str(file), "-p", f"optimize{{only={rule} exactness=bitwise}}"]) == 0
    finally:
        all_rewrites.cache_clear()
    out, err = capsys.readouterr()
    assert "engine.transpose" not in out
    assert err.splitlines() == [
        "stepwell: left out: plug-in 'plugged' adds 'drop-identity-transpose' to the rewrites, "
        "which Stepwell itself has already",
        "stepwell: left out: rewrite 'no_such' of a plug-in: its PDL text has no pattern @no_such",
        "stepwell: left out: rewrite 'no-rule' of a plug-in: is of class int, expected a rule, a "
        "RewritePattern or PDL text",
    ]
