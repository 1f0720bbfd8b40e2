"""Models of usual kinds in small sizes, made by torch: what a frontend has to read whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
torchvision: Any = pytest.importorskip("torchvision")
nn: Any = torch.nn
F: Any = torch.nn.functional
Dim: Any = torch.export.Dim

Tensor = Any


@dataclass(frozen=True)
class Case:
    """A model with the arguments of a call, and which of their sizes may be left open."""

    make: Callable[[], Any]
    arguments: Callable[[int], tuple[Any, ...]]
    """Of a call; the number is larger for larger open sizes."""
    dims: tuple[Any, ...] | None = None


class Bert(nn.Module):
    """An encoder with a padding mask and a pooled output."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words = nn.Embedding(97, 32)
        self.places = nn.Embedding(64, 32)
        self.norm = nn.LayerNorm(32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.pooled = nn.Linear(32, 32)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.norm(self.words(ids) + self.places(torch.arange(ids.shape[1])))
        bias = torch.zeros_like(mask, dtype=torch.float32).masked_fill(mask == 0, -1e9)
        x = self.layers(x, src_key_padding_mask=bias)
        return x, torch.tanh(self.pooled(x[:, 0]))


class Block(nn.Module):
    """A layer of GPT-2, with past keys and values where given."""

    def __init__(self, width: int, heads: int) -> None:
        nn.Module.__init__(self)
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, past: tuple[Tensor, Tensor] | None = None) -> Any:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.first(x)).split(width, dim=2)
        shape = (batch, length, self.heads, width // self.heads)
        q, k, v = (t.view(shape).transpose(1, 2) for t in (q, k, v))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        total = k.shape[2]
        seen = torch.arange(total)[None] <= torch.arange(total - length, total)[:, None]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate="tanh")), (k, v)


class Gpt(nn.Module):
    """A decoder with tied embeddings, whose past is input and output where `cached`."""

    def __init__(self, *, cached: bool) -> None:
        nn.Module.__init__(self)
        self.cached = cached
        self.words, self.places = nn.Embedding(101, 48), nn.Embedding(128, 48)
        self.blocks = nn.ModuleList([Block(48, 4) for _ in range(2)])
        self.norm, self.head = nn.LayerNorm(48), nn.Linear(48, 101, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids: Tensor, past: Any = None) -> Any:
        start = past[0][0].shape[2] if past is not None else 0
        x = self.words(ids) + self.places(torch.arange(start, start + ids.shape[1]))
        kept: list[Any] = []
        for at, block in enumerate(self.blocks):
            x, own = block(x, None if past is None else past[at])
            kept.append(own)
        logits = self.head(self.norm(x))
        return (logits, kept) if self.cached else logits


class Tagger(nn.Module):
    """Two recurrent layers of both directions."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 12, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(24, 8, batch_first=True)
        self.tags = nn.Linear(8, 7)

    def forward(self, words: Tensor) -> Tensor:
        x, _ = self.lstm(self.words(words))
        x, _ = self.gru(x)
        return F.log_softmax(self.tags(x), -1)


def _twice(given: int, wanted: int) -> Any:
    return nn.Sequential(
        *(nn.Conv2d(given, wanted, 3, padding=1), nn.BatchNorm2d(wanted), nn.ReLU(inplace=True)),
        *(nn.Conv2d(wanted, wanted, 3, padding=1), nn.BatchNorm2d(wanted), nn.ReLU(inplace=True)),
    )


class UNet(nn.Module):
    """Two levels down and up, by a transposed convolution and by interpolation."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.down = nn.ModuleList([_twice(3, 8), _twice(8, 16), _twice(16, 32)])
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.back = nn.ModuleList([_twice(32, 16), _twice(24, 8)])
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        a = self.down[0](image)
        b = self.down[1](F.max_pool2d(a, 2))
        c = self.down[2](F.avg_pool2d(b, 2))
        b = self.back[0](torch.cat([self.up(c), b], 1))
        wide = F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.sigmoid(self.head(self.back[1](torch.cat([wide, a], 1))))


class Detector(nn.Module):
    """A transformer on a map whose best queries are taken, as of DETR."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 8, stride=8), nn.ReLU())
        self.transformer = nn.Transformer(32, 4, 1, 2, 64, batch_first=True)
        self.queries = nn.Parameter(torch.randn(20, 32))
        self.scores, self.boxes = nn.Linear(32, 6), nn.Linear(32, 4)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = self.stem(image).flatten(2).transpose(1, 2)
        y = self.transformer(x, self.queries.expand(image.shape[0], -1, -1))
        best = self.scores(y).sigmoid().flatten(1).topk(8)
        at = best.indices // 6
        boxes = torch.gather(self.boxes(y).sigmoid(), 1, at.unsqueeze(-1).repeat(1, 1, 4))
        centre, extent = boxes.split(2, -1)
        return (
            best.values,
            best.indices % 6,
            torch.cat([centre - extent / 2, centre + extent / 2], -1),
        )


class Mixture(nn.Module):
    """A mixture of experts of which each token takes two."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.gate = nn.Linear(16, 4, bias=False)
        self.up = nn.Parameter(torch.randn(4, 16, 32) * 0.2)
        self.down = nn.Parameter(torch.randn(4, 32, 16) * 0.2)

    def forward(self, x: Tensor) -> Tensor:
        weights, chosen = self.gate(x).softmax(-1).topk(2, dim=-1)
        weights = weights / weights.sum(-1, keepdim=True)
        hidden = F.silu(torch.einsum("btd,edh->bteh", x, self.up))
        outputs = torch.einsum("bteh,ehd->bted", hidden, self.down)
        taken = torch.zeros(*x.shape[:2], 4).scatter(2, chosen, weights)
        return (outputs * taken.unsqueeze(-1)).sum(2)


