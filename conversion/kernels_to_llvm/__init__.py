"""
Level 5 to level 6: kernels to machine code.

    module = emit_module(kernels, target)          # llvmlite.ir.Module
    code = compile_object(module, target)          # bytes of an object file
    text = emit_assembly(module, target)

`emitter.py` holds the table `EMIT` from op class to emitter; each dialect has a file that fills
it. `func.py` has functions and `emit_module`, `entry.py` the entry point of a program,
`parts.py` cuts a long `@main`, `parallel.py` outlines `scf.parallel`, `codegen.py` has what LLVM
does with the result, `pool_code.py` the machine code of the thread pool. Symbols, attributes and
the frame of a call are those of `runtime/abi.py`; none has another home. `opt-tool -t llvm` prints
what is emitted.
"""

from __future__ import annotations

from . import arith as _arith
from . import math as _math
from . import memref as _memref
from . import scf as _scf
from . import vector as _vector
from . import vector_ext as _vector_ext
from .codegen import (
    compile_object,
    count_spills,
    emit_assembly,
    undefined_symbols,
    verified_text,
)
from .emitter import EMIT
from .func import emit_module
from .narrow_floats import compute_in_f32

DIALECTS = (_arith, _math, _memref, _scf, _vector, _vector_ext)
"""The files that fill `EMIT` when they are imported."""

compute_in_f32(EMIT, (*_arith.ON_FLOATS, *_math.ON_FLOATS, *_vector.ON_FLOATS))

__all__ = [
    "DIALECTS",
    "EMIT",
    "compile_object",
    "count_spills",
    "emit_assembly",
    "emit_module",
    "undefined_symbols",
    "verified_text",
]
