"""Which subgraph of a model is run, and what its inputs and outputs are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..problems import Problems
from .records import Subgraph, TflModel

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Entry:
    """A subgraph with names for its inputs and outputs."""

    graph: Subgraph
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def entry_of(model: TflModel, signature: str | None, problems: Problems) -> Entry:
    """
    The entry of a model: `signature`, else `serving_default`, else the only signature, else the
    first subgraph where there are none. Inputs and outputs have the names of the signature; without
    one, those of their tensors.

    Raises:
        ImportModelError: for a signature that the model does not have, or several to choose from.
    """
    keys = [s.key for s in model.signatures]
    if signature is not None and signature not in keys:
        near = get_close_matches(signature, keys, n=1) or keys
        there = f"there are {', '.join(near)}" if near else "the model has none"
        problems.add(f"signature '{signature}': the model has no such signature; {there}")
        problems.stop()
    wanted = signature or (DEFAULT_SIGNATURE if DEFAULT_SIGNATURE in keys else None)
    if wanted is None and len(keys) > 1:
        problems.add(f"has several signatures; choose one of {', '.join(keys)} by `signature`")
        problems.stop()
    found = next((s for s in model.signatures if wanted in (None, s.key)), None)
    graph = model.subgraphs[0 if found is None else found.subgraph]
    inputs = _names(graph, graph.inputs, {} if found is None else found.inputs)
    outputs = _names(graph, graph.outputs, {} if found is None else found.outputs)
    return Entry(graph, inputs, outputs)


def _names(graph: Subgraph, tensors: Sequence[int], given: Mapping[int, str]) -> tuple[str, ...]:
    """A name for each of some tensors, none twice."""
    names: list[str] = []
    for number, at in enumerate(tensors):
        name = given.get(at) or graph.tensors[at].name or f"value_{number}"
        if name in names:
            name = next(n for k in range(1, len(tensors) + 1) if (n := f"{name}_{k}") not in names)
        names.append(name)
    return tuple(names)
