"""
Writes `dialects/paddle/table.json`, from the header of Paddle's operators.

    python -m stepwell.tools.schemas.paddle PATH/paddle/include/.../dialect/operator/ir/pd_op.h

The header is in the package `paddlepaddle`, made from its registry. Names are those of the newer
program format (PIR). An attribute that a program may also compute is an operand there; here it is
both, an attribute `axis` and operands `axis_tensor`, of which one vector stands for all numbers or
one scalar for each. Which operands are lists, and which may be absent, is not in the header.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parents[2] / "dialects" / "paddle" / "table.json"

VERSION = "3.3.1"

_NAMES = """
abs acos acosh add add_n addmm affine_channel affine_grid all amax amin any arange argmax argmin
argsort asin asinh assign atan atan2 atanh baddbmm batch_norm bicubic_interp bilinear_interp
bitwise_and bitwise_not bitwise_or bitwise_xor bmm broadcast_tensors cast ceil celu channel_shuffle
clip concat conv2d conv2d_transpose conv3d conv3d_transpose cos cosh crop cummax cummin cumprod
cumsum depthwise_conv2d depthwise_conv2d_transpose divide dot dropout elementwise_pow elu embedding
equal erf exp expand_as expm1 eye flatten flip floor floor_divide fmax fmin full
full_batch_size_like full_int_array full_like full_with_tensor gather gather_nd gelu greater_equal
greater_than grid_sample group_norm hardshrink hardsigmoid hardswish hardtanh heaviside index_sample
index_select instance_norm isfinite isinf isnan layer_norm leaky_relu lerp less_equal less_than
linear_interp linspace log log10 log1p log2 log_softmax logical_and logical_not logical_or
logical_xor logit logsigmoid logsumexp lrn masked_fill matmul matmul_with_flatten max
max_pool2d_with_index maximum maxout mean mean_all meshgrid min minimum mish multiply mv
nearest_interp nonzero not_equal numel one_hot ones_like p_norm pad pad3d pixel_shuffle
pixel_unshuffle pool2d pow prelu prod put_along_axis reciprocal relu relu6 remainder
repeat_interleave reshape rms_norm rnn roi_align roll round rsqrt scale scatter scatter_nd_add selu
shape shape64 share_data shuffle_channel sigmoid sign silu sin sinh slice softmax softplus
softshrink softsign split split_with_num sqrt square squared_l2_norm squeeze stack stanh
strided_slice subtract sum swish take_along_axis tan tanh tanh_shrink thresholded_relu tile topk
transpose tril triu trunc trunc_divide unbind unfold unsqueeze unstack where yolo_box zeros_like
"""

KEPT = _NAMES.split()
"""The operators that programs are made of when they run."""

LISTS = {
    "add_n.inputs", "broadcast_tensors.input", "broadcast_tensors.out", "concat.x",
    "meshgrid.inputs", "meshgrid.out", "rnn.pre_state", "rnn.weight_list", "rnn.state",
    "split.out", "split_with_num.out", "stack.x", "unbind.out", "unstack.y", "unstack.out",
    "nearest_interp.size_tensor", "bilinear_interp.size_tensor", "bicubic_interp.size_tensor",
    "linear_interp.size_tensor",
}  # fmt: skip
"""Operands and results that are lists."""

_MAYBE_EMPTY = frozenset(("weight_list", "pre_state", "state", "size_tensor"))

ABSENT = {
    "bias", "scale_of_norm", "out_size", "size_tensor", "scale_tensor", "sequence_length", "seed",
    "dropout_state_in", "rois_num", "boxes_num", "prior_dist", "norm_weight", "norm_bias",
    "residual", "quant_scale", "quant_shift", "quant_max_bound", "seed_tensor", "nms_rois_num",
    "mean_out", "variance_out", "saved_mean", "saved_variance", "reserve_space", "mask",
    "dropout_state_out", "reserve", "mid_out", "norm_out", "norm", "invvar", "variance", "mean",
}  # fmt: skip
"""Operands and results that may be absent, unless they are what the operator is about."""

_PART: dict[str, Any] = {
    name: ["ints", []] for name in ("starts", "ends", "steps", "axes", "decrease_axes", "none_axes")
}

MANUAL: dict[str, dict[str, Any]] = {
    "add_n": {"in": ["inputs+"], "out": ["out"]},
    "expand": {
        "in": ["x", "shape_tensor*"],
        "out": ["out"],
        "attr": {"shape": ["ints", []]},
    },
    "assign_value": {
        "in": [],
        "out": ["out"],
        "attr": {"shape": "ints", "dtype": "string", "values": "doubles"},
    },
    "set_value": {
        "in": ["x", "starts_tensor*", "ends_tensor*", "steps_tensor*"],
        "out": ["out"],
        "attr": {**_PART, "shape": ["ints", []], "values": ["doubles", []]},
    },
    "set_value_with_tensor": {
        "in": ["x", "values", "starts_tensor*", "ends_tensor*", "steps_tensor*"],
        "out": ["out"],
        "attr": _PART,
    },
    "increment": {"in": ["x"], "out": ["out"], "attr": {"value": ["double", 1.0]}},
}
"""Operators that the header writes by hand, or that take no part in it."""

PRESENT = {
    "batch_norm.mean", "batch_norm.variance", "masked_fill.mask", "affine_channel.bias",
}  # fmt: skip

_KINDS = {
    "int": "int",
    "int64_t": "int",
    "float": "double",
    "double": "double",
    "bool": "bool",
    "std::string": "string",
    "phi::DataType": "string",
    "phi::Scalar": "double",
    "Scalar": "double",
    "std::vector<int>": "ints",
    "std::vector<int64_t>": "ints",
    "std::vector<float>": "doubles",
    "std::vector<double>": "doubles",
    "std::vector<std::string>": "strings",
}

_DTYPES = {"FLOAT32": "float32", "FLOAT64": "float64", "INT64": "int64", "UNDEFINED": ""}


def _default(text: str, kind: str) -> Any:
    text = text.strip()
    if kind == "string":
        return _DTYPES.get(text.rpartition("::")[2], text.strip('"'))
    if kind == "bool":
        return text == "true"
    if kind in ("int", "double"):
        number = float(text.rstrip("f"))
        return int(number) if kind == "int" else number
    numbers = [float(n) for n in text.strip("{}").split(",") if n.strip()]
    return [int(n) for n in numbers] if kind == "ints" else numbers


def _formal(operator: str, name: str) -> str:
    key = f"{operator}.{name}"
    if key in LISTS:
        return f"{name}*" if name in _MAYBE_EMPTY else f"{name}+"
    optional = name in ABSENT or (operator.endswith("_norm") and name == "scale")
    is_main = name == "out" or key in PRESENT
    return f"{name}?" if optional and not is_main else name


def _row(operator: str, text: str) -> dict[str, Any]:
    """The operands, results and attributes that one class of the header has."""
    found = re.search(r"OperationArgument &argument,? ?(.*?)\);", text)
    places = re.findall(r"pir::Value (\w+)\(\) \{ return (operand_source|result)\(\d+\); \}", text)
    operands = [name for name, place in places if place == "operand_source"]
    results = [name for name, place in places if place == "result"]
    attributes: dict[str, Any] = {}
    given = "" if found is None else found[1]
    for part in re.split(r", (?=const |pir::|int|float|double|bool|phi::)", given):
        said = re.match(r"(?:const )?([\w:<>]+)&? (\w+)(?:=(.*))?$", part.strip())
        if said is None or said[1] == "pir::Value" or said[1] not in _KINDS:
            continue
        kind = _KINDS[said[1]]
        attributes[said[2]] = kind if said[3] is None else [kind, _default(said[3], kind)]
    computed = [name for name in operands if name in attributes]
    row: dict[str, Any] = {
        "in": [_formal(operator, name) for name in operands if name not in computed]
        + [f"{name}_tensor*" for name in computed],
        "out": [_formal(operator, name) for name in results],
    }
    if attributes:
        row["attr"] = attributes
    return row


def table(header: str) -> dict[str, Any]:
    """The whole table."""
    rows = dict(MANUAL)
    for text in re.split(r"\nclass ", header)[1:]:
        name = re.search(r'name\(\) \{ return "pd_op\.(\w+)"; \}', text)
        if name is not None and name[1] in KEPT:
            rows[name[1]] = _row(name[1], text)
    missing = set(KEPT) - rows.keys()
    if missing:
        raise SystemExit(f"the header has no {', '.join(sorted(missing))}")
    return {
        "dialect": "paddle",
        "framework": "PaddlePaddle",
        "source": "the operators of the package paddlepaddle",
        "version": VERSION,
        "enums": {},
        "operators": {name: rows[name] for name in sorted(rows)},
    }


def main() -> None:
    """Write the table, an operator a line."""
    made = table(Path(sys.argv[1]).read_text())
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(r)}" for n, r in made.pop("operators").items())
    head = ",\n".join(f"{json.dumps(n)}: {json.dumps(v)}" for n, v in made.items())
    _TABLE.parent.mkdir(exist_ok=True)
    _TABLE.write_text(f'{{\n{head},\n"operators": {{\n{rows}\n}}\n}}\n')


if __name__ == "__main__":
    main()
