"""
Ranges of channels made alike, without a change of what the model computes.

    y = norm(x) * g + b; y @ W                  =>  y = norm(x) * (g / s) + b / s; y @ (s * W)
    relu(conv(x, V) + c); conv(_, W) in groups  =>  relu(conv(x, V / s) + c / s); conv(_, s * W)

The first is that of Xiao et al., "SmoothQuant" (2022): `s_k = max|y_k|^a / max|w_k|^(1 - a)`, where
nothing but products with constant weights reads the norm. The second is that of Nagel et al.,
"Data-Free Quantization Through Weight Equalization" (2019), in front of depthwise convolutions,
whose channels have one filter each: `s_k = sqrt(max|v_k| / max|w_k|)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine.weights import WeightStore, weight_store
from ...dialects.framework import dims_of
from ...dialects.onnx import OnnxOp
from ..planned_program import main_of
from .calibration import Feeds
from .constants import Additions
from .observe import Observed, observe
from .products import Product, constant_array_of, products_of

FloatArray = npt.NDArray[np.float32]

_NORMS = frozenset(("onnx.LayerNormalization", "onnx.RMSNormalization"))
_FLOOR = 1e-5
"""Of magnitudes: what is less is taken for it."""


def equalise(
    module: ModuleOp, ctx: Context, samples: Iterable[Feeds], strength: float, threads: int = 1
) -> list[str]:
    """
    Change the constants of a module; gives a line for each place.

    `strength` is `a`, how much of the range is moved from the tensor to the weight: 0 to 1.
    """
    store = weight_store(ctx)
    block = main_of(module).body.block
    add = Additions(block, store)
    products = products_of(main_of(module), store)
    done = [
        line
        for product in products
        if (line := _across_relu(add, product, products, store)) is not None
    ]
    behind = _behind_norms(products, store)
    if behind:
        read = [product for readers in behind.values() for product in readers[:1]]
        observed = observe(module, ctx, samples, [], read, threads)
        for norm, readers in behind.items():
            done.append(_smooth(add, norm, readers, observed, strength, store))
    return done


def _behind_norms(products: Sequence[Product], store: WeightStore) -> dict[OnnxOp, list[Product]]:
    """Norms that are read by products alone, with these."""
    by_op = {product.op: product for product in products}
    found: dict[OnnxOp, list[Product]] = {}
    for product in products:
        norm = product.data.op if isinstance(product.data, OpResult) else None
        if not isinstance(norm, OnnxOp) or norm.name not in _NORMS or norm in found:
            continue
        uses = list(norm.results[0].uses)
        readers = [by_op[cast("OnnxOp", u.operation)] for u in uses if u.operation in by_op]
        constants = [constant_array_of(value, store) for value in norm.operands[1:]]
        vectors = all(c is not None and c.ndim == 1 for c in constants)
        last = norm.attribute("axis") in (-1, len(dims_of(product.data.type) or ()) - 1)
        plain = all(u.index == 0 for u in uses) and not any(r.is_convolution for r in readers)
        if len(readers) == len(uses) and vectors and last and plain:
            found[norm] = readers
    return found


def _smooth(
    add: Additions,
    norm: OnnxOp,
    readers: Sequence[Product],
    observed: Observed,
    strength: float,
    store: WeightStore,
) -> str:
    largest = np.maximum(observed.of(readers[0]).largest, _FLOOR)
    weights = [_array(reader.weight, store) for reader in readers]
    rows = [
        np.abs(reader.by_input(weight)).max((0, 2))
        for reader, weight in zip(readers, weights, strict=True)
    ]
    heaviest = np.maximum(np.max(rows, axis=0), _FLOOR)
    factors = largest**strength / heaviest ** (1 - strength)
    factors = (factors / np.exp(np.log(factors).mean())).astype(np.float32)
    for reader, weight in zip(readers, weights, strict=True):
        shape = [1, 1]
        shape[reader.depth] = -1
        reader.op.operands[1] = add.constant(
            weight * factors.reshape(shape), reader.weight.name_hint
        )
    for at in range(1, len(norm.operands)):
        vector = norm.operands[at]
        norm.operands[at] = add.constant(_array(vector, store) / factors, vector.name_hint)
    return f"{norm.label}: {factors.min():.3g} to {factors.max():.3g}"


def _across_relu(
    add: Additions, second: Product, products: Sequence[Product], store: WeightStore
) -> str | None:
    """The channels in front of a depthwise convolution, moved into it."""
    first = _in_front(second, products)
    if first is None:
        return None
    v, w = _array(first.op.operands[1], store), _array(second.op.operands[1], store)
    if second.groups != w.shape[0] or w.shape[1] != 1 or v.shape[0] != w.shape[0]:
        return None
    bias = first.op.operands[2] if len(first.op.operands) > 2 else None
    added = constant_array_of(bias, store)
    if bias is not None and added is None:
        return None
    ours = np.maximum(np.abs(first.rows(v)).max(1), _FLOOR)
    theirs = np.maximum(np.abs(second.rows(w)).max(1), _FLOOR)
    factors = np.sqrt(ours / theirs).astype(np.float32)
    factors /= np.exp(np.log(factors).mean())
    first.op.operands[1] = add.constant(v / first.along(factors, v), first.weight.name_hint)
    second.op.operands[1] = add.constant(w * second.along(factors, w), second.weight.name_hint)
    if bias is not None and added is not None:
        first.op.operands[2] = add.constant(added / factors, bias.name_hint)
    return f"{first.name} and {second.name}: {factors.min():.3g} to {factors.max():.3g}"


def _in_front(second: Product, products: Sequence[Product]) -> Product | None:
    """The convolution whose results, or their positive parts, a convolution alone reads."""
    if not second.is_convolution or second.groups == 1:
        return None
    value: SSAValue = second.data
    if (
        isinstance(value, OpResult)
        and value.op.name == "onnx.Relu"
        and value.uses.get_length() == 1
    ):
        value = value.op.operands[0]
    if not isinstance(value, OpResult) or value.uses.get_length() != 1:
        return None
    return next((p for p in products if p.op is value.op and p.is_convolution), None)


def _array(value: SSAValue, store: WeightStore) -> FloatArray:
    array = constant_array_of(value, store)
    assert array is not None
    return np.asarray(array, np.float32)
