"""
The names of operands and results of TensorFlow Lite operators, which its file format does not have.

One line for each operator: its options (`-` where it has none), operands, results. Names are those
of the kernels' sources; `?` may be absent, `*` any number, `+` one or more. A state that a kernel
changes in place is an operand and a result.
"""

from __future__ import annotations

UNARY = (
    *("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "LOG", "LOGICAL_NOT", "LOGISTIC"),
    *("NEG", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "ROUND", "RSQRT", "SIGN", "SIN"),
    *("SQRT", "SQUARE", "TANH", "ZEROS_LIKE", "LOG_SOFTMAX", "DEQUANTIZE", "QUANTIZE", "CAST"),
    *("LEAKY_RELU", "GELU", "SOFTMAX", "L2_NORMALIZATION", "LOCAL_RESPONSE_NORMALIZATION"),
    *("RANK", "SHAPE", "DENSIFY", "IMAG", "REAL", "COMPLEX_ABS", "BITCAST", "BUCKETIZE", "WHERE"),
    *("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH"),
    *("FAKE_QUANT", "SQUEEZE", "MATRIX_DIAG"),
)
"""Operators from `input` to `output`."""

BINARY = (
    *("ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "POW", "SQUARED_DIFFERENCE"),
    *("MAXIMUM", "MINIMUM", "EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER"),
    *("GREATER_EQUAL", "LOGICAL_AND", "LOGICAL_OR", "ATAN2", "BITWISE_XOR", "RIGHT_SHIFT"),
)
"""Operators from `input1` and `input2` to `output`."""

REDUCING = (
    *("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"),
)
"""Operators from `input` and `axes` to `output`."""

_LSTM = """
  input input_to_input_weights? input_to_forget_weights input_to_cell_weights
  input_to_output_weights recurrent_to_input_weights? recurrent_to_forget_weights
  recurrent_to_cell_weights recurrent_to_output_weights cell_to_input_weights?
  cell_to_forget_weights? cell_to_output_weights? input_gate_bias? forget_gate_bias cell_gate_bias
  output_gate_bias projection_weights? projection_bias? output_state cell_state"""

_LSTM_NORMS = """
  input_layer_norm_coefficients? forget_layer_norm_coefficients? cell_layer_norm_coefficients?
  output_layer_norm_coefficients?"""


def _one_direction(prefix: str) -> str:
    """Weights of one direction of the bidirectional LSTM."""
    words = _LSTM.split()[1:-2]
    return " ".join(f"{prefix}_{word}" for word in words)


OPERANDS = f"""
CONV_2D: input filter bias? -> output
DEPTHWISE_CONV_2D: input filter bias? -> output
CONV_3D: input filter bias? -> output
CONV_3D_TRANSPOSE: output_shape filter input bias? -> output
TRANSPOSE_CONV: output_shape filter input bias? -> output
FULLY_CONNECTED: input filter bias? -> output
BATCH_MATMUL: x y -> output
CONCATENATION: values+ -> output
PACK: values+ -> output
UNPACK: input -> output+
ADD_N: inputs+ -> output
EMBEDDING_LOOKUP: lookup value -> output
EMBEDDING_LOOKUP_SPARSE: lookup indices dense_shape weights params -> output
HASHTABLE_LOOKUP: lookup keys values -> output hits
LSH_PROJECTION: hash input weight? -> output
SKIP_GRAM: input -> output
CONCAT_EMBEDDINGS: values+ -> output
RESHAPE: input shape? -> output
EXPAND_DIMS: input axis -> output
RESIZE_BILINEAR: input size -> output
RESIZE_NEAREST_NEIGHBOR: input size -> output
PAD: input paddings -> output
PADV2: input paddings constant_values -> output
MIRROR_PAD: input paddings -> output
GATHER: params indices -> output
GATHER_ND: params indices -> output
SCATTER_ND: indices updates shape -> output
BATCH_TO_SPACE_ND: input block_shape crops -> output
SPACE_TO_BATCH_ND: input block_shape paddings -> output
TRANSPOSE: input perm -> output
STRIDED_SLICE: input begin end strides -> output
SLICE: input begin size -> output
DYNAMIC_UPDATE_SLICE: operand update start_indices -> output
TILE: input multiples -> output
BROADCAST_TO: input shape -> output
BROADCAST_ARGS: shape1 shape2 -> output
SPLIT: axis input -> output+
SPLIT_V: input size_splits axis -> output+
TOPK_V2: input k -> values indices
ARG_MAX: input axis -> output
ARG_MIN: input axis -> output
PRELU: input alpha -> output
SELECT: condition x y -> output
SELECT_V2: condition x y -> output
ONE_HOT: indices depth on_value off_value -> output
FILL: dims value -> output
RANGE: start limit delta -> output
CUMSUM: input axis -> output
UNIQUE: input -> output indices
REVERSE_V2: input axes -> output
REVERSE_SEQUENCE: input seq_lengths -> output
MATRIX_SET_DIAG: input diagonal -> output
SPARSE_TO_DENSE: indices output_shape values default_value -> output
SEGMENT_SUM: input segment_ids -> output
UNSORTED_SEGMENT_SUM: input segment_ids num_segments -> output
UNSORTED_SEGMENT_PROD: input segment_ids num_segments -> output
UNSORTED_SEGMENT_MAX: input segment_ids num_segments -> output
UNSORTED_SEGMENT_MIN: input segment_ids num_segments -> output
NON_MAX_SUPPRESSION_V4: boxes scores max_output_size iou_threshold score_threshold
  -> selected_indices num_selected
NON_MAX_SUPPRESSION_V5: boxes scores max_output_size iou_threshold score_threshold soft_nms_sigma
  -> selected_indices selected_scores num_selected
RFFT2D: input fft_length -> output
RANDOM_UNIFORM: shape -> output
RANDOM_STANDARD_NORMAL: shape -> output
MULTINOMIAL: logits num_samples -> output
DILATE: input dilations padding_value -> output
REDUCE_WINDOW: input init_value window_shape window_strides window_dilations -> output
SVDF: input weights_feature weights_time bias? state -> output new_state
RNN: input weights recurrent_weights bias hidden_state -> output new_state
UNIDIRECTIONAL_SEQUENCE_RNN: input weights recurrent_weights bias hidden_state -> output new_state
BIDIRECTIONAL_SEQUENCE_RNN: input fw_weights fw_recurrent_weights fw_bias fw_hidden_state
  bw_weights bw_recurrent_weights bw_bias bw_hidden_state aux_input? fw_aux_weights?
  bw_aux_weights? -> fw_output bw_output? new_fw_state? new_bw_state?
LSTM: {_LSTM} {_LSTM_NORMS} -> output new_output_state? new_cell_state?
UNIDIRECTIONAL_SEQUENCE_LSTM: {_LSTM} {_LSTM_NORMS} -> output new_output_state new_cell_state
BIDIRECTIONAL_SEQUENCE_LSTM: input {_one_direction("fw")} {_one_direction("bw")}
  fw_output_state fw_cell_state bw_output_state bw_cell_state aux_input?
  -> fw_output bw_output? new_fw_output_state new_fw_cell_state new_bw_output_state
  new_bw_cell_state
IF: cond input* -> output*
WHILE: input* -> output*
HASHTABLE: -> table
HASHTABLE_FIND: table keys default_value -> values
HASHTABLE_IMPORT: table keys values ->
HASHTABLE_SIZE: table -> size
custom.TFLite_Detection_PostProcess: box_encodings class_predictions anchors
  -> detection_boxes detection_classes detection_scores num_detections
"""

IMPURE = frozenset(
    (
        *("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL", "HASHTABLE"),
        *("HASHTABLE_IMPORT", "HASHTABLE_FIND", "HASHTABLE_SIZE"),
    )
)
"""Operators that are neither merged nor dropped."""

REGIONS = {"IF": ("then_branch", "else_branch"), "WHILE": ("cond", "body")}
"""The subgraphs of operators, in the order of the fields that number them."""

CUSTOM_ATTRIBUTES: dict[str, dict[str, tuple[str, object]]] = {
    "custom.TFLite_Detection_PostProcess": {
        "max_detections": ("int!", None),
        "max_classes_per_detection": ("int!", None),
        "detections_per_class": ("int", 100),
        "use_regular_nms": ("bool", False),
        "nms_score_threshold": ("float!", None),
        "nms_iou_threshold": ("float!", None),
        "num_classes": ("int!", None),
        "y_scale": ("float!", None),
        "x_scale": ("float!", None),
        "h_scale": ("float!", None),
        "w_scale": ("float!", None),
    }
}
"""The options of custom operators, which are maps of FlexBuffers."""
