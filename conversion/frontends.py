"""The table of frontends, those of plug-ins included."""

from __future__ import annotations

from ..plugins import added
from .caffe_import.frontend import CAFFE_FRONTEND
from .frontend import Frontend
from .onnx_import.frontend import ONNX_FRONTEND
from .paddle_import.frontend import PADDLE_FRONTEND
from .stablehlo_import.frontend import STABLEHLO_FRONTEND
from .tfl_import.frontend import TFL_FRONTEND
from .torch_import.frontend import TORCH_FRONTEND


def frontends() -> dict[str, Frontend]:
    """All frontends by the name of their dialect; a plug-in's that cannot be made is left out."""
    own: dict[str, Frontend] = {
        "onnx": ONNX_FRONTEND,
        "caffe": CAFFE_FRONTEND,
        "paddle": PADDLE_FRONTEND,
        "stablehlo": STABLEHLO_FRONTEND,
        "tfl": TFL_FRONTEND,
        "torch": TORCH_FRONTEND,
    }
    return {**own, **added("frontends", own)}
