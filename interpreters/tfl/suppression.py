"""Suppression of boxes that overlap better ones."""

from __future__ import annotations

from ..table_functions import Function

OPERATORS: dict[str, Function] = {}
