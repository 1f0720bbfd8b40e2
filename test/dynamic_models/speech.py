"""Models of sound: convolutions over any number of samples."""

from __future__ import annotations

import numpy as np

from .dynamic_model import DynamicModel
from .graph import Array, Graph, Sizes
from .layers import conv, encoder_layer, gelu, linear

WIDTH = 32
FAST, SLOW = 16000, 8000


def _rate(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    """Frames of 512 samples are of the fast rate, those of 256 of the slow one."""
    return np.full(shape, FAST if sizes["L"] == 512 + 64 else SLOW)


def _voice_network(
    g: Graph, x: str, h: str, c: str, window: int, scripted: bool
) -> tuple[str, str]:
    """Spectrum by a convolution, an encoder, an LSTM or a scripted cell, for one rate."""
    hop = window // 2
    padded = g.Pad(x, g.constant([0, 0, 0, window // 4]), mode="reflect")
    spectrum = g.Conv(g.Unsqueeze(padded, [1]), g.weight(window + 2, 1, window), strides=[hop])
    half = window // 2 + 1
    real = g.Slice(spectrum, [0], [half], [1])
    imaginary = g.Slice(spectrum, [half], [np.iinfo(np.int64).max], [1])
    y = g.Sqrt(g.Add(g.Pow(real, 2.0), g.Pow(imaginary, 2.0)))
    y = g.Relu(conv(g, y, half, 24, 3, rank=1))
    y = g.Relu(conv(g, y, 24, 16, 3, rank=1, strides=[2]))
    y = g.Relu(conv(g, y, 16, 16, 3, rank=1, strides=[2]))
    weights = (
        g.weight(1, 64, 16, scale=0.2),
        g.weight(1, 64, 16, scale=0.2),
        g.weight(1, 128, scale=0.1),
    )
    if scripted:
        last, cell = _scripted_cell(g, _without_one(g, y), h, c, weights)
    else:
        steps = g.Transpose(y, perm=[2, 0, 1])
        _, last, cell = g.several(3, "LSTM", steps, *weights, None, h, c, hidden_size=16)
    head = g.Relu(g.Transpose(last, perm=[1, 2, 0]))
    found = g.Sigmoid(conv(g, head, 16, 1, 1, rank=1))
    probability = g.ReduceMean(g.Squeeze(found, [1]), axes=[1], keepdims=1)
    return probability, g.Concat(last, cell, axis=0)


def _without_one(g: Graph, x: str) -> str:
    """TorchScript's `squeeze(-1)`: without the last dimension if that is 1, else as it is."""
    single = g.Equal(g.Gather(g.Shape(x), g.constant([-1]), axis=0), g.constant([1]))
    squeezed, same = g.inner(f"{x}_squeezed"), g.inner(f"{x}_same")
    squeezed.output(squeezed.Squeeze(x, [-1]), f"{x}_squeezed_out")
    same.output(x, f"{x}_same_out")
    return g.If(single, then_branch=squeezed, else_branch=same)


def _scripted_cell(g: Graph, x: str, h: str, c: str, weights: tuple[str, ...]) -> tuple[str, str]:
    """TorchScript's `LSTMCell`, which gives what has no batch one: by the rank, when it runs."""
    single = g.Not(g.Equal(g.Size(g.Shape(x)), np.int64(2)))
    states = [g.Squeeze(h, [0]), g.Squeeze(c, [0])]
    wide, same = g.inner(f"{x}_wide"), g.inner(f"{x}_batch")
    for branch, change in ((wide, True), (same, False)):
        for value in (x, *states):
            branch.output(
                branch.Unsqueeze(value, [0]) if change else value, f"{branch.name}_{value}"
            )
    rows, *states = g.several(3, "If", single, then_branch=wide, else_branch=same)
    h, c = (g.Unsqueeze(state, [0]) for state in states)
    steps = g.Unsqueeze(rows, [0])
    _, last, cell = g.several(3, "LSTM", steps, *weights, None, h, c, hidden_size=16)
    return last, cell


def scripted_voice_activity() -> Graph:
    """As TorchScript exports it: branches on the rank of what the LSTM is given."""
    return voice_activity(scripted=True)


def voice_activity(*, scripted: bool = False) -> Graph:
    """
    Frames with what came before them, two rates and one or two dimensions: branches on both.

    As silero-vad: `If` on the rate, whose branches have weights of their own; `If` on the rank.
    """
    g = Graph("voice_activity", opset=16)
    x = g.input("input", ("N", "L"))
    state = g.input("state", (2, "N", 16))
    rate = g.input("sr", (), _rate, np.int64)
    flat = g.Equal(g.Size(g.Shape(x)), np.int64(1))
    wide = g.inner("wide")
    wide.output(wide.Unsqueeze(x, [0]), "wide_out")
    same = g.inner("same")
    same.output(x, "same_out")
    rows = g.If(flat, then_branch=wide, else_branch=same)
    h = g.Slice(state, [0], [1], [0])
    c = g.Slice(state, [1], [2], [0])
    branches: list[Graph] = []
    for window in (256, 128):
        branch = g.inner(f"window_{window}")
        probability, after = _voice_network(branch, rows, h, c, window, scripted)
        branch.output(probability, f"probability_{window}")
        branch.output(after, f"state_{window}")
        branches.append(branch)
    found, after = g.several(
        2,
        "If",
        g.Equal(rate, np.int64(FAST)),
        then_branch=branches[0],
        else_branch=branches[1],
    )
    g.output(found, "output")
    g.output(after, "stateN")
    return g


def wave_encoder() -> Graph:
    """wav2vec: normalised samples, strided convolutions, places by a grouped one, a transformer."""
    g = Graph("wave_encoder")
    x = g.input("input_values", ("N", "L"))
    mean = g.ReduceMean(x, axes=[1], keepdims=1)
    centred = g.Sub(x, mean)
    variance = g.ReduceMean(g.Mul(centred, centred), axes=[1], keepdims=1)
    y = g.Unsqueeze(g.Div(centred, g.Sqrt(g.Add(variance, 1e-7))), [1])
    y = g.Conv(y, g.weight(16, 1, 10), strides=[5])
    scale, bias = g.weight(16, scale=1), g.weight(16, scale=0.1)
    # A group norm with a group for each channel, written by its exporter with two reshapes.
    grouped = g.Reshape(y, g.constant([0, 16, -1]))
    normal = g.InstanceNormalization(
        grouped, g.constant(np.ones(16, np.float32)), g.constant(np.zeros(16, np.float32))
    )
    y = g.Reshape(normal, g.Shape(y))
    y = g.Add(g.Mul(y, g.Unsqueeze(scale, [0, 2])), g.Unsqueeze(bias, [0, 2]))
    y = gelu(g, y)
    y = gelu(g, g.Conv(y, g.weight(WIDTH, 16, 3), strides=[2]))
    y = gelu(g, g.Conv(y, g.weight(WIDTH, WIDTH, 2), strides=[2]))
    places = conv(g, y, WIDTH, WIDTH, 8, rank=1, group=4, pads=[4, 4])
    places = g.Slice(places, [0], [-1], [2])  # an even filter gives one place more
    y = g.Transpose(g.Add(y, gelu(g, places)), perm=[0, 2, 1])
    for _ in range(2):
        y = encoder_layer(g, y, 4, WIDTH, None)
    logits = linear(g, y, WIDTH, 20)
    g.output(logits, "logits")
    g.output(g.ArgMax(logits, axis=-1, keepdims=0), "best", np.int64)
    return g


def spectrogram() -> Graph:
    """Log-mel features: frames by a convolution, padded by reflection, less their mean."""
    g = Graph("spectrogram")
    x = g.input("samples", ("N", "L"))
    padded = g.Pad(g.Unsqueeze(x, [1]), g.constant([0, 0, 32, 0, 0, 32]), mode="reflect")
    parts = [g.Conv(padded, g.weight(33, 1, 64), strides=[16]) for _ in range(2)]
    power = g.Add(g.Mul(parts[0], parts[0]), g.Mul(parts[1], parts[1]))
    mel = g.MatMul(
        g.constant(np.abs(np.random.default_rng(3).standard_normal((20, 33))), np.float32), power
    )
    logs = g.Log(g.Max(mel, g.constant(1e-6)))
    top = g.ReduceMax(logs, keepdims=1, axes=[1, 2])
    kept = g.Max(logs, g.Sub(top, 8.0))
    mean = g.ReduceMean(kept, axes=[2], keepdims=1)
    g.output(g.Sub(kept, mean), "features")
    return g


def streaming_convolution() -> Graph:
    """A causal block with what it needs of the past as an input, cut anew by a size."""
    g = Graph("streaming_convolution")
    x = g.input("x", ("N", 8, "T"))
    cache = g.input("cache", ("N", 8, 6))
    both = g.Concat(cache, x, axis=2)
    length = g.dim(both, 2)
    kept = g.Slice(
        both, g.Unsqueeze(g.Sub(length, np.int64(6)), [0]), [np.iinfo(np.int64).max], [2]
    )
    y = g.Conv(both, g.weight(8, 1, 3), g.weight(8), dilations=[3], group=8)
    y = g.PRelu(y, g.weight(8, 1, scale=0.3))
    y = conv(g, y, 8, 8, 1, rank=1)
    tail = g.Slice(both, [6], [np.iinfo(np.int64).max], [2])
    g.output(g.Add(y, tail), "y")
    g.output(kept, "cache_out")
    return g


def vocoder() -> Graph:
    """Features to samples by transposed convolutions, as HiFi-GAN."""
    g = Graph("vocoder")
    x = g.input("mel", ("N", 20, "T"))
    y = conv(g, x, 20, 16, 7, rank=1)
    for inputs in (16, 8):
        y = g.LeakyRelu(y, alpha=0.1)
        y = g.ConvTranspose(y, g.weight(inputs, inputs // 2, 8), strides=[4], pads=[2, 2])
        inner = g.LeakyRelu(y, alpha=0.1)
        inner = conv(g, inner, inputs // 2, inputs // 2, 3, rank=1, dilations=[3], pads=[3, 3])
        y = g.Add(y, inner)
    wave = g.Tanh(conv(g, g.LeakyRelu(y, alpha=0.01), 4, 1, 7, rank=1))
    g.output(g.Reshape(wave, g.constant([0, -1])), "wave")
    return g


SPEECH = [
    DynamicModel(
        "voice_activity",
        voice_activity,
        {"N": (1, 4), "L": (320, 320)},
        ({"N": 1, "L": 576}, {"N": 1, "L": 320}, {"N": 3, "L": 576}),
    ),
    DynamicModel(
        "scripted_voice_activity",
        scripted_voice_activity,
        {"N": (1, 4), "L": (320, 320)},
        ({"N": 1, "L": 576}, {"N": 1, "L": 320}, {"N": 3, "L": 576}),
    ),
    DynamicModel(
        "wave_encoder",
        wave_encoder,
        {"N": (1, 3), "L": (60, 900)},
        ({"N": 1, "L": 45}, {"N": 2, "L": 400}),
    ),
    DynamicModel(
        "spectrogram",
        spectrogram,
        {"N": (1, 3), "L": (40, 700)},
        ({"N": 1, "L": 33}, {"N": 2, "L": 64}),
    ),
    DynamicModel(
        "streaming_convolution",
        streaming_convolution,
        {"N": (1, 3), "T": (1, 60)},
        ({"N": 1, "T": 1}, {"N": 2, "T": 6}),
    ),
    DynamicModel(
        "vocoder",
        vocoder,
        {"N": (1, 2), "T": (1, 40)},
        ({"N": 1, "T": 1},),
    ),
]
