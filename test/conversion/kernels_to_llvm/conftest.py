"""Run a level-5 module natively, inside the test's process."""

import ctypes
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from stepwell.conversion.kernels_to_llvm import compile_object, emit_module
from stepwell.targets.target import Target

PARALLEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
TASK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)


class Native:
    """A loaded object; calling a function takes numpy arrays (their memory) and integers."""

    def __init__(self, module: ModuleOp, target: Target):
        self.code = compile_object(emit_module(module, target), target)
        empty = llvm.parse_assembly("")
        empty.triple = target.triple
        machine = llvm.Target.from_triple(target.triple).create_target_machine(
            jit=True, codemodel="jitdefault"
        )
        self.engine = llvm.create_mcjit_compiler(empty, machine)
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(self.code))
        self.engine.finalize_object()

    def call(self, name: str, *arguments: Any, result: Any = None) -> Any:
        """Call `name`; arrays must be contiguous or of the strides the memref type has."""
        types = [
            ctypes.c_void_p if isinstance(a, np.ndarray) else ctypes.c_int64 for a in arguments
        ]
        function = ctypes.CFUNCTYPE(result, *types)(self.engine.get_function_address(name))
        return function(*[a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments])


@pytest.fixture(scope="session")
def host() -> Target:
    """The machine the tests run on."""
    return Target.host()


@pytest.fixture(scope="session")
def native(host: Target) -> Callable[[ModuleOp], Native]:
    """`native(module)`: compile and load."""
    return lambda module: Native(module, host)


@pytest.fixture
def chunk_order() -> Any:
    """
    Defines `stepwell_parallel` in this process; gives the list of chunks it ran.

    Chunks run last to first, on one thread.
    """
    ran: list[int] = []

    def run(pool: int, task: int, captured: int, count: int) -> None:
        function = TASK(task)
        for chunk in reversed(range(count)):
            ran.append(chunk)
            function(captured, chunk)

    callback = PARALLEL(run)
    llvm.add_symbol("stepwell_parallel", ctypes.cast(callback, ctypes.c_void_p).value)
    yield ran
    del callback
