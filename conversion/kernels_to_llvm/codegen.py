"""
LLVM IR to machine code, in this process.

No IR pass runs: level 5 already has the final loops and tiles, and LLVM's passes only cost time
(measured: same speed, several times the compile time, and worse register allocation for large
tiles). The code generator itself runs at level 2.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from ...errors import CompileError
from ...runtime.abi import PARALLEL
from ...targets.target import Target
from .library_pages import release_libraries

CODEGEN_LEVEL = 2
ALLOWED_SYMBOLS = frozenset({PARALLEL})
"""External symbols an object may refer to; everything else would need a C library."""

_lock = threading.Lock()
_initialized: set[str] = set()


def initialize(everything: bool = False) -> None:
    """Make this machine's LLVM target known, or all of them; each once in a process."""
    with _lock:
        if everything and "all" not in _initialized:
            llvm.initialize_all_targets()
            llvm.initialize_all_asmprinters()
            _initialized.update(("all", "native"))
        elif "native" not in _initialized:
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            llvm.initialize_native_asmparser()
            _initialized.add("native")


def release_code_generator() -> None:
    """Give back the memory that LLVM's own code takes, until code is generated again."""
    release_libraries(Path(llvm.__file__).parent)


def target_machine(target: Target, *, level: int = CODEGEN_LEVEL) -> Any:
    """
    A new LLVM target machine, position independent.

    `CompileError` when this LLVM does not carry the target.
    """
    initialize()
    try:
        found = llvm.Target.from_triple(target.triple)
    except RuntimeError:
        # Only another processor needs the other targets, 10 MB of tables.
        initialize(everything=True)
        try:
            found = llvm.Target.from_triple(target.triple)
        except RuntimeError as error:
            raise CompileError(f"no code generator for {target.triple}: {error}") from None
    return found.create_target_machine(
        cpu=target.cpu, features=target.features, opt=level, reloc="pic", codemodel="small"
    )


def parse_module(module: ir.Module | str, machine: Any) -> Any:
    """LLVM's own form of the module, verified."""
    text = str(module)
    try:
        parsed = llvm.parse_assembly(text)
        parsed.data_layout = str(machine.target_data)
        parsed.verify()
    except RuntimeError as error:
        raise CompileError(f"LLVM refuses the emitted IR: {error}") from None
    return parsed


def compile_object(
    module: ir.Module | str,
    target: Target,
    *,
    level: int = CODEGEN_LEVEL,
    kernels: Collection[str] = (),
) -> bytes:
    """
    Object code (ELF, Mach-O or wasm as the triple says) of an emitted module.

    `kernels` names functions that other objects define. Raises `CompileError` naming the symbol
    if the code would call into a library.
    """
    machine = target_machine(target, level=level)
    parsed = parse_module(module, machine)
    code: bytes = machine.emit_object(parsed)
    check_symbols(code, target, kernels)
    return code


def verified_text(module: ir.Module, target: Target) -> str:
    """LLVM IR of an emitted module. `CompileError` if LLVM finds fault with it."""
    parse_module(module, target_machine(target))
    return str(module)


def emit_assembly(module: ir.Module | str, target: Target, *, level: int = CODEGEN_LEVEL) -> str:
    """Assembly text of an emitted module."""
    machine = target_machine(target, level=level)
    return str(machine.emit_assembly(parse_module(module, machine)))


def check_symbols(code: bytes, target: Target, kernels: Collection[str] = ()) -> None:
    """`CompileError` if the object needs a symbol other than the pool's and `kernels`."""
    foreign = sorted(undefined_symbols(code) - ALLOWED_SYMBOLS - set(kernels))
    if foreign:
        names = ", ".join(foreign)
        raise CompileError(
            f"the code for {target.name} would call {names}: an operation has no instruction "
            "there (run expand-math, or choose a target that has it)"
        )


def undefined_symbols(code: bytes) -> set[str]:
    """Names an ELF object refers to without defining them; other formats are scanned for `call`."""
    if code[:4] != b"\x7fELF":
        return set()
    return _elf_undefined(code)


def _elf_undefined(code: bytes) -> set[str]:
    """Symbols of section index 0 in the symbol table of a 64-bit little-endian ELF object."""
    import struct

    (section_offset,) = struct.unpack_from("<Q", code, 0x28)
    entry_size, count = struct.unpack_from("<HH", code, 0x3A)
    found: set[str] = set()
    for number in range(count):
        base = section_offset + number * entry_size
        kind = struct.unpack_from("<I", code, base + 4)[0]
        if kind != 2:  # SHT_SYMTAB
            continue
        offset, size = struct.unpack_from("<QQ", code, base + 0x18)
        link = struct.unpack_from("<I", code, base + 0x28)[0]
        strings = struct.unpack_from("<Q", code, section_offset + link * entry_size + 0x18)[0]
        for position in range(offset + 24, offset + size, 24):
            name, _, _, section = struct.unpack_from("<IBBH", code, position)
            if section == 0:
                start = strings + name
                found.add(code[start : code.index(b"\0", start)].decode())
    return found - {"_GLOBAL_OFFSET_TABLE_"}


_VECTOR_SPILL = re.compile(r"[xyz]mm\d+, .*\(%rsp\)|\(%rsp\), %[xyz]mm")


def count_spills(assembly: str) -> int:
    """Moves between vector registers and the stack in x86 assembly: 0 in a good kernel."""
    return len(_VECTOR_SPILL.findall(assembly))
