"""What can be said: the dialects of all levels, and the `Context` that knows them.

Nothing is imported before an operation of a dialect is met: a tool that reads only `engine`
never pays for the schemas behind `onnx`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from xdsl.context import Context
from xdsl.ir import Dialect

from ..plugins import extend

DialectFactory = Callable[[], Dialect]


# Dialects taken from xDSL as they are: name -> module and symbol.
_XDSL = {
    "affine": ("affine", "Affine"),
    "bufferization": ("bufferization", "Bufferization"),
    "cf": ("cf", "Cf"),
    "complex": ("complex", "Complex"),
    "dlti": ("dlti", "DLTI"),
    "func": ("func", "Func"),
    "linalg": ("linalg", "Linalg"),
    "llvm": ("llvm", "LLVM"),
    "math": ("math", "Math"),
    "ml_program": ("ml_program", "MLProgram"),
    "pdl": ("pdl", "PDL"),
    "pdl_interp": ("pdl_interp", "PDLInterp"),
    "ptr_xdsl": ("ptr", "Ptr"),
    "scf": ("scf", "Scf"),
    "symref": ("symref", "Symref"),
    "tensor": ("tensor", "Tensor"),
    "test": ("test", "Test"),
    "transform": ("transform", "Transform"),
    "ub": ("ub", "UB"),
    "varith": ("varith", "Varith"),
    "vector": ("vector", "Vector"),
}


def _of_xdsl(module: str, symbol: str) -> DialectFactory:
    def load() -> Dialect:
        return getattr(import_module(f"xdsl.dialects.{module}"), symbol)

    return load


def _caffe() -> Dialect:
    from .caffe.dialect import Caffe

    return Caffe


def _onnx() -> Dialect:
    from .onnx.dialect import Onnx

    return Onnx


def _paddle() -> Dialect:
    from .paddle.dialect import Paddle

    return Paddle


def _torch() -> Dialect:
    from .torch.dialect import Torch

    return Torch


def _stablehlo() -> Dialect:
    from .stablehlo.dialect import StableHlo

    return StableHlo


def _chlo() -> Dialect:
    from .chlo.dialect import Chlo

    return Chlo


def _framework() -> Dialect:
    """Types that the dialects of all frameworks share."""
    from .framework.dialect import Framework

    return Framework


def _tfl() -> Dialect:
    """TensorFlow Lite."""
    from .tfl.dialect import Tfl

    return Tfl


def _arith() -> Dialect:
    """xDSL's `arith` with comparisons, selects and casts that take vectors."""
    from .vector_arith import VectorArith

    return VectorArith


def _memref() -> Dialect:
    """xDSL's `memref` with `memref.prefetch`."""
    from .memref_prefetch import MemRefWithPrefetch

    return MemRefWithPrefetch


def _vector_ext() -> Dialect:
    """Dot products of bytes."""
    from .vector_ext import VectorExt

    return VectorExt


def _builtin() -> Dialect:
    """A new `builtin` dialect: resources belong to one `Context`."""
    from .resources import make_builtin

    return make_builtin()


def _engine() -> Dialect:
    """A new `engine` dialect with an empty `WeightStore`: weights belong to one `Context`."""
    from .engine import make_engine_dialect
    from .engine.weights import WeightStore

    return make_engine_dialect(WeightStore())


def get_all_dialects() -> dict[str, DialectFactory]:
    """Factories of all dialects by name, those of plug-ins included."""
    own = {name: _of_xdsl(module, symbol) for name, (module, symbol) in _XDSL.items()}
    own |= {
        "arith": _arith,
        "builtin": _builtin,
        "caffe": _caffe,
        "chlo": _chlo,
        "engine": _engine,
        "framework": _framework,
        "memref": _memref,
        "onnx": _onnx,
        "paddle": _paddle,
        "tfl": _tfl,
        "stablehlo": _stablehlo,
        "torch": _torch,
        "vector_ext": _vector_ext,
    }
    return extend("dialects", own)


def make_context(*, allow_unregistered: bool = False) -> Context:
    """A `Context` that knows all dialects and has an empty `WeightStore` of its own."""
    context = Context(allow_unregistered=allow_unregistered)
    for name, factory in get_all_dialects().items():
        context.register_dialect(name, factory)
    return context
