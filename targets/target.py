"""
Targets: what kernel templates and the code generator know about a processor.

What instructions and registers it has stands here, how fast they are in its `machine`
(`machine_model.py`).

    Target.host()                   the processor this runs on, from LLVM and the system
    Target.parse("native")          the same
    Target.parse("x86-64-v3")       a named target (see `TARGETS`)
    target.lanes(f32)               elements of a full vector register: 16 with AVX-512

A `Target` is a plain frozen value; `target.text()` names everything in it that may change the
generated code, for digests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from xdsl.dialects.builtin import FixedBitwidthType, IndexType
from xdsl.ir import Attribute

from ..errors import UsageError
from ..ir.nearest import unknown_name
from ..plugins import extend
from .machine_model import AARCH64, WASM32, X86_64, MachineModel


@dataclass(frozen=True)
class Target:
    """
    One processor as seen by the compiler.

    `vector_bits` is the width of the registers that kernels use, `vector_registers` how many
    there are (accumulators, operands and temporaries of a tile must fit into them), `has_fma`
    whether a fused multiply-add is an instruction (without it `vector.fma` is a multiplication
    and an addition), `converts_f16` whether there are instructions from f16 to f32 and
    back. `dot8` is what sums of products of bytes are made of, `dot16` those of pairs of bf16,
    names of `conversion/kernels_to_llvm/vector_ext.py`, and `table8` what takes bytes out of a
    table in registers. Cache sizes are bytes per core (`l3_bytes`: shared).
    `machine` says how long its work takes.
    """

    name: str
    triple: str
    cpu: str
    features: str
    vector_bits: int
    vector_registers: int
    has_fma: bool
    has_masks: bool = False
    converts_f16: bool = True
    dot8: str = ""
    dot16: str = ""
    table8: str = ""
    l1_bytes: int = 32 << 10
    l2_bytes: int = 512 << 10
    l3_bytes: int = 8 << 20
    machine: MachineModel = X86_64

    def lanes(self, type: Attribute) -> int:
        """Elements of scalar `type` in one full vector register (`i1` and `index` included)."""
        if isinstance(type, IndexType):
            return max(1, self.vector_bits // 64)
        assert isinstance(type, FixedBitwidthType), f"{type} is not a scalar type"
        return max(1, self.vector_bits // max(8, type.bitwidth))

    @property
    def architecture(self) -> str:
        """First part of the triple: `x86_64`, `aarch64`, `wasm32`."""
        return self.triple.partition("-")[0]

    def text(self) -> str:
        """Everything that may change generated code, as one line."""
        fields = (self.triple, self.cpu, self.features, self.vector_bits, self.vector_registers)
        caches = (self.l1_bytes, self.l2_bytes, self.l3_bytes)
        units = (
            self.has_fma,
            self.has_masks,
            self.converts_f16,
            self.dot8,
            self.dot16,
            self.table8,
        )
        rest = (*units, *caches, self.machine.text())
        return "|".join(str(part) for part in (*fields, *rest))

    @staticmethod
    def host() -> Target:
        """The processor of this process; `UsageError` when LLVM cannot generate code for it."""
        return _host()

    @staticmethod
    def parse(text: str) -> Target:
        """A target by name; `native` and `host` are this machine. `UsageError` if unknown."""
        if text in ("native", "host"):
            return _host()
        targets = extend("targets", {name: _known(target) for name, target in TARGETS.items()})
        if (make := targets.get(text)) is not None:
            return make()
        known = sorted(["native", *targets])
        listing = f"known are {', '.join(known)}"
        raise UsageError(unknown_name("target", text, known, listing=listing))


def _known(target: Target) -> Callable[[], Target]:
    return lambda: target


def _x86(
    name: str,
    cpu: str,
    bits: int,
    registers: int,
    *,
    fma: bool,
    masks: bool,
    features: str = "",
) -> Target:
    return Target(
        name=name,
        triple="x86_64-unknown-linux-gnu",
        cpu=cpu,
        features=features,
        dot8="vnni" if features else "madd",
        dot16="bf16" if "avx512bf16" in features else "",
        table8="vbmi" if "vbmi" in features else "",
        vector_bits=bits,
        vector_registers=registers,
        has_fma=fma,
        has_masks=masks,
        converts_f16=fma,  # F16C came with AVX2 and FMA
        l2_bytes=1 << 20 if masks else 512 << 10,
    )


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _x86("x86-64-v4", "x86-64-v4", 512, 32, fma=True, masks=True),
        _x86("x86-64-v3", "x86-64-v3", 256, 16, fma=True, masks=False),
        # The same with dot products of bytes: Ice Lake and Zen 4, Alder Lake and Zen 5.
        _x86(
            "x86-64-v4-vnni",
            "x86-64-v4",
            512,
            32,
            fma=True,
            masks=True,
            features="+avx512vnni,+avx512vbmi",
        ),
        # And of bf16: Cooper Lake, Sapphire Rapids and Zen 4.
        _x86(
            "x86-64-v4-bf16",
            "x86-64-v4",
            512,
            32,
            fma=True,
            masks=True,
            features="+avx512vnni,+avx512bf16",
        ),
        _x86("x86-64-v3-vnni", "x86-64-v3", 256, 16, fma=True, masks=False, features="+avxvnni"),
        _x86("x86-64-v2", "x86-64-v2", 128, 16, fma=False, masks=False),
        Target(
            name="aarch64",
            triple="aarch64-unknown-linux-gnu",
            cpu="generic",
            features="+neon",
            vector_bits=128,
            vector_registers=32,
            has_fma=True,
            table8="tbl",
            machine=AARCH64,
        ),
        Target(
            name="neoverse-n1",
            triple="aarch64-unknown-linux-gnu",
            cpu="neoverse-n1",
            features="",
            dot8="dot",
            vector_bits=128,
            vector_registers=32,
            has_fma=True,
            table8="tbl",
            machine=AARCH64,
            l1_bytes=64 << 10,
            l2_bytes=1 << 20,
        ),
        Target(
            name="wasm32",
            triple="wasm32-unknown-unknown",
            cpu="generic",
            features="+simd128,+relaxed-simd,+nontrapping-fptoint,+sign-ext,+bulk-memory",
            vector_bits=128,
            vector_registers=16,
            has_fma=False,
            converts_f16=False,
            dot8="wasm",
            machine=WASM32,
        ),
    )
}
"""Targets by name; `native` is found at run time."""


@cache
def _host() -> Target:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    features: dict[str, bool] = dict(llvm.get_host_cpu_features())
    flags = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(features.items()))
    architecture = triple.partition("-")[0]
    base = TARGETS[_closest(architecture, features)]
    l1, l2, l3 = _cache_sizes()
    return replace(
        base,
        name="native",
        triple=triple,
        cpu=llvm.get_host_cpu_name(),
        features=flags,
        dot8=_dot8(base, features),
        dot16="bf16" if features.get("avx512bf16", False) and base.has_masks else "",
        table8="vbmi" if features.get("avx512vbmi", False) else base.table8,
        l1_bytes=l1 or base.l1_bytes,
        l2_bytes=l2 or base.l2_bytes,
        l3_bytes=l3 or base.l3_bytes,
    )


def _closest(architecture: str, features: dict[str, bool]) -> str:
    """The named target whose vector units this processor has."""

    def has(*names: str) -> bool:
        return all(features.get(name, False) for name in names)

    if architecture in ("aarch64", "arm64"):
        return "aarch64"
    if architecture not in ("x86_64", "amd64"):
        raise UsageError(f"no code generation for this machine's architecture {architecture}")
    if has("avx512f", "avx512dq", "avx512bw", "avx512vl"):
        return "x86-64-v4"
    if has("avx2", "fma", "f16c"):
        return "x86-64-v3"
    return "x86-64-v2"


def _dot8(base: Target, features: dict[str, bool]) -> str:
    """What this processor has for sums of products of bytes."""
    if base.architecture == "aarch64":
        found = [("i8mm", "i8mm"), ("dotprod", "dot")]
    else:
        found = [("avx512vnni" if base.has_masks else "avxvnni", "vnni")]
    return next((name for feature, name in found if features.get(feature, False)), base.dot8)


def _cache_sizes() -> tuple[int, int, int]:
    """L1d, L2 and L3 bytes of the first core as Linux reports them; zeros where unknown."""
    sizes = {1: 0, 2: 0, 3: 0}
    for index in range(8):
        folder = Path(f"/sys/devices/system/cpu/cpu0/cache/index{index}")
        try:
            level = int((folder / "level").read_text())
            kind = (folder / "type").read_text().strip()
            text = (folder / "size").read_text().strip()
        except (OSError, ValueError):
            continue
        if kind == "Instruction" or level not in sizes:
            continue
        unit = {"K": 1 << 10, "M": 1 << 20}.get(text[-1:], 1)
        sizes[level] = int(text.rstrip("KM")) * unit
    if not sizes[1] and hasattr(os, "sysconf"):
        names = {1: "SC_LEVEL1_DCACHE_SIZE", 2: "SC_LEVEL2_CACHE_SIZE", 3: "SC_LEVEL3_CACHE_SIZE"}
        for level, name in names.items():
            if name in os.sysconf_names:
                sizes[level] = max(0, os.sysconf(name))
    return sizes[1], sizes[2], sizes[3]
