"""
Writes `dialects/caffe/table.json`, from the messages of Caffe's parameters.

    python -m stepwell.tools.schemas.caffe

No registry of layers can be installed: which operands a layer has is the list below; attributes
and their defaults are the fields of its parameter message (`conversion/caffe_import/messages.py`).
What may be said in two ways in a file is one attribute here: `kernel_h` and `kernel_w` are
`kernel_size`, `concat_dim` is `axis`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...conversion.caffe_import.messages import MESSAGES
from ...conversion.formats.protobuf_messages import described_lines

_TABLE = Path(__file__).parents[2] / "dialects" / "caffe" / "table.json"

LAYERS: dict[str, tuple[str, str, str]] = {
    "AbsVal": ("x", "y", ""),
    "ArgMax": ("x", "y", "ArgMax"),
    "Axpy": ("scale x y", "z", ""),
    "BN": ("x scale shift mean? variance?", "y", "BN"),
    "BNLL": ("x", "y", ""),
    "BatchNorm": ("x mean variance factor", "y", "BatchNorm"),
    "BatchReindex": ("x indices", "y", ""),
    "Bias": ("x bias", "y", "Bias"),
    "Clip": ("x", "y", "Clip"),
    "Concat": ("values+", "y", "Concat"),
    "Convolution": ("x weight bias?", "y", "Convolution"),
    "ConvolutionDepthwise": ("x weight bias?", "y", "Convolution"),
    "Crop": ("x reference", "y", "Crop"),
    "Deconvolution": ("x weight bias?", "y", "Convolution"),
    "DepthwiseConvolution": ("x weight bias?", "y", "Convolution"),
    "DetectionOutput": ("locations confidences priors", "detections", "DetectionOutput"),
    "Dropout": ("x", "y", "Dropout"),
    "ELU": ("x", "y", "ELU"),
    "Eltwise": ("values+", "y", "Eltwise"),
    "Embed": ("x weight bias?", "y", "Embed"),
    "Exp": ("x", "y", "Exp"),
    "Flatten": ("x", "y", "Flatten"),
    "HardSigmoid": ("x", "y", "HardSigmoid"),
    "Im2col": ("x", "y", "Convolution"),
    "InnerProduct": ("x weight bias?", "y", "InnerProduct"),
    "Interp": ("x reference?", "y", "Interp"),
    "LRN": ("x", "y", "LRN"),
    "LSTM": ("x cont weight bias recurrent", "h", "Recurrent"),
    "Log": ("x", "y", "Log"),
    "MVN": ("x", "y", "MVN"),
    "Mish": ("x", "y", ""),
    "Normalize": ("x scale", "y", "Normalize"),
    "PReLU": ("x slope", "y", "PReLU"),
    "Permute": ("x", "y", "Permute"),
    "Pooling": ("x", "y mask?", "Pooling"),
    "Power": ("x", "y", "Power"),
    "PriorBox": ("x image", "priors", "PriorBox"),
    "RNN": ("x cont weight bias recurrent output_weight output_bias", "o", "Recurrent"),
    "ROIPooling": ("x rois", "y", "ROIPooling"),
    "ReLU": ("x", "y", "ReLU"),
    "ReLU6": ("x", "y", ""),
    "Reduction": ("x", "y", "Reduction"),
    "Reshape": ("x", "y", "Reshape"),
    "SPP": ("x", "y", "SPP"),
    "Scale": ("x scale bias?", "y", "Scale"),
    "ShuffleChannel": ("x", "y", "ShuffleChannel"),
    "Sigmoid": ("x", "y", ""),
    "Silence": ("values+", "", ""),
    "Slice": ("x", "parts+", "Slice"),
    "Softmax": ("x", "y", "Softmax"),
    "Split": ("x", "copies+", ""),
    "Swish": ("x", "y", "Swish"),
    "TanH": ("x", "y", ""),
    "Threshold": ("x", "y", "Threshold"),
    "Tile": ("x", "y", "Tile"),
    "Upsample": ("x mask", "y", "Upsample"),
}
"""Operands, results and parameter message of each layer that nets are made of when they run."""

_SAID_OTHERWISE = frozenset(
    (
        *("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w", "concat_dim"),
        *("slice_dim", "use_global_stats", "moving_average_fraction", "nms_param", "debug_info"),
        *("img_h", "img_w", "step_h", "step_w", "scale_h", "scale_w"),
    )
)
"""Fields that are part of another attribute, or say nothing when a net runs."""

_OTHERWISE: dict[str, dict[str, Any]] = {
    "Convolution": {"kernel_size": "ints", "stride": "ints", "pad": "ints", "dilation": "ints"},
    "Pooling": {"kernel_size": "ints", "stride": "ints", "pad": "ints"},
    "PriorBox": {"img_size": "ints", "step": "floats"},
    "Reshape": {"shape": "ints!"},
    "DetectionOutput": {
        "nms_threshold": ["float", 0.3],
        "nms_top_k": ["int", -1],
        "eta": ["float", 1.0],
    },
    "Upsample": {"scale": "ints"},
}
"""Attributes of messages that have another form than their field, which is most often a list."""

_REQUIRED = frozenset(
    ("Convolution.num_output", "InnerProduct.num_output", "Embed.num_output", "Permute.order")
)

_KINDS = {"uint32": "int", "int32": "int", "int64": "int", "float": "float", "bool": "bool"}


def _attributes(
    layer: str, message: str, lines: dict[str, str], enums: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in filter(None, map(str.strip, lines[f"{message}Parameter"].split(";"))):
        head, word = text.split()[:2]
        name = head.partition("=")[0]
        kind, _, default = word.partition("=")
        repeated = kind.endswith("*")
        kind = kind.rstrip("*")
        if name in _SAID_OTHERWISE or (kind not in _KINDS and kind not in enums):
            continue
        known = _KINDS.get(kind, kind) + ("s" if repeated else "")
        if f"{message}.{name}" in _REQUIRED and layer != "Im2col":
            known += "!"
        found[name] = [known, _default(known, default)] if default else known
    return {**found, **_OTHERWISE.get(message, {})}


def _default(kind: str, text: str) -> Any:
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text)
    return float(text) if kind == "float" else text


def table() -> dict[str, Any]:
    """The whole table."""
    lines = described_lines(MESSAGES)
    enums = {
        head.split()[1]: {w.partition("=")[0]: int(w.partition("=")[2]) for w in body.split()}
        for head, body in lines.items()
        if head.startswith("enum ")
    }
    operators: dict[str, Any] = {}
    for name, (operands, results, message) in LAYERS.items():
        row: dict[str, Any] = {"in": operands.split(), "out": results.split()}
        attributes = _attributes(name, message, lines, enums) if message else {}
        if attributes:
            row["attr"] = attributes
        operators[name] = row
    specs: list[Any] = [s for row in operators.values() for s in row.get("attr", {}).values()]
    used = {str(spec if isinstance(spec, str) else spec[0]) for spec in specs}
    return {
        "dialect": "caffe",
        "framework": "Caffe",
        "source": "the parameter messages of BVLC Caffe and of its SSD branch",
        "version": "1.0",
        "enums": {name: words for name, words in enums.items() if name in used},
        "operators": operators,
    }


def main() -> None:
    """Write the table, an operator a line."""
    made = table()
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(r)}" for n, r in made.pop("operators").items())
    head = ",\n".join(f"{json.dumps(n)}: {json.dumps(v)}" for n, v in made.items())
    _TABLE.write_text(f'{{\n{head},\n"operators": {{\n{rows}\n}}\n}}\n')


if __name__ == "__main__":
    main()
