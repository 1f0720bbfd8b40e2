"""Version steps of layers: normalisation, recurrence, pooling, reductions, softmax."""

from __future__ import annotations

import numpy as np

from .step import Step, StepRule


def _needs_inference_mode(step: Step) -> None:
    """is_test = 1 is what these operators do now; is_test = 0 is training."""
    step.refuse_unless(step.take("is_test", 0) == 1, "is in training mode (is_test = 0)")


def _only_first_output(step: Step) -> None:
    """Drop outputs that only training has; refuse when somebody takes them."""
    used = [name for name in step.node.output[1:] if name and step.facts.is_used(name)]
    step.refuse_unless(not used, f"its training output '{used[0] if used else ''}' is used")
    del step.node.output[1:]


def _batch_norm_spatial(step: Step) -> None:
    step.refuse_unless(step.take("spatial", 1) == 1, "spatial = 0 has no newer form")


def _dropout_inputs(step: Step) -> None:
    """dropout(x) {ratio} => dropout(x, ratio); the mask of inference has no use"""
    _only_first_output(step)
    ratio = step.take("ratio", 0.5)
    step.set_input(1, step.constant(ratio, np.float32))


def _dropout_inference(step: Step) -> None:
    _needs_inference_mode(step)
    _only_first_output(step)


def _gru_direction(step: Step) -> None:
    """The default of version 1 was misspelt `foward`."""
    if step.attribute("direction", "foward") == "foward":
        step.put("direction", "forward")


def _no_output_sequence(step: Step) -> None:
    """Whether there is a first output says the same as this attribute did."""
    step.take("output_sequence")


def _gemm_broadcast(step: Step) -> None:
    """broadcast = 1 is what C does now; broadcast = 0 demanded the full shape, which fits too."""
    step.take("broadcast")


def _integer_order(step: Step) -> None:
    """p = 2.0 => p = 2"""
    order = float(step.take("p", 2.0))
    step.refuse_unless(order.is_integer(), f"p = {order} is not an integer")
    step.put("p", int(order))


def _lp_pool(step: Step) -> None:
    _integer_order(step)
    step.refuse_unless(step.attribute("kernel_shape") is not None, "has no kernel_shape")


def _axes_to_input(step: Step) -> None:
    """reduce(x) {axes} => reduce(x, axes)"""
    step.attribute_to_input("axes", 1)


def _flattening(step: Step) -> None:
    """These flattened to two dimensions at `axis`; now they act along `axis` alone.

    softmax(x) {axis} => reshape(softmax(flatten(x, axis)), shape(x)) if axis is not the last
    """
    axis = int(step.take("axis", 1))
    x, y = step.node.input[0], step.node.output[0]
    rank = step.facts.rank(x)
    if axis == -1 or (rank is not None and axis == rank - 1):
        step.put("axis", -1)
        return
    flat = step.add("Flatten", [x], axis=axis)
    shape = step.add("Shape", [x])
    inner = step.facts.fresh(y)
    step.node.input[0], step.node.output[0] = flat, inner
    step.put("axis", -1)
    step.follow("Reshape", [inner, shape], y, allowzero=1)


def _group_norm_per_channel(step: Step) -> None:
    """Scale and bias of each group become those of each channel.

    s => reshape(expand(unsqueeze(s, 1), [1, channels / groups]), [-1])
    """
    groups = step.constant([step.attribute("num_groups")], np.int64)
    channels = step.add("Shape", [step.node.input[0]], start=1, end=2)
    each = step.add("Div", [channels, groups])
    shape = step.add("Concat", [step.integers([1]), each], axis=0)
    for at in (1, 2):
        column = step.add("Unsqueeze", [step.node.input[at], step.integers([1])])
        wide = step.add("Expand", [column, shape])
        step.node.input[at] = step.add("Reshape", [wide, step.integers([-1])])


def _dft_axis(step: Step) -> None:
    """dft(x, n) {axis} => dft(x, n, axis)"""
    step.set_input(2, step.constant(int(step.take("axis", 1)), np.int64))


def _roi_align_half_pixel(step: Step) -> None:
    """Version 10 knew one coordinate mode, which is no longer the default."""
    step.put("coordinate_transformation_mode", "output_half_pixel")


def _label_encoder(step: Step) -> None:
    """One list of classes for both directions becomes a list of keys and a list of values."""
    classes = [c.decode() for c in step.take("classes_strings", [])]
    default_text = step.take("default_string", "_Unused")
    default_number = step.take("default_int64", -1)
    dtype = step.facts.dtype(step.node.input[0])
    step.refuse_unless(dtype is not None, "the element type of its input is not known")
    step.refuse_unless(bool(classes), "has no classes")
    numbers = list(range(len(classes)))
    if dtype == np.dtype(np.object_):
        step.put("keys_strings", classes)
        step.put("values_int64s", numbers)
        step.put("default_int64", default_number)
    else:
        step.put("keys_int64s", numbers)
        step.put("values_strings", classes)
        step.put("default_string", default_text)


def _as_it_is(step: Step) -> None:
    """The schemas differ in form (an input became optional, an operator deprecated) only."""


_REDUCTIONS = (
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSumSquare",
)

LAYER_STEPS: dict[tuple[str, str, int], StepRule] = {
    ("", "BatchNormalization", 7): _needs_inference_mode,
    ("", "BatchNormalization", 9): _batch_norm_spatial,
    ("", "BatchNormalization", 14): _only_first_output,
    ("", "DFT", 20): _dft_axis,
    ("", "Dropout", 7): _dropout_inference,
    ("", "Dropout", 12): _dropout_inputs,
    ("", "GRU", 3): _gru_direction,
    ("", "GRU", 7): _no_output_sequence,
    ("", "Gemm", 7): _gemm_broadcast,
    ("", "Gemm", 11): _as_it_is,
    ("", "GlobalLpPool", 2): _integer_order,
    ("", "GroupNormalization", 21): _group_norm_per_channel,
    ("", "Hardmax", 13): _flattening,
    ("", "LSTM", 7): _no_output_sequence,
    ("", "LogSoftmax", 13): _flattening,
    ("", "LpPool", 2): _lp_pool,
    ("", "RNN", 7): _no_output_sequence,
    ("", "ReduceSum", 13): _axes_to_input,
    **{("", op_type, 18): _axes_to_input for op_type in _REDUCTIONS},
    ("", "RoiAlign", 16): _roi_align_half_pixel,
    ("", "Softmax", 13): _flattening,
    ("ai.onnx.ml", "LabelEncoder", 2): _label_encoder,
    ("ai.onnx.ml", "TreeEnsembleClassifier", 5): _as_it_is,
    ("ai.onnx.ml", "TreeEnsembleRegressor", 5): _as_it_is,
}
