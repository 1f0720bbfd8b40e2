"""What products may be computed in, by name."""

from __future__ import annotations

PRECISIONS = ("f32", "bf16")
"""`f32` is what models are computed in unless another is asked for."""
