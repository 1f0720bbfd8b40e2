"""The operators of TensorFlow Lite: `table.json`, which `tools/schemas/tfl.py` writes."""

from __future__ import annotations

from pathlib import Path

from ..framework import SchemaTable

TABLE = SchemaTable(Path(__file__).with_name("table.json"))
