"""
A model with its codes written out: `QuantizeLinear` and `DequantizeLinear` around what is computed
with them, or the operators of dynamic quantisation, or coded weights alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import Float32Type, IntegerType, ModuleOp, Signedness
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.weights import weight_store
from ...dialects.framework import dims_of, tensor_type
from ..planned_program import main_of
from .constants import Additions
from .places import Places
from .products import Product
from .ranges import Coding
from .weights import CodedWeight

FloatArray = npt.NDArray[np.float32]

_UI8, _I32, _F32 = IntegerType(8, Signedness.UNSIGNED), IntegerType(32), Float32Type()


@dataclass
class Choices:
    """
    What becomes of each product: a coded weight, or one of 16 bits. `biases` are those that
    changed, `codings` the codes of each tensor that has some.
    """

    weights: dict[Product, CodedWeight] = field(default_factory=dict[Product, CodedWeight])
    narrow: dict[Product, FloatArray] = field(default_factory=dict[Product, FloatArray])
    biases: dict[Product, FloatArray] = field(default_factory=dict[Product, FloatArray])
    places: Places = field(default_factory=Places)
    codings: dict[SSAValue, Coding] = field(default_factory=dict[SSAValue, Coding])
    dynamic: bool = False


def coded_module(module: ModuleOp, ctx: Context, choices: Choices) -> ModuleOp:
    """A copy of a module of level 1 with the choices made."""
    return _Writer(module, ctx, choices).write()


class _Writer:
    def __init__(self, module: ModuleOp, ctx: Context, choices: Choices):
        self.choices = choices
        self.mapper: dict[SSAValue, SSAValue] = {}
        self.copy = module.clone(self.mapper)
        before, after = main_of(module).body.block.ops, main_of(self.copy).body.block.ops
        self.operations: dict[Operation, Operation] = dict(zip(before, after, strict=True))
        self.add = Additions(main_of(self.copy).body.block, weight_store(ctx))
        self.dynamic: dict[SSAValue, list[SSAValue]] = {}

    def write(self) -> ModuleOp:
        choices = self.choices
        for product, weight in choices.weights.items():
            if choices.dynamic:
                self.dynamic_product(product, weight)
            else:
                self.decoded_weight(product, weight)
        for product, weight in choices.narrow.items():
            self.narrow_weight(product, weight)
        decoded = {value: self.codes(value) for value in choices.places.coded}
        for (op, at), value in choices.places.reads.items():
            self.operations[op].operands[at] = decoded[value]
        self.drop_unused()
        return self.copy

    def codes(self, value: SSAValue) -> SSAValue:
        """A tensor as codes and as numbers again."""
        coding = self.choices.codings[value]
        x = self.mapper[value]
        scale = self.add.constant(np.array(coding.scale, np.float32))
        zero = self.add.constant(np.array(coding.zero, np.uint8))
        type_ = tensor_type(_UI8, dims_of(x.type))
        name = x.name_hint or "input"
        quantised = self.add.node(
            "QuantizeLinear", [x, scale, zero], [type_], x, name=f"{name}/QuantizeLinear"
        )[0]
        return self.add.node(
            "DequantizeLinear",
            [quantised, scale, zero],
            [x.type],
            quantised,
            name=f"{name}/DequantizeLinear",
        )[0]

    def decoded_weight(self, product: Product, weight: CodedWeight) -> None:
        op = self.operations[product.op]
        kind = ml_dtypes.int4 if weight.bits == 4 else np.int8
        codes = self.add.constant(weight.codes.astype(kind), f"{_stem(product)}_codes")
        scales = self.add.constant(weight.scales, f"{_stem(product)}_scales")
        attributes = {"axis": weight.axis} | ({"block_size": weight.block} if weight.block else {})
        op.operands[1] = self.add.node(
            "DequantizeLinear",
            [codes, scales],
            [product.weight.type],
            op,
            attributes,
            f"{product.name}/weight",
        )[0]
        self.bias(product, weight)

    def bias(self, product: Product, weight: CodedWeight) -> None:
        """A bias that changed: as codes where the operator adds it to sums of codes."""
        bias = self.choices.biases.get(product)
        coding = self.choices.codings.get(product.data)
        if bias is None:
            return
        if product.adder is None and coding is not None:
            self.coded_bias(product, bias, coding, weight)
            return
        assert product.bias is not None, "what changes is there"
        reader = self.operations[product.adder or product.op]
        old, new = self.mapper[product.bias], self.add.constant(bias, f"{_stem(product)}_bias")
        reader.operands = [new if value is old else value for value in reader.operands]

    def coded_bias(
        self, product: Product, bias: FloatArray, coding: Coding, weight: CodedWeight
    ) -> None:
        """A bias in 32 bits, with the scale of the sums that it is added to."""
        op = self.operations[product.op]
        scales = np.float32(coding.scale) * weight.scales
        limits = np.iinfo(np.int32)
        whole = np.rint(bias.astype(np.float64) / scales.astype(np.float64))
        codes = np.clip(whole, limits.min, limits.max).astype(np.int32)
        decoded = self.add.node(
            "DequantizeLinear",
            [
                self.add.constant(codes, f"{_stem(product)}_bias_codes"),
                self.add.constant(scales, f"{_stem(product)}_bias_scales"),
            ],
            [tensor_type(_F32, bias.shape)],
            op,
            {"axis": 0},
            f"{product.name}/bias",
        )[0]
        op.operands = [*list(op.operands)[:2], decoded]

    def narrow_weight(self, product: Product, weight: FloatArray) -> None:
        op = self.operations[product.op]
        constant = self.add.constant(weight.astype(ml_dtypes.bfloat16), f"{_stem(product)}_bf16")
        op.operands[1] = self.add.node(
            "Cast", [constant], [product.weight.type], op, {"to": 1}, f"{product.name}/weight"
        )[0]

    def dynamic_product(self, product: Product, weight: CodedWeight) -> None:
        """A product of codes whose scale each call finds."""
        self.bias(product, weight)
        op = self.operations[product.op]
        x = self.mapper[product.data]
        codes, scale, zero = self.dynamic_codes(product.data, x)
        turned = weight.codes if product.channel == 1 else weight.codes.T
        right = self.add.constant(turned, f"{_stem(product)}_codes")
        result = op.results[0]
        dims = dims_of(result.type)
        name = product.name
        sums = self.add.node(
            "MatMulInteger", [codes, right, zero], [tensor_type(_I32, dims)], op, name=name
        )[0]
        number = self.add.node("Cast", [sums], [result.type], op, {"to": 1}, f"{name}/sums")[0]
        scales = self.add.constant(weight.scales, f"{_stem(product)}_scales")
        both = self.add.node("Mul", [scale, scales], [scales.type], op, name=f"{name}/scale")[0]
        made = self.add.node("Mul", [number, both], [result.type], op, name=f"{name}/scaled")[0]
        if product.adder is None and len(op.operands) > 2:
            made = self.add.node(
                "Add", [made, op.operands[2]], [result.type], op, name=f"{name}/bias"
            )[0]
        made.name_hint = result.name_hint
        result.replace_all_uses_with(made)
        self.mapper[product.op.results[0]] = made

    def dynamic_codes(self, value: SSAValue, x: SSAValue) -> list[SSAValue]:
        if value not in self.dynamic:
            types = [
                tensor_type(_UI8, dims_of(x.type)),
                tensor_type(_F32, ()),
                tensor_type(_UI8, ()),
            ]
            name = f"{x.name_hint or 'input'}/DynamicQuantizeLinear"
            self.dynamic[value] = list(
                self.add.node("DynamicQuantizeLinear", [x], types, x, name=name)
            )
        return self.dynamic[value]

    def drop_unused(self) -> None:
        """Take out what nobody reads any more."""
        block = main_of(self.copy).body.block
        for op in reversed(list(block.ops)):
            if op.results and not any(value.uses for value in op.results):
                op.detach()
                op.erase()


def _stem(product: Product) -> str:
    return product.weight.name_hint or "weight"


def codings_of(places: Places, of_group: Mapping[SSAValue, Coding]) -> dict[SSAValue, Coding]:
    """The codes of each tensor from those of the first of its group."""
    return {value: of_group[first] for value, first in places.coded.items()}
