"""Stepwell: a multi-level inference compiler in pure Python.

    engine = stepwell.compile("model.onnx")
    outputs = engine(images)
    engine.save("model.well")
    engine = stepwell.load("model.well")
    session = stepwell.InferenceSession("model.onnx")  # as onnxruntime spells it

`compile` takes a path, bytes or an `onnx.ModelProto`. Whatever is wrong with what is given raises
a `StepwellError`.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compiler.compile import compile
    from .compiler.inference_session import InferenceSession
    from .compiler.load import load
    from .compiler.options import Step
    from .compiler.quantize.quantize import quantize
    from .compiler.questions.bisect import bisect
    from .compiler.questions.explain import explain
    from .compiler.questions.extract import extract
    from .compiler.questions.memory import memory
    from .compiler.questions.optimize import optimize
    from .compiler.questions.why_not import why_not
    from .errors import StepwellError
    from .runtime.engine import Engine
    from .runtime.size_facts import Dim
    from .runtime.version import VERSION as __version__

__all__ = [
    "Dim",
    "Engine",
    "InferenceSession",
    "Step",
    "StepwellError",
    "__version__",
    "bisect",
    "compile",
    "explain",
    "extract",
    "load",
    "memory",
    "optimize",
    "quantize",
    "why_not",
]

# Imported when first asked for: the tools need some of these and start faster without the rest.
_HOMES = {
    "Dim": ".runtime.size_facts",
    "Engine": ".runtime.engine",
    "InferenceSession": ".compiler.inference_session",
    "Step": ".compiler.options",
    "StepwellError": ".errors",
    "compile": ".compiler.compile",
    "bisect": ".compiler.questions.bisect",
    "explain": ".compiler.questions.explain",
    "extract": ".compiler.questions.extract",
    "load": ".compiler.load",
    "memory": ".compiler.questions.memory",
    "optimize": ".compiler.questions.optimize",
    "quantize": ".compiler.quantize.quantize",
    "why_not": ".compiler.questions.why_not",
    "__version__": ".runtime.version",
}

_NAMES = {"__version__": "VERSION"}
"""What is called otherwise at home."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    # What modules define stays: looking for garbage in it is wasted time, 5 % of a small compile.
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 50, 1000)
    try:
        value = getattr(import_module(_HOMES[name], __name__), _NAMES.get(name, name))
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(f"{__name__}."):
            raise
        from .errors import NoCompilerError

        raise NoCompilerError(f"{__name__}.{name}") from error
    finally:
        gc.set_threshold(*thresholds)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
