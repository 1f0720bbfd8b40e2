"""The table from each engine operation to what it computes."""

from __future__ import annotations

from collections.abc import Callable

from ...dialects.engine import (
    AssertOp,
    AsSizeOp,
    AttentionOp,
    BroadcastOp,
    CodedMatmulOp,
    CompressOp,
    ConcatOp,
    ConvOp,
    ConvTransposeOp,
    DecodeOp,
    GatherOp,
    IotaOp,
    LookupOp,
    MapOp,
    MatmulOp,
    NonZeroOp,
    NormOp,
    PadOp,
    PickOp,
    PoolOp,
    RecurrenceOp,
    ReduceOp,
    RelayoutOp,
    ReshapeOp,
    ResizeOp,
    RotaryOp,
    ScanOp,
    ScatterOp,
    ShuffleOp,
    SizeValuesOp,
    SliceOp,
    SoftmaxOp,
    SuppressOp,
    TopKOp,
    TransposeOp,
    TreeEnsembleOp,
    WinogradOp,
)
from ...dialects.engine.base import EngineOp
from ...dialects.engine.weights import Array
from ...errors import StepwellError
from ..plugged import plugged_semantics, values_of
from .assertion import check
from .attention import attention
from .coded import coded_matmul, decode
from .contraction import conv, conv_transpose, matmul
from .data_sizes import as_size, compress, nonzero, suppress
from .elementwise import elementwise
from .lookup import lookup
from .movement import (
    broadcast,
    concat,
    gather,
    pad,
    pick,
    relayout,
    reshape,
    scatter,
    shuffle,
    slice_,
    transpose,
)
from .ordering import scan, top_k
from .recurrence import recurrence
from .reduction import norm, pool, reduce, softmax
from .resize import resize
from .rotary import rotary
from .size_numbers import iota, size_values
from .trees import tree_ensemble
from .winograd import winograd

SEMANTICS: dict[type[EngineOp], Callable[..., tuple[Array, ...]]] = {
    AsSizeOp: as_size,
    AttentionOp: attention,
    CodedMatmulOp: coded_matmul,
    CompressOp: compress,
    BroadcastOp: broadcast,
    AssertOp: check,
    ConcatOp: concat,
    ConvOp: conv,
    ConvTransposeOp: conv_transpose,
    DecodeOp: decode,
    ScanOp: scan,
    GatherOp: gather,
    IotaOp: iota,
    LookupOp: lookup,
    MapOp: elementwise,
    MatmulOp: matmul,
    NonZeroOp: nonzero,
    NormOp: norm,
    PadOp: pad,
    PoolOp: pool,
    RecurrenceOp: recurrence,
    ReduceOp: reduce,
    RelayoutOp: relayout,
    ReshapeOp: reshape,
    ResizeOp: resize,
    ScatterOp: scatter,
    PickOp: pick,
    RotaryOp: rotary,
    ShuffleOp: shuffle,
    SizeValuesOp: size_values,
    SliceOp: slice_,
    SoftmaxOp: softmax,
    SuppressOp: suppress,
    TopKOp: top_k,
    TransposeOp: transpose,
    TreeEnsembleOp: tree_ensemble,
    WinogradOp: winograd,
}
"""`(op, *logical operand arrays) -> logical result arrays`; results may be views of operands."""


def evaluate(op: EngineOp, *operands: Array) -> tuple[Array, ...]:
    """
    The logical results of one operation for logical operands, without its `outs`.

    Raises:
        StepwellError: for an operation of a plug-in without semantics.
    """
    own = SEMANTICS.get(type(op))
    if own is not None:
        return own(op, *operands)
    plugged = plugged_semantics().get(op.name)
    if plugged is None:
        raise StepwellError(f"nobody says what '{op.name}' means: no plug-in has its semantics")
    return values_of(plugged(op, *operands))
