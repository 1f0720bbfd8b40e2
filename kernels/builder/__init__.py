"""
`KernelBuilder`: writes level 5 (`func`, `scf`, `vector`, `memref`, `arith`, `math`) from Python.

    b = KernelBuilder(Target.host())
    x, y = memref_type([n], f32), memref_type([n], f32)
    with b.function("relu", [INDEX, x, y], names=["chunk", "x", "y"]) as (chunk, x, y):
        def body(i, mask, _):
            b.vstore(b.relu(b.vload(x, [i], mask=mask)), y, [i], mask=mask)
        b.for_vectors(n, b.target.lanes(f32), body)
    b.module                                   # the ModuleOp

Indices and extents are `Index = int | Size | SSAValue` everywhere and fold while they are numbers
or sizes (`b.add(i, 16)`, `b.mul`, `b.floordiv`, `b.mod`, `b.ceildiv`, `b.min`, `b.max`,
`b.unflatten`). Sizes are made of parameters: `b.function(..., sizes=[p0])`.
Elementwise methods take scalars and vectors alike; a number becomes a constant of the other
operand's type, a scalar is broadcast to the other operand's lanes (`b.mulf(v, 0.5)`).
Whatever has no method goes through `b.apply(math.ExpOp, v)` or `b.add_op(op)`.

The methods live in five files, by what they build:

- `core.py`: `function`, `op`, `add_op`, `block`, `constant`
- `indices.py`: `call`, `ret`, `index`, `extent`, `number`, index arithmetic
- `values.py`: `apply`, floats, integers, `cmpf`, `cmpi`, `select`, `cast`, `bitcast`,
  `broadcast`, `splat`, `extract`, `insert`, `shuffle`, `transpose`, `reduce`, `mask`
- `memory.py`: `load`, `store`, `load_splat`, `prefetch`, `vload`, `vstore`, `gather`,
  `scatter`, `dim`, `view`, `subview`, `reshape`, `alloca`
- `control.py`: `loop`, `for_each`, `for_vectors`, `if_`, `if_else`, `while_`, `parallel`

`inline_region.py` writes a scalar region (an epilogue, the body of a map) at any width.
"""

from __future__ import annotations

from .control import BuilderControl, Loop
from .core import Index
from .types import (
    DYNAMIC,
    INDEX,
    constant_attribute,
    element_type,
    flags,
    lanes_of,
    mask_type,
    memref_type,
    row_major_strides,
    vector_type,
    with_lanes,
)
from .values import Operand

__all__ = [
    "DYNAMIC",
    "INDEX",
    "Index",
    "KernelBuilder",
    "Loop",
    "Operand",
    "constant_attribute",
    "element_type",
    "flags",
    "lanes_of",
    "mask_type",
    "memref_type",
    "row_major_strides",
    "vector_type",
    "with_lanes",
]


class KernelBuilder(BuilderControl):
    """Everything a kernel template needs; see the module docstring."""
