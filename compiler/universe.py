"""
Our dialects and passes for xDSL's own tools: the entry point `xdsl.universe`.

`xdsl-opt`, and editors that use it, know every dialect and pass of ours by its name, except those
whose names xDSL has itself: a name may be there only once. So in `xdsl-opt` the dialects
`REPLACED` are xDSL's, without what ours add to them: `arith` on vectors, `memref.prefetch`,
resources of `builtin`. Levels 1 to 4 need none of that; level 5 wants `opt-tool`.
"""

from __future__ import annotations

from xdsl import dialects as xdsl_dialects
from xdsl import transforms as xdsl_transforms
from xdsl.ir import Dialect
from xdsl.universe import Universe

from ..dialects import get_all_dialects
from .passes import get_all_passes

_THEIR_DIALECTS = xdsl_dialects.get_all_dialects().keys()
_THEIR_PASSES = xdsl_transforms.get_all_passes().keys()

REPLACED = ("arith", "builtin", "memref")
"""Dialects of xDSL that `opt-tool` has in a wider form."""


def _engine() -> Dialect:
    """The `engine` dialect whose operations xDSL's `canonicalize` makes simpler."""
    from ..transforms.canonicalize import provide_patterns

    provide_patterns()
    return get_all_dialects()["engine"]()


_OURS = {n: f for n, f in get_all_dialects().items() if n not in _THEIR_DIALECTS}

UNIVERSE = Universe(
    all_dialects=_OURS | {"engine": _engine},
    all_passes={n: f for n, f in get_all_passes().items() if n not in _THEIR_PASSES},
)
"""What is ours alone."""
