from __future__ import annotations

from typing import Any

FAST: dict[str, Any] = {}
