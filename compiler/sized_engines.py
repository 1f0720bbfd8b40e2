"""Engines of one model for the sizes of its inputs that come up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from xdsl.ir import Attribute

from ..conversion.import_model import summary_of
from ..conversion.open_sizes import open_inputs, sizes_of_values
from ..runtime.engine import Engine
from ..runtime.size import name_of
from .compilation import given_model, is_module
from .compile import compile
from .options import Shapes, checked_shapes

KEPT_ENGINES = 8
"""How many engines are kept; those not used for longest go first."""


class SizedEngines:
    """
    A model whose open sizes the inputs of a call decide: compiled for each combination of them.

    One whose sizes are all known is compiled at once.
    """

    open: Mapping[str, Attribute]
    """The inputs with sizes that neither the model nor `shapes` says."""

    def __init__(self, model: Any, *, shapes: Shapes | None = None, **options: Any):
        """`options` are those of `compile`, which raises what this raises."""
        self._model = given_model(model)
        self._shapes = {} if shapes is None else checked_shapes(shapes)
        self._options = options
        self._engines: OrderedDict[tuple[tuple[str, tuple[int, ...]], ...], Engine] = OrderedDict()
        summary = None if is_module(self._model) else summary_of(self._model)
        self.types: Mapping[str, Attribute] = {} if summary is None else summary.inputs
        self.made_names = frozenset[str]() if summary is None else summary.made_names
        self.output_types: Mapping[str, Attribute] = {} if summary is None else summary.outputs
        self.open = {
            name: type_
            for name, type_ in open_inputs(self.types).items()
            if not self._is_given(name, type_)
        }
        self.engine: Engine | None = None if self.open else self._compiled(self._shapes)
        """The engine of the last call, or that of the sizes of the model; None before the first."""

    def __len__(self) -> int:
        """How many engines there are."""
        return len(self._engines)

    def for_values(self, feeds: Mapping[str, Any]) -> Engine:
        """
        The engine for these inputs.

        Raises:
            StepwellError: as `compile`.
            InputError: for sizes that contradict each other or the model.
        """
        if not self.open and self.engine is not None:
            return self.engine
        shapes = {name: shape_of(feeds[name]) for name in self.open if name in feeds}
        self.engine = self._compiled(sizes_of_values(self.open, shapes, self._shapes))
        return self.engine

    def _is_given(self, name: str, type_: Attribute) -> bool:
        from ..dialects.framework import dims_of

        dims = dims_of(type_)
        named = dims is not None and all(
            isinstance(d, int) or name_of(d) in self._shapes for d in dims
        )
        return name in self._shapes or named

    def _compiled(self, shapes: Mapping[str, Sequence[int]]) -> Engine:
        key = tuple(sorted((name, tuple(sizes)) for name, sizes in shapes.items()))
        engine = self._engines.get(key)
        if engine is None:
            engine = self._engines[key] = compile(self._model, shapes=shapes, **self._options)
            if len(self._engines) > KEPT_ENGINES:
                self._engines.popitem(last=False)
        self._engines.move_to_end(key)
        return engine


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a value given for an input, of any library, or of nested lists."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return tuple(int(size) for size in shape)
    try:
        return np.shape(np.from_dlpack(value) if hasattr(value, "__dlpack__") else value)
    except (TypeError, ValueError, BufferError):  # what is no tensor; the engine says so
        return ()
