"""PyTorch as one of the frontends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...runtime.size import Extent
from ...runtime.size_facts import Dim
from ..formats.zip_map import is_zip
from ..frontend import Frontend
from ..model_summary import ModelSummary
from ..source import Content
from ..to_engine.dialect_conversion import DialectConversion


class TorchFrontend:
    """Reads `.pt2` files and `torch.export.ExportedProgram`."""

    title = "a program of torch.export"
    modules = frozenset(("torch",))
    suffixes = (".pt2", ".pt", ".pth")
    takes = frozenset(("signature",))

    def recognises(self, content: Content) -> bool:
        """Files of `torch.save` and TorchScript, too: they are refused with what to do instead."""
        if not is_zip(content.data):
            return False
        from .archive import is_torch_file

        return is_torch_file(content)

    def import_model(
        self,
        source: Content | Any,
        ctx: Context,
        *,
        shapes: Mapping[str, Sequence[Extent]] | None = None,
        values: Mapping[str, Any] | None = None,
        overridable: Collection[str] = (),
        sizes: Mapping[str, Dim] | None = None,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModuleOp:
        """
        No input of an exported program has a default, so that none is `overridable`; `signature`
        names one of several programs in an archive.
        """
        from .archive import open_archive
        from .exporting import content_of
        from .import_program import import_program

        archive = open_archive(content_of(source), signature)
        return import_program(archive, ctx, shapes=shapes, values=values, sizes=sizes)

    def exported(self, source: Any, example: Sequence[Any]) -> Any:
        """The program of a `torch.nn.Module`, by `torch.export.export`."""
        from .exporting import exported

        return exported(source, example)

    def summary(
        self,
        source: Content | Any,
        *,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModelSummary:
        from .exporting import content_of
        from .summary import summary_of

        return summary_of(content_of(source), signature)

    def conversion(self) -> DialectConversion:
        from ..torch_to_engine.conversion import TORCH

        return TORCH


TORCH_FRONTEND: Frontend = TorchFrontend()
