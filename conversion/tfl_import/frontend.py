"""TensorFlow Lite as one of the frontends."""

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
from .recognition import starts_model


class TflFrontend:
    """Reads `.tflite` files."""

    title = "a TensorFlow Lite model"
    modules: frozenset[str] = frozenset()
    suffixes = (".tflite",)
    takes = frozenset(("signature",))

    def recognises(self, content: Content) -> bool:
        return starts_model(content.data)

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
        from .import_tfl import import_model

        del weights  # a model is one file
        return import_model(
            source,
            ctx,
            shapes=shapes,
            values=values,
            overridable=overridable,
            sizes=sizes,
            signature=signature,
        )

    def summary(
        self,
        source: Content | Any,
        *,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModelSummary:
        from .summary import summary_of

        return summary_of(source, signature)

    def conversion(self) -> DialectConversion:
        from ..tfl_to_engine.conversion import TFL

        return TFL


TFL_FRONTEND: Frontend = TflFrontend()
