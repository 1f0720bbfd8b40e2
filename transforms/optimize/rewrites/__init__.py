"""
All rewrites, by what they are about. Rewrites of one operation are tried in the order of `FILES`
and, within a file, of its `RULES`.
"""

from __future__ import annotations

from ..rewriting.rewrite import Rewrite
from . import (
    activations,
    approximate_identities,
    attention,
    attention_masks,
    broadcasts,
    channels_last,
    coded_moves,
    coded_products,
    coded_scalars,
    comparisons,
    constants,
    contractions,
    joined_parts,
    maps,
    movement,
    no_ops,
    norm_spellings,
    norms,
    pools,
    products,
    products_before,
    reduction_shapes,
    reductions,
    rotary,
    row_order,
    scalar_algebra,
    scalar_casts,
    scalar_constants,
    scalar_identities,
    scalar_ranges,
    scalar_sums,
    softmax_forms,
    upstream,
    views,
)

FILES = (
    constants,
    scalar_constants,
    scalar_identities,
    activations,
    scalar_algebra,
    scalar_casts,
    scalar_sums,
    comparisons,
    scalar_ranges,
    approximate_identities,
    no_ops,
    coded_moves,
    coded_products,
    coded_scalars,
    contractions,
    broadcasts,
    movement,
    joined_parts,
    upstream,
    norms,
    norm_spellings,
    reductions,
    softmax_forms,
    reduction_shapes,
    pools,
    maps,
    views,
    row_order,
    channels_last,
    products,
    rotary,
    products_before,
    attention,
    attention_masks,
)

REWRITES: tuple[Rewrite, ...] = tuple(rule for file in FILES for rule in file.RULES)
"""Every rewrite, in the order in which they are tried."""
