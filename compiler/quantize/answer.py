"""What a report says of each operation."""

from __future__ import annotations

from .exclude import Chosen
from .gain import Gain, saved_seconds
from .judge import sqnr
from .products import Product
from .report import OperationAnswer
from .schemes import Plan


def operation_answers(plan: Plan, chosen: Chosen, gain: Gain) -> list[OperationAnswer]:
    """The products of a plan, in the order of the model."""
    codings = plan.codings(plan.places(chosen.active))
    active, narrow = set(chosen.active), set(chosen.narrow)
    found: list[OperationAnswer] = []
    for product in plan.products:
        coding = codings.get(product.data) if product in active else None
        limits = None if coding is None else coding.range
        clipped = None
        if coding is not None and limits is not None:  # half a step outside is rounded, not clipped
            half = coding.scale / 2
            clipped = plan.histogram(product.data).beyond(limits[0] - half, limits[1] + half)
        alone = chosen.alone.get(product)
        found.append(
            OperationAnswer(
                name=product.name,
                nodes=list(product.op.nodes),
                precision=_precision(plan, product, active, narrow),
                why=_why(product, chosen, active),
                sqnr=None if alone is None else sqnr(alone),
                range=None if limits is None else list(limits),
                clipped=clipped,
                seconds_saved=saved_seconds(product, gain.before, gain.after),
            )
        )
    return found


def _precision(plan: Plan, product: Product, active: set[Product], narrow: set[Product]) -> str:
    if product in active:
        return plan.precision(product)
    return "weights-bf16" if product in narrow else "f32"


def _why(product: Product, chosen: Chosen, active: set[Product]) -> str:
    if product in active:
        return "within the budget" if chosen.alone else "asked for"
    if product not in chosen.alone:
        return "kept, as was asked"
    rank = [p for p, _ in chosen.worst()].index(product) + 1
    return f"left out for the budget: number {rank} by its error"