class Rms(nn.Module):
    """Normalisation by the root of the mean of squares."""

    def __init__(self, width: int) -> None:
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6)
        return (x.float() * scale).type_as(x) * self.weight


class Decoder(nn.Module):
    """Rotary positions, grouped queries, gated units, and a cache in buffers, as of Llama."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words = nn.Embedding(89, 32)
        self.first, self.second, self.last = Rms(32), Rms(32), Rms(32)
        self.q, self.k, self.v = (nn.Linear(32, n, bias=False) for n in (32, 16, 16))
        self.o, self.head = (nn.Linear(32, n, bias=False) for n in (32, 89))
        self.gate, self.up = (nn.Linear(32, 48, bias=False) for _ in range(2))
        self.down = nn.Linear(48, 32, bias=False)
        angles = torch.outer(torch.arange(64.0), 10000.0 ** (-torch.arange(0, 8, 2) / 8))
        self.register_buffer("cosines", angles.cos())
        self.register_buffer("sines", angles.sin())

    def turned(self, x: Tensor, places: Tensor) -> Tensor:
        a, b = x[..., ::2], x[..., 1::2]
        c, s = self.cosines[places][None, None], self.sines[places][None, None]
        return torch.stack([a * c - b * s, a * s + b * c], -1).flatten(-2)

    def forward(self, ids: Tensor) -> Tensor:
        batch, length = ids.shape
        places = torch.arange(length)
        x = self.words(ids)
        h = self.first(x)
        q, k, v = (
            p(h).view(batch, length, -1, 8).transpose(1, 2) for p in (self.q, self.k, self.v)
        )
        q, k = self.turned(q, places), self.turned(k, places)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.o(y.transpose(1, 2).reshape(batch, length, 32))
        h = self.second(x)
        x = x + self.down(F.silu(self.gate(h)) * self.up(h))
        return self.head(self.last(x))


class Streaming(nn.Module):
    """One token for each call; keys and values are kept in buffers that are written into."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words, self.qkv, self.head = nn.Embedding(31, 16), nn.Linear(16, 48), nn.Linear(16, 31)
        self.register_buffer("keys", torch.zeros(1, 2, 24, 8))
        self.register_buffer("values", torch.zeros(1, 2, 24, 8))
        self.register_buffer("place", torch.zeros(1, dtype=torch.int64))

    def forward(self, token: Tensor) -> Tensor:
        q, k, v = self.qkv(self.words(token)).view(1, 1, 6, 8).transpose(1, 2).chunk(3, 1)
        self.keys.index_copy_(2, self.place, k)
        self.values.index_copy_(2, self.place, v)
        seen = (torch.arange(24) <= self.place)[None]
        y = F.scaled_dot_product_attention(q, self.keys, self.values, attn_mask=seen)
        self.place.add_(1)
        return self.head(y.transpose(1, 2).reshape(1, 1, 16))


def _vit() -> Any:
    model = torchvision.models.VisionTransformer(
        image_size=32,
        patch_size=8,
        num_layers=2,
        num_heads=4,
        hidden_dim=32,
        mlp_dim=64,
        num_classes=10,
    )
    nn.init.normal_(model.heads.head.weight)  # zeros otherwise, and so would be all results
    return model


def _ids(vocabulary: int) -> Callable[[int], tuple[Any, ...]]:
    return lambda n: (torch.randint(vocabulary, (n, 5 + 2 * n)),)


def _images(size: int) -> Callable[[int], tuple[Any, ...]]:
    return lambda n: (torch.randn(n, 3, size, size),)


def _masked(n: int) -> tuple[Any, ...]:
    mask = torch.ones(n, 5 + 2 * n, dtype=torch.int64)
    mask[0, -2:] = 0
    return torch.randint(97, (n, 5 + 2 * n)), mask


def _with_past(n: int) -> tuple[Any, ...]:
    past = [tuple(torch.randn(n, 4, 3 + n, 12) for _ in range(2)) for _ in range(2)]
    return torch.randint(101, (n, 2 + n)), past


def cases() -> dict[str, Case]:
    """All models by name."""
    batch, length = Dim("batch", max=64), Dim("length", max=60)
    past = Dim("past", max=50)
    both = {0: batch, 1: length}
    kept = [({0: batch, 2: past}, {0: batch, 2: past}) for _ in range(2)]
    one = ({0: batch},)
    return {
        "resnet18": Case(torchvision.models.resnet18, _images(64), one),
        "mobilenet_v3": Case(torchvision.models.mobilenet_v3_small, _images(64), one),
        "vit": Case(_vit, _images(32), one),
        "bert": Case(Bert, _masked, (both, both)),
        "gpt": Case(lambda: Gpt(cached=False), _ids(101), (both,)),
        "gpt_cached": Case(lambda: Gpt(cached=True), _with_past, (both, kept)),
        "tagger": Case(Tagger, _ids(50), None),
        "unet": Case(UNet, _images(32), one),
        "detector": Case(Detector, _images(64), one),
        "mixture": Case(Mixture, lambda n: (torch.randn(n, 6, 16),), one),
        "decoder": Case(Decoder, _ids(89), (both,)),
        "streaming": Case(Streaming, lambda n: (torch.tensor([[n % 31]]),), None),
    }
