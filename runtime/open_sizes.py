"""The sizes by name in the inputs of a program, and their values in a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .program import CompiledProgram

if TYPE_CHECKING:
    from .size_solving import SizeSolving


class OpenSizes:
    """
    The values of the names of a program, solved once for each set of shapes that comes up.

    Raises `CompileError` for a name that the inputs do not give.
    """

    def __init__(self, program: CompiledProgram):
        self._tensors = program.sized_inputs
        self._positions = [program.inputs.index(tensor) for tensor in self._tensors]
        self._solving = solving_of(program)
        self._last: tuple[tuple[tuple[int, ...], ...], Mapping[str, int]] = ((), {})

    def of(self, arrays: Sequence[Any]) -> Mapping[str, int]:
        """
        The values of all names, for these inputs.

        Raises:
            InputError: for shapes that do not fit the model, or each other.
        """
        shapes = tuple([arrays[at].shape for at in self._positions])
        known, values = self._last
        if shapes == known:
            return values
        return self._solved(shapes)

    def of_shapes(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, int]:
        """
        The values of all names, for inputs of these shapes by name.

        Raises:
            InputError: as `of`, and for an input without a shape.
        """
        if missing := [t.name for t in self._tensors if t.name not in shapes]:
            raise InputError(f"the sizes of {', '.join(map(repr, missing))} are open; give them")
        return self._solved(tuple(tuple(shapes[tensor.name]) for tensor in self._tensors))

    def _solved(self, shapes: tuple[tuple[int, ...], ...]) -> Mapping[str, int]:
        given = {t.name: shape for t, shape in zip(self._tensors, shapes, strict=True)}
        try:
            values = self._solving.solve(given)
        except InputError as error:
            takes = ", ".join(map(str, self._tensors))
            raise InputError(f"{error} (the model takes {takes})") from None
        self._last = (shapes, values)
        return values


def solving_of(program: CompiledProgram) -> SizeSolving:
    """
    How the names of a program get their values.

    Raises `CompileError` for a name that the inputs do not give.
    """
    # Programs without names need none of it, and start faster.
    from .size_facts import Facts, parse_dim
    from .size_solving import Relation, SizeSolving
    from .size_text import parse_size

    return SizeSolving(
        {t.name: [parse_size(str(size)) for size in t.shape] for t in program.sized_inputs},
        Facts({name: parse_dim(text) for name, text in program.dims.items()}),
        [
            Relation(parse_size(r.left), parse_size(r.right), r.node, r.or_one)
            for r in program.relations
        ],
    )
