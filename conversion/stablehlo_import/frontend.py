"""StableHLO, which JAX and others export, as one of the frontends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...runtime.size import Extent
from ...runtime.size_facts import Dim
from ..frontend import Frontend
from ..model_summary import ModelSummary
from ..source import Content
from ..to_engine.dialect_conversion import DialectConversion
from .recognise import is_program


class StableHloFrontend:
    """Reads text, portable bytecode, files of `jax.export`, and `jax.export.Exported`."""

    title = "a StableHLO program"
    modules = frozenset(("jax", "jaxlib"))
    suffixes = (".mlirbc", ".jaxexport", ".stablehlo")
    takes = frozenset[str]()

    def recognises(self, content: Content) -> bool:
        return is_program(content)

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
        del weights, signature  # it takes none
        from ..import_stablehlo import import_model

        return import_model(
            source, ctx, shapes=shapes, values=values, overridable=overridable, sizes=sizes
        )

    def exported(self, source: Any, example: Sequence[Any]) -> Any:
        """The program of a function of `jax.jit`, by `jax.export.export`."""
        from .exporting import exported

        return exported(source, example)

    def summary(
        self,
        source: Content | Any,
        *,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModelSummary:
        del weights, signature  # it takes none
        from .summary import summary_of

        return summary_of(source)

    def conversion(self) -> DialectConversion:
        from ..stablehlo_to_engine.conversion import STABLEHLO

        return STABLEHLO


STABLEHLO_FRONTEND: Frontend = StableHloFrontend()
