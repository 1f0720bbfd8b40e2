"""Pools of any map: built once, compared at many rows and columns."""

from dataclasses import dataclass

import numpy as np
import pytest
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, SSAValue

from stepwell.dialects.engine import PoolOp
from stepwell.dialects.engine.base import extents_of
from stepwell.kernels.registry import plan_kernel
from stepwell.targets.target import Target
from stepwell.test.kernels import harness
from stepwell.test.kernels.general import Buffer, check_general, open_op
from stepwell.test.kernels.memory import memref_of

X86 = Target.host().triple.startswith("x86_64")
TARGETS = [*harness.targets(), *([Target.parse("x86-64-v2")] if X86 else [])]
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
kinds = pytest.mark.parametrize("kind", ["max", "average"])


@dataclass(frozen=True)
class Window:
    """A pool, but for what it computes."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...] = (1, 1)
    ceil: bool = False
    counted: bool = False

    def make(self, kind: str) -> harness.MakeOp:
        """How the operation is built."""

        def make(ins: list[SSAValue], outs: list[SSAValue]) -> PoolOp:
            return PoolOp(
                ins[0],
                kind,
                self.kernel,
                strides=self.strides,
                pads=self.pads,
                dilations=self.dilations,
                ceil_mode=self.ceil,
                count_include_pad=self.counted,
                outs=outs,
            )

        return make

    def result(self, source: Buffer) -> Buffer:
        """The result for an input, laid out as that is."""
        block = Block(arg_types=[memref_of(source.extents, source.dtype, None, None)])
        op = self.make("max")(list(block.args), [])
        shape = extents_of(op.results[0])
        texts = tuple(n if isinstance(n, int) else n.text for n in shape)
        return Buffer(texts, source.dtype, layout=source.layout)


WINDOWS = {
    "borders": Window((3, 3), (2, 2), (1, 1, 1, 1)),
    "none": Window((2, 2), (2, 2), (0, 0, 0, 0)),
    "same": Window((5, 5), (1, 1), (2, 2, 2, 2)),
    "ceil": Window((3, 2), (2, 3), (0, 1, 2, 0), ceil=True),
    "counted": Window((3, 3), (2, 1), (1, 0, 1, 2), ceil=True, counted=True),
    "loops": Window((9, 9), (3, 1), (4, 4, 4, 4)),
    "dilated": Window((2, 3), (1, 2), (1, 2, 0, 2), dilations=(2, 2)),
}


@targets
@pytest.mark.parametrize(
    ("kind", "window"),
    [
        ("max", "borders"),
        ("max", "none"),
        ("max", "same"),
        ("max", "ceil"),
        ("max", "dilated"),
        ("average", "none"),
        ("average", "counted"),
        ("average", "loops"),
    ],
)
def test_blocks(target: Target, kind: str, window: str) -> None:
    """Maps that are smaller than the window, all border, and many tiles; a block with padding."""
    w, given = target.lanes(f32), WINDOWS[window]
    source = Buffer(("N", w + 3, "H", "W"), layout=f"aBcd{w}b")
    kernel = check_general(
        given.make(kind), [source], [given.result(source)], target=target, least=1, large=35
    )
    assert len(kernel.sizes) >= 3


@targets
@pytest.mark.parametrize("layout", [None, "acdb"])
@kinds
def test_other_layouts(target: Target, kind: str, layout: str | None) -> None:
    """Row-major, with a number of channels that is open, too; channels last."""
    channels = "C" if layout is None else 2 * target.lanes(f32)
    source, given = Buffer(("N", channels, "H", "W"), layout=layout), WINDOWS["borders"]
    check_general(
        given.make(kind), [source], [given.result(source)], target=target, least=1, large=35
    )


@kinds
def test_an_empty_map(kind: str) -> None:
    """No rows, no columns, no images: nothing is read."""
    target, given = Target.host(), WINDOWS["same"]
    w = target.lanes(f32)
    source = Buffer(("N", w, "H", "W"), layout=f"aBcd{w}b")
    check_general(given.make(kind), [source], [given.result(source)], target=target)


@targets
def test_one_dimension_of_integers(target: Target) -> None:
    given = Window((3,), (2,), (1, 0), dilations=(1,))
    source = Buffer(("N", 5, "W"), np.int32, values=lambda rng, n: rng.integers(-9, 9, n))
    check_general(given.make("max"), [source], [given.result(source)], target=target, least=2)


def test_a_result_in_another_layout_has_no_kernel() -> None:
    target, given = Target.parse("x86-64-v4"), WINDOWS["borders"]
    source = Buffer(("N", 16, "H", "W"), layout="aBcd16b")
    result = Buffer(given.result(source).shape, layout="acdb")
    near = given.make("max")
    assert plan_kernel(open_op(near, [source], [given.result(source)]), target) is not None
    # Channels last are blocks of 16, too: it is those of 8 that do not fit.
    assert plan_kernel(open_op(near, [source], [result]), target) is not None
    other = Buffer(result.shape, layout="aBcd8b")
    assert plan_kernel(open_op(near, [source], [other]), target) is None
