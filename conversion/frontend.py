"""What a frontend is: how a model of one framework gets into the IR."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..runtime.size import Extent
from ..runtime.size_facts import Dim
from .model_summary import ModelSummary
from .source import Content
from .to_engine.dialect_conversion import DialectConversion


class Frontend(Protocol):
    """
    Reads the models of one framework, as modules of its dialect, and converts that dialect.

    A plug-in adds one by the field `frontends` of its `Plugin`, under the name of the dialect.
    """

    @property
    def title(self) -> str:
        """What messages call such a model: `an ONNX model`."""
        ...

    @property
    def modules(self) -> frozenset[str]:
        """Top-level Python modules whose objects are models of this framework: `onnx`.

        An object is told by where its class comes from, so that nothing is imported for that.
        """
        ...

    @property
    def suffixes(self) -> Sequence[str]:
        """How the names of its files end, in small letters: `.onnx`."""
        ...

    @property
    def takes(self) -> frozenset[str]:
        """
        Which of `weights` and `signature` `import_model` takes, for models that have them.

        Models of two files have `weights`, models of several functions `signature`.
        """
        ...

    def recognises(self, content: Content) -> bool:
        """Whether a file or folder holds such a model, whole or damaged, by what is in it."""
        ...

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
        """The model as a module of the dialect; its weights go to the store of `ctx`.

        `source` is a file, a folder, bytes or an object of one of `modules`. `shapes` gives sizes
        to inputs or to named dimensions, `sizes` says what is known of those that stay open,
        `values` makes constants of inputs, and `overridable`
        makes inputs of those that the model has a default for; inputs that are thus none any more
        stand in the attributes `bound_inputs` and `default_inputs` of `@main`.

        `weights` is the second file of a model of two; without it, it is the file of the same name
        with another end. `signature` names one of several functions; without it, it is the one that
        the framework takes by default, or the only one. Both are given only to a frontend that
        `takes` them.

        Raises `ImportModelError` with everything that is wrong with the model, and no other
        exception for a damaged one.
        """
        ...

    def summary(
        self,
        source: Content | Any,
        *,
        weights: Content | None = None,
        signature: str | None = None,
    ) -> ModelSummary:
        """What a model says of itself, read without building it: quick, and for broken ones too.

        `weights` and `signature` are as those of `import_model`.

        Raises `ImportModelError` for what cannot be read at all.
        """
        ...

    def conversion(self) -> DialectConversion:
        """The conversion of the dialect to the engine dialect."""
        ...


@runtime_checkable
class InferringFrontend(Protocol):
    """A frontend of models that say no sizes of the values inside where inputs leave some open."""

    def infer_sizes(self, module: ModuleOp, ctx: Context) -> None:
        """
        Give the values of a module that was imported the sizes that follow from its inputs, and the
        relations that these need.

        It is called where level 1 is read, or sizes are bound in it; what converts the module finds
        them by itself.
        """
        ...


@runtime_checkable
class ExportingFrontend(Protocol):
    """A frontend with objects that are no models by themselves, but with example inputs."""

    def exported(self, source: Any, example: Sequence[Any]) -> Any:
        """
        The model that an object is for example inputs.

        Raises `ImportModelError` for an object that needs no example, and where the framework
        cannot make a model of it.
        """
        ...
