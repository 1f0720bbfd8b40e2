"""A model behind the interface of onnxruntime's `InferenceSession`."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..errors import InputError, UsageError
from ..runtime.arguments import file_path, integer
from ..runtime.engine import Engine
from ..runtime.file_kind import MAGIC
from ..runtime.input_file import open_regular
from ..runtime.load import load_bytes
from ..runtime.pool import available_threads, checked_threads
from ..runtime.program import ANY_SHAPE, UNKNOWN, TensorSignature
from ..runtime.size import Size, name_of
from .installed import compiler_needed
from .load import load
from .programs import programs_of
from .reference import reference_function

if TYPE_CHECKING:
    from xdsl.ir import Attribute

    Types = Mapping[str, Attribute]

PROVIDER = "CPUExecutionProvider"

_TYPE_NAMES = {"float32": "float", "float64": "double"}
"""Element types that are called otherwise there."""


@dataclass(frozen=True)
class NodeArg:
    """An input or an output: its name, its type as `tensor(float)`, its shape.

    A size that is not known is a string or None, as there.
    """

    name: str
    type: str
    shape: list[int | str | None]


class InferenceSession:
    """
    A compiled model that is called as one of onnxruntime.

    Sizes that the model leaves open, and `shapes` does not give, are those of the inputs of each
    call (`stepwell.compile`).
    """

    def __init__(
        self,
        path_or_bytes: Any,
        sess_options: Any = None,
        providers: Sequence[Any] | None = None,
        provider_options: Any = None,
        *,
        threads: int | None = None,
        shapes: Mapping[str, int | Sequence[int]] | None = None,
        optimization: int | None = None,
        exactness: str | None = None,
        enable: Sequence[str] = (),
        disable: Sequence[str] = (),
    ):
        """
        Compile a model, or load an artifact, told by its content.

        Of `sess_options` the number of threads is used (`intra_op_num_threads`, 0 for all), if
        `threads` is not given; of `providers`, whether the processor is among them.

        Raises:
            StepwellError: as `stepwell.compile` and `stepwell.load`.
            UsageError: for providers without the processor, or an argument of a wrong type.
        """
        _check_providers(providers)
        used = _threads(threads, sess_options)
        self._inputs: Mapping[str, Attribute] = {}
        self._outputs: Mapping[str, Attribute] = {}
        self._made: Container[str] = ()
        choice: dict[str, Any] = {"enable": enable, "disable": disable}
        if exactness is not None:
            choice["exactness"] = exactness
        if optimization is not None:
            choice["optimization"] = optimization
        if _holds_artifact(path_or_bytes):
            if shapes:
                raise UsageError("an artifact is compiled: its shapes are what they are")
            if any(choice.values()):
                raise UsageError("an artifact is compiled: how it was optimised is what it is")
            self.engine = _loaded(path_or_bytes, used)
        else:
            self.engine = _compiled(path_or_bytes, shapes, used, choice)
            self._inputs, self._outputs, self._made = _types_of(path_or_bytes)

    engine: Engine
    """What runs the model."""

    def get_inputs(self) -> list[NodeArg]:
        """The inputs, in order."""
        if self._inputs:
            return [_of_type(name, type_, self._made) for name, type_ in self._inputs.items()]
        return [_of_signature(t) for t in self.engine.inputs]

    def get_outputs(self) -> list[NodeArg]:
        """The outputs, in order."""
        if self._outputs and self.engine.program.sizes:
            return [_of_type(name, type_) for name, type_ in self._outputs.items()]
        return [_of_signature(t) for t in self.engine.outputs]

    def get_providers(self) -> list[str]:
        """Where it runs."""
        return [PROVIDER]

    def run(
        self,
        output_names: Sequence[str] | None,
        input_feed: Mapping[str, Any],
        run_options: Any = None,
    ) -> list[Any]:
        """
        The outputs of these names, all of them for None, as arrays.

        Raises:
            InputError: as `Engine.run`, and for a name that no output has.
            UsageError: for names that are not in a sequence.
        """
        if not isinstance(cast(object, input_feed), Mapping):
            raise UsageError(
                f"input_feed is of type {type(input_feed).__name__}, expected a mapping from names "
                "to arrays"
            )
        results = self.engine.run(input_feed)
        if output_names is None:
            return list(results.values())
        _require_sequence("the list of outputs", output_names)
        for name in output_names:
            if name not in results:
                known = ", ".join(map(repr, results))
                raise InputError(f"there is no output {name!r}; the model gives {known}")
        return [results[name] for name in output_names]


def _require_sequence(name: str, given: object) -> None:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise UsageError(f"{name} is {given!r:.60}, expected a list of names, or None")


def _check_providers(providers: Any) -> None:
    """A session may list what it would rather have, as long as the processor is on the list."""
    if providers is None:
        return
    _require_sequence("providers", providers)
    # There an entry may be a pair of a name and options.
    names: list[Any] = [e[0] if isinstance(e, tuple) and e else e for e in providers]
    if names and PROVIDER not in names:
        raise UsageError(f"providers is {names}, and there is only '{PROVIDER}'")


def _threads(threads: Any, sess_options: Any) -> int | None:
    """The number of threads that is asked for; None if nobody asks."""
    if threads is not None:
        return checked_threads(threads)
    if sess_options is None:
        return None
    asked = getattr(sess_options, "intra_op_num_threads", None)
    if asked is None:
        raise UsageError(
            f"sess_options is of type {type(sess_options).__name__}, which has no "
            "intra_op_num_threads"
        )
    number = integer("intra_op_num_threads", asked)
    return checked_threads(number) if number else available_threads()


def _holds_artifact(source: Any) -> bool:
    """Whether a path or bytes are an artifact, by the content, or by the name of what is not."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(cast("bytearray", source)[: len(MAGIC)]) == MAGIC
    if not isinstance(source, str | os.PathLike):
        return False
    path = file_path("path_or_bytes", source)
    try:
        with open_regular(path) as file:
            return file.read(len(MAGIC)) == MAGIC or path.lower().endswith(".well")
    except OSError:
        return path.lower().endswith(".well")


