"""Operations that stand for what torch has no operator for."""

from __future__ import annotations

from ..framework import ANY_TYPE, AttributeSpec, Formal, Kind, OpSchema

CONSTANT = OpSchema(
    "torch.Constant",
    "Constant",
    "torch",
    outputs=(Formal("result", ANY_TYPE),),
    attributes={"value": AttributeSpec(Kind.TENSOR, required=True)},
    doc="""A parameter, buffer or constant of the program.

    ```mlir
    %w = torch.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<4x3xf32>>
    ```
    """,
    constant=True,
)

OWN_SCHEMAS = {schema.name: schema for schema in (CONSTANT,)}
"""Schemas by the name of the operation."""
