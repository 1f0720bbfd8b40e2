"""Operators that write into their first operand, as those that give a new value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from xdsl.ir import SSAValue

from ...dialects.framework import dims_of, element_of
from ...dialects.torch import Given

_IN_PLACE = re.compile(r"[A-Za-z0-9_]*[A-Za-z0-9]_")
_DUNDERS = {
    "__iand__": "bitwise_and",
    "__ior__": "bitwise_or",
    "__ixor__": "bitwise_xor",
    "__ilshift__": "bitwise_left_shift",
    "__irshift__": "bitwise_right_shift",
}
_IMPLEMENTATIONS = {"_index_put_impl_": "index_put", "index_put_": "index_put"}


@dataclass(frozen=True)
class Call:
    """What gives the new value: a call, or a value as it is."""

    operator: str = ""
    arguments: Mapping[str, Given] = field(default_factory=dict[str, "Given"])
    value: SSAValue | None = None


def is_in_place(name: str) -> bool:
    """Whether an operator of this name writes into its first operand: `add_`."""
    return name in _DUNDERS or bool(_IN_PLACE.fullmatch(name))


def functional_operator(operator: str) -> str | None:
    """
    The operator that gives what one such as `aten.add_.Tensor` writes; None for one that copies or
    fills, for which there are several.
    """
    parts = operator.split(".")
    if len(parts) != 3 or parts[1] in ("copy_", "zero_", "fill_"):
        return None
    namespace, name, overload = parts
    stem = _DUNDERS.get(name) or _IMPLEMENTATIONS.get(name) or name.removesuffix("_")
    return f"{namespace}.{stem}.{overload}"


def functional_call(
    operator: str, arguments: Mapping[str, Given], operand: SSAValue, dtype: str
) -> Call:
    """
    What gives the new value of the first operand of an operator such as `aten.add_.Tensor`.

    `operand` is that operand, `dtype` what torch calls its element type, which stays.
    """
    name = operator.split(".")[1]
    if name == "copy_":
        return _copied(cast(SSAValue, arguments["src"]), operand, dtype)
    if name == "zero_":
        return Call("aten.zeros_like.default", {"self": operand})
    if name == "fill_" and isinstance(arguments.get("value"), bool | int | float):
        filled: dict[str, Given] = {"self": operand, "fill_value": arguments["value"]}
        return Call("aten.full_like.default", filled)
    if name == "fill_":
        return _copied(cast(SSAValue, arguments["value"]), operand, dtype)
    if name == "_index_put_impl_":
        arguments = {key: value for key, value in arguments.items() if key != "unsafe"}
    functional = functional_operator(operator)
    assert functional is not None
    return Call(functional, arguments)


def _copied(source: SSAValue, operand: SSAValue, dtype: str) -> Call:
    """Another tensor, repeated and converted as the operand needs it."""
    if source.type == operand.type:
        return Call(value=source)
    if element_of(source.type) != element_of(operand.type) and dims_of(source.type) == dims_of(
        operand.type
    ):
        return Call("aten._to_copy.default", {"self": source, "dtype": dtype})
    return Call("aten.copy.default", {"self": operand, "src": source})
