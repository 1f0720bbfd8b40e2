"""The linker, on objects as the code generator emits them; for AArch64 by decoding the outcome."""

from __future__ import annotations

import ctypes
import os
from struct import unpack_from

import pytest

from stepwell.compiler.linker.elf import InvalidObjectError, Machine, read_object
from stepwell.compiler.linker.link import link
from stepwell.conversion.kernels_to_llvm.pool_code import emit_pool
from stepwell.runtime.code_memory import ExecutableCode
from stepwell.runtime.program import CodeImage, ObjectCode

# Cross-object calls and data, an address of a function of another object (which goes through the
# global offset table before linking), a jump table, and constants in pools of several widths.
USES = """
declare double @scale(double)
declare i64 @apply(ptr, i64)
declare i64 @pick(i64)
@table = external constant [8 x i64]

define i64 @entry(i64 %i) {
  %place = getelementptr [8 x i64], ptr @table, i64 0, i64 %i
  %value = load i64, ptr %place
  %picked = call i64 @apply(ptr @pick, i64 %i)
  %float = sitofp i64 %picked to double
  %scaled = call double @scale(double %float)
  %back = fptosi double %scaled to i64
  %sum = add i64 %back, %value
  %own = call i64 @apply(ptr @own, i64 %sum)
  ret i64 %own
}

define internal i64 @own(i64 %x) {
  %y = add i64 %x, 1
  ret i64 %y
}
"""
DEFINES = """
@table = constant [8 x i64] [i64 0, i64 100, i64 200, i64 300, i64 400, i64 500, i64 600, i64 700]

define double @scale(double %x) {
  %y = fmul double %x, 2.5
  ret double %y
}

define i64 @apply(ptr %function, i64 %x) {
  %y = call i64 %function(i64 %x)
  ret i64 %y
}

define i64 @pick(i64 %i) {
  switch i64 %i, label %other [i64 0, label %zero
    i64 1, label %one
    i64 2, label %two
    i64 3, label %three
    i64 4, label %four
    i64 5, label %five]
zero:
  ret i64 10
one:
  %a = call i64 @apply(ptr @pick, i64 77)
  ret i64 %a
two:
  ret i64 22
three:
  %b = call i64 @apply(ptr @pick, i64 0)
  %c = add i64 %b, 24
  ret i64 %c
four:
  ret i64 46
five:
  ret i64 58
other:
  ret i64 2
}
"""
EXPECTED = [26, 106, 256, 386, 516, 646, 606]  # 2.5 * pick(i) + table[i] + 1


def test_linked_code_runs_wherever_it_lies(emit):
    image = link([emit("uses", USES), emit("defines", DEFINES)], triple="x86_64")
    first, second = ExecutableCode(image), ExecutableCode(image)
    assert first.base != second.base
    for code in (first, second):
        entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(code.address_of("entry"))
        assert [entry(i) for i in range(7)] == EXPECTED


def test_the_order_of_objects_does_not_matter_for_what_code_does(emit):
    image = link([emit("defines", DEFINES), emit("uses", USES)], triple="x86_64")
    code = ExecutableCode(image)
    entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(code.address_of("entry"))
    assert [entry(i) for i in range(7)] == EXPECTED


@pytest.mark.parametrize(
    ("call", "x86_64_opcode"), [("notail call", b"\xff\x15"), ("musttail call", b"\xff\x25")]
)
def test_calls_through_the_offset_table(emit, call, x86_64_opcode):
    """`nonlazybind` makes LLVM call, or jump, to an address in the table."""
    text = f"""
        declare double @scale(double) nonlazybind
        define double @once(double %x) {{
          %y = {call} double @scale(double %x)
          ret double %y
        }}"""
    calls = emit("calls", text)
    if read_object(calls).machine == Machine.X86_64:
        assert x86_64_opcode in calls.data
    code = ExecutableCode(link([calls, emit("defines", DEFINES)], triple="x86_64"))
    once = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address_of("once"))
    assert once(4.0) == 10.0


