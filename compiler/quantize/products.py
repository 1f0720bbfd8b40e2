"""The products and convolutions of a model whose weights are constant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import Float32Type
from xdsl.dialects.func import FuncOp
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import dims_of, element_of
from ...dialects.onnx import OnnxOp

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Product:
    """
    A `Conv`, `Gemm` or `MatMul` of one tensor and a constant weight.

    `channel` is the axis of the weight that its results are numbered by, `depth` the other axis of
    a matrix. `bias` is the constant that is added, by the operator itself or by an `Add` behind
    it (`adder`); None where there is none. `name` is that of its first node, and unique.
    """

    name: str
    op: OnnxOp
    data: SSAValue
    weight: SSAValue
    channel: int
    bias: SSAValue | None = None
    adder: OnnxOp | None = None

    @property
    def is_convolution(self) -> bool:
        """Whether it is a convolution."""
        return self.op.name == "onnx.Conv"

    @property
    def groups(self) -> int:
        """Parts that a convolution's channels are divided into; 1 for others."""
        return cast("int", self.op.attribute("group")) if self.is_convolution else 1

    @property
    def depth(self) -> int:
        """The axis of a matrix that is summed over."""
        return 1 - self.channel

    @property
    def data_axis(self) -> int:
        """The axis of `data` that is summed over: the channels of an image, else the last."""
        return 1 if self.is_convolution else -1

    def rows(self, weight: FloatArray) -> FloatArray:
        """The weight as a matrix with a row for each channel of the result."""
        return np.moveaxis(weight, self.channel, 0).reshape(weight.shape[self.channel], -1)

    def by_input(self, weight: FloatArray) -> FloatArray:
        """
        The weight as `[channels of the result, channels of the data, what is left]`; of a
        convolution in groups the second is that of one group.
        """
        turned = np.moveaxis(weight, self.channel, 0)
        return turned.reshape(turned.shape[0], turned.shape[1], -1)

    def along(self, numbers: FloatArray, weight: FloatArray) -> FloatArray:
        """A number for each channel of the result, as it meets the weight."""
        shape = [1] * weight.ndim
        shape[self.channel] = -1
        return numbers.reshape(shape)


def constant_array_of(value: SSAValue | None, store: WeightStore) -> npt.NDArray[Any] | None:
    """The numbers of a constant, None for a value that is computed."""
    owner = value.owner if isinstance(value, OpResult) else None
    if not isinstance(owner, OnnxOp) or owner.name != "onnx.Constant":
        return None
    attribute = owner.properties.get("value")
    try:
        return None if attribute is None else store.array(attribute)
    except Exception:  # strings, sequences
        return None


def products_of(main: FuncOp, store: WeightStore) -> list[Product]:
    """All products of the function's block with constant weights, in order."""
    found: list[Product] = []
    seen: Counter[str] = Counter()
    for op in main.body.block.ops:
        if isinstance(op, OnnxOp) and (product := _product(op, store)) is not None:
            seen[product.name] += 1
            if (number := seen[product.name]) > 1:
                product = replace(product, name=f"{product.name} #{number}")
            found.append(product)
    return found


def _product(op: OnnxOp, store: WeightStore) -> Product | None:
    operator = op.SIGNATURE.schema.operator
    if operator not in ("Conv", "Gemm", "MatMul"):
        return None
    data, weight = op.operands[0], op.operands[1]
    array = constant_array_of(weight, store)
    floats = Float32Type()
    if array is None or element_of(weight.type) != floats or element_of(data.type) != floats:
        return None
    if constant_array_of(data, store) is not None or not array.size or not np.isfinite(array).all():
        return None
    name = next(iter(op.nodes), "") or op.results[0].name_hint or operator
    bias = op.operands[2] if len(op.operands) > 2 else None
    match operator:
        case "Conv":
            return Product(name, op, data, weight, 0, bias) if array.ndim >= 3 else None
        case "Gemm":
            plain = op.attribute("alpha") == 1.0 and not op.attribute("transA")
            if not plain or (bias is not None and op.attribute("beta") != 1.0):
                return None
            return Product(name, op, data, weight, 0 if op.attribute("transB") else 1, bias)
        case _:
            if array.ndim != 2 or len(dims_of(data.type) or ()) < 2:
                return None
            adder = _adder(op, array.shape[1], store)
            added = None if adder is None else _other(adder, op.results[0])
            return Product(name, op, data, weight, 1, added, adder)


def _adder(op: OnnxOp, columns: int, store: WeightStore) -> OnnxOp | None:
    """The only reader of a product, where it adds a number to each column."""
    uses = list(op.results[0].uses)
    if len(uses) != 1 or uses[0].operation.name != "onnx.Add":
        return None
    adder = cast("OnnxOp", uses[0].operation)
    array = constant_array_of(_other(adder, op.results[0]), store)
    return adder if array is not None and array.shape == (columns,) else None


def _other(adder: OnnxOp, value: SSAValue) -> SSAValue:
    first, second = adder.operands
    return second if first is value else first


def nodes_of(product: Product) -> Iterator[str]:
    """The names of the model's nodes that a product stands for."""
    yield from product.op.nodes or [product.name]
