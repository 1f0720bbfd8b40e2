"""What each operation of `stablehlo` and `chlo` means."""

from __future__ import annotations

from ..table_functions import Table
from . import chlo, contraction, control, elementwise, indexing, movement, reduction

SEMANTICS: Table = {
    **elementwise.SEMANTICS,
    **movement.SEMANTICS,
    **contraction.SEMANTICS,
    **reduction.SEMANTICS,
    **indexing.SEMANTICS,
    **control.SEMANTICS,
    **chlo.SEMANTICS,
}
