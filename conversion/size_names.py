"""
Names of the sizes that a model leaves open: which texts are names, and which are expressions.

A model writes a text for an open dimension. Most are names, some are expressions over names
(`past_sequence_length + sequence_length`), and an exporter may write `batch-size` for a name. A
text is an expression when every name in it also stands alone as a dimension of an input. What an
input leaves open without a text gets a name of its own, from the input and the axis (`x_0`).
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field

from xdsl.ir import Attribute

from ..dialects.framework import Dim, dims_of, element_of, size_of_text, tensor_type
from ..runtime.size import Extent, Size, name_of, named, substituted


@dataclass(frozen=True)
class SizeNames:
    """What the names in the sizes of one model stand for."""

    values: Mapping[str, Extent] = field(default_factory=dict[str, Extent])
    """Each name of an input: itself, the number it is given, or what stands for it."""
    made: frozenset[str] = frozenset()
    """Names that the model does not know, though it may use the same words for something else."""

    def resolved(self, dim: Dim) -> Dim:
        """
        A dimension as the model declares it, with numbers and expressions in place of its text.

        A text that is neither a name of an input nor an expression over such names stays a label.
        """
        text = name_of(dim)
        if text is None or dim is None:
            return dim
        if text in self.made:
            return None
        expression = expression_of(text, self.values)
        return dim if expression is None else substituted(expression, self.values)

    def of_type(self, type_: Attribute) -> Attribute:
        """A tensor type as the model declares it, with its dimensions resolved."""
        dims, element = dims_of(type_), element_of(type_)
        if dims is None or element is None or all(isinstance(d, int) for d in dims):
            return type_
        return tensor_type(element, map(self.resolved, dims))

    def given(self, values: Mapping[str, Extent]) -> SizeNames:
        """The same names where some are given values."""
        return SizeNames({n: values.get(n, v) for n, v in self.values.items()}, self.made)


def expression_of(text: str, names: Container[str]) -> Extent | None:
    """The size that a text stands for where all names in it are among `names`, else None."""
    if text in names:
        return named(text)
    size = size_of_text(text)
    return size if name_of(size) is None and all(n in names for n in size.names) else None


def named_inputs(
    types: Mapping[str, Attribute], taken: Collection[str] = ()
) -> tuple[dict[str, Attribute], SizeNames]:
    """
    The types of the inputs of a model with every size a number, a name or an expression, and the
    names. `taken` are words that the model uses elsewhere, which no name is made of.
    """
    texts = {name_of(d) for t in types.values() for d in dims_of(t) or ()} - {None}
    single = {text for text in texts if text is not None and not _is_sum(text, texts)}
    made: dict[str, Extent] = {}
    resolving = SizeNames({text: named(text) for text in single})
    found = dict(types)
    for name, type_ in types.items():
        dims, element = dims_of(type_), element_of(type_)
        if dims is None or element is None:
            continue
        for at, dim in enumerate(dims):
            if dim is None:
                fresh = _fresh(f"{name}_{at}", {*texts, *taken, *made})
                made[fresh] = named(fresh)
                dims = (*dims[:at], made[fresh], *dims[at + 1 :])
            else:
                dims = (*dims[:at], resolving.resolved(dim), *dims[at + 1 :])
        found[name] = tensor_type(element, dims)
    ordered = {name: named(name) for name in names_in(found.values())}
    return found, SizeNames(ordered, frozenset(made))


def with_values(type_: Attribute, values: Mapping[str, Extent]) -> Attribute:
    """A tensor type with numbers or expressions in place of names."""
    dims, element = dims_of(type_), element_of(type_)
    if dims is None or element is None or all(isinstance(d, int) for d in dims):
        return type_
    return tensor_type(element, [None if d is None else substituted(d, values) for d in dims])


def _is_sum(text: str, texts: Container[str | None]) -> bool:
    size = size_of_text(text)
    return name_of(size) is None and all(n in texts and n != text for n in size.names)


def _fresh(name: str, taken: Container[str | None]) -> str:
    found, count = name, 0
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def names_in(types: Iterable[Attribute]) -> tuple[str, ...]:
    """The names in the sizes of some types, each once, in the order of their first appearance."""
    found: dict[str, None] = {}
    for type_ in types:
        for dim in dims_of(type_) or ():
            if isinstance(dim, Size):
                found.update(dict.fromkeys(dim.names))
    return tuple(found)
