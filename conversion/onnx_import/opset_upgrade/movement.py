"""Version steps of operators that move data: shapes, slices, padding, resizing, gathering."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from .step import Step, StepRule, floats


def _concat_axis(step: Step) -> None:
    step.put("axis", step.take("axis", 1))


def _grid_sample_modes(step: Step) -> None:
    """bilinear, bicubic => linear, cubic"""
    mode = step.take("mode", "bilinear")
    step.put("mode", {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode))


def _one_hot_negative(step: Step) -> None:
    """Negative indices were out of range; now they count from the end.

    one_hot(i, depth, v) => one_hot(where(i < 0, depth, i), depth, v)
    """
    indices, depth = step.node.input[0], step.node.input[1]
    constant = step.constant_input(0)
    if constant is not None and (constant >= 0).all():
        return
    negative = step.add("Less", [indices, step.like(0, indices)])
    scalar = step.add("Reshape", [depth, step.integers([])])
    outside = step.add("CastLike", [scalar, indices])
    step.node.input[0] = step.add("Where", [negative, outside, indices])


def _pad_name(step: Step) -> None:
    step.put("pads", list(step.take("paddings")))


def _pad_inputs(step: Step) -> None:
    """pad(x) {pads, value} => pad(x, pads, value)"""
    step.attribute_to_input("pads", 1)
    value = float(step.take("value", 0.0))
    step.set_input(2, step.like(value, step.node.input[0]))


def _tile_repeats(step: Step) -> None:
    """One dimension was repeated; both numbers had the element type of the data.

    tile(x, count, axis) => tile(x, one_hot(axis, rank(x), [1, count]))
    """
    x, count, axis = step.node.input
    one, rank = step.integers([1]), step.add("Size", [step.add("Shape", [x])])
    wide = [step.add("Cast", [name], to=onnx.TensorProto.INT64) for name in (count, axis)]
    values = step.add("Concat", [one, step.add("Reshape", [wide[0], one])], axis=0)
    row = step.add("OneHot", [step.add("Reshape", [wide[1], one]), rank, values])
    del step.node.input[2:]
    step.node.input[1] = step.add("Reshape", [row, step.integers([-1])])


def _reshape_input(step: Step) -> None:
    """reshape(x) {shape} => reshape(x, shape)"""
    step.set_input(1, step.integers(step.take("shape", [])))


def _resize_10(step: Step) -> None:
    """resize(x, scales) => resize(x, none, scales) {asymmetric}

    The nearest element was the one before when enlarging and the one after when shrinking.
    """
    scales = step.constant_input(1)
    step.put("coordinate_transformation_mode", "asymmetric")
    chosen = step.attribute("nearest_mode") is not None
    if step.attribute("mode", "nearest") == "nearest" and not chosen:
        step.refuse_unless(scales is not None, "nearest mode needs constant scales")
        step.put("nearest_mode", _nearest_mode(step, scales))
    scales_name = step.node.input[1]
    del step.node.input[1:]
    step.set_input(2, scales_name)


def _nearest_mode(step: Step, scales: Any) -> str:
    if (scales >= 1).all():
        return "floor"
    step.refuse_unless(bool((scales <= 1).all()), "both enlarges and shrinks in nearest mode")
    return "ceil"


def _resize_13(step: Step) -> None:
    """`roi` and `scales` may be absent instead of empty."""
    step.refuse_unless(
        step.attribute("coordinate_transformation_mode") != "tf_half_pixel_for_nn",
        "coordinate_transformation_mode tf_half_pixel_for_nn has no newer form",
    )


def _resize_without_empty_inputs(step: Step) -> None:
    """An empty `roi`, `scales` or `sizes` is an absent one."""
    for at in range(1, len(step.node.input)):
        values = step.constant_input(at)
        if values is not None and values.size == 0:
            step.node.input[at] = ""
    while step.node.input and not step.node.input[-1]:
        step.node.input.pop()


def _scatter_elements(step: Step) -> None:
    step.node.op_type = "ScatterElements"


def _slice_inputs(step: Step) -> None:
    """slice(x) {starts, ends, axes} => slice(x, starts, ends, axes)"""
    for at, name in enumerate(("starts", "ends", "axes"), start=1):
        step.attribute_to_input(name, at)


def _split_input(step: Step) -> None:
    """split(x) {split} => split(x, split)"""
    step.attribute_to_input("split", 1)


def _split_1(step: Step) -> None:
    """Sizes came as an input or an attribute, and the first axis was the default."""
    if step.input(1):
        sizes = step.constant_input(1)
        step.refuse_unless(sizes is not None, "its sizes must be constant")
        step.put("split", [int(v) for v in np.asarray(sizes).reshape(-1)])
        del step.node.input[1:]
    step.put("axis", step.take("axis", 0))


def _split_count(step: Step) -> None:
    """Without sizes the number of parts must be said."""
    if not step.input(1):
        step.put("num_outputs", len(step.node.output))


def _axes_input(step: Step) -> None:
    step.attribute_to_input("axes", 1)


def _top_k_input(step: Step) -> None:
    """top_k(x) {k} => top_k(x, k)"""
    step.set_input(1, step.integers([step.take("k")]))


def _upsample_scales(step: Step) -> None:
    """height_scale, width_scale => scales = [1, 1, height, width]"""
    height, width = float(step.take("height_scale")), float(step.take("width_scale"))
    step.put("scales", [1.0, 1.0, height, width])
    mode = step.take("mode", "nearest")
    step.put("mode", "linear" if mode == "bilinear" else mode)


def _upsample_input(step: Step) -> None:
    """upsample(x) {scales} => upsample(x, scales)"""
    step.set_input(1, step.constant(floats(step.take("scales")), np.float32))


def _upsample_to_resize(step: Step) -> None:
    """upsample(x, scales) => resize(x, scales), which never shrinks

    The next step of `Resize` takes it from here.
    """
    step.node.op_type = "Resize"
    step.put("nearest_mode", "floor")


MOVEMENT_STEPS: dict[tuple[str, str, int], StepRule] = {
    ("", "Concat", 4): _concat_axis,
    ("", "GridSample", 20): _grid_sample_modes,
    ("", "OneHot", 11): _one_hot_negative,
    ("", "OptionalHasElement", 18): lambda step: None,
    ("", "Pad", 2): _pad_name,
    ("", "Pad", 11): _pad_inputs,
    ("", "Reshape", 5): _reshape_input,
    ("", "Resize", 0): _resize_without_empty_inputs,
    ("", "Resize", 11): _resize_10,
    ("", "Resize", 13): _resize_13,
    ("", "Scatter", 11): _scatter_elements,
    ("", "Slice", 10): _slice_inputs,
    ("", "Split", 2): _split_1,
    ("", "Split", 13): _split_input,
    ("", "Split", 18): _split_count,
    ("", "Squeeze", 13): _axes_input,
    ("", "Tile", 6): _tile_repeats,
    ("", "TopK", 10): _top_k_input,
    ("", "Unsqueeze", 13): _axes_input,
    ("", "Upsample", 7): _upsample_scales,
    ("", "Upsample", 9): _upsample_input,
    ("", "Upsample", 10): _upsample_to_resize,
}
"""Version 0 stands for a rule that tidies every node of the operator after the last step."""