def _loaded(source: Any, threads: int | None) -> Engine:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(cast("bytearray", source))
        return load_bytes(data, threads=threads, reference=reference_function, programs=programs_of)
    return load(cast(str, source), threads=threads)


def _compiled(model: Any, shapes: Any, threads: int | None, choice: Mapping[str, Any]) -> Engine:
    with compiler_needed("compiling a model"):
        from .compile import compile

    used = available_threads() if threads is None else threads
    return compile(model, shapes=shapes, threads=used, **choice)


def _types_of(model: Any) -> tuple[Types, Types, Container[str]]:
    """The inputs and outputs of a model as it describes them, and the names it has not itself."""
    from ..conversion.import_model import summary_of
    from .compilation import given_model, is_module

    given = given_model(model)
    if is_module(given):
        return {}, {}, ()
    summary = summary_of(given)
    return summary.inputs, summary.outputs, summary.made_names


def _of_type(name: str, type_: Attribute, made: Container[str] = ()) -> NodeArg:
    """What a type says, with None for a size that the model has no name for, one of `made`."""
    from ..dialects.framework import dims_of, type_name

    sizes = [name_of(d) or d.text if isinstance(d, Size) else d for d in dims_of(type_) or ()]
    shape = [None if isinstance(size, str) and size in made else size for size in sizes]
    return NodeArg(name, type_name(type_) or str(type_), shape)


def _of_signature(tensor: TensorSignature) -> NodeArg:
    text = f"tensor({_TYPE_NAMES.get(tensor.dtype, tensor.dtype)})"
    for wrapper in reversed(tensor.wrappers):
        kind, _, key = wrapper.partition(" ")
        text = f"{kind}({key}, {text})" if key else f"{kind}({text})"
    sizes = () if tensor.shape == ANY_SHAPE else tensor.shape
    return NodeArg(tensor.name, text, [None if n == UNKNOWN else _plain(n) for n in sizes])


def _plain(size: int | str) -> int | str:
    """A size as there: names without the quotes that they have in expressions."""
    if not isinstance(size, str) or not size.startswith("'"):
        return size
    from ..runtime.size_solving import shown
    from ..runtime.size_text import parse_size

    return shown(parse_size(size))
