"""Recurrent layers; the states that kernels change in place are further results."""

from __future__ import annotations

from ..table_functions import Function

OPERATORS: dict[str, Function] = {}
