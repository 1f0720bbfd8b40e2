"""
A model in which any choice of products can be computed with codes, compiled once.

Weights and biases are inputs, so that a call brings them rounded or as they are; tensors that are
codes are rounded as `QuantizeLinear` and `DequantizeLinear` do it, with scale and zero point as
inputs, and a flag for each reader says whether it takes them. Sums are of 32-bit floats: what an
integer kernel computes differs by their rounding alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import Float32Type, IntegerType, ModuleOp, Signedness
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from ...conversion.main_function import text_array
from ...dialects.engine.weights import weight_store
from ...dialects.framework import dims_of, tensor_type
from ...runtime.abi import INPUT_NAMES
from ..function_inputs import input_names
from ..planned_program import main_of
from .calibration import Feeds
from .constants import Additions
from .places import Places, Read
from .products import Product
from .ranges import Coding
from .runner import Runner

AnyArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

UI8 = IntegerType(8, Signedness.UNSIGNED)
_F32 = Float32Type()
_BOOL = IntegerType(1)


@dataclass(frozen=True)
class Numbers:
    """The weight and the bias that a product is computed with."""

    weight: FloatArray
    bias: FloatArray | None


class Simulator:
    """
    The module of `products` with `places`; with `dynamic` each tensor's range is its own in each
    call.
    """

    def __init__(
        self,
        module: ModuleOp,
        ctx: Context,
        products: Mapping[Product, Numbers],
        places: Places,
        *,
        dynamic: bool = False,
        threads: int = 1,
    ):
        self._mapper: dict[SSAValue, SSAValue] = {}
        self._operations: dict[Operation, Operation] = {}
        copy = module.clone(self._mapper)
        before, after = main_of(module).body.block.ops, main_of(copy).body.block.ops
        self._operations = dict(zip(before, after, strict=True))
        self._main = main_of(copy)
        self._names = list(input_names(self._main))
        self._add = Additions(self._main.body.block, weight_store(ctx))
        self._given: Feeds = {}
        self._flags: dict[Read, str] = {}
        self._weights: dict[Product, tuple[str, str | None]] = {}
        self._codings: dict[SSAValue, tuple[str, str]] = {}
        self._originals = dict(products)
        for product in products:
            self._take(product, products[product])
        rounded = {value: self._rounded(value, dynamic) for value in places.coded}
        for (op, at), value in places.reads.items():
            self._choose(op, at, value, rounded[value])
        self._main.attributes[INPUT_NAMES] = text_array(self._names)
        self._main.update_function_type()
        self._run = Runner(copy, ctx, threads)

    def __call__(
        self,
        sample: Feeds,
        numbers: Mapping[Product, Numbers],
        reads: Mapping[Read, SSAValue],
        codings: Mapping[SSAValue, Coding],
    ) -> Feeds:
        """The outputs, with these weights, these readers of codes and these codes."""
        feeds: Feeds = {**self._given, **sample}
        for product, (weight, bias) in self._weights.items():
            chosen = numbers.get(product, self._originals[product])
            feeds[weight] = chosen.weight
            if bias is not None and chosen.bias is not None:
                feeds[bias] = chosen.bias
        for read, flag in self._flags.items():
            feeds[flag] = np.array(read in reads)
        for value, (scale, zero) in self._codings.items():
            if value in codings:
                feeds[scale] = np.array(codings[value].scale, np.float32)
                feeds[zero] = np.array(codings[value].zero, np.uint8)
        return self._run(feeds)

    def _input(self, what: str, type_: Attribute) -> BlockArgument:
        name = what
        while name in self._names:
            name += "'"
        self._names.append(name)
        block = self._main.body.block
        return block.insert_arg(type_, len(block.args))

    def _take(self, product: Product, numbers: Numbers) -> None:
        """Make inputs of a weight and a bias."""
        op = self._operations[product.op]
        weight = self._input(f"weight of {product.name}", product.weight.type)
        op.operands[1] = weight
        names = [self._names[-1]]
        if product.bias is not None and numbers.bias is not None:
            bias = self._input(f"bias of {product.name}", product.bias.type)
            reader = op if product.adder is None else self._operations[product.adder]
            old = self._mapper[product.bias]
            reader.operands = [bias if v is old else v for v in reader.operands]
            names.append(self._names[-1])
        self._weights[product] = (names[0], names[1] if len(names) > 1 else None)

    def _rounded(self, value: SSAValue, dynamic: bool) -> SSAValue:
        """A tensor as the numbers that its codes stand for."""
        x = self._mapper[value]
        dims = dims_of(x.type)
        codes, scalar = tensor_type(UI8, dims), tensor_type(_F32, ())
        if dynamic:
            made = self._add.node(
                "DynamicQuantizeLinear", [x], [codes, scalar, tensor_type(UI8, ())], x
            )
            operands: list[SSAValue | None] = list(made)
        else:
            scale = self._input(f"scale {len(self._codings)}", scalar)
            zero = self._input(f"zero {len(self._codings)}", tensor_type(UI8, ()))
            self._codings[value] = (self._names[-2], self._names[-1])
            self._given[self._names[-2]] = np.array(1, np.float32)
            self._given[self._names[-1]] = np.array(0, np.uint8)
            made = self._add.node("QuantizeLinear", [x, scale, zero], [codes], x)
            operands = [made[0], scale, zero]
        return self._add.node("DequantizeLinear", operands, [x.type], made[0])[0]

    def _choose(self, op: Operation, at: int, value: SSAValue, rounded: SSAValue) -> None:
        flag = self._input(f"flag {len(self._flags)}", tensor_type(_BOOL, ()))
        self._flags[op, at] = self._names[-1]
        x, reader = self._mapper[value], self._operations[op]
        made = self._add.node("Where", [flag, rounded, x], [x.type], reader)
        reader.operands[at] = made[0]
