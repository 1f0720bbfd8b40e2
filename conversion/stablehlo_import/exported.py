"""
What `jax.export` writes: a flatbuffer around portable bytecode, with names of arguments and sizes.

The fields are those of JAX's schema (`serialization.fbs`), in versions 2 to 11 of the format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...dialects.framework import Dim, size_of_text
from ...errors import ImportModelError
from ..formats.flatbuffer import FlatBuffer, FlatbufferError, FlatTable
from .recognise import EXPORTED_MODULE

_VERSION, _FUNCTION, _IN_TREE, _IN_AVALS = 0, 1, 2, 3
_PLATFORMS, _KEPT = 9, 15
_SHAPE = 1
_TREE_KIND, _TREE_CHILDREN, _TREE_NAMES = 0, 1, 2

NEWEST = 64
"""Versions beyond it are not of this format."""

_LEAF, _NONE, _TUPLE, _LIST, _DICT = range(5)

MOST_DEPTH = 64
MOST_LEAVES = 1 << 16


@dataclass(frozen=True)
class Exported:
    """The program and what is said beside it."""

    module: bytes
    facts: tuple[tuple[str, str], ...]
    input_names: Sequence[str] = ()
    input_dims: Sequence[Sequence[Dim]] = ()
    output_names: Sequence[str] = ()

    @staticmethod
    def of_object(exported: Any, module: bytes) -> Exported:
        """Of an object `jax.export.Exported`, which is asked for nothing but plain data."""
        facts = (("format", "jax.export"), ("function", str(exported.fun_name)))
        kept = list(exported.module_kept_var_idx)
        avals = [exported.in_avals[at] for at in kept]
        dims = [[_dim(str(size)) for size in aval.shape] for aval in avals]
        serialized = exported.serialize()
        found = exported_of(memoryview(bytes(serialized)), "model")
        return Exported(module, facts, found.input_names, dims)


def exported_of(data: memoryview, subject: str) -> Exported:
    """
    The contents of a file.

    Raises `ImportModelError` for what is damaged.
    """
    try:
        return _exported(FlatBuffer(data).root(), subject)
    except FlatbufferError as error:
        raise ImportModelError(subject, f"is damaged: it {error}") from None


def _exported(root: FlatTable, subject: str) -> Exported:
    module = root.raw(EXPORTED_MODULE)
    version = root.integer(_VERSION, "H")
    if not module or version > NEWEST:
        raise ImportModelError(subject, "is not a file of jax.export")
    kept = root.integers(_KEPT, np.uint16)
    avals = root.tables(_IN_AVALS)
    names = _leaf_names(root.table(_IN_TREE))
    facts = (
        ("format", f"jax.export, version {version}"),
        ("function", root.text(_FUNCTION)),
        ("platforms", ", ".join(root.texts(_PLATFORMS))),
    )
    if any(at >= len(avals) for at in kept):
        return Exported(bytes(module), facts)
    dims = [[_dim(text) for text in avals[at].texts(_SHAPE)] for at in kept]
    given = [names[at] for at in kept] if len(names) == len(avals) else []
    return Exported(bytes(module), facts, given, dims)


def _dim(text: str) -> Dim:
    """A size as JAX writes it: `4`, `b`, `2*b`, `mod(b, 2)`, `floordiv(b, 2)`."""
    if text.isdecimal():
        return int(text)
    plain = text.strip()
    found = size_of_text(plain)
    return found if set(found.names) != {plain} or plain.isidentifier() else None


def _leaf_names(tree: FlatTable | None) -> list[str]:
    """What the leaves of the tree of arguments are called: `arg0`, `arg1['w'][0]`, `mask`."""
    if tree is None:
        return []
    pair = tree.tables(_TREE_CHILDREN)
    if tree.integer(_TREE_KIND, "B") != _TUPLE or len(pair) != 2:
        return []
    found: list[str] = []
    positional, named = pair
    for at, child in enumerate(positional.tables(_TREE_CHILDREN)):
        found += _leaves(child, f"arg{at}")
    words = named.texts(_TREE_NAMES)
    for word, child in zip(words, named.tables(_TREE_CHILDREN), strict=False):
        found += _leaves(child, word)
    return found


def _leaves(tree: FlatTable, name: str) -> Iterator[str]:
    """The leaves below one argument, in order."""
    stack = [(tree, name, 0)]
    count = 0
    while stack:
        node, path, depth = stack.pop()
        count += 1
        if depth > MOST_DEPTH or count > MOST_LEAVES:
            raise FlatbufferError("has a tree of arguments that is too large")
        kind = node.integer(_TREE_KIND, "B")
        children = node.tables(_TREE_CHILDREN)
        if kind == _LEAF:
            yield path
        elif kind in (_TUPLE, _LIST):
            parts = [(c, f"{path}[{at}]", depth + 1) for at, c in enumerate(children)]
            stack += reversed(parts)
        elif kind == _DICT:
            words = node.texts(_TREE_NAMES)
            parts = [
                (c, f"{path}[{word!r}]", depth + 1)
                for word, c in zip(words, children, strict=False)
            ]
            stack += reversed(parts)
        elif kind != _NONE:
            parts = [(c, f"{path}.{at}", depth + 1) for at, c in enumerate(children)]
            stack += reversed(parts)
