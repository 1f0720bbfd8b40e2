"""`builtin` with dense resources that belong to one `Context`.

The bytes behind `dense_resource<name>` stand in the `dialect_resources` section at the end of a
file. xDSL keeps them on its one `builtin` dialect, so that they outlive every module of the
process; here each `Context` has a `builtin` of its own.
"""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import Builtin
from xdsl.ir import Dialect


class Resources(OpAsmDialectInterface):
    """The resources of one context by name, each as the hexadecimal digits of its text."""

    def clear(self) -> None:
        """Forget all of them, as before reading a file of its own."""
        self._blob_storage.clear()


def make_builtin() -> Dialect:
    """A new `builtin` dialect without resources."""
    return Dialect("builtin", list(Builtin.operations), list(Builtin.attributes), [Resources()])


def clear_resources(ctx: Context) -> None:
    """Forget the resources of all files read with `ctx` so far."""
    resources = ctx.get_dialect("builtin").get_interface(Resources)
    if resources is not None:
        resources.clear()
