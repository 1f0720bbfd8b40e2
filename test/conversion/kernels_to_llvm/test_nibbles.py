"""Numbers that four bits of a word choose, on each kind of x86 and in the interpreter."""

import numpy as np
import pytest
from xdsl.dialects.builtin import f32, i32

from stepwell.interpreters.kernels.functions import run_kernels
from stepwell.kernels.builder import KernelBuilder, memref_type
from stepwell.test.conversion.kernels_to_llvm.conftest import Native
from stepwell.test.conversion.kernels_to_llvm.test_narrow_floats import runnable

TABLE = [float(n) - 5.5 for n in range(16)]


@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3", "x86-64-v4", "native"])
def test_other_bits_do_not_matter(name: str) -> None:
    target = runnable(name)
    b = KernelBuilder(target)
    widths = (4, 8, 16, 32)
    inputs = [memref_type([32], i32), memref_type([len(widths), 32], f32)]
    with b.function("f", inputs) as (words, out):
        for i, lanes in enumerate(widths):
            found = b.number_of_nibble(b.vector_of(TABLE, f32), b.vload(words, [0], lanes))
            b.vstore(found, out, [i, 0])
    given = np.random.default_rng(3).integers(-(2**31), 2**31, 32).astype(np.int32)
    native, read = np.zeros((2, len(widths), 32), np.float32)
    Native(b.module, target).call("f", given, native)
    run_kernels(b.module, "f", [given, read])
    wanted = np.asarray(TABLE, np.float32)[given & 15]
    for i, lanes in enumerate(widths):
        np.testing.assert_array_equal(native[i, :lanes], wanted[:lanes])
    np.testing.assert_array_equal(native, read)
