"""What each scheme makes of products, for the simulation and for the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ...dialects.engine.weights import WeightStore
from .coded_model import Choices, codings_of
from .histogram import Histogram
from .observe import Observed
from .places import Places, places_of
from .products import Product, constant_array_of
from .ranges import Coding, limits_of
from .simulate import Numbers
from .weights import CodedWeight, by_block, by_channel, narrowed

FloatArray = npt.NDArray[np.float32]

INT8, DYNAMIC, WEIGHTS_INT8, WEIGHTS_INT4 = "int8", "int8-dynamic", "weights-int8", "weights-int4"
SCHEMES = (INT8, DYNAMIC, WEIGHTS_INT8, WEIGHTS_INT4)
"""
Activations and weights; the same with ranges of each call; weights alone, in 8 and 4 bits. Filters
of convolutions have 8 bits in the last as well.
"""


@dataclass
class Plan:
    """
    A model's products, and what becomes of any choice of them.

    `observed` is None where there was nothing to observe: weights alone, without samples.
    """

    main: FuncOp
    store: WeightStore
    products: Sequence[Product]
    scheme: str
    ranges: str
    block: int
    observed: Observed | None = None
    _coded: dict[tuple[Product, float], CodedWeight] = field(
        default_factory=dict[tuple[Product, float], CodedWeight]
    )
    _limits: dict[SSAValue, tuple[float, float]] = field(
        default_factory=dict[SSAValue, tuple[float, float]]
    )

    @property
    def is_dynamic(self) -> bool:
        """Whether each call finds the ranges of tensors."""
        return self.scheme == DYNAMIC

    def original(self, product: Product) -> Numbers:
        """The numbers of a product as they are."""
        weight = constant_array_of(product.op.operands[1], self.store)
        assert weight is not None
        bias = constant_array_of(product.bias, self.store)
        return Numbers(
            np.asarray(weight, np.float32), None if bias is None else np.asarray(bias, np.float32)
        )

    def places(self, active: Iterable[Product]) -> Places:
        """Where codes are if these products are computed with them."""
        chosen = list(active)
        if self.scheme == INT8:
            return places_of(self.main, chosen)
        places = Places()
        if self.is_dynamic:
            for product in chosen:
                places.coded[product.data] = product.data
                places.reads[product.op, 0] = product.data
        return places

    def codings(self, places: Places) -> dict[SSAValue, Coding]:
        """The codes of each tensor, from what was observed of all that have the same."""
        if self.is_dynamic:
            return {}
        found: dict[SSAValue, Coding] = {}
        for first, values in places.groups().items():
            limits = [self.limits(value) for value in values]
            found[first] = Coding.of_range(min(l for l, _ in limits), max(h for _, h in limits))
        return codings_of(places, found)

    def limits(self, value: SSAValue) -> tuple[float, float]:
        """The range of a tensor."""
        if value not in self._limits:
            self._limits[value] = limits_of(self.histogram(value), self.ranges)
        return self._limits[value]

    def histogram(self, value: SSAValue) -> Histogram:
        """What was observed of a tensor."""
        assert self.observed is not None, "codes are of what was observed"
        return self.observed.histograms[value]

    def precision(self, product: Product) -> str:
        """What a report calls the way in which a product is computed with codes."""
        is_filter = self.scheme == WEIGHTS_INT4 and product.is_convolution
        return WEIGHTS_INT8 if is_filter else self.scheme

    def coded(self, product: Product, codings: Mapping[SSAValue, Coding]) -> CodedWeight:
        """The codes of a product's weight."""
        coding = codings.get(product.data)
        scale = coding.scale if coding is not None else 0.0
        if (product, scale) not in self._coded:
            numbers = self.original(product)
            if self.precision(product) == WEIGHTS_INT4:
                made = by_block(product, numbers.weight, self.block, self._importance(product))
            else:
                bias = numbers.bias if product.adder is None else None
                made = by_channel(product, numbers.weight, scale, bias)
            self._coded[product, scale] = made
        return self._coded[product, scale]

    def _importance(self, product: Product) -> FloatArray | None:
        """How much an error in a row of a weight matters: the mean square of what it meets."""
        if self.observed is None:
            return None
        squares = self.observed.of(product).mean_square
        return squares / squares.mean() if squares.size and squares.mean() > 0 else None

    def quantised(self, product: Product, codings: Mapping[SSAValue, Coding]) -> Numbers:
        """
        The numbers that a product is computed with: those of its codes, and a bias that makes up
        for what rounding the weight does to the mean.
        """
        numbers, decoded = self.original(product), self.coded(product, codings).decoded
        return Numbers(decoded, self._corrected(product, numbers, decoded))

    def _corrected(
        self, product: Product, numbers: Numbers, decoded: FloatArray
    ) -> FloatArray | None:
        if numbers.bias is None or self.observed is None:
            return numbers.bias
        mean = self.observed.of(product).mean
        lost = product.by_input(numbers.weight - decoded).sum(2)  # [results, data of a group]
        parts = mean.reshape(product.groups, -1)
        if parts.shape[1] != lost.shape[1]:
            return numbers.bias
        rows = lost.reshape(product.groups, -1, lost.shape[1])
        return numbers.bias + np.einsum("gok,gk->go", rows, parts).reshape(-1)

    def narrow(self, product: Product) -> Numbers:
        """The numbers of a product whose weight is kept in 16 bits."""
        numbers = self.original(product)
        return Numbers(narrowed(numbers.weight), numbers.bias)

    def choices(self, active: Sequence[Product], narrow: Sequence[Product]) -> Choices:
        """All that the file says: what is coded, and what is kept in 16 bits."""
        places = self.places(active)
        codings = self.codings(places)
        made = Choices(places=places, codings=codings, dynamic=self.is_dynamic)
        for product in active:
            made.weights[product] = self.coded(product, codings)
            bias = self.quantised(product, codings).bias
            if bias is not None:
                made.biases[product] = bias
        for product in narrow:
            made.narrow[product] = self.narrow(product).weight
        if self.is_dynamic:
            made.places = Places()
        return made


def candidates(products: Sequence[Product], scheme: str) -> list[Product]:
    """The products that a scheme is for: dynamic ranges are for matrices alone."""
    if scheme == DYNAMIC:
        return [product for product in products if not product.is_convolution]
    return list(products)
