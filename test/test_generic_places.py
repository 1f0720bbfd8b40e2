"""
No framework is written into places that are for all of them.

What is left of "onnx" there is an entry of a table, or a command that is about ONNX.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

GENERIC = (
    *("compiler", "transforms", "kernels", "targets", "ir", "runtime", "tools", "plugins.py"),
    *("interpreters/running.py", "dialects/framework", "conversion/to_engine"),
    *("conversion/frontend.py", "conversion/frontends.py", "conversion/import_model.py"),
    *("conversion/source.py", "conversion/problems.py"),
    *(
        "conversion/input_shapes.py",
        "conversion/part_sizes.py",
        "conversion/shape_arithmetic.py",
        "conversion/size_equations.py",
        "conversion/size_names.py",
        "conversion/size_relations.py",
        "conversion/window_sizes.py",
    ),
)

ALLOWED = {
    "compiler/finish.py": "versions of packages that made an artifact",
    "compiler/passes.py": "entries of the table of passes",
    "compiler/quantize": "a quantised model is written as ONNX",
    "compiler/questions/extract.py": "a part of an ONNX model is written as one",
    "compiler/questions/optimize.py": "an optimised model is written as ONNX",
    "conversion/frontends.py": "an entry of the table of frontends",
    "interpreters/running.py": "an entry of the table of interpreters",
    "tools/commands/bench_model.py": "what the peers read",
    "tools/commands/quantize_model.py": "a quantised model is written as ONNX",
    "runtime/file_kind.py": "advice on what a model of another form can be converted to",
    "tools/record/acceptance_models.py": "how names of published models end",
    "tools/record/quantised.py": "files of quantisers that read and write ONNX",
    "tools/inputs/onnx_values.py": "an adapter of ONNX's values",
    "tools/measure/onnxruntime_peak.py": "a peer that reads ONNX",
    "tools/measure/peers.py": "peers that read ONNX",
    "tools/quantize_command.py": "a quantised model is written as ONNX",
    "tools/question_commands.py": "extract and optimize write ONNX",
    "transforms/optimize/rewriting/sources.py": "where rules of other optimisers are",
}
"""Files, or folders of them, whose code names ONNX, and why."""


def code_words(text: str) -> Iterator[str]:
    """The names and strings of Python code: without comments, docstrings and examples in them."""
    previous = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL):
            continue
        statement = previous in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.NAME or (token.type == tokenize.STRING and not statement):
            yield token.string
        previous = token.type


OTHERS = re.compile("onnxruntime|onnxoptimizer|onnx-mlir|dialect/onnx/onnxops|[\"']onnx(script)?/")
"""Optimisers from whose rewrites ours are known, and rows of the checklist that cite them."""


def names_onnx(text: str) -> bool:
    """Whether code names ONNX; whose names begin with it are others."""
    return any("onnx" in OTHERS.sub("", word.lower()) for word in code_words(text))


def files() -> Iterator[Path]:
    for place in GENERIC:
        path = ROOT / place
        assert path.exists(), place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else (path,)


def test_the_search_finds_names_and_strings():
    assert names_onnx("import onnx")
    assert names_onnx("level = 'onnx'")
    assert names_onnx("x = f(OnnxOp)")
    assert not names_onnx('"""Such as `onnx.Conv`."""\nx = 1  # onnx\n')
    assert not names_onnx("@rewrite(source='onnxruntime CastElimination')\ndef f(): ...\n")
    assert not names_onnx("@rewrite(rows=('onnx/fuse_qkv', 'onnx-mlir/SliceOfExpand'))\n")


def test_generic_places_name_no_framework():
    found = {
        file.relative_to(ROOT) for file in files() if names_onnx(file.read_text(encoding="utf-8"))
    }
    places = {
        place.as_posix() if place.as_posix() in ALLOWED else place.parent.as_posix()
        for place in found
    }
    assert places - ALLOWED.keys() == set()
    assert ALLOWED.keys() - places == set(), "an exception that is not needed any more"
