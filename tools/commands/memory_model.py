"""`stepwell memory`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ...compiler.questions.memory import MemoryAnswer, memory
from ...runtime.output_file import output_file
from ...runtime.value_text import size_text
from ..measure.onnxruntime_peak import onnxruntime_peak
from .memory_picture import memory_page, memory_svg
from .question_input import QuestionInput, put_json

SHOWN = 10
"""How many copies are printed, the largest first."""


def memory_of_model(
    asked: QuestionInput, *, as_json: bool, run: bool, html: Path | None, svg: Path | None
) -> None:
    """
    Print what a model takes in memory; `html` and `svg` are files for a picture of the arena.

    Raises:
        StepwellError: for a model that cannot be compiled, and for a file that cannot be written.
    """
    answer = memory(str(asked.model), **asked.options)
    peer = onnxruntime_peak(asked.model) if run else None
    text = "".join(f"{line}\n" for line in _lines(answer, peer))
    if svg is not None:
        _write(svg, memory_svg(answer), asked)
    if html is not None:
        _write(html, memory_page(answer, text), asked)
    if as_json:
        found = None if peer is None else {"loaded": peer[0], "called": peer[1]}
        put_json({**answer, "onnxruntime": found})
    else:
        sys.stdout.write(text)


def _write(path: Path, text: str, asked: QuestionInput) -> None:
    with output_file(path, [asked.model]) as part:
        part.write_text(text, encoding="utf-8")


def _lines(answer: MemoryAnswer, peer: tuple[int, int] | None) -> Iterator[str]:
    weights, arena = answer["weights"], answer["arena"]
    if answer["sizes"]:
        yield "at " + ", ".join(f"{name} = {n}" for name, n in answer["sizes"].items())
    yield f"weights    {_size(weights['bytes'])}"
    for part, what in (
        (weights["model"], "as in the model"),
        (weights["winograd"], "filters of Winograd's algorithm"),
        (weights["second_layout"], "again in another layout"),
        (weights["wider"], "wider elements than in the model"),
        (weights["padding"], "whole blocks of a layout"),
    ):
        if part:
            yield f"           {_size(part)}  {what}"
    yield f"arena      {_size(arena['bytes'])}"
    yield f"           {_size(arena['bound'])}  lives at step {answer['peak']}, at most"
    if arena["given_bound"] != arena["bound"]:
        yield f"           {_size(arena['given_bound'])}  would, in the order of the model"
    best = "no order within its parts needs less" if arena["is_best"] else "the best order found"
    yield f"           {_size(arena['best'])}  {best}"
    if peer is not None:
        yield f"onnxruntime {_size(peer[0])}  added to a process by loading the model"
        yield f"           {_size(peer[1])}  and by a call, at most"
    if answer["at_peak"]:
        step = answer["steps"][answer["peak"]]
        yield ""
        yield f"in the arena at step {answer['peak']}, {step}:"
        for value in answer["at_peak"]:
            nodes = ", ".join(value["nodes"])
            yield f"           {_size(value['bytes'])}  {value['value']}  {nodes}".rstrip()
    yield ""
    moved = sum(copy["bytes"] for copy in answer["copies"])
    yield f"copies: {len(answer['copies'])} of {size_text(moved)}" if moved else "copies: none"
    for copy in answer["copies"][:SHOWN]:
        nodes = ", ".join(copy["nodes"])
        yield f"           {_size(copy['bytes'])}  {copy['operation']} {nodes}: {copy['reason']}"


def _size(number: int) -> str:
    return f"{size_text(number):>12}"
