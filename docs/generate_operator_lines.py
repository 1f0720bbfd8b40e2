"""
Writes which operators a family converts into the docstring of its file, so that searching the
source for the name of an operator leads to it.

    python docs/generate_operator_lines.py          rewrite the docstrings
    python docs/generate_operator_lines.py --check  fail where one is out of date
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from types import ModuleType

from stepwell.conversion.caffe_to_engine.table import FAMILIES as CAFFE
from stepwell.conversion.onnx_to_engine.table import FAMILIES as ONNX
from stepwell.conversion.paddle_to_engine.table import FAMILIES as PADDLE
from stepwell.conversion.tfl_to_engine.table import FAMILIES as TFL

MARK = "Operators: "
WIDTH = 100


def with_operators(source: str, operators: Mapping[str, object]) -> str:
    """The text of a module whose docstring ends in its operators."""
    first = ast.parse(source).body[0]
    assert isinstance(first, ast.Expr), "a family has a docstring"
    assert isinstance(first.value, ast.Constant)
    said = str(first.value.value).partition(MARK)[0].strip()
    listed = fill(MARK + ", ".join(sorted(operators)) + ".", WIDTH, break_long_words=False)
    lines = source.splitlines(keepends=True)
    rest = "".join(lines[first.end_lineno :])
    return f'"""\n{said}\n\n{listed}\n"""\n{rest}'


def main(argv: list[str]) -> int:
    families: tuple[ModuleType, ...] = (*ONNX, *CAFFE, *PADDLE, *TFL)
    stale: list[Path] = []
    for family in families:
        path = Path(str(family.__file__))
        source = path.read_text(encoding="utf-8")
        wanted = with_operators(source, family.OPERATORS)
        if wanted == source:
            continue
        stale.append(path)
        if argv != ["--check"]:
            path.write_text(wanted, encoding="utf-8")
    if argv == ["--check"] and stale:
        print("\n".join(f"{path}: run `make docs`" for path in stale), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
