"""PaddlePaddle as one of the frontends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...dialects.engine.weights import weight_store
from ...runtime.size import Extent
from ...runtime.size_facts import Dim
from ..frontend import Frontend
from ..model_summary import ModelSummary
from ..source import Content
from ..to_engine.dialect_conversion import DialectConversion


class PaddleFrontend:
    """Reads `.pdmodel` and PIR's `.json`, each with its `.pdiparams`."""

    title = "a PaddlePaddle program"
    modules: frozenset[str] = frozenset()
    suffixes = (".pdmodel", ".pdiparams")
    takes = frozenset(("weights",))

    def recognises(self, content: Content) -> bool:
        from .recognition import is_program

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
        from .import_program import import_program

        return import_program(
            source,
            ctx,
            weights=weights,
            shapes=shapes,
            values=values,
            overridable=overridable,
            sizes=sizes,
        )

    def summary(
        self,
        source: Content | Any,
        *,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModelSummary:
        from .import_program import summary_of

        return summary_of(source, weights)

    def infer_sizes(self, module: ModuleOp, ctx: Context) -> None:
        from .inferred_sizes import infer_sizes

        infer_sizes(module, weight_store(ctx))

    def conversion(self) -> DialectConversion:
        from ..paddle_to_engine.conversion import PADDLE

        return PADDLE


PADDLE_FRONTEND: Frontend = PaddleFrontend()
