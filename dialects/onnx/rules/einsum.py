"""
The equation of `Einsum`: letters, one ellipsis per term, commas, an arrow.

The shape inference of the `onnx` package does not come to an end on some others.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from ...framework.fit import Dim, Dims, broadcast_dims, differ, refuse
from .form import Form, Rule

_DOTS = "..."


def _terms(equation: str) -> tuple[list[str], str | None]:
    """The terms of the operands, and that of the result if there is one."""
    text = "".join(c for c in equation if c != " ")
    operands, arrow, result = text.partition("->")
    terms = operands.split(",")
    for term in (*terms, result):
        if set(term.replace(_DOTS, "", 1)) - set(ascii_letters):
            refuse(
                f"the equation {equation!r} has the term {term!r}; expected letters and at most "
                "one ellipsis"
            )
    return terms, result if arrow else None


def _check_result(equation: str, terms: Sequence[str], result: str) -> None:
    letters = result.replace(_DOTS, "")
    unknown = set(letters) - set("".join(terms).replace(_DOTS, ""))
    if unknown:
        refuse(f"the equation {equation!r} has {min(unknown)!r} in its result and in no operand")
    if len(set(letters)) < len(letters):
        refuse(f"the equation {equation!r} has a letter twice in its result")
    if _DOTS in result and not any(_DOTS in term for term in terms):
        refuse(f"the equation {equation!r} has an ellipsis in its result and in no operand")


def _sizes_fit(equation: str, terms: Sequence[str], shapes: Sequence[Dims | None]) -> None:
    sizes: dict[str, Dim] = {}
    ellipses: list[Dims] = []
    for at, (term, dims) in enumerate(zip(terms, shapes, strict=True)):
        if dims is None:
            continue
        front, dots, back = term.partition(_DOTS)
        count = len(front) + len(back)
        if len(dims) < count or (len(dims) > count and not dots):
            least = "at least " if dots else ""
            refuse(
                f"the equation {equation!r} gives operand {at} {least}{count} dimensions, it has "
                f"{len(dims)}"
            )
        if dots:
            ellipses.append(dims[len(front) : len(dims) - len(back)])
        known = (*dims[: len(front)], *(dims[len(dims) - len(back) :]))
        for letter, size in zip(front + back, known, strict=True):
            other = sizes.get(letter, 1)
            if other == 1 or other is None:
                sizes[letter] = size
            elif size != 1 and differ(other, size):
                refuse(
                    f"the letter {letter!r} of the equation {equation!r} has the sizes {other} "
                    f"and {size}"
                )
    broadcast_dims(ellipses, ["an ellipsis"] * len(ellipses))


def _einsum(form: Form) -> None:
    equation = form.text("equation")
    if equation is None:
        return
    terms, result = _terms(equation)
    if len(terms) != form.count:
        refuse(f"the equation {equation!r} has {len(terms)} terms for {form.count} operands")
    if result is not None:
        _check_result(equation, terms, result)
    _sizes_fit(equation, terms, [form.dims(at) for at in range(form.count)])


EINSUM: dict[str, Rule] = {"onnx.Einsum": _einsum}
