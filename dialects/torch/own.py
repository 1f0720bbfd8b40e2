"""Operations that stand for what torch has no operator for."""

from __future__ import annotations

from ..framework import ANY_TYPE, AttributeSpec, Formal, Kind, OpSchema, Option

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

_RESULTS = (Formal("results", ANY_TYPE, Option.VARIADIC, 0, homogeneous=False),)
_REGION = AttributeSpec(Kind.REGION, required=True)

COND = OpSchema(
    "torch.cond",
    "cond",
    "torch",
    inputs=(Formal("pred", ANY_TYPE),),
    outputs=_RESULTS,
    attributes={"then_branch": _REGION, "else_branch": _REGION},
    doc="""One of two regions, which read values from outside.

    ```mlir
    %y = torch.cond(%go) : (tensor<i1>) -> tensor<4xf32>
      then_branch() { torch.Yield %x : tensor<4xf32> }
      else_branch() { torch.Yield %z : tensor<4xf32> }
    ```
    """,
)

WHILE_LOOP = OpSchema(
    "torch.while_loop",
    "while_loop",
    "torch",
    inputs=(Formal("carried", ANY_TYPE, Option.VARIADIC, 0, homogeneous=False),),
    outputs=_RESULTS,
    attributes={"cond": _REGION, "body": _REGION},
    doc="""A body that is repeated while a condition on what it carries holds.

    Both regions take what is carried, and read other values from outside.

    ```mlir
    %n = torch.while_loop(%i) : (tensor<i64>) -> tensor<i64>
      cond(%a: tensor<i64>) {
        %go = torch.aten.lt.Scalar(%a) {other = 5} : (tensor<i64>) -> tensor<i1>
        torch.Yield %go : tensor<i1>
      } body(%b: tensor<i64>) {
        %next = torch.aten.add.Scalar(%b) {other = 1} : (tensor<i64>) -> tensor<i64>
        torch.Yield %next : tensor<i64>
      }
    ```
    """,
)

SCAN = OpSchema(
    "torch.scan",
    "scan",
    "torch",
    inputs=(
        Formal("init", ANY_TYPE, Option.VARIADIC, 0, homogeneous=False),
        Formal("xs", ANY_TYPE, Option.VARIADIC, 1, homogeneous=False),
    ),
    outputs=_RESULTS,
    attributes={"body": _REGION},
    doc="""A body for each slice of `xs` along the first axis, in order.

    The region takes what is carried and the slices; it yields what is carried on and rows. Results
    are what is carried at the end, and the rows, stacked.

    ```mlir
    %sum, %sums = torch.scan([%zero], [%x])
      : ([tensor<4xf32>], [tensor<7x4xf32>]) -> (tensor<4xf32>, tensor<7x4xf32>)
      body(%acc: tensor<4xf32>, %row: tensor<4xf32>) {
        %a = torch.aten.add.Tensor(%acc, %row) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
        torch.Yield %a, %a : tensor<4xf32>, tensor<4xf32>
      }
    ```
    """,
)

MAP = OpSchema(
    "torch.map",
    "map",
    "torch",
    inputs=(Formal("xs", ANY_TYPE, Option.VARIADIC, 1, homogeneous=False),),
    outputs=_RESULTS,
    attributes={"body": _REGION},
    doc="""A body for each slice of `xs` along the first axis; its results are stacked.

    ```mlir
    %y = torch.map(%x) : (tensor<7x4xf32>) -> tensor<7x4xf32>
      body(%row: tensor<4xf32>) {
        %r = torch.aten.sin.default(%row) : (tensor<4xf32>) -> tensor<4xf32>
        torch.Yield %r : tensor<4xf32>
      }
    ```
    """,
)

AS_SIZE = OpSchema(
    "torch.as_size",
    "as_size",
    "torch",
    inputs=(Formal("number", ANY_TYPE),),
    outputs=(Formal("result", ANY_TYPE),),
    attributes={
        "size": AttributeSpec(Kind.STRING, required=True),
        "at_most": AttributeSpec(Kind.INT),
        "where": AttributeSpec(Kind.STRINGS),
    },
    doc="""A number of the data that is a size: what the program calls it, and its bound, if any.

    The result is the number. It must not be negative, and `where` says what else must hold of it:
    sizes that are equal (`=`), or the first at most the second (`<=`).

    ```mlir
    %k = torch.as_size(%n) {at_most = 64, size = "u0", where = ["3 <= u0", "u0 <= N"]}
      : (tensor<i64>) -> tensor<i64>
    ```
    """,
)

OWN_SCHEMAS = {schema.name: schema for schema in (CONSTANT, COND, WHILE_LOOP, SCAN, MAP, AS_SIZE)}
"""Schemas by the name of the operation."""
