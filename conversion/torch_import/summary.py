"""What a program of `torch.export` says of itself: versions, signature, operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from xdsl.ir import Attribute

from ..model_summary import ModelSummary
from ..problems import Problems
from ..source import Content
from .archive import Archive, open_archive
from .program import Graph, Node, Program
from .signature import declared_type, output_names, user_inputs


def summary_of(content: Content, signature: str | None = None) -> ModelSummary:
    """
    The summary of a file, whose numbers are not read; `signature` names one of several programs.

    Raises `ImportModelError` for what is not an exported program at all, or has not that one.
    """
    archive = open_archive(content, signature)
    program = archive.program
    ignored = Problems(archive.subject)  # of types: they are said when the model is imported
    return ModelSummary(
        facts=tuple(_facts(archive)),
        inputs=user_inputs(program, ignored),
        outputs=dict(_outputs(program, ignored)),
        operators=dict(Counter(node.operator for node in _nodes(program.graph)).most_common()),
        files=() if content.path is None else (content.path,),
    )


def _facts(archive: Archive) -> Iterator[tuple[str, str]]:
    program = archive.program
    major, minor = program.version
    yield "format", f"torch.export, schema version {major}.{minor}"
    yield "producer", f"torch {program.torch_version}" if program.torch_version else "not said"
    for name, version in program.opsets.items():
        yield "opset", f"{name} {version}"


def _outputs(program: Program, problems: Problems) -> Iterator[tuple[str, Attribute]]:
    names = output_names(program)
    for at, name in names.items():
        arg = program.outputs[at].arg
        if arg.kind == "tensor":
            type_ = declared_type(program, arg.value, problems)
            if type_ is not None:
                yield name, type_


def _nodes(graph: Graph) -> Iterator[Node]:
    """All nodes, those of graphs within the graph included."""
    graphs = [graph]
    while graphs:
        for node in graphs.pop().nodes:
            yield node
            graphs += [a.value for _, a in node.inputs if isinstance(a.value, Graph)]
