"""Which converter makes the nodes of an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xdsl.ir import Operation, SSAValue

from ...dialects import engine
from .attention import convert_attention, convert_rotary
from .coded_weights import convert_decode
from .contractions import convert_conv, convert_conv_transpose, convert_matmul
from .control import convert_as_size
from .elementwise import convert_map
from .given import convert_assert, convert_iota, convert_reference, convert_size_values
from .indexing import convert_gather, convert_scatter
from .movement import (
    convert_broadcast,
    convert_concat,
    convert_pad,
    convert_pick,
    convert_reshape,
    convert_shuffle,
    convert_slice,
    convert_transpose,
)
from .nodes import Nodes
from .norms import convert_norm
from .recurrence import convert_recurrence
from .reductions import convert_reduce, convert_scan, convert_softmax, convert_top_k
from .windows import convert_pool, convert_resize

Converter = Callable[[Nodes, Any], Sequence[SSAValue]]
"""The nodes of an operation; gives its results. Raises `NoOnnxForm`."""

CONVERTERS: Mapping[type[Operation], Converter] = {
    engine.AsSizeOp: convert_as_size,
    engine.AssertOp: convert_assert,
    engine.AttentionOp: convert_attention,
    engine.BroadcastOp: convert_broadcast,
    engine.ConcatOp: convert_concat,
    engine.ConvOp: convert_conv,
    engine.ConvTransposeOp: convert_conv_transpose,
    engine.GatherOp: convert_gather,
    engine.IotaOp: convert_iota,
    engine.MapOp: convert_map,
    engine.MatmulOp: convert_matmul,
    engine.NormOp: convert_norm,
    engine.PadOp: convert_pad,
    engine.PickOp: convert_pick,
    engine.PoolOp: convert_pool,
    engine.RecurrenceOp: convert_recurrence,
    engine.ReduceOp: convert_reduce,
    engine.ReferenceOp: convert_reference,
    engine.ReshapeOp: convert_reshape,
    engine.ResizeOp: convert_resize,
    engine.DecodeOp: convert_decode,
    engine.RotaryOp: convert_rotary,
    engine.ScanOp: convert_scan,
    engine.ScatterOp: convert_scatter,
    engine.ShuffleOp: convert_shuffle,
    engine.SizeValuesOp: convert_size_values,
    engine.SliceOp: convert_slice,
    engine.SoftmaxOp: convert_softmax,
    engine.TopKOp: convert_top_k,
    engine.TransposeOp: convert_transpose,
}
