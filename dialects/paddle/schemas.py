"""The operators of Paddle, from the table beside this file."""

from __future__ import annotations

from pathlib import Path

from ..framework.schema_table import SchemaTable

TABLE = SchemaTable(Path(__file__).with_name("table.json"))
"""Made by `tools/schemas/paddle.py`."""
