"""What the processor can do, as the kernel says it and as the processor says it itself."""

from __future__ import annotations

import platform
import sys
from dataclasses import replace

import pytest

from stepwell.runtime import cpuid, host_cpu
from stepwell.runtime.host_cpu import missing_features, processor_features, why_not_runnable
from stepwell.runtime.program import CodeImage

on_x86 = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64") or sys.platform == "win32",
    reason="asks an x86-64 processor",
)
IMAGE = CodeImage("x86_64-unknown-linux-gnu", "x86-64-v3", ("avx512f", "sse4.2"), b"", ())


@pytest.fixture
def elsewhere(monkeypatch):
    """A system that does not have `/proc/cpuinfo`."""
    monkeypatch.setattr(host_cpu, "_linux_flags", lambda: None)
    processor_features.cache_clear()
    yield
    processor_features.cache_clear()


@on_x86
@pytest.mark.skipif(sys.platform != "linux", reason="compares with /proc/cpuinfo")
def test_the_processor_says_what_the_kernel_says():
    assert cpuid.x86_features() == processor_features()
    assert {"sse4.2", "popcnt"} <= cpuid.x86_features()


@on_x86
def test_other_systems_ask_the_processor(elsewhere):
    assert processor_features() == cpuid.x86_features()


@on_x86
@pytest.mark.parametrize(
    ("saved", "kept", "gone"),
    [
        (0x0, {"sse4.2", "bmi2"}, ("avx", "fma", "amx")),
        (0x6, {"sse4.2", "avx2", "fma"}, ("avx512", "amx")),
        (0xE6, {"avx2"}, ("amx",)),
    ],
)
def test_registers_that_the_system_does_not_save_are_not_used(monkeypatch, saved, kept, gone):
    everything = cpuid.x86_features()
    monkeypatch.setattr(cpuid._Processor, "saved_state", lambda self: saved)
    left = cpuid.x86_features()
    assert left <= everything
    assert kept & everything <= left
    assert not any(name.startswith(gone) for name in left)


@on_x86
def test_a_leaf_that_the_processor_does_not_know_is_empty(monkeypatch):
    monkeypatch.setitem(cpuid._BITS, "from the future", (0x7FFFFFFF, 0, cpuid.EAX, 0))
    monkeypatch.setitem(cpuid._BITS, "from a later one", (7, 200, cpuid.EAX, 0))
    assert not {"from the future", "from a later one"} & cpuid.x86_features()


def test_every_instruction_set_of_x86_can_be_asked_for():
    arm = {"neon", "fullfp16", "dotprod", "i8mm", "bf16", "sve", "sve2", "lse"}
    assert set(cpuid._BITS) == set(host_cpu._LINUX_NAMES) - arm


def test_what_is_missing_is_named(monkeypatch, elsewhere):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(host_cpu, "x86_features", lambda: frozenset({"sse4.2", "avx2", "fma"}))
    assert missing_features(replace(IMAGE, cpu="")) == ("avx512f",)
    assert "with avx512f, which this processor lacks" in why_not_runnable([replace(IMAGE, cpu="")])


def test_of_an_unknown_processor_the_baseline_is_assumed(monkeypatch, elsewhere):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    image = CodeImage("aarch64-apple-macosx", "", ("neon",), b"", ())
    assert missing_features(image) == ()
    newer = replace(image, features=("neon", "sve2"))
    assert missing_features(newer) == ("sve2",)
    said = "for aarch64 with sve2, which this processor is not known to have on this system"
    assert said in why_not_runnable([newer])
