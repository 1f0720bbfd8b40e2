"""
Programs of complex numbers: nothing of them is left by reference where real ones come out.

What their operators mean is what torch gave (`test/interpreters/torch`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ArrayAttr, ComplexType, FunctionType, ModuleOp, StringAttr, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue

import stepwell
from stepwell.dialects import make_context
from stepwell.dialects.framework import tensor_type
from stepwell.dialects.torch import make
from stepwell.interpreters import run

C64 = ComplexType(f32)


class Program:
    """Operations one after the other on one signal."""

    def __init__(self, *shape: int):
        self.block = Block(arg_types=[tensor_type(f32, shape)])
        self.signal = self.block.args[0]

    def __call__(
        self, name: str, shape: list[int], element: Any = C64, /, **given: Any
    ) -> SSAValue:
        op = make(f"aten.{name}", given, [tensor_type(element, shape)], [name])
        self.block.add_op(op)
        return op.results[0]

    def module(self, *results: SSAValue) -> ModuleOp:
        self.block.add_op(ReturnOp(*results))
        types = [v.type for v in self.block.args], [v.type for v in results]
        main = FuncOp("main", FunctionType.from_lists(*types), Region(self.block))
        main.attributes["input_names"] = ArrayAttr([StringAttr("signal")])
        names = [StringAttr(f"output_{at}") for at in range(len(results))]
        main.attributes["output_names"] = ArrayAttr(names)
        return ModuleOp([main])


def spectrogram() -> ModuleOp:
    """What core ATen makes of `torch.stft`, and what is taken from it."""
    p = Program(2, 5, 8)
    s = p("_fft_r2c.default", [2, 5, 5], self=p.signal, dim=[2], normalization=0, onesided=True)
    s = p("permute.default", [2, 5, 5], self=s, dims=[0, 2, 1])
    return p.module(
        p("abs.default", [2, 5, 5], f32, self=s),
        p("view_as_real.default", [2, 5, 5, 2], f32, self=s),
        p("angle.default", [2, 5, 5], f32, self=s),
        p("imag.default", [2, 5, 5], f32, self=s),
    )


def filtered() -> ModuleOp:
    """A product of spectra, and back."""
    p = Program(3, 10)
    s = p("fft_rfft.default", [3, 6], self=p.signal, n=None, dim=-1, norm="ortho")
    turned = p("_fft_c2c.default", [3, 6], self=s, dim=[0, 1], normalization=2, forward=False)
    s = p("mul.Tensor", [3, 6], self=s, other=turned)
    size = p("real.default", [3, 6], f32, self=turned)
    s = p("mul.Tensor", [3, 6], self=s, other=size)
    s = p("transpose.int", [6, 3], self=s, dim0=0, dim1=1)
    back = p("fft_irfft.default", [11, 3], f32, self=s, n=11, dim=0, norm=None)
    other = p("_fft_c2r.default", [6, 4], f32, self=s, dim=[0, 1], normalization=1, last_dim_size=4)
    return p.module(back, other)


def framed() -> ModuleOp:
    """Frames with a window that is shorter than they are."""
    p = Program(2, 30)
    how = {"n_fft": 8, "hop_length": 3, "win_length": 5, "normalized": True, "return_complex": True}
    s = p("stft.default", [2, 5, 8], self=p.signal, **how)
    whole = p("stft.default", [2, 8, 8], self=p.signal, onesided=False, **how)
    whole = p("fft_ifft.default", [2, 8, 8], self=whole, dim=1)
    return p.module(
        p("abs.default", [2, 5, 8], f32, self=s), p("real.default", [2, 8, 8], f32, self=whole)
    )


@pytest.mark.parametrize(
    ("made", "shape"), [(spectrogram, (2, 5, 8)), (filtered, (3, 10)), (framed, (2, 30))]
)
def test_real_numbers_come_out(made: Callable[[], ModuleOp], shape: tuple[int, ...]):
    ctx, module = make_context(), made()
    module.verify()
    signal = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    expected = run(ctx, module, [signal])
    engine = stepwell.compile(module, context=ctx)
    assert engine.reference_ops == ()
    found = engine.run({"signal": signal})
    for array, wanted in zip(found.values(), expected, strict=True):
        most = float(np.abs(wanted).max())
        np.testing.assert_allclose(array, wanted, rtol=2e-5, atol=2e-5 * most)
