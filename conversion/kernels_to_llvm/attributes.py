"""Attributes of LLVM functions."""

from __future__ import annotations

from llvmlite import ir

from ...targets.target import Target


def add_attributes(function: ir.Function, target: Target) -> None:
    """Attributes of every function: no unwinding, no traps, full vector width."""
    width = target.vector_bits
    function.attributes.add("nounwind")
    # llvmlite checks names against a list; attributes with a value are added behind its back.
    # The processor itself is known to the target machine and need not stand on every function.
    for text in (
        f'"prefer-vector-width"="{width}"',
        f'"min-legal-vector-width"="{width}"',
        '"no-trapping-math"="true"',
    ):
        set[str].add(function.attributes, text)
