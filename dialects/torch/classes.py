"""The operation classes of the `torch` dialect."""

from __future__ import annotations

from functools import cache

from .. import framework
from .op import TorchOp
from .own import OWN_SCHEMAS
from .schemas import operators, schema_of


@cache
def op_class(operator: str) -> type[TorchOp] | None:
    """
    The class of an operator such as `aten.conv2d.default`, None for an unknown one.

    It is made when it is first asked for: a program uses a few of hundreds.
    """
    own = OWN_SCHEMAS.get(f"torch.{operator}")
    schema = schema_of(operator) if own is None else own
    return None if schema is None else framework.op_class(schema, TorchOp)


def op_classes() -> dict[str, type[TorchOp]]:
    """All operation classes by the name of the operation."""
    own = [name.partition(".")[2] for name in OWN_SCHEMAS]
    made = [op_class(operator) for operator in (*operators(), *own)]
    return {class_.name: class_ for class_ in made if class_ is not None}
