"""Caffe nets as modules of the `caffe` dialect."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Attribute, Block, SSAValue

from ...dialects.caffe.schemas import TABLE
from ...dialects.engine.weights import weight_store
from ...dialects.framework import tensor_type
from ...runtime.available_memory import require_memory
from ...runtime.size import Extent
from ...runtime.size_facts import Dim, Facts
from ..input_shapes import LARGEST_DIMENSION, LARGEST_RANK, bound_inputs
from ..input_values import bound_values
from ..main_function import main_module
from ..model_summary import ModelSummary
from ..name_hint import name_hint
from ..problems import Problems
from ..size_relations import Relations
from ..source import Content
from .graph import GraphBuilder
from .net import Net
from .net_inputs import unused_tops
from .reader import NetFiles, read_net


def import_net(
    source: Content,
    ctx: Context,
    *,
    weights: Content | None = None,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
) -> ModuleOp:
    """
    The net as a module; see `Frontend.import_model`.

    The sizes of inputs in a net are those that it starts with, which a caller of Caffe may change:
    `shapes` replaces them. Sizes by name there stay open.
    """
    problems = Problems(source.subject)
    for name in overridable:
        problems.add(f"overridable '{name}' is no input with a default; a Caffe net has none")
    files = read_net(source, weights, problems)
    net = files.net
    _check_types(net, problems)
    types = _input_types(net, shapes or {}, problems)
    problems.stop()
    known = bound_values(types, values, problems)
    all_shapes = {**(shapes or {}), **{name: array.shape for name, array in known.items()}}
    given = bound_inputs(types, all_shapes, problems, dims=sizes)
    inputs = given.without(known)
    problems.stop()
    trained = sum(4 * blob.count for layer in net.layers for blob in layer.blobs if blob.data)
    require_memory(
        trained, f"{files.subject}: reading the weights", "use a machine with more memory"
    )
    block = Block(arg_types=inputs.types)
    relations = Relations(inputs.dims, Facts(inputs.dims))
    builder = GraphBuilder(weight_store(ctx), problems, relations, block)
    for name, argument in zip(inputs.names, block.args, strict=True):
        argument.name_hint = name_hint(name)
        builder.values[name] = argument
    builder.add_known(known)
    builder.fill(net)
    outputs = _outputs(net, builder, problems)
    problems.stop()
    return main_module(block, inputs, outputs, relations, known)


def _check_types(net: Net, problems: Problems) -> None:
    """Report every layer that nets are not made of when they run, each type once."""
    names: dict[str, list[str]] = {}
    for layer in net.layers:
        if layer.type not in TABLE and layer.type != "Parameter":
            names.setdefault(layer.type, []).append(layer.name)
    for type_, layers in names.items():
        near = get_close_matches(type_, TABLE.operators, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        shown = ", ".join(f"'{name}'" for name in layers[:4]) + (", ..." if layers[4:] else "")
        problems.node(f"{type_} {shown}", f"there is no such type of layers{hint}")


def _input_types(
    net: Net, shapes: Mapping[str, Sequence[Extent]], problems: Problems
) -> dict[str, Attribute]:
    """The types of the inputs, those of `shapes` where it has them."""
    types: dict[str, Attribute] = {}
    for name, declared in net.inputs.items():
        shape = tuple(shapes[name]) if name in shapes else declared
        if shape is None:
            problems.add(f"input '{name}' has no sizes in the net; give them as a shape")
            continue
        numbers = [size for size in shape if isinstance(size, int)]
        if len(shape) > LARGEST_RANK or any(not 0 <= n <= LARGEST_DIMENSION for n in numbers):
            problems.add(f"input '{name}' has the impossible shape {list(shape)}")
            continue
        types[name] = tensor_type(f32, shape)
    return types


def _outputs(net: Net, builder: GraphBuilder, problems: Problems) -> dict[str, SSAValue]:
    """The values that nothing takes, by name."""
    found: dict[str, SSAValue] = {}
    for name in unused_tops(net):
        value = builder.values.get(name)
        if value is not None:
            found[name] = value
    if not found and not problems:
        problems.add("it has no output: nothing that a layer makes is left")
    return found


def summary_of(source: Content, weights: Content | None = None) -> ModelSummary:
    """What a net says of itself. Raises `ImportModelError` for what is none."""
    problems = Problems(source.subject)
    files: NetFiles = read_net(source, weights, problems)
    counts: dict[str, int] = {}
    for layer in files.net.layers:
        counts[layer.type] = counts.get(layer.type, 0) + 1
    inputs: dict[str, Attribute] = {
        name: tensor_type(f32, shape) for name, shape in files.net.inputs.items()
    }
    facts = (("format", f"Caffe, {files.net.version}"), ("net", files.net.name or "not named"))
    outputs: dict[str, Attribute] = {
        name: tensor_type(f32, None) for name in unused_tops(files.net)
    }
    ordered = dict(sorted(counts.items(), key=lambda pair: -pair[1]))
    return ModelSummary(facts, inputs, outputs, operators=ordered, files=files.files)
