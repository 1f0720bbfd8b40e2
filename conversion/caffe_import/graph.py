"""
A net as a block of `caffe` operations.

A layer that writes its own bottom gives a new value under the same name: the last one is meant by
those behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from xdsl.dialects.builtin import f32
from xdsl.ir import Block, SSAValue
from xdsl.utils.exceptions import VerifyException

from ...dialects.caffe import op_class
from ...dialects.caffe.schemas import TABLE
from ...dialects.engine.weights import WeightStore
from ...dialects.framework import constant_type, dims_of, node_names, tensor_type
from ...dialects.framework.schema import Option
from ..input_shapes import LARGEST_DIMENSION
from ..name_hint import name_hint
from ..problems import Problems
from ..size_relations import Relations
from .layers import known_attributes
from .net import Array, Layer, Net
from .operands import BlobError, array_of, missing_blobs, names_of_blobs
from .shapes import Form, Shape, ShapeError, result_shapes
from .shapes.form import Sizes

_EACH_ALONE = frozenset(
    ("Convolution", "ConvolutionDepthwise", "Deconvolution", "DepthwiseConvolution", "Im2col")
)
"""Layers that do the same to each of several bottoms."""


@dataclass
class GraphBuilder:
    """Builds the block of one net."""

    store: WeightStore
    problems: Problems
    relations: Relations
    block: Block
    values: dict[str, SSAValue | None] = field(default_factory=dict[str, "SSAValue | None"])
    """The last value of each blob by name; None where its layer failed."""

    def add_known(self, known: Mapping[str, Array]) -> None:
        """Append the inputs that were given values, as constants."""
        for name, array in known.items():
            self.values[name] = self._constant(array, name, name)

    def fill(self, net: Net) -> None:
        """Append the operations of all layers."""
        for layer in net.layers:
            for one in _separate(layer):
                self._add(one)

    def _add(self, layer: Layer) -> None:
        operands = [self.values.get(name) for name in layer.bottoms]
        try:
            if layer.type == "Parameter":
                self._add_parameter(layer)
            elif None not in operands:
                self._build(layer, [value for value in operands if value is not None])
            else:
                self.values.update(dict.fromkeys(layer.tops, None))
        except (ShapeError, BlobError, VerifyException, ValueError, TypeError) as error:
            self.problems.node(layer.label, str(error))
            self.values.update(dict.fromkeys(layer.tops, None))

    def _build(self, layer: Layer, bottoms: Sequence[SSAValue]) -> None:
        cls = op_class(layer.type)
        assert cls is not None, "types are checked before graphs are built"
        blobs = self._blobs(layer)
        self.relations.node = layer.label
        shapes = [_sizes(value) for value in bottoms] + [array.shape for array in blobs.values()]
        results = result_shapes(Form(layer, shapes, self.relations))
        for shape in results:
            _check_size(shape)
        operands = [*bottoms, *(self._constant(a, n, layer.name) for n, a in blobs.items())]
        types = [tensor_type(f32, shape) for shape in results]
        op = cls.make(operands, types, known_attributes(layer))
        op.attributes["nodes"] = node_names(layer.name)
        self.block.add_op(op)
        op.verify(verify_nested_ops=False)
        for name, result in zip(layer.tops, op.results, strict=False):
            result.name_hint = name_hint(name)
            self.values[name] = result

    def _blobs(self, layer: Layer) -> dict[str, Array]:
        formals = TABLE.schema(layer.type).inputs
        if not layer.bottoms:
            raise BlobError("has no bottom")
        if formals and formals[-1].option == Option.VARIADIC:
            return {}
        if len(layer.bottoms) > len(formals):
            raise BlobError(f"has {len(layer.bottoms)} bottoms, expected at most {len(formals)}")
        missing = missing_blobs(layer)
        if missing:
            raise BlobError(f"has no trained {' and no '.join(missing)}; give the .caffemodel, too")
        names = names_of_blobs(layer)
        if len(layer.blobs) > len(names):
            raise BlobError(f"has {len(layer.blobs)} blobs, expected at most {len(names)}")
        return {n: array_of(layer, n, b) for n, b in zip(names, layer.blobs, strict=False)}

    def _add_parameter(self, layer: Layer) -> None:
        """A layer that is a trained tensor."""
        if len(layer.blobs) != 1 or len(layer.tops) != 1:
            raise BlobError(
                f"has {len(layer.blobs)} blobs and {len(layer.tops)} tops, expected one"
            )
        value = self._constant(layer.blobs[0].array(), layer.tops[0], layer.name)
        self.values[layer.tops[0]] = value

    def _constant(self, array: Array, name: str, layer: str) -> SSAValue:
        cls = op_class("Constant")
        assert cls is not None
        attribute = self.store.add(array, f"{layer}.{name}")
        op = cls.make([], [constant_type(attribute)], {"value": attribute})
        op.attributes["nodes"] = node_names(layer)
        op.results[0].name_hint = name_hint(f"{layer}.{name}")
        self.block.add_op(op)
        return op.results[0]


def _separate(layer: Layer) -> list[Layer]:
    """A layer that does the same to each bottom as one layer for each."""
    pairs = list(zip(layer.bottoms, layer.tops, strict=False))
    if layer.type not in _EACH_ALONE or len(layer.bottoms) < 2 or len(pairs) < len(layer.bottoms):
        return [layer]
    return [replace(layer, bottoms=(bottom,), tops=(top,)) for bottom, top in pairs]


def _sizes(value: SSAValue) -> Sizes:
    dims = dims_of(value.type)
    if dims is None or None in dims:
        raise ShapeError("takes an operand whose sizes only the data knows")
    return tuple(dim for dim in dims if dim is not None)


def _check_size(shape: Shape) -> None:
    numbers = [dim for dim in shape if isinstance(dim, int)]
    if min(numbers, default=0) < 0 or prod(numbers) > LARGEST_DIMENSION:
        raise ShapeError(f"gives a tensor of the absurd shape {list(shape)}")
