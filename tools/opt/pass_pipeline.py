"""The text of a pass pipeline, in all spellings.

    a,b{option=1 list=x,y flag}                   flat, as xDSL has it
    builtin.module(a,func.func(b{option=1}))      as MLIR has it
    mlir-opt[convert-math-to-llvm]                passes that MLIR's own tool runs

Every pass runs on the module. An anchor such as `func.func(...)` says on which operations MLIR
would run the passes within; as a pass of Stepwell reaches every function by itself, an anchor
groups and changes nothing else. The name of a pipeline stands for its passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from xdsl.passes import ModulePass

from ...compiler.named_pipeline import expanded
from ...errors import UsageError
from ...ir.nearest import unknown_name
from .pass_options import make_spec

ANCHORS = ("builtin.module", "func.func", "any")

_CLOSING = {"{": "}", "[": "]", "(": ")"}

PassTable = Mapping[str, Callable[[], type[ModulePass]]]


def parse_pass_pipeline(text: str, available: PassTable) -> tuple[ModulePass, ...]:
    """The passes that `text` asks for, in order, named pipelines opened.

    Raises:
        UsageError: for broken syntax, an unknown pass or option, a missing option or a value
            of the wrong type; with the nearest names.
    """
    return expanded(tuple(_make_pass(element, available) for element in _elements(text)))


def pipeline_text(passes: Sequence[ModulePass]) -> str:
    """The passes as `--dump-pass-pipeline` prints them; it reads back to the same passes."""
    return f"builtin.module({','.join(map(str, passes))})"


def _make_pass(element: str, available: PassTable) -> ModulePass:
    name, options = _name_and_options(element)
    if name not in available:
        reason = unknown_name("pass", name, available, listing="see opt-tool --list-passes")
        raise UsageError(f"pass pipeline: {reason}")
    pass_type = available[name]()
    try:
        return pass_type.from_spec(make_spec(pass_type, options))
    except ValueError as error:
        raise UsageError(f"pass '{name}': {error}") from error


def _name_and_options(element: str) -> tuple[str, str]:
    """A pass's name and the text between its braces."""
    if element.startswith("mlir-opt[") and element.endswith("]"):
        arguments = "--mlir-print-op-generic,--allow-unregistered-dialect,-p"
        pipeline = element[len("mlir-opt[") : -1].replace("\\", "\\\\").replace('"', '\\"')
        return "mlir-opt", f'arguments={arguments},"builtin.module({pipeline})"'
    name, brace, options = element.partition("{")
    if not brace:
        return name.strip(), ""
    if not options.endswith("}"):
        raise UsageError(f"pass pipeline: expected ',' after '}}' in '{element}'")
    return name.strip(), options[:-1]


def _elements(text: str) -> Iterator[str]:
    """The passes of a pipeline as `name{options}`, anchors opened."""
    for element in _split(text):
        name, parenthesis, inner = element.partition("(")
        if not parenthesis or "{" in name or "[" in name:
            yield element
            continue
        name = name.strip()
        if name not in ANCHORS:
            raise UsageError(f"pass pipeline: {unknown_name('anchor', name, ANCHORS)}")
        if not inner.endswith(")"):
            raise UsageError(f"pass pipeline: expected ',' after '{name}(...)' in '{element}'")
        yield from _elements(inner[:-1])


def _split(text: str) -> Iterator[str]:
    """`text` at its commas outside of quotes and brackets of any kind."""
    open_: list[str] = []
    start = 0
    quoted = False
    for at, char in enumerate(text):
        if char == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif char in _CLOSING:
            open_.append(_CLOSING[char])
        elif char in _CLOSING.values():
            if not open_ or open_.pop() != char:
                raise UsageError(f"pass pipeline: unexpected '{char}' at column {at + 1}: {text}")
        elif char == "," and not open_:
            yield _element(text[start:at], text)
            start = at + 1
    if quoted or open_:
        missing = '"' if quoted else open_[-1]
        raise UsageError(f"pass pipeline: missing '{missing}' at the end: {text}")
    if start or text.strip():
        yield _element(text[start:], text)


def _element(element: str, text: str) -> str:
    element = element.strip()
    if not element:
        raise UsageError(f"pass pipeline: expected a pass between the commas: {text}")
    return element
