"""Windows as the attributes of ONNX's convolutions and pools give them."""

from __future__ import annotations

from collections.abc import Sequence

from ....runtime.size import Extent
from ...to_engine.lowering import Lowering
from ...to_engine.vocabulary.windows import Window, same_pads


def window_of(
    lo: Lowering, extents: Sequence[Extent], kernel: Sequence[int], *, transposed: bool = False
) -> Window:
    """The window of the operation's attributes, its automatic padding worked out."""
    rank = len(extents)
    strides = tuple(lo.integers("strides") or [1] * rank)
    dilations = tuple(lo.integers("dilations") or [1] * rank)
    pads: tuple[Extent, ...] = tuple(lo.integers("pads") or [0] * (2 * rank))
    auto = lo.text("auto_pad", "NOTSET")
    if auto == "VALID":
        pads = (0,) * (2 * rank)
    elif auto in ("SAME_UPPER", "SAME_LOWER") and not transposed:
        more_before = auto == "SAME_LOWER"
        pads = same_pads(extents, kernel, strides, dilations, more_before=more_before)
    return Window(tuple(kernel), strides, pads, dilations)
