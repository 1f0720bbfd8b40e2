"""Which machine code this machine can run."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .cpuid import x86_features
from .program import CodeImage

_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Names of one architecture that LLVM, or Python, spells in two ways."""

_LINUX_NAMES = {
    # LLVM's name: the kernel's name in /proc/cpuinfo
    "sse3": "pni",
    "ssse3": "ssse3",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "popcnt": "popcnt",
    "avx": "avx",
    "f16c": "f16c",
    "fma": "fma",
    "avx2": "avx2",
    "bmi": "bmi1",
    "bmi2": "bmi2",
    "lzcnt": "abm",
    "movbe": "movbe",
    "gfni": "gfni",
    "avx512f": "avx512f",
    "avx512bw": "avx512bw",
    "avx512cd": "avx512cd",
    "avx512dq": "avx512dq",
    "avx512vl": "avx512vl",
    "avx512vnni": "avx512_vnni",
    "avx512bf16": "avx512_bf16",
    "avx512fp16": "avx512_fp16",
    "avx512vbmi": "avx512vbmi",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512bitalg": "avx512_bitalg",
    "avx512ifma": "avx512ifma",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "avx512vp2intersect": "avx512_vp2intersect",
    "avxvnni": "avx_vnni",
    "amx-tile": "amx_tile",
    "amx-int8": "amx_int8",
    "amx-bf16": "amx_bf16",
    "neon": "asimd",
    "fullfp16": "asimdhp",
    "dotprod": "asimddp",
    "i8mm": "i8mm",
    "bf16": "bf16",
    "sve": "sve",
    "sve2": "sve2",
    "lse": "atomics",
}
"""The instruction sets that a code generator makes use of in kernels. Others, as those for system
calls and virtual machines, never appear in them and are not asked for."""

_V2 = ("sse3", "ssse3", "sse4.1", "sse4.2", "popcnt")
_V3 = (*_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
_V4 = (*_V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")
_LEVELS = {"x86-64-v2": _V2, "x86-64-v3": _V3, "x86-64-v4": _V4, "neoverse-n1": ("lse", "dotprod")}
"""What the name of a processor implies (https://gitlab.com/x86-psABIs/x86-64-ABI)."""

_BASELINE = {"aarch64": ("neon",)}
"""What every processor of an architecture has."""


def architecture(triple: str) -> str:
    """The first part of a target triple, in one spelling: `x86_64`, `aarch64`."""
    name = triple.partition("-")[0].lower()
    return _ARCHITECTURES.get(name, name)


def host_architecture() -> str:
    """The architecture of this machine, spelled as `architecture` does."""
    return architecture(platform.machine())


def missing_features(code: CodeImage) -> tuple[str, ...]:
    """The instruction sets that `code` needs and this machine's processor lacks."""
    needed = (*_LEVELS.get(code.cpu, ()), *code.features)
    there = processor_features()
    return tuple(
        feature
        for feature in dict.fromkeys(needed)
        if feature in _LINUX_NAMES and feature not in there
    )


def runnable_code(codes: Sequence[CodeImage]) -> CodeImage | None:
    """The first image that this machine can run."""
    here = host_architecture()
    for code in codes:
        if architecture(code.triple) == here and not missing_features(code):
            return code
    return None


def why_not_runnable(codes: Sequence[CodeImage]) -> str:
    """Why `runnable_code` found none."""
    here = host_architecture()
    reasons: list[str] = []
    for code in codes:
        if architecture(code.triple) != here:
            reasons.append(f"for {architecture(code.triple)}")
        else:
            missing = ", ".join(missing_features(code))
            lacks = "lacks" if _is_known() else "is not known to have on this system"
            reasons.append(f"for {here} with {missing}, which this processor {lacks}")
    found = "; ".join(reasons) or "none"
    return f"no machine code for this machine ({here}); there is {found}"


@cache
def processor_features() -> frozenset[str]:
    """The instruction sets of this machine's processor, in LLVM's names.

    From the kernel on Linux, from the processor on other systems if it is an x86-64 one. Of other
    processors on other systems nothing is known but what all of their architecture have.
    """
    if (flags := _linux_flags()) is not None:
        return frozenset(name for name, linux in _LINUX_NAMES.items() if linux in flags)
    here = host_architecture()
    return x86_features() if here == "x86_64" else frozenset(_BASELINE.get(here, ()))


def _is_known() -> bool:
    """Whether `processor_features` are all that the processor has."""
    return host_architecture() == "x86_64" or _linux_flags() is not None


def _linux_flags() -> frozenset[str] | None:
    """What the processor can do, in the Linux kernel's names; None on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return None
