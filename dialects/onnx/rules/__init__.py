"""
What a node must have beyond the types of its schema: axes that exist, sizes that fit, indices
within, words that are known. Each file holds the rules of a family of operators.

The rules come before the shape inference of the `onnx` package, which on some nodes that break
them runs forever or aborts the process.
"""

from __future__ import annotations

from functools import cache

from .attention import ATTENTION
from .axes import AXES
from .convolution import CONVOLUTION
from .einsum import EINSUM
from .form import Form, Rule
from .indices import INDICES
from .movement import MOVEMENT
from .normalization import NORMALIZATION
from .pooling import POOLING
from .products import PRODUCTS
from .quantization import QUANTIZATION
from .recurrence import RECURRENCE
from .sampling import SAMPLING
from .single import SINGLE
from .split import SPLIT
from .values import VALUES
from .words import WORDS

__all__ = ["Form", "Rule", "check_form", "rules"]

_TABLES = (
    AXES,
    ATTENTION,
    CONVOLUTION,
    EINSUM,
    INDICES,
    MOVEMENT,
    NORMALIZATION,
    POOLING,
    PRODUCTS,
    QUANTIZATION,
    RECURRENCE,
    SAMPLING,
    SINGLE,
    SPLIT,
    VALUES,
    WORDS,
)


@cache
def rules() -> dict[str, tuple[Rule, ...]]:
    """The rules of each operation by its name, in the order in which they are asked."""
    found: dict[str, tuple[Rule, ...]] = {}
    for table in _TABLES:
        for name, rule in table.items():
            found[name] = (*found.get(name, ()), rule)
    return found


def check_form(form: Form) -> None:
    """Raise `VerifyException` with the first rule that a node breaks."""
    for rule in rules().get(form.signature.schema.name, ()):
        rule(form)