def test_linking_is_deterministic_and_symbols_are_listed(emit):
    objects = [emit("uses", USES), emit("defines", DEFINES)]
    image = link(objects, triple="x86_64", cpu="some", features="+avx2,-avx512f,+fma")
    assert image == link(objects, triple="x86_64", cpu="some", features="+avx2,-avx512f,+fma")
    assert image.features == ("avx2", "fma")
    assert {symbol.name for symbol in image.symbols} == {
        *("entry", "scale", "apply", "pick", "table")
    }
    assert [symbol.offset for symbol in image.symbols] == sorted(
        symbol.offset for symbol in image.symbols
    )
    assert len(image.code) % 64 == 0
    with pytest.raises(KeyError, match="own"):
        image.offset_of("own")


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def _aarch64_target(code: bytes, place: int, kind: int) -> tuple[int, int]:
    """What the instruction at `place` refers to, and the bits of the address that it gives."""
    (word,) = unpack_from("<I", code, place)
    if kind == 283:
        assert word >> 26 == 0b100101  # bl
        return place + 4 * _signed(word & 0x3FFFFFF, 26), -1
    if kind in (275, 311):
        assert word >> 31 == 1  # adrp
        assert word >> 24 & 0x1F == 0b10000
        distance = _signed((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21)
        return ((place >> 12) + distance) << 12, ~0xFFF
    if kind in (277, 312):
        assert word >> 22 == 0b1001000100  # add, immediate, 64 bits
        return word >> 10 & 0xFFF, 0xFFF
    if kind in (286, 299):
        return (word >> 10 & 0xFFF) << (3 if kind == 286 else 4), 0xFFF
    assert kind == 261
    return place + unpack_from("<i", code, place)[0], -1


def test_aarch64_instructions_refer_to_the_right_addresses(emit, target_machine):
    machine = target_machine("aarch64-unknown-linux-gnu", "neoverse-n1")
    vectors = """
        define void @vectors(ptr %x) {
          %v = load <4 x float>, ptr %x, align 4
          %w = fadd <4 x float> %v, <float 0.125, float 1.25, float 2.5, float 3.75>
          store <4 x float> %w, ptr %x, align 4
          ret void
        }"""
    texts = {"uses": USES, "defines": DEFINES, "vectors": vectors}
    objects = [emit(name, text, machine) for name, text in texts.items()]
    objects.append(emit_pool(machine))
    image = link(objects, triple=machine.triple)
    kinds: set[int] = set()
    starts = {symbol.name: symbol.offset for symbol in image.symbols}
    start = 0
    for item in map(read_object, objects):
        text = next(i for i, section in enumerate(item.sections) if section.name == ".text")
        start += -start % item.sections[text].alignment
        for relocation in item.relocations:
            if relocation.section != text:
                continue
            kinds.add(relocation.kind)
            place = start + relocation.offset
            target, mask = _aarch64_target(image.code, place, relocation.kind)
            symbol = relocation.symbol
            if symbol.name in starts:
                address = starts[symbol.name]
            elif symbol.section == text:
                address = start + symbol.value
            else:  # a constant: where is it? its bytes tell
                assert symbol.section is not None
                constant = item.sections[symbol.section].data[symbol.value + relocation.addend :]
                address = image.code.index(constant[:16]) - relocation.addend
            assert target & mask == address + relocation.addend & mask, relocation
        start += len(item.sections[text].data)
    assert kinds >= {275, 277, 283, 299, 311, 312}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("declare void @expf()\ndefine void @f() {\n call void @expf()\n ret void\n}", "'expf'"),
        (
            "@x = global i64 5\ndefine ptr @f() {\n ret ptr @x\n}",
            "writable data in section '.data'",
        ),
        ("@x = internal global i64 0\ndefine ptr @f() {\n ret ptr @x\n}", "section '.bss'"),
        (
            "@t = constant [1 x ptr] [ptr @f]\ndefine ptr @f() {\n ret ptr @t\n}",
            "'.data.rel.ro'",
        ),
        (
            "@x = thread_local global i64 0\ndefine i64 @f() {\n %y = load i64, ptr @x\n"
            " ret i64 %y\n}",
            "writable data|relocation",
        ),
    ],
    ids=["undefined symbol", "data", "bss", "addresses in constants", "thread-local"],
)
def test_what_kernels_must_not_hold(emit, text, message):
    with pytest.raises(InvalidObjectError, match=message):
        link([emit("bad", text)], triple="x86_64")


def test_objects_that_do_not_fit_together(emit, target_machine):
    one = emit("one", DEFINES)
    with pytest.raises(InvalidObjectError, match=r"defined in object 'two' and in one before"):
        link([one, emit("two", DEFINES)], triple="x86_64")
    arm = emit("arm", DEFINES, target_machine("aarch64-unknown-linux-gnu"))
    with pytest.raises(
        InvalidObjectError, match="'arm' is for AARCH64, those before it for X86_64"
    ):
        link([one, arm], triple="x86_64")
    static = emit("static", USES, target_machine(reloc="static"))
    with pytest.raises(InvalidObjectError, match="emitted with reloc='pic' and codemodel='small'"):
        link([static, one], triple="x86_64")
    with pytest.raises(InvalidObjectError, match="nothing to link"):
        link([], triple="x86_64")


def test_objects_that_are_none(emit, target_machine):
    whole = emit("whole", DEFINES).data
    with pytest.raises(InvalidObjectError, match="not a relocatable 64-bit little-endian ELF"):
        read_object(ObjectCode("text", b"int main() {}" * 10))
    for length in range(0, len(whole) - 1, 41):
        with pytest.raises(InvalidObjectError, match="object 'cut' is"):
            read_object(ObjectCode("cut", whole[:length]))
    riscv = emit("riscv", DEFINES, target_machine("riscv64-unknown-linux-gnu"))
    with pytest.raises(InvalidObjectError, match="machine 243; known are X86_64"):
        read_object(riscv)


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="not Linux")
def test_memory_for_code_cannot_be_written(emit):
    code = ExecutableCode(link([emit("defines", DEFINES)], triple="x86_64"))
    # Neighbours with the same rights are one line.
    with open("/proc/self/maps") as maps:
        parts = [line.split()[:2] for line in maps]
    rights = [right for part, right in parts if holds(part, code.base)]
    assert rights == ["r-xp"]


def holds(part: str, address: int) -> bool:
    """Whether a part of memory, such as `7f00-7fff` without its end, has an address."""
    start, stop = part.split("-")
    return int(start, 16) <= address < int(stop, 16)


def test_an_image_of_nothing_can_be_held():
    ExecutableCode(CodeImage("x86_64", "", (), b"", ()))
