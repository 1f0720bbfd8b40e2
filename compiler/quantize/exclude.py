"""
Which products stay as they are, so that the error of the model keeps to a budget.

Products are ranked by the error that each of them alone makes. From the worst on they are left out,
and how many is found by halving. So is how many if the order is that of the square of the error
over the time that a product saves by estimate: what is computed no faster with codes goes first,
and of both choices the one that saves more time is taken. What is left out keeps its weight in 16
bits where the budget still holds with that, else in 32.
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
    trials: Trials,
    products: Sequence[Product],
    saved: Mapping[Product, float],
    budget: float,
    progress: Progress,
) -> Chosen:
    """
    The products that stay active within a budget; none where only the original keeps to it.

    `saved` are the seconds that products take less with codes.
    """
    alone = _ranked(trials, products, progress)
    least = max(sum(saved.values()), 1e-9) * 1e-4

    def for_time(product: Product) -> float:
        return alone[product] ** 2 / max(saved.get(product, 0.0), least)

    tried: dict[frozenset[Product], float] = {}

    def error(left_out: Sequence[Product]) -> float:
        out = frozenset(left_out)
        if out not in tried:
            tried[out] = trials.error([p for p in products if p not in out])
            progress("exclude", 1, 1)
        return tried[out]

    # Sorting is stable: equal ones stay in order.
    orders = [sorted(products, key=lambda p: -key(p)) for key in (alone.__getitem__, for_time)]
    choices = [order[: _fewest(order, error, budget)] for order in orders]
    left_out = min(choices, key=lambda out: sum(saved.get(p, 0.0) for p in out))
    active = [product for product in products if product not in set(left_out)]
    chosen = Chosen(active, [], error(left_out), alone, error(()), error(products))
    if left_out and active:
        narrow = [product for product in products if product in set(left_out)]
        with_narrow = trials.error(active, narrow)
        if with_narrow <= budget:
            chosen.narrow, chosen.error = narrow, with_narrow
    return chosen


def _fewest(
    order: Sequence[Product], error: Callable[[Sequence[Product]], float], budget: float
) -> int:
    """How many of the first have to be left out for the budget, by halving."""
    low, high = 0, len(order)
    if error(()) <= budget:
        return 0
    while low < high:
        middle = (low + high) // 2
        if error(order[:middle]) <= budget:
            high = middle
        else:
            low = middle + 1
    return high


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
