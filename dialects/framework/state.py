"""
State: values that a model keeps from one call to the next.

A mutated buffer, a resource variable or the cache of a streaming model is an argument and a result
of `@main`, after the model's own ones, and the attribute `state` says which result is the argument
of the next call, and what the argument is in the first one. At every level the function is one
without side effects; what calls it keeps the values.

```mlir
func.func @main(%x: tensor<4xf32>, %sum: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
    attributes {input_names = ["x", "sum"], output_names = ["y", "sum_after"],
                state = [#framework.state<"sum", argument = 1, result = 1>]} {
  %y = onnx.Add(%x, %sum) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %y, %y : tensor<4xf32>, tensor<4xf32>
}
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects.builtin import ArrayAttr, IntAttr, NoneAttr, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...runtime.abi import STATE
from ..engine.weights import ConstantAttr, WeightHolder
from .attributes import constant_type
from .element_types import stored
from .types import dims_of, element_of


@irdl_attr_definition
class StateAttr(ParametrizedAttribute, WeightHolder):
    """
    One value that is kept: the numbers of the argument and of the result of `@main`, counted among
    its inputs and its outputs, and the constant that it is at first; without one it is zeros.

    ```mlir
    #framework.state<"cache", argument = 2, result = 1, initial = dense<1.0> : tensor<4xf32>>
    ```
    """

    name = "framework.state"

    title: StringAttr
    argument: IntAttr
    result: IntAttr
    initial: Attribute

    @classmethod
    def of(
        cls, title: str, argument: int, result: int, initial: ConstantAttr | None = None
    ) -> Self:
        """The value `title`; messages and reports call it so."""
        first = NoneAttr() if initial is None else initial
        return cls(StringAttr(title), IntAttr(argument), IntAttr(result), first)

    @property
    def constants(self) -> Sequence[Attribute]:
        return () if isinstance(self.initial, NoneAttr) else (self.initial,)

    @property
    def first(self) -> ConstantAttr | None:
        """The constant it is at first, None for zeros."""
        return None if isinstance(self.initial, NoneAttr) else cast(ConstantAttr, self.initial)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            title = parser.parse_str_literal()
            numbers: list[Attribute] = []
            for word in ("argument", "result"):
                parser.parse_punctuation(",")
                parser.parse_keyword(word)
                parser.parse_punctuation("=")
                numbers.append(IntAttr(parser.parse_integer(allow_boolean=False)))
            initial: Attribute = NoneAttr()
            if parser.parse_optional_punctuation(",") is not None:
                parser.parse_keyword("initial")
                parser.parse_punctuation("=")
                initial = parser.parse_attribute()
        return [StringAttr(title), *numbers, initial]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string_literal(self.title.data)
            printer.print_string(f", argument = {self.argument.data}, result = {self.result.data}")
            if not isinstance(self.initial, NoneAttr):
                printer.print_string(", initial = ")
                printer.print_attribute(self.initial)

    def verify(self) -> None:
        if self.argument.data < 0 or self.result.data < 0:
            raise VerifyException("the numbers of argument and result count from 0")
        if not isinstance(self.initial, NoneAttr) and constant_type(self.initial) is None:
            raise VerifyException(f"initial is {self.initial}, expected a constant tensor")


def set_state(main: FuncOp, states: Sequence[StateAttr]) -> None:
    """
    Say what `main`, a function on tensors, keeps between calls; nothing for none.

    Raises `VerifyException` for what is wrong with it, see `verify_state`.
    """
    if states:
        main.attributes[STATE] = ArrayAttr(states)
        verify_state(main)


def state_of(main: FuncOp) -> tuple[StateAttr, ...]:
    """
    What a function keeps between calls.

    Raises `VerifyException` for an attribute that is something else.
    """
    found = main.attributes.get(STATE)
    if found is None:
        return ()
    listed = list(found) if isinstance(found, ArrayAttr) else [found]
    states = [state for state in listed if isinstance(state, StateAttr)]
    if len(states) != len(listed):
        raise VerifyException(f"{STATE} of @main must be an array of #framework.state")
    return tuple(states)


def verify_state(main: FuncOp) -> None:
    """
    Check that what a function on tensors keeps is an argument and a result of one static type.

    Raises `VerifyException`; the sizes of a result may not be known yet.
    """
    states = state_of(main)
    for what, names in (
        ("name", [state.title.data for state in states]),
        ("argument", [str(state.argument.data) for state in states]),
        ("result", [str(state.result.data) for state in states]),
    ):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise VerifyException(f"two states of @main have the {what} {twice}")
    for state in states:
        if (problem := _problem(state, main)) is not None:
            raise VerifyException(f"state '{state.title.data}' of @main {problem}")


def _problem(state: StateAttr, main: FuncOp) -> str | None:
    inputs, outputs = main.function_type.inputs.data, main.function_type.outputs.data
    argument, result = state.argument.data, state.result.data
    if argument >= len(inputs):
        return f"is argument {argument}, there are {len(inputs)}"
    if result >= len(outputs):
        return f"is result {result}, there are {len(outputs)}"
    type_ = inputs[argument]
    if not isinstance(type_, TensorType) or not type_.has_static_shape():
        return f"is of type {type_}, expected a tensor whose sizes are numbers"
    if not _fits(type_, outputs[result]):
        return f"is {type_} as an argument, but {outputs[result]} as a result"
    initial = constant_type(state.initial)
    if initial is not None and not _fits(type_, initial):
        return f"is {type_}, but {initial} at first"
    return None


def _fits(wanted: TensorType, given: Attribute) -> bool:
    """Whether two types are equal as far as the sizes of `given` are known."""
    element = element_of(given)
    if element is None or stored(element) != stored(wanted.element_type):
        return False
    dims = dims_of(given)
    return dims is None or (
        len(dims) == wanted.get_num_dims()
        and all(
            n == size or not isinstance(n, int)
            for n, size in zip(dims, wanted.get_shape(), strict=True)
        )
    )
