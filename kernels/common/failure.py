"""How a kernel says that the data it was given is wrong."""

from __future__ import annotations

from xdsl.ir import SSAValue

from ..builder import KernelBuilder


def report(b: KernelBuilder, failed: SSAValue, status: SSAValue, code: SSAValue) -> None:
    """
    Store the number `code` of an error in `status` where `failed` holds.

    One that is there already stays: it is the cause. What is computed after an error may be
    anything, and fail for that reason alone.
    """
    with b.if_(failed):
        found = b.load(status, [0])
        b.store(b.select(b.cmpi("eq", found, 0), code, found), status, [0])
