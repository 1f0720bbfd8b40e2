"""
Models of all frameworks as modules: which frontend reads a model, and reading it.

What is an object is told by the module of its class, what is a file or bytes by its content, and
by the end of its name only where the content says nothing: it may be damaged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..errors import ImportModelError, UsageError
from ..plugins import leave_out
from ..runtime.file_kind import advice_for
from ..runtime.size import Extent
from ..runtime.size_facts import Dim
from .frontend import ExportingFrontend, Frontend
from .frontends import frontends
from .model_summary import ModelSummary
from .source import Content, known_kind, open_source

__all__ = [
    "holds_model",
    "import_model",
    "kind_of_model",
    "recognise",
    "summary_of",
    "with_example",
]


def import_model(
    source: Any,
    ctx: Context,
    *,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
    weights: str | Path | bytes | None = None,
    signature: str | None = None,
) -> ModuleOp:
    """The model as a module of its framework's dialect; its weights go to the store of `ctx`.

    `source` is a path, the bytes of a file, or a framework's own object. `shapes` gives sizes to
    inputs (`{"x": [1, 3, 224, 224]}`) or to named dimensions (`{"batch": [4]}`); a size may be
    one by name. `sizes` says what is known of those that stay open (`{"batch": Dim(1, 64)}`).
    `values` makes
    constants of inputs (`{"sr": 16000}`), `overridable` names inputs with a default in the model
    that are to be inputs nevertheless. `weights` is the second file of a model of two, `signature`
    names one of several functions in a model.

    Raises `UsageError` for weights or a signature of a model that has no such thing,
    `ImportModelError` for what no frontend reads, and with everything that is wrong with a
    model; `NotEnoughMemoryError` for weights of more bytes than there is memory.
    """
    given = open_source(source) if isinstance(source, str | Path | bytes) else source
    frontend = recognise(given)
    more = _taken(frontend, weights, signature)
    try:
        return frontend.import_model(
            given, ctx, shapes=shapes, values=values, overridable=overridable, sizes=sizes, **more
        )
    except ImportModelError as error:
        other = _by_suffix(given) if isinstance(given, Content) else None
        if other is None or other is frontend:
            raise
        named = f"its name says {other.title}, its content {frontend.title}"
        raise ImportModelError(error.subject, (*error.problems, named)) from error


def _taken(
    frontend: Frontend, weights: str | Path | bytes | None, signature: str | None
) -> dict[str, Any]:
    """What is given of weights and signature, which the frontend must take."""
    given = {"weights": weights, "signature": signature}
    present: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
    # Frontends of plug-ins may be older than the property.
    takes: frozenset[str] = getattr(frontend, "takes", frozenset())
    for name in present:
        if name not in takes:
            what = "a file of weights beside it" if name == "weights" else "several functions"
            raise UsageError(f"{name} is given, but {frontend.title} does not have {what}")
    if weights is not None:
        present["weights"] = open_source(weights, "the weights of a model")
    return present


def with_example(source: Any, example: Any) -> Any:
    """
    The model that an object of a framework is for example inputs: a `torch.nn.Module`, or a
    function of `jax.jit`, exported.

    Raises `UsageError` for what needs no example, and `ImportModelError` where the framework cannot
    make a model of it.
    """
    if isinstance(source, str | Path | bytes):
        raise UsageError("example= is for a module in memory; the model is a file")
    if isinstance(example, str | bytes) or not isinstance(example, Sequence):
        raise UsageError("example is the arguments of a call as a tuple: example=(x,)")
    frontend = recognise(source)
    if not isinstance(frontend, ExportingFrontend):
        raise UsageError(
            f"example= is for a torch.nn.Module or jax.jit(f); the model is {frontend.title}"
        )
    return frontend.exported(source, cast("Sequence[Any]", example))


def summary_of(
    source: Any, *, weights: str | Path | bytes | None = None, signature: str | None = None
) -> ModelSummary:
    """What a model says of itself: a path, the bytes of a file, or a framework's own object.

    `weights` and `signature` are as those of `import_model`. Raises `UsageError` for those of a
    model that has no such thing, `ImportModelError` for what no frontend can read.
    """
    given = open_source(source) if isinstance(source, str | Path | bytes) else source
    frontend = recognise(given)
    return frontend.summary(given, **_taken(frontend, weights, signature))


def recognise(source: Any) -> Frontend:
    """The frontend that reads `source`: a path, bytes, what one of these holds, or an object.

    Raises `ImportModelError` where there is none, saying what it is and what would be read.
    """
    if isinstance(source, str | Path | bytes):
        source = open_source(source)
    if not isinstance(source, Content):
        return _by_module(source)
    for frontend in _all():
        if _recognised(frontend, source):
            return frontend
    kind, named = known_kind(source), _by_suffix(source)
    if kind is None and named is not None:
        return named
    found = f"is {kind or 'not a model of a known format'}; expected {_expected(named)}"
    advice = advice_for(kind or "")
    raise ImportModelError(source.subject, f"{found}; {advice}" if advice else found)


def holds_model(path: str) -> bool:
    """Whether a file is a model of a framework, by its name or by its content."""
    try:
        content = open_source(path)
    except ImportModelError:
        return any(path.lower().endswith(suffix) for f in _all() for suffix in f.suffixes)
    return _by_suffix(content) is not None or any(_recognised(f, content) for f in _all())


def _recognised(frontend: Frontend, content: Content) -> bool:
    """Whether a frontend reads a file; that of a plug-in may fail to say, and is then left out."""
    try:
        return frontend.recognises(content)
    except Exception as error:
        kind, text = type(error).__name__, " ".join(str(error).split())
        leave_out(f"the frontend of {frontend.title} fails to recognise files: {kind}: {text}")
        return False


def kind_of_model(path: str) -> str | None:
    """What a file is that a frontend reads, by its content: `an ONNX model`; None for others."""
    try:
        content = open_source(path)
    except ImportModelError:
        return None
    return next((f.title for f in _all() if _recognised(f, content)), None)


def _all() -> list[Frontend]:
    return list(frontends().values())


def _by_suffix(content: Content) -> Frontend | None:
    return next((f for f in _all() if content.suffix in f.suffixes), None)


def _by_module(source: object) -> Frontend:
    origins = {cls.__module__.partition(".")[0] for cls in type(source).__mro__}
    for frontend in _all():
        if origins & frontend.modules:
            return frontend
    kind = f"{type(source).__module__}.{type(source).__qualname__}"
    raise ImportModelError("model", f"is a {kind}; expected a path, bytes, or {_expected(None)}")


def _expected(named: Frontend | None) -> str:
    """The models that would be read."""
    candidates = _all() if named is None else [named]
    return " or ".join(f"{f.title} ({', '.join(f.suffixes)})" for f in candidates)
