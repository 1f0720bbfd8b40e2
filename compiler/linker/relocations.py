"""The relocations of position-independent code: how each rewrites the bytes it points at.

S is the address of the symbol, A the addend, P the address that is patched, all as offsets into
the code image. Only rules whose outcome is the same wherever the image lies are here; the image
must start at a multiple of 4096, which every mapping does. There is no global offset table: code
that would load an address from one is turned into code that computes it, as the ABI provides for.

x86-64: https://gitlab.com/x86-psABIs/x86-64-ABI, "Relocation" and "Linker Optimization".
AArch64: https://github.com/ARM-software/abi-aa, "ELF for the Arm 64-bit Architecture".
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack_into, unpack_from

from .elf import InvalidObjectError, Machine

Patch = Callable[[bytearray, int, int, int], None]
"""`patch(image, P, S, A)` rewrites the bytes of `image` at P."""


def _signed(value: int, bits: int) -> int:
    """`value`, which must be representable in `bits` bits. Raises `InvalidObjectError`."""
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise InvalidObjectError(f"a distance of {value} bytes does not fit {bits} bits")
    return value


def _relative32(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """S + A - P, 32 bits."""
    pack_into("<i", image, place, _signed(symbol + addend - place, 32))


def _relative64(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """S + A - P, 64 bits."""
    pack_into("<q", image, place, symbol + addend - place)


def _x86_through_table(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """Replace an access through the global offset table by a direct one.

    mov foo@GOT(%rip), %reg => lea foo(%rip), %reg
    call *foo@GOT(%rip)     => addr32 call foo
    jmp *foo@GOT(%rip)      => jmp foo; nop
    """
    opcode, mode = image[place - 2], image[place - 1]
    if opcode == 0x8B:
        image[place - 2] = 0x8D
    elif (opcode, mode) == (0xFF, 0x15):
        image[place - 2 : place] = b"\x67\xe8"
    elif (opcode, mode) == (0xFF, 0x25):
        image[place - 2] = 0xE9
        image[place + 3] = 0x90
        place -= 1
    else:
        raise InvalidObjectError(
            f"instruction {opcode:02x} {mode:02x} reads an address from the global offset table"
        )
    _relative32(image, place, symbol, addend)


def _word(image: bytearray, place: int) -> int:
    (word,) = unpack_from("<I", image, place)
    return word


def _branch(bits: int, position: int) -> Patch:
    """S + A - P in words, in `bits` bits of the instruction from `position` on."""

    def patch(image: bytearray, place: int, symbol: int, addend: int) -> None:
        distance = _signed(symbol + addend - place, bits + 2) >> 2
        mask = (1 << bits) - 1
        word = _word(image, place) & ~(mask << position)
        pack_into("<I", image, place, word | (distance & mask) << position)

    return patch


def _set_adr(image: bytearray, place: int, value: int) -> None:
    value = _signed(value, 21)
    word = _word(image, place) & ~(0x3 << 29 | 0x7FFFF << 5)
    pack_into("<I", image, place, word | (value & 3) << 29 | (value >> 2 & 0x7FFFF) << 5)


def _adr(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """S + A - P of an `adr`."""
    _set_adr(image, place, symbol + addend - place)


def _adr_page(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """page(S + A) - page(P) of an `adrp`."""
    _set_adr(image, place, (symbol + addend >> 12) - (place >> 12))


def _low12(scale: int) -> Patch:
    """The low 12 bits of S + A, in units of `1 << scale` bytes, of an `add` or a load or store."""

    def patch(image: bytearray, place: int, symbol: int, addend: int) -> None:
        low = symbol + addend & 0xFFF
        if low & (1 << scale) - 1:
            raise InvalidObjectError(f"an access of {1 << scale} bytes is not aligned")
        word = _word(image, place) & ~(0xFFF << 10)
        pack_into("<I", image, place, word | low >> scale << 10)

    return patch


def _arm_through_table(image: bytearray, place: int, symbol: int, addend: int) -> None:
    """ldr xd, [xn, :got_lo12:foo] => add xd, xn, :lo12:foo; the `adrp` before it becomes foo's."""
    registers = _word(image, place) & 0x3FF
    pack_into("<I", image, place, 0x91000000 | registers)
    _low12(0)(image, place, symbol, addend)


PATCHES: dict[Machine, dict[int, Patch]] = {
    Machine.X86_64: {
        2: _relative32,  # PC32
        4: _relative32,  # PLT32
        9: _x86_through_table,  # GOTPCREL
        24: _relative64,  # PC64
        41: _x86_through_table,  # GOTPCRELX
        42: _x86_through_table,  # REX_GOTPCRELX
    },
    Machine.AARCH64: {
        260: _relative64,  # PREL64
        261: _relative32,  # PREL32
        273: _branch(19, 5),  # LD_PREL_LO19
        274: _adr,  # ADR_PREL_LO21
        275: _adr_page,  # ADR_PREL_PG_HI21
        277: _low12(0),  # ADD_ABS_LO12_NC
        278: _low12(0),  # LDST8_ABS_LO12_NC
        279: _branch(14, 5),  # TSTBR14
        280: _branch(19, 5),  # CONDBR19
        282: _branch(26, 0),  # JUMP26
        283: _branch(26, 0),  # CALL26
        284: _low12(1),  # LDST16_ABS_LO12_NC
        285: _low12(2),  # LDST32_ABS_LO12_NC
        286: _low12(3),  # LDST64_ABS_LO12_NC
        299: _low12(4),  # LDST128_ABS_LO12_NC
        311: _adr_page,  # ADR_GOT_PAGE
        312: _arm_through_table,  # LD64_GOT_LO12_NC
    },
}
"""The supported relocation types of each machine."""
