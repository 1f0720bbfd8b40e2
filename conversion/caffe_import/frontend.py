"""Caffe as one of the frontends."""

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


class CaffeFrontend:
    """Reads `.prototxt` with `.caffemodel`, and `.caffemodel` alone."""

    title = "a Caffe net"
    modules: frozenset[str] = frozenset()
    suffixes = (".prototxt", ".caffemodel")
    takes = frozenset(("weights",))

    def recognises(self, content: Content) -> bool:
        from .recognition import is_net

        return is_net(content)

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
        from .import_net import import_net

        return import_net(
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
        from .import_net import summary_of

        return summary_of(source, weights)

    def conversion(self) -> DialectConversion:
        from ..caffe_to_engine.conversion import CAFFE

        return CAFFE


CAFFE_FRONTEND: Frontend = CaffeFrontend()
