"""Objects made of LLVM IR, and linking them as the compiler would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import pytest

from stepwell.compiler.linker.link import link
from stepwell.conversion.kernels_to_llvm.pool_code import emit_pool
from stepwell.runtime.program import CodeImage, ObjectCode


@pytest.fixture(scope="session")
def target_machine() -> Callable[..., Any]:
    """`target_machine(triple=host, cpu="")`, for position-independent code."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()

    def make(triple: str = "", cpu: str = "", reloc: str = "pic") -> Any:
        target = llvm.Target.from_triple(triple or llvm.get_process_triple())
        return target.create_target_machine(cpu=cpu, opt=2, reloc=reloc, codemodel="small")

    return make


@pytest.fixture(scope="session")
def emit(target_machine) -> Callable[..., ObjectCode]:
    """`emit(name, llvm_ir, machine=host)`: an object."""

    def make(name: str, text: str, machine: Any = None) -> ObjectCode:
        machine = machine or target_machine()
        module = llvm.parse_assembly(text)
        module.triple = machine.triple
        module.data_layout = str(machine.target_data)
        return ObjectCode(name, machine.emit_object(module))

    return make


@pytest.fixture(scope="session")
def link_texts(emit, target_machine) -> Callable[..., CodeImage]:
    """`link_texts(*llvm_ir)`: an image of them and the thread pool, for this machine."""

    def make(*texts: str) -> CodeImage:
        machine = target_machine()
        objects = [emit(f"object {index}", text) for index, text in enumerate(texts)]
        return link([*objects, emit_pool(machine)], triple=machine.triple)

    return make
