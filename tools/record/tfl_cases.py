"""
The cases of TensorFlow Lite: values, options and quantisation of models of one operator.

What an operator gives is not said there but recorded.
"""

from __future__ import annotations

from . import (
    tfl_binary_cases,
    tfl_elementwise_cases,
    tfl_file_cases,
    tfl_layer_cases,
    tfl_movement_cases,
    tfl_selection_cases,
    tfl_state_cases,
)
from .tfl_case import Case, begin

FAMILIES = (
    *(tfl_elementwise_cases.unary, tfl_elementwise_cases.casts, tfl_binary_cases.binary),
    tfl_binary_cases.binary_bytes,
    *(tfl_layer_cases.layers, tfl_movement_cases.movement, tfl_selection_cases.selection),
    *(tfl_state_cases.recurrent, tfl_selection_cases.suppression, tfl_state_cases.control),
    *(tfl_layer_cases.spectra, tfl_layer_cases.hybrid, tfl_file_cases.files),
)


def cases(seed: int) -> list[Case]:
    """All cases, with numbers drawn from a seed."""
    begin(seed)
    return [case for family in FAMILIES for case in family()]
