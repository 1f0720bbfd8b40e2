"""Codes of weights."""

from __future__ import annotations

import numpy as np
import pytest

from stepwell.compiler.planned_program import main_of
from stepwell.compiler.quantize.products import Product, constant_array_of, products_of
from stepwell.compiler.quantize.weights import by_block, by_channel
from stepwell.compiler.questions.model_options import opened
from stepwell.dialects.engine.weights import weight_store
from stepwell.test.quantize_models import images, words


def products(model) -> tuple[list[Product], dict[Product, np.ndarray]]:
    compilation = opened(model)
    store = weight_store(compilation.ctx)
    found = products_of(main_of(compilation.module), store)
    return found, {p: np.asarray(constant_array_of(p.weight, store)) for p in found}


IMAGE_PRODUCTS, FILTERS = products(images())
WORD_PRODUCTS, MATRICES = products(words())


def test_all_products_are_found_with_their_biases():
    assert [p.name for p in IMAGE_PRODUCTS] == [
        "stem", "expand", "depthwise", "project", "wide", "last", "dense",
    ]  # fmt: skip
    assert all(p.bias is not None for p in IMAGE_PRODUCTS)
    assert [p.name for p in WORD_PRODUCTS if p.adder is not None] == ["out", "up", "down"]
    assert [p.name for p in WORD_PRODUCTS if p.bias is None] == ["q", "k", "v", "head"]


@pytest.mark.parametrize("product", [*IMAGE_PRODUCTS, *WORD_PRODUCTS], ids=lambda p: p.name)
def test_a_code_is_within_half_a_step_of_its_number(product):
    weight = {**FILTERS, **MATRICES}[product]
    coded = by_channel(product, weight)
    assert coded.codes.min() >= -127
    assert coded.scales.shape == (weight.shape[product.channel],)
    steps = product.along(coded.scales, weight)
    assert (np.abs(coded.decoded - weight) <= steps * 0.501).all()
    assert (np.abs(product.rows(coded.codes)).max(1) == 127).all()  # each channel uses its range


def test_a_channel_of_zeros_and_one_of_least_numbers_have_normal_scales():
    product = WORD_PRODUCTS[0]
    weight = MATRICES[product].copy()
    weight[:, 0] = 0
    weight[:, 1] = 1e-42
    coded = by_channel(product, weight)
    assert (coded.scales >= np.finfo(np.float32).tiny).all()
    assert (coded.decoded[:, 0] == 0).all()


def test_a_bias_that_does_not_fit_makes_the_scale_larger():
    product = IMAGE_PRODUCTS[0]
    weight = FILTERS[product]
    bias = np.zeros(weight.shape[0], np.float32)
    bias[3] = 1e9
    coded = by_channel(product, weight, 1e-3, bias)
    plain = by_channel(product, weight)
    codes = bias / (np.float32(1e-3) * coded.scales)
    assert abs(codes[3]) <= 2**30
    assert coded.scales[3] > plain.scales[3]
    assert (coded.scales[:3] == plain.scales[:3]).all()


@pytest.mark.parametrize("block", [16, 32, 128])
@pytest.mark.parametrize("product", [IMAGE_PRODUCTS[-1], WORD_PRODUCTS[5]], ids=lambda p: p.name)
def test_blocks_of_four_bits_are_better_than_the_plain_scale(product, block):
    weight = {**FILTERS, **MATRICES}[product]
    coded = by_block(product, weight, block)
    assert coded.codes.min() >= -8
    assert coded.codes.max() <= 7
    depth = weight.shape[product.depth]
    assert coded.scales.shape[product.depth] == -(-depth // block)
    turned = np.moveaxis(weight, product.depth, -1)
    padded = np.zeros((turned.shape[0], -(-depth // block) * block), np.float32)
    padded[:, :depth] = turned
    cut = padded.reshape(turned.shape[0], -1, block)
    scales = np.abs(cut).max(-1, keepdims=True) / 7
    plain = np.clip(np.rint(cut / scales), -8, 7) * scales - cut
    assert np.square(coded.decoded - weight).sum() < np.square(plain).sum()


def test_what_matters_more_is_rounded_better():
    product = WORD_PRODUCTS[0]
    weight = MATRICES[product]
    heavy = np.full(128, 0.01, np.float32)
    heavy[::8] = 100
    plain = by_block(product, weight, 32).decoded - weight
    weighted = by_block(product, weight, 32, heavy).decoded - weight
    assert np.square(weighted[::8]).sum() < np.square(plain[::8]).sum()
