"""
The operators of the older format by the names of the newer: what each, its operands and its
attributes are called there.

Operands go by their own name in small letters (`Filter` is `filter`), the first two by position
where that is none; `ShapeTensor`, `ShapeTensorList` and the like are `shape_tensor`. What follows
is what has another name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...dialects.paddle.schemas import TABLE


@dataclass(frozen=True)
class Names:
    """One operator of the older format."""

    name: str
    """In the newer one."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attributes with another name, by that of the older format."""
    operands: Mapping[str, str] = field(default_factory=dict[str, str])


_AXES = {"axes": "axis"}
_LAYOUT = {"data_layout": "data_format"}
_REDUCED = {"dim": "axis", "keep_dim": "keepdim"}
_INTERP = {"Scale": "scale_tensor"}

NAMES: dict[str, Names] = {
    **{
        f"elementwise_{old}": Names(new)
        for old, new in (
            *(("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("div", "divide")),
            *(("max", "maximum"), ("min", "minimum"), ("pow", "elementwise_pow")),
            *(("mod", "remainder"), ("floordiv", "floor_divide")),
            *(("fmax", "fmax"), ("fmin", "fmin"), ("heaviside", "heaviside")),
        )
    },
    **{
        f"reduce_{kind}": Names(kind, _REDUCED)
        for kind in ("sum", "mean", "max", "min", "prod", "all", "any", "amax", "amin")
    },
    **{
        f"{kind}_interp{version}": Names(f"{kind}_interp", operands=_INTERP)
        for kind in ("nearest", "bilinear", "bicubic", "linear")
        for version in ("", "_v2")
    },
    "arg_max": Names("argmax"),
    "arg_min": Names("argmin"),
    "assign_value": Names("assign_value"),
    "batch_norm": Names("batch_norm", _LAYOUT),
    "sync_batch_norm": Names("batch_norm", _LAYOUT),
    "group_norm": Names("group_norm", _LAYOUT),
    "repeat_interleave": Names("repeat_interleave", {"dim": "axis"}),
    "affine_grid": Names(
        "affine_grid", operands={"Theta": "input", "OutputShape": "output_shape_tensor"}
    ),
    "roi_align": Names("roi_align", operands={"ROIs": "boxes", "RoisNum": "boxes_num"}),
    "set_value": Names(
        "set_value_with_tensor",
        operands={
            "Input": "x",
            "ValueTensor": "values",
            **{f"{n}sTensorList": f"{n.lower()}s_tensor" for n in ("Start", "End", "Step")},
        },
    ),
    "scatter": Names("scatter", operands={"Ids": "index"}),
    "brelu": Names("hardtanh"),
    "cast": Names("cast", {"out_dtype": "dtype"}),
    "crop_tensor": Names("crop", operands={"Shape": "shape_tensor", "Offsets": "offsets_tensor"}),
    "depthwise_conv2d": Names("depthwise_conv2d"),
    "dropout": Names("dropout", {"dropout_prob": "p", "dropout_implementation": "mode"}),
    "expand_as_v2": Names("expand_as"),
    "expand_v2": Names(
        "expand", operands={"Shape": "shape_tensor", "expand_shapes_tensor": "shape_tensor"}
    ),
    "fill_any_like": Names("full_like"),
    "fill_constant": Names("full"),
    "fill_constant_batch_size_like": Names("full_batch_size_like"),
    "fill_zeros_like": Names("zeros_like"),
    "flatten_contiguous_range": Names("flatten"),
    "grid_sampler": Names("grid_sample"),
    "hard_shrink": Names("hardshrink"),
    "hard_sigmoid": Names("hardsigmoid"),
    "hard_swish": Names("hardswish"),
    "increment": Names("increment", {"step": "value"}),
    "leaky_relu": Names("leaky_relu", {"alpha": "negative_slope"}),
    "lookup_table_v2": Names("embedding", operands={"Ids": "x", "W": "weight"}),
    "matmul_v2": Names("matmul", {"trans_x": "transpose_x", "trans_y": "transpose_y"}),
    "mean": Names("mean_all"),
    "mul": Names("matmul_with_flatten"),
    "one_hot_v2": Names(
        "one_hot", {"depth": "num_classes"}, operands={"depth_tensor": "num_classes_tensor"}
    ),
    "pad3d": Names("pad3d", {"value": "pad_value"}, {"Paddings": "paddings_tensor"}),
    "pool2d": Names("pool2d", {"ksize": "kernel_size"}),
    "max_pool2d_with_index": Names("max_pool2d_with_index", {"ksize": "kernel_size"}),
    "pow": Names("pow", {"factor": "y"}),
    "prelu": Names("prelu", operands={"Alpha": "alpha"}),
    "range": Names(
        "arange",
        operands={"Start": "start_tensor", "End": "end_tensor", "Step": "step_tensor"},
    ),
    "linspace": Names("linspace", operands={"Start": "start", "Stop": "stop", "Num": "number"}),
    "reshape2": Names("reshape", operands={"Shape": "shape_tensor"}),
    "reshape": Names("reshape", operands={"Shape": "shape_tensor"}),
    "rnn": Names("rnn"),
    "shape": Names("shape"),
    "size": Names("numel"),
    "squeeze2": Names("squeeze", _AXES),
    "squeeze": Names("squeeze", _AXES),
    "sum": Names("add_n", operands={"X": "inputs"}),
    "tile": Names("tile", operands={"RepeatTimes": "repeat_times_tensor"}),
    "top_k_v2": Names("topk", operands={"K": "k_tensor"}),
    "top_k": Names("topk", operands={"K": "k_tensor"}),
    "transpose2": Names("transpose", {"axis": "perm"}),
    "transpose": Names("transpose", {"axis": "perm"}),
    "unsqueeze2": Names("unsqueeze", _AXES),
    "unsqueeze": Names("unsqueeze", _AXES),
    "where_index": Names("nonzero"),
    "clip": Names("clip", operands={"Min": "min_tensor", "Max": "max_tensor"}),
    "gather": Names("gather", operands={"Axis": "axis_tensor"}),
    "softshrink": Names("softshrink", {"lambda": "threshold"}),
    "take_along_axis": Names(
        "take_along_axis", {"Axis": "axis"}, {"Input": "arr", "Index": "indices"}
    ),
    "put_along_axis": Names(
        "put_along_axis",
        {"Axis": "axis", "Reduce": "reduce"},
        {"Input": "arr", "Index": "indices", "Value": "values"},
    ),
    "index_select": Names("index_select", {"dim": "axis"}),
    "stanh": Names("stanh"),
    "p_norm": Names("p_norm"),
}
"""Operators with another name, or whose operands or attributes have one."""


MAIN_RESULTS = frozenset(("Out", "Output", "Y", "Result"))
"""What the older format calls the result that an operator is about."""


def names_of(type_: str) -> Names | None:
    """The names of an operator, None for one that is not supported."""
    known = NAMES.get(type_)
    if known is not None:
        return known
    return Names(type_) if type_ in TABLE else None


def operand_name(names: Names, parameter: str) -> str | None:
    """The formal parameter of an operand by what the older format calls it."""
    if parameter in names.operands:
        return names.operands[parameter]
    formals = [formal.name for formal in TABLE.schema(names.name).inputs]
    small = snake(parameter)
    for choice in (small, small.removesuffix("_list"), f"{small}_tensor"):
        if choice in formals:
            return choice
    return formals[0] if parameter in ("X", "Input") and formals else None


def result_name(names: Names, parameter: str) -> str | None:
    """The formal parameter of a result; None for one that is of no use when a program runs."""
    formals = [formal.name for formal in TABLE.schema(names.name).outputs]
    small = snake(parameter)
    if small in formals:
        return small
    return formals[0] if parameter in MAIN_RESULTS else None


def snake(name: str) -> str:
    """`ShapeTensorList` is `shape_tensor_list`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
