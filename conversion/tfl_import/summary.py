"""What a `.tflite` file says of itself: version, signatures, operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from xdsl.ir import Attribute

from ...errors import ImportModelError
from ..model_summary import ModelSummary
from ..problems import Problems
from ..size_names import named_inputs
from ..source import Content
from .entry import Entry, entry_of
from .import_tfl import input_types
from .reader import VERSION, read_model
from .records import TflModel
from .values import TensorError, type_of_tensor


def summary_of(content: Content, signature: str | None = None) -> ModelSummary:
    """
    The summary of a model, with the inputs and outputs of one of its signatures.

    Raises:
        ImportModelError: for bytes that are not one, and for a signature that it does not have.
    """
    model = read_model(content)
    entry = _entry(model, signature, content.subject)
    inputs, names = named_inputs(input_types(entry, Problems(content.subject)))
    counts = Counter(o.name for graph in model.subgraphs for o in graph.operators)
    return ModelSummary(
        facts=tuple(_facts(model)),
        inputs=inputs,
        made_names=names.made,
        outputs=dict(_outputs(entry)),
        operators=dict(counts.most_common()),
        files=() if content.path is None else (content.path,),
    )


def _entry(model: TflModel, signature: str | None, subject: str) -> Entry:
    try:
        return entry_of(model, signature, Problems(subject))
    except ImportModelError:
        if signature is not None:
            raise
        # One of several signatures has to be chosen; the first one is described.
        return entry_of(model, model.signatures[0].key, Problems(subject))


def _facts(model: TflModel) -> Iterator[tuple[str, str]]:
    yield "format", f"TensorFlow Lite, schema version {VERSION}"
    if model.description:
        yield "description", model.description
    runtime = model.text_of("min_runtime_version")
    if runtime:
        yield "needs runtime", runtime
    for signature in model.signatures:
        yield "signature", signature.key
    if len(model.subgraphs) > 1:
        yield "subgraphs", str(len(model.subgraphs))


def _outputs(entry: Entry) -> Iterator[tuple[str, Attribute]]:
    for at, name in zip(entry.graph.outputs, entry.outputs, strict=True):
        try:
            yield name, type_of_tensor(entry.graph.tensors[at])
        except TensorError:
            continue
