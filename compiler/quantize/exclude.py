"""
Which products stay as they are, so that the error of the model keeps to a budget.

Products are ranked by the error that each of them alone makes. From the worst on they are left out,
and how many is found by halving. What is left out keeps its weight in 16 bits where the budget
still holds with that, else in 32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .calibration import Feeds
from .judge import Metric, Outputs, relative_error
from .products import Product
from .schemes import Plan
from .simulate import Numbers, Simulator

MOST_RANKED = 200
"""Products that are tried one by one; of more, neighbours are tried together."""

RANKING_SAMPLES = 8
"""Held-out samples that products are ranked with."""

Progress = Callable[[str, int, int], None]


@dataclass
class Chosen:
    """
    What became of the search: the products that are computed with codes, those whose weight is
    kept in 16 bits, and the error. `alone` is the relative error that each makes alone;
    `all_active` and `none_active` are errors of the model with all of them, and with none.
    """

    active: list[Product]
    narrow: list[Product]
    error: float
    alone: dict[Product, float] = field(default_factory=dict[Product, float])
    all_active: float = 0.0
    none_active: float = 0.0
    relative: float = 0.0

    def worst(self) -> list[tuple[Product, float]]:
        """Products with the error that each makes alone, from the worst on; equal ones in order."""
        return sorted(self.alone.items(), key=lambda item: -item[1])

    def leave_out_more(self) -> None:
        """Leave out a sixteenth more, and keep weights of 32 bits."""
        active = set(self.active)
        left = [product for product, _ in self.worst() if product in active]
        out = set(left[: -(-len(self.alone) // 16)])
        self.active = [product for product in self.active if product not in out]
        self.narrow = []


class Trials:
    """Simulated runs of the held-out samples, compared with the original."""

    def __init__(self, plan: Plan, simulator: Simulator, samples: Sequence[Feeds], metric: Metric):
        self.plan = plan
        self.simulator = simulator
        self.samples = samples
        self.metric = metric
        self.expected = self._outputs(samples, (), ())

    def error(self, active: Iterable[Product], narrow: Iterable[Product] = ()) -> float:
        """What the budget is of, for a choice of products."""
        found = self._outputs(self.samples, tuple(active), tuple(narrow))
        return self.metric(self.samples, self.expected, found)

    def alone(self, products: Sequence[Product]) -> float:
        """The relative error that some products make if no others are computed with codes."""
        samples = self.samples[:RANKING_SAMPLES]
        found = self._outputs(samples, tuple(products), ())
        return relative_error(samples, self.expected[: len(samples)], found)

    def _outputs(
        self, samples: Sequence[Feeds], active: Sequence[Product], narrow: Sequence[Product]
    ) -> list[Outputs]:
        places = self.plan.places(active)
        codings = self.plan.codings(places)
        numbers: Mapping[Product, Numbers] = {
            **{product: self.plan.quantised(product, codings) for product in active},
            **{product: self.plan.narrow(product) for product in narrow},
        }
        return [self.simulator(s, numbers, places.reads, codings) for s in samples]


def choose(
    trials: Trials, products: Sequence[Product], budget: float, progress: Progress
) -> Chosen:
    """
    The products that stay active within a budget; none where only the original keeps to it.
    """
    alone = _ranked(trials, products, progress)
    order = sorted(products, key=lambda p: -alone[p])  # stable: equal ones stay in order
    tried: dict[int, float] = {}

    def error(count: int) -> float:
        if count not in tried:
            left_out = set(order[:count])
            tried[count] = trials.error([p for p in products if p not in left_out])
            progress("exclude", 1, 1)
        return tried[count]

    low, high = 0, len(order)
    if error(0) <= budget:
        high = 0
    while low < high:
        middle = (low + high) // 2
        if error(middle) <= budget:
            high = middle
        else:
            low = middle + 1
    left_out = set(order[:high])
    active = [product for product in products if product not in left_out]
    chosen = Chosen(active, [], error(high), alone, error(0), error(len(order)))
    if left_out and active:
        narrow = [product for product in products if product in left_out]
        with_narrow = trials.error(active, narrow)
        if with_narrow <= budget:
            chosen.narrow, chosen.error = narrow, with_narrow
    return chosen


def _ranked(
    trials: Trials, products: Sequence[Product], progress: Progress
) -> dict[Product, float]:
    size = -(-len(products) // MOST_RANKED)
    alone: dict[Product, float] = {}
    for at in range(0, len(products), size or 1):
        group = products[at : at + size]
        alone.update(dict.fromkeys(group, trials.alone(group)))
        progress("rank", min(at + size, len(products)), len(products))
    return alone
