"""
The object code of a program: one object per distinct kernel, `@main`, and the thread pool.

Objects are kept in a cache on disk under a digest of the kernel's key and of everything that
generates code, so a kernel is built only when no program has needed it before. Kernels of plug-ins
are not kept: nothing says when their sources have changed.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from contextlib import closing

from xdsl.dialects.builtin import ModuleOp

from ..conversion.engine_to_kernels.convert import build_kernel, build_main
from ..conversion.engine_to_kernels.kernel_uses import (
    KernelUse,
    distinct,
    kernel_uses,
    require_kernels,
)
from ..conversion.engine_to_kernels.main_builder import KernelProgram
from ..conversion.engine_to_kernels.weights_image import WeightsImage
from ..conversion.kernels_to_llvm import compile_object, emit_module
from ..conversion.kernels_to_llvm.codegen import target_machine
from ..conversion.kernels_to_llvm.pool_code import emit_pool, pool_ir
from ..kernels.registry import built_by_plugin
from ..kernels.template import Kernel
from ..runtime.abi import MAIN
from ..runtime.program import ObjectCode
from ..runtime.size_text import parse_size
from ..targets.target import Target
from .kernel_cache import KernelCache, kernel_digest
from .parallel_build import build_all

KernelProgress = Callable[[float, int, int], None]
"""Called after each kernel with the seconds it took, how many are done, and how many there are."""


def compile_kernels(
    module: ModuleOp,
    target: Target,
    progress: KernelProgress | None = None,
    *,
    timed: bool = False,
    weights: WeightsImage | None = None,
) -> tuple[KernelProgram, list[ObjectCode]]:
    """
    `@main` of a planned module with what the run time must know, and the objects to link.

    With `timed` the program keeps the time of its steps; the kernels are the same. Constants are
    added to `weights`, where programs share them.

    Raises:
        CompileError: when an operation has no kernel template, or a kernel no machine code.
    """
    cache = KernelCache()
    used_by = kernel_uses(module)
    uses = distinct(used_by)
    require_kernels(uses.values(), target)
    found = {name: _Found(use, cache, target) for name, use in uses.items()}
    done = 0

    def note(seconds: float) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(seconds, done, len(uses))

    for entry in found.values():
        if entry.content is not None:
            note(entry.seconds)
    missing = [entry for entry in found.values() if entry.content is None]
    with closing(build_all(len(missing), lambda i: _build(missing[i].use, target))) as pieces:
        for piece, built in pieces:
            missing[piece].keep(built.content, cache)
            note(missing[piece].seconds + built.seconds)
    parts = {name: _unpack(entry.content) for name, entry in found.items() if entry.content}
    kernels = {name: kernel for name, (kernel, _) in parts.items()}
    objects = [ObjectCode(name, code) for name, (_, code) in parts.items()]
    program = build_main(module, used_by, kernels, target, timed, weights)
    objects.append(_main_object(program, list(kernels), target, cache))
    objects.append(_pool_object(target, cache))
    return program, objects


def compile_module(module: ModuleOp, target: Target) -> list[ObjectCode]:
    """
    The objects of a whole level-5 module as it is: one for its functions, and the thread pool.

    Raises:
        CompileError: for an operation or a type without machine code.
    """
    code = compile_object(emit_module(module, target), target)
    return [ObjectCode(MAIN, code), _pool_object(target, KernelCache())]


class _Found:
    """A kernel as the cache has it, or without its `content` until it is built."""

    def __init__(self, use: KernelUse, cache: KernelCache, target: Target):
        start = time.perf_counter()
        self.use = use
        self.digest = kernel_digest(f"{use.name}|{use.key}", target)
        # The digest covers our own sources; those of a plug-in may change under it.
        self.foreign = built_by_plugin(use.op, target)
        self.content = None if self.foreign else cache.get(self.digest)
        self.seconds = time.perf_counter() - start

    def keep(self, content: bytes, cache: KernelCache) -> None:
        """Take what was built, and put it into the cache."""
        self.content = content
        if not self.foreign:
            cache.put(self.digest, content)


def _build(use: KernelUse, target: Target) -> bytes:
    """A kernel with its object, as one cache entry."""
    module, kernel = build_kernel(use, target)
    content = _pack(kernel, compile_object(emit_module(module, target), target))
    # IR is full of cycles: without this, that of all kernels would be there at the end.
    # What is older, the IR of the model, stays in the middle generation (`garbage.py`).
    del module
    gc.collect(0)
    return content


def _main_object(
    program: KernelProgram, kernels: list[str], target: Target, cache: KernelCache
) -> ObjectCode:
    emitted = str(emit_module(program.main, target))
    digest = kernel_digest(f"main|{emitted}", target)
    code = cache.get(digest)
    if code is None:
        code = compile_object(emitted, target, kernels=kernels)
        cache.put(digest, code)
    return ObjectCode(MAIN, code)


def _pool_object(target: Target, cache: KernelCache) -> ObjectCode:
    digest = kernel_digest(f"pool|{pool_ir(target.triple)}", target)
    code = cache.get(digest)
    if code is None:
        code = emit_pool(target_machine(target)).data
        cache.put(digest, code)
    return ObjectCode("pool", code)


def _pack(kernel: Kernel, code: bytes) -> bytes:
    """A kernel with its object, as one cache entry."""
    chunks = kernel.chunks if isinstance(kernel.chunks, int) else kernel.chunks.text
    head = json.dumps({"chunks": chunks, "may_fail": kernel.may_fail}).encode()
    return head + b"\n" + code


def _unpack(entry: bytes) -> tuple[Kernel, bytes]:
    head, _, code = entry.partition(b"\n")
    fields = json.loads(head)
    chunks = fields["chunks"]
    if isinstance(chunks, str):
        chunks = parse_size(chunks)
    return Kernel(chunks, fields["may_fail"]), code
