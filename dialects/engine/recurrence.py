"""Recurrent layers: `recurrence`, with the cell as a scalar region."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import MemRefType, TensorType, UnitAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    region_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from .base import (
    SHAPED,
    EngineOp,
    broadcast_shapes,
    element_of,
    scalar_type,
    shape_of,
    tensor,
    verify_scalar_region,
)


@irdl_op_definition
class RecurrenceOp(EngineOp):
    """
    A recurrent layer over time, one cell step per element of the first dimension of `gates`.

    `gates` `[T, B, G*H]` are the input projections with their biases, computed outside for all
    steps at once; `weight` `[H, G*H]` multiplies the hidden state, the first of `states`
    `[B, H]`. Each step computes `h . weight` and runs the scalar region for every batch row and
    unit `u` on: G input gates `gates[t, b, g*H + u]`, G recurrent gates
    `(h . weight)[b, g*H + u]`, the states, and the `extras` (broadcast to `[B, H]`); it yields
    the new states. Results: the hidden states `[T, B, H]` and every final state. `reverse` walks
    time backwards; results stay in input order.

    ```mlir
    %ys, %h1 = engine.recurrence %g, %r init(%h0 : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
    ^bb0(%x: f32, %hr: f32, %h: f32):
      %0 = arith.addf %x, %hr : f32
      %1 = math.tanh %0 : f32
      engine.yield %1 : f32
    }
    ```
    """

    name = "engine.recurrence"
    gates = operand_def(SHAPED)
    weight = operand_def(SHAPED)
    states = var_operand_def(SHAPED)
    extras = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    reverse = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    cell = region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$gates `,` $weight `init` `(` $states `:` type($states) `)`"
        " (`extra` `(` $extras^ `:` type($extras) `)`)? (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict `:` type($gates) `,` type($weight) (`->` type($res)^)? $cell"
    )

    def __init__(
        self,
        gates: SSAValue,
        weight: SSAValue,
        states: Sequence[SSAValue],
        cell: Region,
        *,
        extras: Sequence[SSAValue] = (),
        reverse: bool = False,
        result_types: Sequence[Attribute] | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        if result_types is None:
            steps, batch = shape_of(gates)[:2]
            hidden, element = shape_of(weight)[0], element_of(gates)
            result_types = [
                tensor((steps, batch, hidden), element),
                *(tensor((batch, hidden), element) for _ in states),
            ]
        super().__init__(
            operands=[gates, weight, states, extras, outs],
            properties={"reverse": UnitAttr() if reverse else None},
            result_types=[[] if outs else result_types],
            regions=[cell],
        )

    @property
    def hidden_size(self) -> int:
        return shape_of(self.weight)[0]

    @property
    def gate_count(self) -> int:
        return shape_of(self.weight)[1] // max(self.hidden_size, 1)

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        steps, batch = shape_of(self.gates)[:2]
        return [(steps, batch, self.hidden_size)] + [(batch, self.hidden_size)] * len(self.states)

    def inferred_elements(self) -> list[Attribute]:
        return [element_of(self.gates)] * (1 + len(self.states))

    def flops(self) -> int:
        steps, batch = shape_of(self.gates)[:2]
        cell = len(list(self.cell.block.ops)) - 1
        return steps * batch * (2 * prod(shape_of(self.weight)) + cell * self.hidden_size)

    def verify_(self) -> None:
        gates, weight = shape_of(self.gates), shape_of(self.weight)
        if len(gates) != 3 or len(weight) != 2:
            raise VerifyException(f"'{self.name}' takes gates [T, B, G*H] and a weight [H, G*H]")
        if gates[2] != weight[1] or weight[1] % max(weight[0], 1):
            raise VerifyException(
                f"'{self.name}' gates {list(gates)} and weight {list(weight)} do not fit"
            )
        if not self.states:
            raise VerifyException(f"'{self.name}' needs at least the hidden state")
        state = (gates[1], weight[0])
        for value in self.states:
            if shape_of(value) != state:
                raise VerifyException(
                    f"'{self.name}' state {list(shape_of(value))}, expected {list(state)}"
                )
        for value in self.extras:
            if broadcast_shapes(shape_of(value), state) != state:
                raise VerifyException(
                    f"'{self.name}' extra {list(shape_of(value))} does not broadcast to"
                    f" {list(state)}"
                )
        super().verify_()
        element = scalar_type(element_of(self.gates))
        arguments = [element] * (2 * self.gate_count + len(self.states))
        arguments += [scalar_type(element_of(e)) for e in self.extras]
        verify_scalar_region(self.name, self.cell, arguments, [element] * len(self.states))
