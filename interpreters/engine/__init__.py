"""
What the `engine` dialect means, at its three levels, on numpy.

`SEMANTICS` maps each operation to a function of the operation and its logical (row-major)
operand arrays that gives its logical result arrays. `EngineFunctions` runs whole programs by it
on xDSL's interpreter.
"""

from __future__ import annotations

from .contraction import accumulating_in_f64
from .functions import EngineFunctions
from .poisoning import PoisonDeadBytes
from .semantics import SEMANTICS, evaluate

__all__ = ["SEMANTICS", "EngineFunctions", "PoisonDeadBytes", "accumulating_in_f64", "evaluate"]
