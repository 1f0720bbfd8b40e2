"""Recurrent layers: `recurrence`, with the cell as a scalar region."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerType, MemRefType, TensorType, UnitAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    opt_region_def,
    region_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import (
    SHAPED,
    EngineOp,
    broadcast_extents,
    element_of,
    extents_of,
    scalar_type,
    shape_of,
    tensor,
    verify_scalar_region,
)
from .size_questions import may_be_same
from .sizes import shape_text


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

    `lengths` `[B]` are integers: row `b` takes the steps `t < lengths[b]` only, in either
    direction. At the others its result is zero and its states stay as they are.

    With a `second_weight` `[H, G2*H]` a step has two products, one after the other. `weight` is
    `[H, G1*H]`, G = G1 + G2, and gives the recurrent gates of the first G1. The region `second`
    runs on the G input gates, these G1 recurrent gates, the states and the extras, and yields the
    operand `[B, H]` of the product with `second_weight`: the other G2 recurrent gates.

    ```mlir
    %ys, %h1 = engine.recurrence %g, %r init(%h0 : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
    ^bb0(%x: f32, %hr: f32, %h: f32):
      %0 = arith.addf %x, %hr : f32
      %1 = math.tanh %0 : f32
      engine.yield %1 : f32
    }
    ```

    A second product, of what the first one scales, in rows of their own lengths:

    ```mlir
    %ys, %h1 = engine.recurrence %g, %r init(%h0 : tensor<2x8xf32>) lengths(%n : tensor<2xi32>) second(%s : tensor<8x8xf32>) : tensor<5x2x16xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
    ^bb0(%x0: f32, %x1: f32, %first: f32, %last: f32, %h: f32):
      %0 = arith.addf %x1, %last : f32
      %1 = math.tanh %0 : f32
      engine.yield %1 : f32
    } second {
    ^bb0(%x2: f32, %x3: f32, %scaled: f32, %h2: f32):
      %2 = arith.addf %x2, %scaled : f32
      %3 = arith.mulf %2, %h2 : f32
      engine.yield %3 : f32
    }
    ```
    """

    name = "engine.recurrence"
    gates = operand_def(SHAPED)
    weight = operand_def(SHAPED)
    states = var_operand_def(SHAPED)
    extras = var_operand_def(SHAPED)
    lengths = opt_operand_def(SHAPED)
    second_weight = opt_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    reverse = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    cell = region_def("single_block")
    second = opt_region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$gates `,` $weight `init` `(` $states `:` type($states) `)`"
        " (`extra` `(` $extras^ `:` type($extras) `)`)?"
        " (`lengths` `(` $lengths^ `:` type($lengths) `)`)?"
        " (`second` `(` $second_weight^ `:` type($second_weight) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)?"
        " attr-dict `:` type($gates) `,` type($weight) (`->` type($res)^)? $cell"
        " (`second` $second^)?"
    )

    def __init__(
        self,
        gates: SSAValue,
        weight: SSAValue,
        states: Sequence[SSAValue],
        cell: Region,
        *,
        extras: Sequence[SSAValue] = (),
        lengths: SSAValue | None = None,
        second_weight: SSAValue | None = None,
        second: Region | None = None,
        reverse: bool = False,
        result_types: Sequence[Attribute] | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        if result_types is None:
            steps, batch = extents_of(gates)[:2]
            hidden, element = shape_of(weight)[0], element_of(gates)
            result_types = [
                tensor((steps, batch, hidden), element),
                *(tensor((batch, hidden), element) for _ in states),
            ]
        super().__init__(
            operands=[gates, weight, states, extras, lengths, second_weight, outs],
            properties={"reverse": UnitAttr() if reverse else None},
            result_types=[[] if outs else result_types],
            regions=[cell, second],
        )

    @property
    def hidden_size(self) -> int:
        return shape_of(self.weight)[0]

    @property
    def first_gate_count(self) -> int:
        """G1, the recurrent gates that `weight` gives."""
        return shape_of(self.weight)[1] // max(self.hidden_size, 1)

    @property
    def second_gate_count(self) -> int:
        """G2, the recurrent gates that `second_weight` gives; 0 without one."""
        if self.second_weight is None:
            return 0
        return shape_of(self.second_weight)[1] // max(self.hidden_size, 1)

    @property
    def gate_count(self) -> int:
        return self.first_gate_count + self.second_gate_count

    def alike(self) -> Sequence[SSAValue]:
        values = (self.gates, self.weight, *self.states, self.second_weight)
        return [v for v in values if v is not None]

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        steps, batch = extents_of(self.gates)[:2]
        return [(steps, batch, self.hidden_size)] + [(batch, self.hidden_size)] * len(self.states)

    def inferred_elements(self) -> list[Attribute]:
        return [element_of(self.gates)] * (1 + len(self.states))

    def flops(self) -> int:
        steps, batch = shape_of(self.gates)[:2]
        regions = [region for region in (self.cell, self.second) if region is not None]
        scalar = sum(len(list(region.block.ops)) - 1 for region in regions)
        products = self.gate_count * self.hidden_size**2
        return steps * batch * (2 * products + scalar * self.hidden_size)

    def verify_(self) -> None:
        gates, weight = extents_of(self.gates), shape_of(self.weight)
        if len(gates) != 3 or len(weight) != 2 or weight[0] == 0:
            raise VerifyException(
                f"'{self.name}' takes gates [T, B, G*H] and a weight [H, G*H], got {shape_text(gates)}"
                f" and {list(weight)}"
            )
        self._verify_weights()
        if not self.states:
            raise VerifyException(f"'{self.name}' needs at least the hidden state")
        state = (gates[1], weight[0])
        for value in self.states:
            if not _may_be(extents_of(value), state):
                raise VerifyException(
                    f"'{self.name}' state {shape_text(extents_of(value))}, expected {shape_text(state)}"
                )
        for value in self.extras:
            if not _may_be(broadcast_extents(extents_of(value), state), state):
                raise VerifyException(
                    f"'{self.name}' extra {shape_text(extents_of(value))} does not broadcast to"
                    f" {shape_text(state)}"
                )
        self._verify_lengths(gates[1])
        super().verify_()
        self._verify_regions()

    def _verify_weights(self) -> None:
        """The columns of both weights are those of the gates."""
        gates, weight = extents_of(self.gates), shape_of(self.weight)
        second = self.second_weight
        if (second is None) != (self.second is None):
            raise VerifyException(
                f"'{self.name}' needs both a second weight and its region, or neither"
            )
        columns = weight[1]
        fits = not weight[1] % max(weight[0], 1)
        found = f"weight {list(weight)}"
        if second is not None:
            other = shape_of(second)
            found = f"weights {list(weight)}, {list(other)}"
            fits = fits and len(other) == 2 and other[0] == weight[0]
            fits = fits and not other[1] % max(other[0], 1)
            columns += other[1] if fits else 0
        if not fits or not may_be_same(gates[2], columns):
            raise VerifyException(f"'{self.name}' gates {shape_text(gates)} and {found} do not fit")

    def _verify_lengths(self, batch: Extent) -> None:
        if self.lengths is None:
            return
        if not _may_be(extents_of(self.lengths), (batch,)):
            raise VerifyException(
                f"'{self.name}' lengths {shape_text(extents_of(self.lengths))}, expected [{batch}]"
            )
        if not isinstance(element_of(self.lengths), IntegerType):
            raise VerifyException(
                f"'{self.name}' lengths are {element_of(self.lengths)}, expected integers"
            )

    def _verify_regions(self) -> None:
        element = scalar_type(element_of(self.gates))
        others = [element] * len(self.states)
        others += [scalar_type(element_of(e)) for e in self.extras]
        arguments = [element] * (2 * self.gate_count)
        results = [element] * len(self.states)
        verify_scalar_region(self.name, self.cell, [*arguments, *others], results)
        if self.second is not None:
            arguments = [element] * (self.gate_count + self.first_gate_count)
            verify_scalar_region(self.name, self.second, [*arguments, *others], [element])


def _may_be(shape: Sequence[Extent], expected: Sequence[Extent]) -> bool:
    """Whether a shape is the expected one, or may be where sizes are open."""
    return len(shape) == len(expected) and all(map(may_be_same, shape, expected))
