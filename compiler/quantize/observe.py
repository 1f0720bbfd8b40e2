"""What tensors of a model hold, on samples: seen once, remembered in a fixed amount of memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import BlockArgument, SSAValue

from ...conversion.main_function import text_array
from ...errors import InputError
from ...runtime.abi import OUTPUT_NAMES
from ..function_inputs import input_names, output_names
from ..planned_program import main_of
from .calibration import Feeds
from .histogram import Histogram
from .places import name_of
from .products import Product
from .runner import Runner

AnyArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]


@dataclass
class Channels:
    """Of each channel of a tensor: the largest magnitude, the mean, and that of squares."""

    largest: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    sums: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    squares: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    count: int = 0

    @property
    def mean(self) -> FloatArray:
        """Of all numbers of a channel."""
        return (self.sums / max(self.count, 1)).astype(np.float32)

    @property
    def mean_square(self) -> FloatArray:
        """Of all numbers of a channel."""
        return (self.squares / max(self.count, 1)).astype(np.float32)

    def add(self, array: FloatArray, axis: int) -> None:
        """Look at numbers whose channels are along an axis."""
        rows = np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
        if not self.count:
            self.largest = np.zeros(rows.shape[1], np.float32)
            self.sums, self.squares = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
        if not len(rows) or rows.shape[1] != self.largest.size:
            return
        self.largest = np.maximum(self.largest, np.abs(rows).max(0))
        self.sums += rows.sum(0, dtype=np.float64)
        self.squares += np.square(rows).sum(0, dtype=np.float64)
        self.count += len(rows)


@dataclass
class Observed:
    """Histograms of tensors, and of what products read their channels."""

    histograms: dict[SSAValue, Histogram] = field(default_factory=dict[SSAValue, Histogram])
    channels: dict[tuple[SSAValue, int], Channels] = field(
        default_factory=dict[tuple[SSAValue, int], Channels]
    )

    def of(self, product: Product) -> Channels:
        """The channels of what a product reads."""
        return self.channels[product.data, product.data_axis]


def with_outputs(
    module: ModuleOp, values: Sequence[SSAValue]
) -> tuple[ModuleOp, dict[SSAValue, str]]:
    """A copy of a module that returns some of its values as well, and their names as outputs."""
    mapper: dict[SSAValue, SSAValue] = {}
    copy = module.clone(mapper)
    main = main_of(copy)
    block = main.body.block
    last = block.last_op
    assert isinstance(last, ReturnOp)
    names = list(output_names(main, len(last.operands)))
    returned = list(last.operands)
    found: dict[SSAValue, str] = {}
    for number, value in enumerate(values):
        if isinstance(value, BlockArgument):
            continue  # the caller has it
        name = f"observed {number}"
        while name in names:
            name += "'"
        names.append(name)
        found[value] = name
        returned.append(mapper.get(value, value))
    block.erase_op(last)
    block.add_op(ReturnOp(*returned))
    main.attributes[OUTPUT_NAMES] = text_array(names)
    main.update_function_type()
    return copy, found


def observe(
    module: ModuleOp,
    ctx: Context,
    samples: Iterable[Feeds],
    values: Sequence[SSAValue],
    products: Sequence[Product],
    threads: int = 1,
) -> Observed:
    """
    Run a module on samples, and look at `values` and at what `products` read.

    Raises:
        InputError: where numbers of the model are infinite or not a number, with all such tensors.
    """
    axes: dict[tuple[SSAValue, int], None] = {(p.data, p.data_axis): None for p in products}
    wanted = dict.fromkeys([*values, *(value for value, _ in axes)])
    copy, names = with_outputs(module, list(wanted))
    run = Runner(copy, ctx, threads)
    arguments: dict[SSAValue, str] = dict(
        zip(main_of(module).body.block.args, input_names(main_of(module)), strict=True)
    )
    observed = Observed({value: Histogram() for value in values}, {key: Channels() for key in axes})
    for sample in samples:
        results = {**sample, **run(sample)}

        def array(value: SSAValue, results: Feeds = results) -> AnyArray:
            name = names.get(value)
            return results[arguments[value] if name is None else name]

        for value, histogram in observed.histograms.items():
            histogram.add(array(value))
        for (value, axis), channels in observed.channels.items():
            channels.add(array(value), axis)
    bad = [name_of(value) for value in _not_finite(observed)]
    if bad:
        listed = ", ".join(map(repr, bad[:8]))
        more = f" and {len(bad) - 8} more" if len(bad) > 8 else ""
        raise InputError(
            f"the model computes numbers that are infinite or not a number in {listed}{more} for "
            "the calibration data; give it data as the model is used with"
        )
    return observed


def _not_finite(observed: Observed) -> Iterator[SSAValue]:
    return (value for value, h in observed.histograms.items() if not h.finite)
