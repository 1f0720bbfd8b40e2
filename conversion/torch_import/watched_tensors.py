"""
Tensors that are constants of a program, and whether they are still what they were.

A tensor of torch changes in two ways: written in place, which its version counts, or by
`tensor.data = other`, which gives it other memory. Asking both of each parameter from Python takes
0.1 us apiece, more than a whole call of a small program for the 267 of a ResNet-50. So a loop in
machine code asks them of torch's own library, by two functions that it exports:
`at::TensorBase::_version` and, of its stable C interface, `aoti_torch_get_data_ptr`. Where a build
of torch has not got them, Python asks.

Nothing here imports torch; the tensors bring it.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter, is_, methodcaller
from pathlib import Path
from typing import Any

import numpy as np

from ...targets.target import Target
from ..kernels_to_llvm.codegen import target_machine

_VERSION = attrgetter("_version")
_ADDRESS = methodcaller("data_ptr")

_FUNCTIONS = (
    "_ZNK2at10TensorBase8_versionEv",
    "aoti_torch_get_data_ptr",
    "aoti_torch_delete_tensor_object",
)

_LOOP = """
define i32 @unchanged(ptr %tensors, i64 %count, ptr %versions, ptr %addresses) {
entry:
  %slot = alloca ptr
  br label %next
next:
  %i = phi i64 [0, %entry], [%j, %same]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %ask, label %yes
ask:
  %at = getelementptr ptr, ptr %tensors, i64 %i
  %tensor = load ptr, ptr %at
  %version = call i64 inttoptr (i64 VERSION to ptr)(ptr %tensor)
  %version.at = getelementptr i64, ptr %versions, i64 %i
  %version.was = load i64, ptr %version.at
  %is.version = icmp eq i64 %version, %version.was
  br i1 %is.version, label %where, label %no
where:
  %failed = call i32 inttoptr (i64 ADDRESS to ptr)(ptr %tensor, ptr %slot)
  %address = load i64, ptr %slot
  %address.at = getelementptr i64, ptr %addresses, i64 %i
  %address.was = load i64, ptr %address.at
  %is.address = icmp eq i64 %address, %address.was
  %is.found = icmp eq i32 %failed, 0
  %is.same = and i1 %is.address, %is.found
  br i1 %is.same, label %same, label %no
same:
  %j = add i64 %i, 1
  br label %next
yes:
  ret i32 1
no:
  ret i32 0
}
"""


class WatchedTensors:
    """
    Some tensors, held, as they are now.

    None may be of `torch.inference_mode`: those have no version.
    """

    def __init__(self, tensors: Sequence[Any]):
        self.tensors = tuple(tensors)
        self._ask = self._asked_by_machine_code() or self._asked_by_python()

    def are(self, tensors: Sequence[Any]) -> bool:
        """Whether these are the same tensors, and nothing has changed their numbers."""
        return (
            len(tensors) == len(self.tensors)
            and all(map(is_, tensors, self.tensors))
            and bool(self._ask())
        )

    def _state(self) -> tuple[list[int], list[int]]:
        return list(map(_VERSION, self.tensors)), list(map(_ADDRESS, self.tensors))

    def _asked_by_python(self) -> Callable[[], bool]:
        before = self._state()
        return lambda: self._state() == before

    def _asked_by_machine_code(self) -> Callable[[], Any] | None:
        torch: Any = sys.modules.get("torch")
        if torch is None or not self.tensors:
            return None
        known = _loop(str(Path(torch.__file__).parent / "lib"))
        handles_of = getattr(torch._C, "_aoti", None)
        alloc = getattr(handles_of, "unsafe_alloc_void_ptrs_from_tensors", None)
        if known is None or alloc is None:
            return None
        loop, delete = known
        handles = np.array([_pointer(capsule) for capsule in alloc(list(self.tensors))], np.uint64)
        weakref.finalize(self, _delete_all, delete, handles)
        versions, addresses = (np.array(numbers, np.uint64) for numbers in self._state())
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (handles, versions, addresses)]
        count = ctypes.c_int64(len(handles))

        def ask(held: object = (handles, versions, addresses)) -> Any:
            return loop(pointers[0], count, *pointers[1:])

        return ask if ask() else None


def _pointer(capsule: Any) -> int:
    """What a capsule of a handle holds."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    pointer: int = get(capsule, None)
    return pointer


def _delete_all(delete: Any, handles: Any) -> None:
    for handle in handles:
        delete(ctypes.c_void_p(int(handle)))


@cache
def _loop(folder: str) -> tuple[Any, Any] | None:
    """The loop over handles and the function that deletes one, None where torch has no such."""
    import llvmlite.binding as llvm

    try:
        library = ctypes.CDLL(str(Path(folder) / "libtorch_cpu.so"))
        version, address, delete = (getattr(library, name) for name in _FUNCTIONS)
    except (OSError, AttributeError):
        return None
    machine = target_machine(Target.host())
    text = _LOOP
    for name, function in (("VERSION", version), ("ADDRESS", address)):
        text = text.replace(name, str(ctypes.cast(function, ctypes.c_void_p).value))
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    prototype = ctypes.PYFUNCTYPE(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p
    )
    loop: Any = prototype(engine.get_function_address("unchanged"))
    loop.engine = engine  # holds the code
    return loop, delete
