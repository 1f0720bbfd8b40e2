"""One ONNX node, converted and run by the engine's semantics, against `onnx.reference`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from xdsl.dialects.builtin import ModuleOp, StringAttr

from stepwell.conversion.import_onnx import import_model
from stepwell.conversion.onnx_to_engine.convert import ConvertOnnxToEnginePass
from stepwell.dialects import make_context
from stepwell.interpreters import run

Array = npt.NDArray[Any]
Oracle = Callable[[onnx.ModelProto, dict[str, Array]], list[Array]]


def node_model(
    op_type: str,
    inputs: Sequence[Any],
    constants: Collection[int] = (),
    outputs: int = 1,
    opset: int = onnx.defs.onnx_opset_version(),
    **attributes: Any,
) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """A model of one node whose outputs have no types yet, and what to feed it."""
    names = ["" if array is None else f"i{at}" for at, array in enumerate(inputs)]
    results = [f"o{at}" for at in range(outputs)]
    node = helper.make_node(op_type, names, results, name=f"/{op_type}", **attributes)
    given = {f"i{at}": a for at, a in enumerate(inputs) if a is not None}
    fixed = [f"i{at}" for at in constants if f"i{at}" in given]

    graph = helper.make_graph(
        [node],
        "node",
        [typed(n, a) for n, a in given.items() if n not in fixed],
        [onnx.ValueInfoProto(name=name) for name in results],
        [numpy_helper.from_array(given[n], n) for n in fixed],
    )
    version = helper.make_opsetid("", opset)
    model = helper.make_model(graph, opset_imports=[version], ir_version=10)
    return model, {n: a for n, a in given.items() if n not in fixed}


def typed(name: str, array: Array) -> onnx.ValueInfoProto:
    """A value with the type of an array."""
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
    )


def by_onnx(model: onnx.ModelProto, feeds: dict[str, Array]) -> list[Array]:
    """The outputs by `onnx.reference`."""
    with np.errstate(all="ignore"):
        return [np.asarray(a) for a in ReferenceEvaluator(model).run(None, feeds)]


def by_onnxruntime(model: onnx.ModelProto, feeds: dict[str, Array]) -> list[Array]:
    """The outputs by onnxruntime, where `onnx.reference` is wrong or gives up."""
    import onnxruntime

    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    session = onnxruntime.InferenceSession(inferred.SerializeToString())
    return [np.asarray(a) for a in session.run(None, feeds)]


def converted(model: onnx.ModelProto) -> tuple[Any, ModuleOp]:
    """The context and the module in the engine dialect, verified."""
    ctx = make_context()
    module = import_model(model, ctx)
    ConvertOnnxToEnginePass().apply(ctx, module)
    module.verify()
    return ctx, module


def reasons(module: ModuleOp) -> list[str]:
    """Why operations stayed by reference."""
    found = [op.attributes["reason"] for op in module.walk() if op.name == "engine.reference"]
    return [reason.data for reason in found if isinstance(reason, StringAttr)]


def check_node(
    op_type: str,
    inputs: Sequence[Any],
    *,
    constants: Collection[int] = (),
    outputs: int = 1,
    native: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    oracle: Oracle = by_onnx,
    **attributes: Any,
) -> ModuleOp:
    """Convert and compare; `native` says whether it may run by reference. Gives the module."""
    if oracle is by_onnxruntime:
        # The newest operator set that onnxruntime promises to know.
        attributes["opset"] = 21
    model, feeds = node_model(op_type, inputs, constants, outputs, **attributes)
    expected = oracle(model, feeds)
    for info, array in zip(model.graph.output, expected, strict=True):
        info.CopyFrom(typed(info.name, array))
    ctx, module = converted(model)
    assert not any(op.name.startswith("onnx.") for op in module.walk()) or not native
    assert bool(reasons(module)) != native, reasons(module)
    actual = run(ctx, module, feeds)
    for got, want in zip(actual, expected, strict=True):
        assert got.dtype == want.dtype, (got.dtype, want.dtype)
        assert got.shape == want.shape, (got.shape, want.shape)
        if want.dtype.kind in "iub":
            np.testing.assert_array_equal(got, want)
        else:
            np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
    return module


def floats(values: Any) -> Array:
    """An f32 array of the given numbers."""
    return np.asarray(values, np.float32)


def numbers(
    shape: Sequence[int], dtype: npt.DTypeLike = np.float32, seed: int = 0, spread: float = 3.0
) -> Array:
    """Reproducible numbers: normal floats, small integers of either sign, booleans."""
    rng = np.random.default_rng(seed + sum(shape) * 7919)
    kind = np.dtype(dtype)
    if kind == np.bool_:
        return np.asarray(rng.integers(0, 2, shape), np.bool_)
    if kind.kind in "iu":
        low = 0 if kind.kind == "u" else -20
        return np.asarray(rng.integers(low, 21, shape), kind)
    return np.asarray(rng.standard_normal(shape) * spread, kind)
