"""Kernels as machine code in this process."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from stepwell.dialects import make_context
from stepwell.kernels.builder import DYNAMIC
from stepwell.kernels.template import Kernel
from stepwell.runtime.size import evaluated
from stepwell.targets.target import Target


def expand_math(module: ModuleOp) -> None:
    """Level 5 without `math` operations."""
    from stepwell.transforms.expand_math import ExpandMathPass

    ExpandMathPass().apply(make_context(), module)


class NativeKernel:
    """A compiled kernel, loaded into this process."""

    def __init__(self, module: ModuleOp, kernel: Kernel, target: Target):
        import llvmlite.binding as llvm

        from stepwell.conversion.kernels_to_llvm import compile_object, emit_module

        expand_math(module)
        self._types = _arguments_of(module)
        code = compile_object(emit_module(module, target), target)
        backing = llvm.parse_assembly("")
        machine = llvm.Target.from_triple(target.triple).create_target_machine()
        self._engine = llvm.create_mcjit_compiler(backing, machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.code = code
        self.kernel = kernel
        self.address = self.address_of("k")

    def address_of(self, name: str) -> int:
        """Where a function of the kernel's module lies."""
        address: int = self._engine.get_function_address(name)
        assert address, f"no function {name} in the object"
        return address

    def __call__(self, pointers: Sequence[int], code: int = 1, sizes: Sequence[int] = ()) -> int:
        """
        Run all chunks, scrambled; gives the error code the kernel stored (0: none).

        `sizes` are those of its parameters.
        """
        status = ctypes.c_int64(0)
        extra = [ctypes.addressof(status), code] if self.kernel.may_fail else []
        flat = [
            number
            for pointer, type in zip(pointers, self._types[1:], strict=False)
            for number in _passed(pointer, type)
        ]
        chunks = chunks_at(self.kernel, sizes)
        numbers = [*([] if isinstance(self.kernel.chunks, int) else [chunks]), *sizes]
        given = [*flat, *extra, *numbers]
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * (1 + len(given)))(self.address)
        order = np.random.default_rng(0).permutation(chunks)
        for chunk in order:
            call(int(chunk), *given)
        return status.value


def _arguments_of(module: ModuleOp) -> Sequence[Attribute]:
    for op in module.ops:
        if isinstance(op, FuncOp) and op.sym_name.data == "k":
            return op.function_type.inputs.data
    return ()


def _passed(pointer: int, type: Attribute) -> list[int]:
    """A buffer as it is passed: flat memory of open extent comes with one that nobody reads."""
    return (
        [pointer, 0] if isinstance(type, MemRefType) and DYNAMIC in type.get_shape() else [pointer]
    )


def chunks_at(kernel: Kernel, sizes: Sequence[int]) -> int:
    """The number of chunks where the parameters of a kernel are these sizes."""
    return evaluated(kernel.chunks, {f"p{n}": size for n, size in enumerate(sizes)})
