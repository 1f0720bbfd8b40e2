"""
Records quantised models of other tools, in `test/conversion/onnx_import/recorded/quantised`.

    python -m stepwell.tools.record.quantised

Wants onnxruntime with onnx_ir, nncf and openvino. Two small networks with random weights, one of
convolutions and one of products, are quantised by each tool and in each of its forms. Beside each
model lie inputs, what onnxruntime computes of it without its optimisations, and what the original
gives.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper, parser

_RECORDED = (
    Path(__file__).parents[2] / "test" / "conversion" / "onnx_import" / "recorded" / "quantised"
)

_IMAGES = """
<ir_version: 8, opset_import: ["" : 17]>
images (float[1,3,16,16] x) => (float[1,10] y) {
  [stem] a = Conv <pads = [1,1,1,1], strides = [2,2]> (x, k0, b0)
  [stem_relu] a1 = Relu (a)
  [depthwise] d = Conv <group = 32, pads = [1,1,1,1]> (a1, k1, b1)
  [depthwise_relu] d1 = Relu (d)
  [project] p = Conv (d1, k2, b2)
  [skip] s = Add (a1, p)
  [pool] m = MaxPool <kernel_shape = [2,2], strides = [2,2]> (s)
  [mean] g = GlobalAveragePool (m)
  [flat] f = Flatten (g)
  [dense] y = Gemm <transB = 1> (f, w3, b3)
}
"""

_WORDS = """
<ir_version: 8, opset_import: ["" : 17]>
words (float[1,12,64] x) => (float[1,12,16] y) {
  [norm] n = LayerNormalization (x, scale, shift)
  [up] u = MatMul (n, w0)
  [up_bias] u1 = Add (u, b0)
  [relu] r = Relu (u1)
  [down] o = MatMul (r, w1)
  [sum] s = Add (o, x)
  [head] y = MatMul (s, w2)
}
"""

_SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    _IMAGES: {
        "k0": (32, 3, 3, 3), "b0": (32,), "k1": (32, 1, 3, 3), "b1": (32,),
        "k2": (32, 32, 1, 1), "b2": (32,), "w3": (10, 32), "b3": (10,),
    },
    _WORDS: {
        "scale": (64,), "shift": (64,), "w0": (64, 128), "b0": (128,), "w1": (128, 64),
        "w2": (64, 16),
    },
}  # fmt: skip


def _model(text: str) -> onnx.ModelProto:
    """A network with weights of a fixed seed."""
    rng = np.random.default_rng(len(text))
    model = parser.parse_model(text)
    for name, shape in _SHAPES[text].items():
        fan = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
        array = rng.standard_normal(shape) * (1.4 / np.sqrt(fan) if len(shape) > 1 else 0.2)
        array = array + (name == "scale")
        model.graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), name))
    return model


def _samples(model: onnx.ModelProto, count: int) -> list[dict[str, Any]]:
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    rng = np.random.default_rng(3)
    return [{"x": rng.standard_normal(shape).astype(np.float32)} for _ in range(count)]


class _Reader:
    """Samples as onnxruntime's quantiser reads them."""

    def __init__(self, samples: list[dict[str, Any]]):
        self.left = iter(samples)

    def get_next(self) -> Any:
        return next(self.left, None)


def _static(form: str, **more: Any) -> Callable[[Path, Path], None]:
    def made(source: Path, target: Path) -> None:
        tool: Any = import_module("onnxruntime.quantization")
        loader: Any = onnx
        tool.quantize_static(
            str(source),
            str(target),
            _Reader(_samples(loader.load(source), 16)),
            quant_format=getattr(tool.QuantFormat, form),
            per_channel=True,
            activation_type=tool.QuantType.QUInt8,
            weight_type=tool.QuantType.QInt8,
            **more,
        )

    return made


def _dynamic(source: Path, target: Path) -> None:
    tool: Any = import_module("onnxruntime.quantization")
    tool.quantize_dynamic(
        str(source), str(target), per_channel=True, weight_type=tool.QuantType.QInt8
    )


def _four_bits(source: Path, target: Path) -> None:
    tool: Any = import_module("onnxruntime.quantization.matmul_nbits_quantizer")
    loader: Any = onnx
    made = tool.MatMulNBitsQuantizer(loader.load(source), block_size=32, is_symmetric=False)
    made.process()
    made.model.save_model_to_file(str(target))


def _nncf(source: Path, target: Path) -> None:
    nncf: Any = import_module("nncf")
    files: Any = onnx
    model = files.load(source)
    data = nncf.Dataset(_samples(model, 16))
    files.save(nncf.quantize(model, data, subset_size=16), target)


CASES: dict[str, tuple[str, Callable[[Path, Path], None]]] = {
    "images_qdq": (_IMAGES, _static("QDQ")),
    "images_qoperator": (_IMAGES, _static("QOperator")),
    "images_nncf": (_IMAGES, _nncf),
    "words_qdq": (_WORDS, _static("QDQ")),
    "words_dynamic": (_WORDS, _dynamic),
    "words_four_bits": (_WORDS, _four_bits),
    "words_nncf": (_WORDS, _nncf),
}


def main() -> None:
    """Record all."""
    runtime: Any = import_module("onnxruntime")
    files: Any = onnx
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    _RECORDED.mkdir(parents=True, exist_ok=True)
    for name, (text, quantised) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "model.onnx", _RECORDED / f"{name}.onnx"
            files.save(_model(text), source)
            quantised(source, target)
            made = files.load(target)
            for node in made.graph.node:
                node.doc_string = ""  # places in the tool
            files.save(made, target)
            [sample] = _samples(made, 1)
            found, original = (
                runtime.InferenceSession(str(path), options).run(None, sample)[0]
                for path in (target, source)
            )
            np.savez(target.with_suffix(".npz"), **sample, y=found, original=original)


if __name__ == "__main__":
    main()
