"""
The instruction sets of an x86-64 processor, from the processor itself.

Two functions of a few instructions ask it: `cpuid` what it has (Intel, "Architectures Software
Developer's Manual", volume 2A), `xgetbv` which registers the system saves when it switches between
threads (volume 1, chapter 13). An instruction set is there if both say so.
"""

from __future__ import annotations

import ctypes
import sys

from .code_memory import ExecutableCode
from .program import CodeImage, Symbol

_CPUID = bytes.fromhex(
    "53"  # push rbx, which belongs to the caller
    "4989d0"  # mov r8, rdx
    "89f8"  # mov eax, edi
    "89f1"  # mov ecx, esi
    "0fa2"  # cpuid
    "418900"  # mov [r8], eax
    "41895804"  # mov [r8 + 4], ebx
    "41894808"  # mov [r8 + 8], ecx
    "4189500c"  # mov [r8 + 12], edx
    "5b"  # pop rbx
    "c3"  # ret
)
"""`void (u32 leaf, u32 subleaf, u32 registers[4])` in the System V calling convention."""

_XGETBV = bytes.fromhex(
    "89f9"  # mov ecx, edi
    "0f01d0"  # xgetbv
    "48c1e220"  # shl rdx, 32
    "4809d0"  # or rax, rdx
    "c3"  # ret
)
"""`u64 (u32 number)`: an extended control register."""

EAX, EBX, ECX, EDX = range(4)

_OSXSAVE = (1, 0, ECX, 27)
"""The bit that says whether `xgetbv` exists."""

_AVX_STATE = 0x6  # XMM, and the upper halves of YMM
_AVX512_STATE = 0xE0  # mask registers, upper halves of ZMM, ZMM 16 to 31
_AMX_STATE = 0x60000  # configuration and data of tiles

_BITS = {
    # LLVM's name: leaf, subleaf, register, bit
    "sse3": (1, 0, ECX, 0),
    "ssse3": (1, 0, ECX, 9),
    "fma": (1, 0, ECX, 12),
    "sse4.1": (1, 0, ECX, 19),
    "sse4.2": (1, 0, ECX, 20),
    "movbe": (1, 0, ECX, 22),
    "popcnt": (1, 0, ECX, 23),
    "avx": (1, 0, ECX, 28),
    "f16c": (1, 0, ECX, 29),
    "bmi": (7, 0, EBX, 3),
    "avx2": (7, 0, EBX, 5),
    "bmi2": (7, 0, EBX, 8),
    "avx512f": (7, 0, EBX, 16),
    "avx512dq": (7, 0, EBX, 17),
    "avx512ifma": (7, 0, EBX, 21),
    "avx512cd": (7, 0, EBX, 28),
    "avx512bw": (7, 0, EBX, 30),
    "avx512vl": (7, 0, EBX, 31),
    "avx512vbmi": (7, 0, ECX, 1),
    "avx512vbmi2": (7, 0, ECX, 6),
    "gfni": (7, 0, ECX, 8),
    "avx512vnni": (7, 0, ECX, 11),
    "avx512bitalg": (7, 0, ECX, 12),
    "avx512vpopcntdq": (7, 0, ECX, 14),
    "avx512vp2intersect": (7, 0, EDX, 8),
    "amx-bf16": (7, 0, EDX, 22),
    "avx512fp16": (7, 0, EDX, 23),
    "amx-tile": (7, 0, EDX, 24),
    "amx-int8": (7, 0, EDX, 25),
    "avxvnni": (7, 1, EAX, 4),
    "avx512bf16": (7, 1, EAX, 5),
    "lzcnt": (0x80000001, 0, ECX, 5),
}

_WITH_AVX = ("avx", "avx2", "avxvnni", "f16c", "fma")
"""What works on YMM registers, beside those whose names begin with `avx512`."""


def x86_features() -> frozenset[str]:
    """The instruction sets of `_BITS` that this processor has and the system lets be used.

    For x86-64 processors only. Raises `StepwellError` where the system does not let a process
    make memory executable.
    """
    symbols = (Symbol("cpuid", 0, len(_CPUID)), Symbol("xgetbv", len(_CPUID), len(_XGETBV)))
    code = ExecutableCode(CodeImage("x86_64", "", (), _CPUID + _XGETBV, symbols))
    processor = _Processor(code)
    saved = processor.saved_state()
    return frozenset(
        name for name in _BITS if processor.has(_BITS[name]) and not _state_of(name) & ~saved
    )


class _Processor:
    """The processor, asked once for each leaf."""

    def __init__(self, code: ExecutableCode):
        self._code = code  # the memory that the functions are in
        registers = ctypes.POINTER(ctypes.c_uint32)
        type_ = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, registers)
        self._cpuid = type_(code.address_of("cpuid"))
        self._xgetbv = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint32)(code.address_of("xgetbv"))
        self._leaves: dict[tuple[int, int], tuple[int, ...]] = {}

    def has(self, bit: tuple[int, int, int, int]) -> bool:
        """Whether a bit of a leaf is set; one that the processor does not know has none."""
        leaf, subleaf, register, position = bit
        if leaf > self._ask(leaf & 0x80000000, 0)[EAX]:
            return False
        if leaf == 7 and subleaf > self._ask(7, 0)[EAX]:
            return False
        return bool(self._ask(leaf, subleaf)[register] >> position & 1)

    def saved_state(self) -> int:
        """The kinds of registers that the system saves, as XCR0 has them."""
        if not self.has(_OSXSAVE):
            return 0
        saved = int(self._xgetbv(0))
        if sys.platform == "darwin" and saved & _AVX_STATE == _AVX_STATE:
            saved |= _AVX512_STATE  # macOS saves these from a thread's first use of them on
        return saved

    def _ask(self, leaf: int, subleaf: int) -> tuple[int, ...]:
        if (leaf, subleaf) not in self._leaves:
            registers = (ctypes.c_uint32 * 4)()
            self._cpuid(leaf, subleaf, registers)
            self._leaves[leaf, subleaf] = tuple(registers)
        return self._leaves[leaf, subleaf]


def _state_of(feature: str) -> int:
    """The kinds of registers that an instruction set works on."""
    if feature.startswith("avx512"):
        return _AVX_STATE | _AVX512_STATE
    if feature.startswith("amx"):
        return _AMX_STATE
    return _AVX_STATE if feature in _WITH_AVX else 0
