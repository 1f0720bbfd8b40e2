from __future__ import annotations

import onnx

from .problems import Problems


def upgrade_model(model: onnx.ModelProto, problems: Problems) -> None:
    pass
