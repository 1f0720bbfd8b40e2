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


def _of_xdsl(module: str, symbol: str) -> DialectFactory:
    def load() -> Dialect:
        return getattr(import_module(f"xdsl.dialects.{module}"), symbol)

    return load


def _onnx() -> Dialect:
    from .onnx.dialect import Onnx

    return Onnx


def _framework() -> Dialect:
    """Types that the dialects of all frameworks share."""
    from .framework.dialect import Framework

    return Framework


def _arith() -> Dialect:
    """xDSL's `arith` with comparisons, selects and casts that take vectors."""
    from .vector_arith import VectorArith

    return VectorArith


def _memref() -> Dialect:
    """xDSL's `memref` with `memref.prefetch`."""
    from .memref_prefetch import MemRefWithPrefetch

    return MemRefWithPrefetch


def _engine() -> Dialect:
    """A new `engine` dialect with an empty `WeightStore`: weights belong to one `Context`."""
    from .engine import make_engine_dialect
    from .engine.weights import WeightStore

    return make_engine_dialect(WeightStore())


def get_all_dialects() -> dict[str, DialectFactory]:
    """Factories of all dialects by name, those of plug-ins included."""
    own = {
        "arith": _arith,
        "builtin": _of_xdsl("builtin", "Builtin"),
        "cf": _of_xdsl("cf", "Cf"),
        "engine": _engine,
        "framework": _framework,
        "func": _of_xdsl("func", "Func"),
        "math": _of_xdsl("math", "Math"),
        "memref": _memref,
        "onnx": _onnx,
        "scf": _of_xdsl("scf", "Scf"),
        "tensor": _of_xdsl("tensor", "Tensor"),
        "test": _of_xdsl("test", "Test"),
        "ub": _of_xdsl("ub", "UB"),
        "vector": _of_xdsl("vector", "Vector"),
    }
    return extend("dialects", own)


def make_context(*, allow_unregistered: bool = False) -> Context:
    """A `Context` that knows all dialects and has an empty `WeightStore` of its own."""
    context = Context(allow_unregistered=allow_unregistered)
    for name, factory in get_all_dialects().items():
        context.register_dialect(name, factory)
    return context
