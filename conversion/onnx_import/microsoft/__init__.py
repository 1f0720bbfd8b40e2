"""
Operators of the domain `com.microsoft`, which optimisers and quantisers of that family emit.

Each is put in the place of its node as what it means: nodes of the standard, which carry the name
of the node. The meanings are those of onnxruntime's documentation of its operators
(`docs/ContribOperators.md` in its repository), checked against that runtime.
"""

from .body import LHS_CODES, NoExpansionError, Operand
from .expansion import FOREIGN_DOMAIN, attributes_of, expanded, foreign_operators, is_expanded

__all__ = [
    "FOREIGN_DOMAIN",
    "LHS_CODES",
    "NoExpansionError",
    "Operand",
    "attributes_of",
    "expanded",
    "foreign_operators",
    "is_expanded",
]
