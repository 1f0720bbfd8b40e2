"""
The `engine` dialect: what an inference program computes, in a small closed set of operations.

Level 2 works on tensors, level 3 adds layouts to their types, level 4 writes into memrefs. See
`docs/levels.md`.
"""

from xdsl.ir import Attribute, Dialect

from .assertion import AssertOp
from .attention import AttentionOp
from .base import YieldOp
from .coded import CodedMatmulOp, DecodeOp
from .constant import ConstantOp
from .contraction import ConvOp, ConvTransposeOp, MatmulOp
from .control import IfOp, ReferenceOp
from .data_sizes import AsSizeOp, CompressOp, NonZeroOp, SizeDefiningOp
from .elementwise import MapOp
from .indexing import GatherOp, ScatterOp
from .layout import LayoutAttr
from .lookup import LookupOp
from .loop import LoopOp
from .movement import (
    BroadcastOp,
    ConcatOp,
    PadOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from .pick import PickOp
from .plan import PlaceAttr, PlanAttr
from .recurrence import RecurrenceOp
from .reduction import NormOp, PoolOp, ReduceOp, SoftmaxOp
from .resize import ResizeOp
from .rotary import RotaryOp
from .scan import ScanOp
from .shuffle import ShuffleOp
from .size_facts import BroadcastRelationAttr, NameAttr, NamesAttr, RelationAttr
from .size_numbers import IotaOp, SizeValuesOp
from .sizes import ExtentsAttr, SizesAttr
from .suppression import SuppressOp
from .top_k import TopKOp
from .tree_ensemble import TreeEnsembleOp
from .view import ViewOp
from .weights import WeightAttr, WeightStore, weight_store
from .winograd import WinogradOp

OPERATIONS = [
    AsSizeOp,
    AttentionOp,
    CompressOp,
    BroadcastOp,
    AssertOp,
    CodedMatmulOp,
    ConcatOp,
    ConstantOp,
    ConvOp,
    ConvTransposeOp,
    DecodeOp,
    ScanOp,
    GatherOp,
    ReferenceOp,
    IfOp,
    IotaOp,
    LookupOp,
    LoopOp,
    MapOp,
    MatmulOp,
    NonZeroOp,
    NormOp,
    PadOp,
    PoolOp,
    RecurrenceOp,
    ReduceOp,
    RelayoutOp,
    ReshapeOp,
    ResizeOp,
    ScatterOp,
    PickOp,
    RotaryOp,
    ShuffleOp,
    SizeValuesOp,
    SliceOp,
    SoftmaxOp,
    SuppressOp,
    TopKOp,
    TreeEnsembleOp,
    TransposeOp,
    ViewOp,
    WinogradOp,
    YieldOp,
]


ATTRIBUTES: list[type[Attribute]] = [
    ExtentsAttr,
    LayoutAttr,
    NameAttr,
    NamesAttr,
    BroadcastRelationAttr,
    PlaceAttr,
    PlanAttr,
    RelationAttr,
    SizesAttr,
    WeightAttr,
]


def make_engine_dialect(store: WeightStore) -> Dialect:
    """A dialect object of its own for each context, because it carries the weight store."""
    return Dialect("engine", [*OPERATIONS], [*ATTRIBUTES], [store])


__all__ = [
    "ATTRIBUTES",
    "OPERATIONS",
    "AsSizeOp",
    "AssertOp",
    "AttentionOp",
    "BroadcastOp",
    "BroadcastRelationAttr",
    "CodedMatmulOp",
    "CompressOp",
    "ConcatOp",
    "ConstantOp",
    "ConvOp",
    "ConvTransposeOp",
    "DecodeOp",
    "ExtentsAttr",
    "GatherOp",
    "IfOp",
    "IotaOp",
    "LayoutAttr",
    "LookupOp",
    "LoopOp",
    "MapOp",
    "MatmulOp",
    "NameAttr",
    "NamesAttr",
    "NonZeroOp",
    "NormOp",
    "PadOp",
    "PickOp",
    "PlaceAttr",
    "PlanAttr",
    "PoolOp",
    "RecurrenceOp",
    "ReduceOp",
    "ReferenceOp",
    "RelationAttr",
    "RelayoutOp",
    "ReshapeOp",
    "ResizeOp",
    "RotaryOp",
    "ScanOp",
    "ScatterOp",
    "ShuffleOp",
    "SizeDefiningOp",
    "SizeValuesOp",
    "SizesAttr",
    "SliceOp",
    "SoftmaxOp",
    "SuppressOp",
    "TopKOp",
    "TransposeOp",
    "TreeEnsembleOp",
    "ViewOp",
    "WeightAttr",
    "WeightStore",
    "WinogradOp",
    "YieldOp",
    "make_engine_dialect",
    "weight_store",
]
