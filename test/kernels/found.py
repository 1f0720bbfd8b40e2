"""
Runs kernels that find sizes: built once for all sizes, with places as large as the most they find.

    kernel = FoundKernel(
        lambda ins, outs: NonZeroOp(ins[0], "K", outs=outs),
        [Buffer(("N",))],
        [Buffer(("K", 1), np.int64), Buffer((1,), np.int64)],
    )
    kernel.check([x], most={"K": x.size})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stepwell.dialects.engine.bound_sizes import BoundSizes
from stepwell.dialects.engine.data_sizes import SizeDefiningOp
from stepwell.interpreters.engine.semantics import SEMANTICS
from stepwell.kernels.parameters import with_attributes
from stepwell.runtime.size import Size, evaluated
from stepwell.targets.target import Target
from stepwell.test.kernels.general import Buffer, GeneralKernel
from stepwell.test.kernels.harness import MakeOp
from stepwell.test.kernels.memory import Array, Operand, Result, bind_memory


class FoundKernel:
    """The kernel of an operation that finds sizes, built once."""

    def __init__(
        self,
        make: MakeOp,
        operands: Sequence[Buffer],
        results: Sequence[Buffer],
        target: Target | None = None,
        workspace: Sequence[int] = (),
    ):
        """`workspace` are the results that mean nothing."""
        self.workspace = workspace
        self.general = GeneralKernel(make, operands, results, target)
        self.kernel = self.general.kernel

    def check(self, arrays: Sequence[Array], most: Mapping[str, int]) -> list[Array]:
        """What is found lies densely at the start of its place, and is what the reference finds."""
        point, op = dict(most), self.general.op
        for buffer, array in zip(self.general.operands, arrays, strict=True):
            for extent, size in zip(buffer.extents, array.shape, strict=True):
                if isinstance(extent, Size):
                    point[extent.text] = size
        operands = [Operand(a) for a in arrays]
        places = [Result((int(np.prod(b.at(point)[0])),), b.dtype) for b in self.general.results]
        sources, memories = bind_memory(operands, places)
        pointers = [m.pointer for m in (*sources, *memories)]
        # The sizes that it finds are passed, too, and must not be read.
        assert isinstance(op, SizeDefiningOp)
        given = {**point, **dict.fromkeys(op.defined_names, -(1 << 40))}
        status = self.general.native(
            pointers, sizes=[evaluated(n, given) for n in self.general.sizes]
        )
        assert status == 0, f"the kernel reports error {status}"
        bound = with_attributes(op, BoundSizes(dict(point)))
        expected = SEMANTICS[type(op)](bound, *arrays)
        found: list[Array] = []
        means_nothing = [memories[number] for number in self.workspace]
        for memory, wanted in zip((*sources, *memories), (*arrays, *expected), strict=True):
            memory.check_guards()
            if memory in means_nothing:
                continue
            flat = memory.view.reshape(-1)[: wanted.size].reshape(wanted.shape)
            assert flat.tobytes() == wanted.tobytes(), f"{flat} is not {wanted}"
            found.append(flat)
        return found[len(arrays) :]
