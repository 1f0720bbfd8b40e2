"""
What compiled code and what runs it agree on is written in one file, `runtime/abi.py`.

A symbol, an attribute or a slot that is spelled out elsewhere could drift away from it in silence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepwell.runtime import abi

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "runtime" / "abi.py"
NOT_THE_PACKAGE = {"test", "docs", "benchmarks", "examples", "typings", "build", "dist"}

NAMES = {value for name, value in vars(abi).items() if name.isupper() and isinstance(value, str)}
"""Symbols and attributes."""

WORDS = {abi.WEIGHTS_TABLE, abi.ERROR_TABLE, abi.SIGNATURE, abi.STATE, abi.DONATED}
"""Words that mean other things, too, in the files of frameworks: they only count as keys of
attributes."""

OTHER_MAINS = ("conversion/stablehlo_import/", "tools/record/")
"""Where `main` is what the programs of a framework call their entry."""

SYMBOLS = {name for name in NAMES if name.startswith("stepwell_")}
"""Names that also count within a longer text."""


def package_files() -> list[Path]:
    return [
        file
        for file in sorted(ROOT.rglob("*.py"))
        if file != CONTRACT
        and not NOT_THE_PACKAGE & set(file.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
    ]


def strings_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String literals with their lines, but for docstrings, which may speak of anything."""
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def keys_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String literals in `x.attributes["key"]` and `x.attributes.get("key")`."""
    for node in ast.walk(tree):
        keys: list[ast.expr] = []
        if isinstance(node, ast.Subscript):
            owner, keys = node.value, [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, keys = node.func.value, node.args[:1]
        else:
            continue
        if isinstance(owner, ast.Attribute) and owner.attr == "attributes":
            for key in keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.lineno, key.value


def slots_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Constants and classes that number the slots of a frame once more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and re.search(r"_SLOT$", target.id):
                    yield node.lineno, target.id
        elif isinstance(node, ast.ClassDef) and re.search(r"Slots?$", node.name):
            yield node.lineno, node.name


def found_in(file: Path) -> list[str]:
    tree = ast.parse(file.read_text())
    words = [
        (line, name)
        for line, text in strings_in(tree)
        for name in NAMES - WORDS
        if text == name or (name in SYMBOLS and re.search(rf"\b{name}\b", text))
    ]
    words += [(line, key) for line, key in keys_in(tree) if key in WORDS]
    return [f"{file.relative_to(ROOT)}:{line} {what}" for line, what in [*words, *slots_in(tree)]]


def test_the_contract_names_what_programs_use():
    assert {"stepwell_main", "stepwell_parallel", "error_status", "may_alias"} <= NAMES
    assert [*abi.FrameSlot] == list(range(len(abi.FrameSlot)))


def test_nothing_else_spells_it_out():
    files = package_files()
    assert len(files) > 250
    found = [line for file in files for line in found_in(file)]
    theirs = [f for f in found if f.startswith(OTHER_MAINS) and f.endswith(f" {abi.MAIN}")]
    assert [line for line in found if line not in theirs] == []


@pytest.mark.parametrize(
    "text",
    [
        'SYMBOL = "stepwell_main"',
        'TEXT = "call void @stepwell_parallel(ptr %pool)"',
        'alias = "may_alias" in op.attributes',
        'if name == "main":\n    pass',
        'texts = module.attributes.get("errors", ArrayAttr([]))',
        'module.attributes["weights"] = table',
        "STATUS_SLOT = 4",
        "class FrameSlot(IntEnum):\n    STATUS = 4",
    ],
)
def test_a_copy_is_found(tmp_path, text, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    copy = tmp_path / "copy.py"
    copy.write_text(text)
    assert len(found_in(copy)) == 1


def test_the_documented_frame_is_the_frame():
    """The table at the head of the contract, and the one in the documents, name every slot."""
    rows = re.findall(r"^\| (\d+)(?:\.\.\.)? \| `(\w+)` \|", abi.__doc__ or "", re.MULTILINE)
    assert [(int(at), name) for at, name in rows] == [(s.value, s.name) for s in abi.FrameSlot]
    document = (ROOT / "docs" / "runtime.md").read_text()
    table = document[document.index("| slot | holds |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) == len(abi.FrameSlot)
