"""Numbers of constants that code relies on, checked before code is made."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from ..dialects.engine import ConstantOp
from ..dialects.engine.base import EngineOp, names_of
from ..dialects.engine.weights import WeightStore
from ..errors import CompileError


def check_constants(module: ModuleOp, store: WeightStore) -> None:
    """
    Refuse operations whose constants their kernels would follow to where nothing is.

    Text of level 2 may come from anybody: its types and attributes are verified when it is read,
    the numbers of its constants here.

    Raises:
        CompileError: with the framework's name of the operation and what is wrong.
    """
    for op in module.walk():
        if not isinstance(op, EngineOp) or not op.CHECKS_NUMBERS:
            continue
        arrays = [
            store.array(value.owner.value) if isinstance(value.owner, ConstantOp) else np.zeros(0)
            for value in op.sources
        ]
        if (problem := op.number_problem(arrays)) is not None:
            nodes = ", ".join(names_of(op, "nodes")) or "without a name"
            raise CompileError(f"{op.name} of {nodes}: {problem}")
