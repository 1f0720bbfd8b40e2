"""Whether content is a TensorFlow Lite model, by the mark that its bytes have."""

from __future__ import annotations

IDENTIFIER = b"TFL3"
"""What bytes 4 to 8 of every file are."""


def starts_model(data: memoryview) -> bool:
    """Whether bytes are a TensorFlow Lite model, whole or damaged."""
    return bytes(data[4:8]) == IDENTIFIER
