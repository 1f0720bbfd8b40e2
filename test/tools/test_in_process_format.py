"""The lit format of this suite: what runs without a process, and that failures are seen."""

from pathlib import Path
from types import ModuleType

import pytest

from stepwell.tools.lit import in_process_format


@pytest.fixture(scope="module")
def lit_format() -> ModuleType:
    return in_process_format


@pytest.fixture
def files(tmp_path):
    def write(text: str, checks: str) -> tuple[Path, Path]:
        (tmp_path / "in.mlir").write_text(text)
        (tmp_path / "checks").write_text(checks)
        return tmp_path / "in.mlir", tmp_path / "checks"

    return write


VALID = "func.func @f() {\n  func.return\n}\n"


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("opt-tool a.mlir | filecheck a.mlir", [("opt-tool", "a.mlir"), ("filecheck", "a.mlir")]),
        ("opt-tool a -p 'x{a=1 b=2},y'", [("opt-tool", "a", "-p", "x{a=1 b=2},y")]),
        ("opt-tool a -p='builtin.module(x|y)'", [("opt-tool", "a", "-p=builtin.module(x|y)")]),
        ("not opt-tool a 2>&1 | filecheck b", [("opt-tool", "a"), ("filecheck", "b")]),
    ],
)
def test_pipelines(lit_format, line, commands):
    parsed = lit_format.parse_pipeline(line)
    assert [command.argv for command in parsed] == commands


def test_not_and_merged_streams(lit_format):
    first, second = lit_format.parse_pipeline("not opt-tool a 2>&1 | filecheck b")
    assert first.expect_failure
    assert first.merge_stderr
    assert not second.expect_failure


@pytest.mark.parametrize(
    "line", ["cat a | filecheck b", "opt-tool a > b", "opt-tool a && opt-tool b", "stepwell a"]
)
def test_what_needs_a_shell(lit_format, line):
    assert lit_format.parse_pipeline(line) is None


@pytest.mark.parametrize(
    ("text", "checks", "line", "passes"),
    [
        (VALID, "// CHECK: func.func @f", "opt-tool {0} | filecheck {1}", True),
        (VALID, "// CHECK: func.func @g", "opt-tool {0} | filecheck {1}", False),
        (VALID, "// CHECK: f", "not opt-tool {0} | filecheck {1}", False),
        ("nonsense", "// CHECK: unknown operation", "opt-tool {0} 2>&1 | filecheck {1}", False),
        ("nonsense", "// CHECK: unknown operation", "not opt-tool {0} 2>&1 | filecheck {1}", True),
        ("nonsense", "// CHECK: unknown operation", "not opt-tool {0} | filecheck {1}", False),
        (VALID, "", "opt-tool {0} -p no-such-pass", False),
        (VALID, "", "opt-tool {0} --no-such-option", False),
    ],
)
def test_outcomes(lit_format, files, text, checks, line, passes):
    report = lit_format.run_pipeline(lit_format.parse_pipeline(line.format(*files(text, checks))))
    assert (report is None) == passes
