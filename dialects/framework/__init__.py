"""
What the dialects of all frameworks share: operations made from a table of schemas, with one
assembly format and one verifier, and the types of their values.

The dialect `framework` has two operations of its own, a condition on data, and a size as a number.
Its types and attributes stand for what tensors of numbers cannot say: names of sizes that are not
known, sequences, optional values, maps, strings.

```mlir
%y = onnx.Relu(%x) {nodes = ["/relu"]}
  : (tensor<?x4xf32, #framework.dims<["batch", ""]>>)
  -> tensor<?x4xf32, #framework.dims<["batch", ""]>>
%s = onnx.SequenceConstruct(%y) : (tensor<?x4xf32>) -> !framework.seq<tensor<?x4xf32>>
```
"""

from __future__ import annotations

from .assertion import AssertOp
from .attribute_reader import AttributeReader
from .attributes import constant_type, property_of, value_of
from .classes import op_class
from .donation import DonationAttr, donations_of, verify_donations, why_not_donated
from .element_types import (
    ELEMENT_TYPES,
    PACKED,
    ElementType,
    StoredType,
    StringType,
    element_type_named,
    element_type_of_ir,
    element_type_of_numpy,
    stored,
)
from .op import FrameworkOp
from .schema import ANY_TYPE, AttributeSpec, AttributeValue, Formal, Kind, OpSchema, Option
from .schema_op import node_names
from .schema_table import SchemaTable, TableClasses
from .signature import Signature
from .size import SizeOp
from .state import StateAttr, set_state, state_of
from .types import (
    Dim,
    DimsAttr,
    MapType,
    OptionalType,
    SequenceType,
    StringsAttr,
    dims_of,
    element_of,
    ranked_tensor,
    size_of_text,
    stored_tensor,
    tensor_type,
    type_name,
)
from .yield_op import FrameworkYield

__all__ = [
    "ANY_TYPE",
    "ELEMENT_TYPES",
    "PACKED",
    "AssertOp",
    "AttributeReader",
    "AttributeSpec",
    "AttributeValue",
    "Dim",
    "DimsAttr",
    "DonationAttr",
    "ElementType",
    "Formal",
    "FrameworkOp",
    "FrameworkYield",
    "Kind",
    "MapType",
    "OpSchema",
    "Option",
    "OptionalType",
    "SchemaTable",
    "SequenceType",
    "Signature",
    "SizeOp",
    "StateAttr",
    "StoredType",
    "StringType",
    "StringsAttr",
    "TableClasses",
    "constant_type",
    "dims_of",
    "donations_of",
    "element_of",
    "element_type_named",
    "element_type_of_ir",
    "element_type_of_numpy",
    "node_names",
    "op_class",
    "property_of",
    "ranked_tensor",
    "set_state",
    "size_of_text",
    "state_of",
    "stored",
    "stored_tensor",
    "tensor_type",
    "type_name",
    "value_of",
    "verify_donations",
    "why_not_donated",
]
