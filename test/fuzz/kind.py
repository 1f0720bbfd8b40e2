"""What a fuzzer is: cases by number, and a judge of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from stepwell.test.fuzz.outcome import Outcome

Announce = Callable[[str], None]
"""Called when a case enters the hands of somebody else: `announce("oracle")`, and `""` back."""


class Kind(Protocol):
    """
    One kind of cases.

    `made(seed)` is the case of a number as the content of a file with the ending `suffix`, the same
    each time; `judged` does with such a file what is to be tried.
    """

    suffix: str

    def made(self, seed: int) -> bytes: ...

    def judged(self, data: bytes, announce: Announce) -> Outcome: ...


FILES_OF = ("onnx", "tfl", "torch", "stablehlo", "caffe", "paddle")
"""The frontends whose files are mutated."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "random_graphs": ("random_graphs", "RandomGraphs"),
    "mutated_models": ("mutated_models", "MutatedModels"),
    "texts": ("mutated_texts", "MutatedTexts"),
    "artifacts": ("mutated_artifacts", "MutatedArtifacts"),
    **{f"{name}_files": ("mutated_files", "MutatedFiles", name) for name in FILES_OF},
}
"""Name -> module beside this one, class and arguments, imported when it is wanted."""


def kind_named(name: str) -> Kind:
    """The kind of a name in `KINDS`."""
    module, cls, *arguments = KINDS[name]
    return getattr(import_module(f"stepwell.test.fuzz.{module}"), cls)(*arguments)
