"""Branches, loops, calls, and what orders operations."""

from __future__ import annotations

from ..classes import FLAG, INT, SOME_STRUCT, STRING, STRUCT, hlo_op
from ..clauses import Word
from ..form import Form
from ..op import HloOp
from ..own_forms import COMPOSITE, CUSTOM_CALL
from ..region_forms import WHILE
from ..types_text import TypesText
from ..word_attributes import RngAlgorithmAttr, RngDistributionAttr

_FUNCTION = TypesText.FUNCTION

OPERATIONS: tuple[type[HloOp], ...] = (
    hlo_op(
        "stablehlo.if",
        "pred",
        "outputs*",
        """One of two branches.

        ```mlir
        %y = "stablehlo.if"(%p) ({
          stablehlo.return %a : tensor<4xf32>
        }, {
          stablehlo.return %b : tensor<4xf32>
        }) : (tensor<i1>) -> tensor<4xf32>
        ```
        """,
        None,
        regions=("true_branch", "false_branch"),
    ),
    hlo_op(
        "stablehlo.case",
        "index",
        "outputs*",
        """The branch with a number; the last one for a number that no branch has.

        ```mlir
        %y = "stablehlo.case"(%i) ({
          stablehlo.return %a : tensor<4xf32>
        }, {
          stablehlo.return %b : tensor<4xf32>
        }) : (tensor<i32>) -> tensor<4xf32>
        ```
        """,
        None,
        regions=("branches",),
        variadic_regions=True,
    ),
    hlo_op(
        "stablehlo.while",
        "inputs*",
        "outputs*",
        """Values that a body replaces for as long as a condition of them holds.

        ```mlir
        %y = stablehlo.while(%a = %x) : tensor<i32> cond {
          %p = stablehlo.compare LT, %a, %limit, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        } do {
          %n = stablehlo.add %a, %one : tensor<i32>
          stablehlo.return %n : tensor<i32>
        }
        ```
        """,
        WHILE,
        regions=("cond", "body"),
    ),
    hlo_op(
        "stablehlo.optimization_barrier",
        "inputs*",
        "outputs*",
        """The operands; what computes them is not mixed with what uses them.

        ```mlir
        %y = stablehlo.optimization_barrier %x : tensor<4xf32>
        ```
        """,
        Form(TypesText.OPERANDS),
    ),
    hlo_op(
        "stablehlo.custom_call",
        "inputs*",
        "outputs*",
        """A function that is known by its name alone.

        ```mlir
        %y = stablehlo.custom_call @Sharding(%x) {backend_config = ""} : (tensor<4xf32>) -> tensor<4xf32>
        ```
        """,
        CUSTOM_CALL,
        attributes={
            "call_target_name": STRING,
            "has_side_effect": FLAG,
            "backend_config": SOME_STRUCT,
            "api_version": SOME_STRUCT,
            "called_computations": SOME_STRUCT,
            "operand_layouts": SOME_STRUCT,
            "result_layouts": SOME_STRUCT,
            "output_operand_aliases": SOME_STRUCT,
            "result_tilings": SOME_STRUCT,
        },
        pure=False,
    ),
    hlo_op(
        "stablehlo.composite",
        "inputs*",
        "outputs*",
        """An operation that has a name and is defined by a function.

        ```mlir
        %y = stablehlo.composite "my.op" %x {decomposition = @my.op} : (tensor<4xf32>) -> tensor<4xf32>
        ```
        """,
        COMPOSITE,
        attributes={
            "name": STRING,
            "composite_attributes": SOME_STRUCT,
            "decomposition": STRUCT,
            "version": SOME_STRUCT,
        },
    ),
    hlo_op(
        "stablehlo.create_token",
        "",
        "result",
        """A token to begin with.

        ```mlir
        %t = stablehlo.create_token : !stablehlo.token
        ```
        """,
        Form(TypesText.RESULT),
    ),
    hlo_op(
        "stablehlo.after_all",
        "inputs*",
        "result",
        """A token after others.

        ```mlir
        %t = stablehlo.after_all %a, %b : !stablehlo.token
        ```
        """,
        Form(TypesText.SAME),
    ),
    hlo_op(
        "stablehlo.tuple",
        "inputs*",
        "result",
        """Several values as one.

        ```mlir
        %t = "stablehlo.tuple"(%x, %y) : (tensor<4xf32>, tensor<i32>) -> tuple<tensor<4xf32>, tensor<i32>>
        ```
        """,
        None,
    ),
    hlo_op(
        "stablehlo.get_tuple_element",
        "input",
        "result",
        """One of the values of a tuple.

        ```mlir
        %x = "stablehlo.get_tuple_element"(%t) <{index = 0 : i32}> : (tuple<tensor<4xf32>, tensor<i32>>) -> tensor<4xf32>
        ```
        """,
        None,
        attributes={"index": INT},
    ),
    hlo_op(
        "stablehlo.rng",
        "a, b, shape",
        "result",
        """Random numbers between two, or around a mean with a deviation.

        ```mlir
        %r = stablehlo.rng %a, %b, %shape, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>
        ```
        """,
        Form(_FUNCTION, (Word("distribution", "rng_distribution", RngDistributionAttr),)),
        attributes={"rng_distribution": STRUCT},
        pure=False,
    ),
    hlo_op(
        "stablehlo.rng_bit_generator",
        "initial_state",
        "output_state, output",
        """Random bits and the next state of their generator.

        ```mlir
        %t, %r = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)
        ```
        """,
        Form(_FUNCTION, (Word("algorithm", "rng_algorithm", RngAlgorithmAttr),)),
        attributes={"rng_algorithm": STRUCT},
    ),
)
