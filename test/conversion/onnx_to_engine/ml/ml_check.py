"""One node of ai.onnx.ml by machine code and by the reference semantics, against onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper

import stepwell
from stepwell.conversion.import_onnx import import_model
from stepwell.dialects import make_context
from stepwell.interpreters import run

ML = "ai.onnx.ml"
TEXT = onnx.TensorProto.STRING


def ml_model(
    op: str, inputs: Sequence[Any], outputs: int = 1, version: int = 3, **attributes: Any
) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """A model of one node whose outputs have no types yet, and what to feed it."""
    names, results = [f"i{n}" for n in range(len(inputs))], [f"o{n}" for n in range(outputs)]
    node = helper.make_node(op, names, results, name=f"/{op}", domain=ML, **attributes)
    given = [
        helper.make_tensor_value_info(name, _code(array), array.shape)
        for name, array in zip(names, inputs, strict=True)
    ]
    graph = helper.make_graph([node], "g", given, [onnx.ValueInfoProto(name=r) for r in results])
    versions = [helper.make_opsetid(ML, version), helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=8)
    return model, dict(zip(names, inputs, strict=True))


def _code(array: Any) -> int:
    return TEXT if array.dtype.kind == "O" else helper.np_dtype_to_tensor_dtype(array.dtype)


def by_onnxruntime(model: onnx.ModelProto, feeds: dict[str, Any], types: Sequence[int]) -> Any:
    """The outputs by onnxruntime, which wants to know their element types."""
    typed = onnx.ModelProto()
    typed.CopyFrom(model)
    for info, code in zip(typed.graph.output, types, strict=True):
        info.CopyFrom(helper.make_tensor_value_info(info.name, code, None))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(typed.SerializeToString(), options).run(None, feeds)


def check_ml(
    op: str,
    *inputs: Any,
    expected: Sequence[Any] | None = None,
    types: Sequence[int] = (onnx.TensorProto.FLOAT,),
    reference: int = 0,
    version: int = 3,
    rtol: float = 2e-5,
    atol: float = 2e-6,
    **attributes: Any,
) -> list[Any]:
    """
    Compare; `expected` stands for onnxruntime where that is wrong or gives up, `types` are those
    of the outputs, `reference` counts the steps that are not native. Gives the outputs.
    """
    model, feeds = ml_model(op, inputs, len(types), version, **attributes)
    wanted = by_onnxruntime(model, feeds, types) if expected is None else expected
    ctx = make_context()
    meant = run(ctx, import_model(model, ctx), feeds)
    engine = stepwell.compile(model, threads=1)
    assert len(engine.reference_ops) == reference, engine.reference_ops
    found = list(engine.run(feeds).values())
    for results in (meant, found):
        for got, want in zip(results, wanted, strict=True):
            want = np.asarray(want)
            assert got.shape == want.shape, (got.shape, want.shape)
            if want.dtype.kind in "OU":
                assert got.tolist() == want.tolist()
                continue
            assert got.dtype == want.dtype, (got.dtype, want.dtype)
            np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
    return found
