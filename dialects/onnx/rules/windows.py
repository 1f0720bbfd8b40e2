"""What all operators that slide a window share: kernels, strides, dilations and pads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...framework.fit import Dim, Dims, refuse, require_count, require_least, require_one_of
from .form import Form

_AUTO_PADS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


@dataclass(frozen=True)
class Windows:
    """The window of a node over so many spatial dimensions, all attributes checked."""

    kernel: Sequence[Dim]
    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[int]
    auto_pad: str


def windows_of(form: Form, spatial: int, kernel: Sequence[Dim] | None) -> Windows:
    """The window of a node; `kernel` is that of the weights, if it has any.

    Raises `VerifyException` for attributes of another length or out of range.
    """
    auto_pad = form.text("auto_pad") or "NOTSET"
    require_one_of(auto_pad, _AUTO_PADS, "auto_pad")
    why = f"for {spatial} spatial dimensions"
    shape = form.integers("kernel_shape")
    if shape is not None:
        require_count(shape, spatial, "kernel_shape", why)
        require_least(shape, 1, "kernel_shape")
        if kernel is not None:
            differing = [(a, b) for a, b in zip(shape, kernel, strict=True) if b not in (a, None)]
            if differing and all(isinstance(b, int) for _, b in differing):
                refuse(f"kernel_shape is {shape}, the weights have {list(kernel)}")
    strides = form.integers("strides") or [1] * spatial
    dilations = form.integers("dilations") or [1] * spatial
    pads = form.integers("pads") or [0] * (2 * spatial)
    for values, count, least, name in (
        (strides, spatial, 1, "strides"),
        (dilations, spatial, 1, "dilations"),
        (pads, 2 * spatial, 0, "pads"),
    ):
        require_count(values, count, name, why)
        require_least(values, least, name)
    return Windows(kernel or shape or [None] * spatial, strides, dilations, pads, auto_pad)


def require_fit(windows: Windows, dims: Dims) -> None:
    """Windows that are not larger, by a stride or more, than what they slide over."""
    if windows.auto_pad.startswith("SAME"):
        return
    spatial = len(windows.strides)
    for axis, size in enumerate(dims[2:]):
        kernel, dilation = windows.kernel[axis], windows.dilations[axis]
        if not isinstance(size, int) or not isinstance(kernel, int):
            continue
        pads = 0
        if windows.auto_pad == "NOTSET":
            pads = windows.pads[axis] + windows.pads[axis + spatial]
        reach = (kernel - 1) * dilation + 1
        if (size + pads - reach) // windows.strides[axis] + 1 < 0:
            refuse(
                f"its window reaches over {reach} elements of axis {axis + 2}, which is larger "
                f"than the {size + pads} there are with pads"
            )
