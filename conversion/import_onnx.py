"""
ONNX models as modules of the `onnx` dialect.

    @main(inputs) -> outputs attributes {input_names = [...], output_names = [...]}

Every operator is brought to its newest version; names of nodes, values and symbolic dimensions
are kept; the numbers of a file stay in the file, mapped. The steps are in `onnx_import/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block

from ..dialects.engine.weights import weight_store
from ..runtime.abi import DEFAULT_INPUTS
from ..runtime.available_memory import require_memory
from ..runtime.size import Extent
from ..runtime.size_facts import Dim, Facts
from .input_shapes import bound_inputs
from .input_values import bound_values
from .main_function import main_module, text_array
from .onnx_import.default_inputs import open_defaults
from .onnx_import.gradient import expand_gradients
from .onnx_import.graph import GraphBuilder
from .onnx_import.inlining import inline_functions
from .onnx_import.input_types import declared_words, input_types
from .onnx_import.operators import check_operators
from .onnx_import.opset_upgrade import upgrade_model
from .onnx_import.output_types import check_output_types
from .onnx_import.source import ModelSource, read_model
from .onnx_import.structure import check_structure
from .onnx_import.tensors import TensorReader, check_tensors
from .problems import Problems
from .size_relations import Relations

__all__ = ["import_model"]


def import_model(
    source: ModelSource,
    ctx: Context,
    *,
    shapes: Mapping[str, Sequence[Extent]] | None = None,
    values: Mapping[str, Any] | None = None,
    overridable: Collection[str] = (),
    sizes: Mapping[str, Dim] | None = None,
) -> ModuleOp:
    """The model as a module of the `onnx` dialect; its weights go to the store of `ctx`.

    `source` is a path, the bytes of a file, or a message, which is left as it is. `shapes` gives
    sizes to inputs (`{"x": [1, 3, 224, 224]}`) or to named dimensions (`{"batch": [4]}`). `values`
    makes constants of inputs (`{"sr": 16000}`); they are then no arguments, and branches that they
    decide are decided.

    An initializer that is also an input is a default that a caller may override. It is a constant
    here, and no argument, unless `overridable` names it.

    `sizes` says what is known of named dimensions that stay open (`{"S": Dim(1, 2048)}`). What is
    known of all names is the attribute `sizes` of `@main`, what must hold of them `relations`.

    Raises `ImportModelError` with everything that is wrong with the model: what cannot be read,
    does not hang together, or is not supported; `NotEnoughMemoryError` for initializers of more
    bytes than there is memory, before they are read.
    """
    model = read_model(source)
    problems = Problems(model.subject)
    proto = model.proto
    check_structure(proto.graph, frozenset(), problems)
    problems.stop()
    inlined = inline_functions(proto, problems)
    problems.stop()
    upgrade_model(proto, inlined, problems)
    expand_gradients(proto, problems)
    check_operators(proto.graph, problems)
    defaults = open_defaults(proto, overridable, values or {}, problems)
    types = input_types(proto.graph, problems)
    known = bound_values(types, values, problems)
    all_shapes = {**(shapes or {}), **{name: array.shape for name, array in known.items()}}
    words = declared_words(proto.graph)
    given = bound_inputs(types, all_shapes, problems, dims=sizes, taken=words)
    inputs = given.without(known)
    reader = TensorReader(model)
    if problems:
        # The graph will not be built; what its tensors have wrong belongs into the same message.
        check_tensors(proto.graph, reader, problems)
    problems.stop()
    remedy = "use a machine with more memory, or weights of fewer bits"
    require_memory(
        reader.mapped_bytes(proto.graph), f"{model.subject}: reading the weights", remedy
    )
    block = Block(arg_types=inputs.types)
    relations = Relations(inputs.dims, Facts(inputs.dims))
    builder = GraphBuilder(reader, weight_store(ctx), problems, inputs, relations)
    outputs = builder.fill(proto.graph, block, inputs.names, {}, known)
    check_output_types(proto.graph, outputs, problems)
    problems.stop()
    names = [output.name for output in proto.graph.output]
    built = [(n, v) for n, v in zip(names, outputs, strict=True) if v is not None]
    module = main_module(block, inputs, built, relations, known)
    if defaults:
        [main] = module.ops
        main.attributes[DEFAULT_INPUTS] = text_array(defaults)
    return module
