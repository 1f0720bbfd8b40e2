"""Layers of Caffe with their operands, and what PyTorch has for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

torch: Any = import_module("torch")
nn: Any = import_module("torch.nn.functional")
boxes: Any = import_module("torchvision.ops")

Shapes = Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class Case:
    """A layer with the shapes of its bottoms and blobs, and what it computes from all of them."""

    name: str
    text: str
    bottoms: Shapes
    blobs: Shapes
    compute: Callable[..., Any]
    positive: bool = False
    tops: int = 1
    given: Sequence[Any] | None = None
    """Values of the bottoms where random ones will not do."""

    def results(self, bottoms: Sequence[Any], blobs: Sequence[Any]) -> list[Any]:
        """What the layer gives, as arrays."""
        with torch.no_grad():
            found = self.compute(*map(torch.from_numpy, (*bottoms, *blobs)))
        return [value.numpy() for value in (found if isinstance(found, tuple) else [found])]


IMAGE = (2, 4, 7, 9)
MATRIX = (2, 3, 5)
ROOM = (2, 6, 4, 5)


def _layer(type_: str, message: str = "", parameters: str = "") -> str:
    return f'type: "{type_}"' + (f" {message}_param {{ {parameters} }}" if message else "")


def _one(name: str, text: str, shape: tuple[int, ...], f: Callable[..., Any], **more: Any) -> Case:
    return Case(name, text, [shape], [], f, **more)


def _convolutions() -> list[Case]:
    def conv(name: str, parameters: str, weight: tuple[int, ...], **options: Any) -> Case:
        text = _layer("Convolution", "convolution", f"num_output: 6 {parameters}")
        blobs = [weight] if "bias_term" in parameters else [weight, (6,)]
        return Case(name, text, [IMAGE], blobs, lambda x, *w: nn.conv2d(x, *w, **options))

    def deconv(name: str, parameters: str, weight: tuple[int, ...], **options: Any) -> Case:
        text = _layer("Deconvolution", "convolution", f"num_output: 6 {parameters}")
        blobs = [weight] if "bias_term" in parameters else [weight, (6,)]
        return Case(name, text, [IMAGE], blobs, lambda x, *w: nn.conv_transpose2d(x, *w, **options))

    strided = "kernel_size: 3 stride: 2 pad: 1 dilation: 2 bias_term: false"
    sides = "kernel_h: 1 kernel_w: 3 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 2"
    groups = "kernel_size: 3 kernel_size: 2 group: 2 pad: 1"
    return [
        conv("conv", "kernel_size: 3", (6, 4, 3, 3)),
        conv("conv_strided", strided, (6, 4, 3, 3), stride=2, padding=1, dilation=2),
        conv("conv_sides", sides, (6, 4, 1, 3), stride=(2, 1), padding=(0, 2)),
        conv("conv_groups", groups, (6, 2, 3, 2), groups=2, padding=1),
        deconv("deconv", "kernel_size: 4 stride: 2 pad: 1", (4, 6, 4, 4), stride=2, padding=1),
        deconv(
            "deconv_groups",
            "kernel_size: 3 dilation: 2 group: 2 bias_term: false",
            (4, 3, 3, 3),
            dilation=2,
            groups=2,
        ),
        Case(
            "depthwise",
            _layer("ConvolutionDepthwise", "convolution", "num_output: 4 kernel_size: 3"),
            [IMAGE],
            [(4, 1, 3, 3), (4,)],
            lambda x, *w: nn.conv2d(x, *w, groups=4),
        ),
        Case(
            "conv_3d",
            _layer("Convolution", "convolution", "num_output: 6 kernel_size: 2 stride: 2"),
            [(1, 4, 5, 6, 4)],
            [(6, 4, 2, 2, 2), (6,)],
            lambda x, *w: nn.conv3d(x, *w, stride=2),
        ),
        _one(
            "im2col",
            _layer("Im2col", "convolution", "kernel_size: 3 stride: 2 pad: 1"),
            IMAGE,
            lambda x: nn.unfold(x, 3, padding=1, stride=2).reshape(2, 36, 4, 5),
        ),
    ]


def _pools() -> list[Case]:
    cases: list[Case] = []
    for kind, function in (("MAX", nn.max_pool2d), ("AVE", nn.avg_pool2d)):
        for number, (k, s, p) in enumerate([(3, 2, 0), (3, 2, 1), (2, 3, 1), (3, 1, 1)]):
            for shape in (IMAGE, (1, 2, 8, 6)):

                def compute(x: Any, f: Any = function, k: int = k, s: int = s, p: int = p) -> Any:
                    return f(x, k, s, p, ceil_mode=True)

                said = f"pool: {kind} kernel_size: {k} stride: {s} pad: {p}"
                name = f"pool_{kind}_{number}_{shape[2]}"
                cases.append(_one(name, _layer("Pooling", "pooling", said), shape, compute))

    def pool(name: str, said: str, shape: tuple[int, ...], f: Callable[..., Any]) -> Case:
        return _one(name, _layer("Pooling", "pooling", said), shape, f, positive="STOCH" in said)

    sides = "pool: AVE kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 2 pad_w: 1"
    return [
        *cases,
        pool(
            "pool_floor",
            "kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR",
            (1, 2, 8, 6),
            lambda x: nn.max_pool2d(x, 3, 2, 1),
        ),
        pool(
            "pool_sides",
            sides,
            IMAGE,
            lambda x: nn.avg_pool2d(x, (2, 3), (1, 2), (0, 1), ceil_mode=True),
        ),
        pool(
            "pool_global",
            "pool: AVE global_pooling: true",
            IMAGE,
            lambda x: x.mean((2, 3), keepdim=True),
        ),
        pool(
            "pool_stochastic",
            "pool: STOCHASTIC kernel_size: 2 stride: 2",
            (1, 2, 6, 4),
            lambda x: nn.avg_pool2d(x * x, 2) / nn.avg_pool2d(x, 2),
        ),
        _one(
            "pool_mask",
            _layer("Pooling", "pooling", "kernel_size: 2 stride: 2"),
            (2, 3, 6, 4),
            lambda x: tuple(v.float() for v in nn.max_pool2d(x, 2, return_indices=True)),
            tops=2,
        ),
        _one(
            "spp",
            _layer("SPP", "spp", "pyramid_height: 2 pool: MAX"),
            (2, 3, 6, 8),
            lambda x: torch.cat([nn.adaptive_max_pool2d(x, n).flatten(1) for n in (1, 2)], 1),
        ),
        Case(
            "roi_pooling",
            _layer("ROIPooling", "roi_pooling", "pooled_h: 2 pooled_w: 3 spatial_scale: 0.5"),
            [IMAGE, (3, 5)],
            [],
            lambda x, rois: boxes.roi_pool(x, rois, (2, 3), 0.5),
            given=[None, [[0, 0, 0, 10, 8], [1, 2, 3, 9, 13], [0, 4, 4, 4, 4]]],
        ),
    ]


def _elementwise() -> list[Case]:
    simple: list[tuple[str, str, Callable[..., Any]]] = [
        ("absval", _layer("AbsVal"), torch.abs),
        ("bnll", _layer("BNLL"), nn.softplus),
        ("clip", _layer("Clip", "clip", "min: -0.5 max: 0.75"), lambda x: x.clip(-0.5, 0.75)),
        ("dropout", _layer("Dropout", "dropout", "dropout_ratio: 0.7"), lambda x: x),
        ("elu", _layer("ELU", "elu", "alpha: 0.5"), lambda x: nn.elu(x, 0.5)),
        ("exp", _layer("Exp"), torch.exp),
        (
            "exp_base",
            _layer("Exp", "exp", "base: 2 scale: 0.5 shift: 1"),
            lambda x: 2 ** (1 + x / 2),
        ),
        ("hard_sigmoid", _layer("HardSigmoid"), lambda x: (0.2 * x + 0.5).clip(0, 1)),
        ("mish", _layer("Mish"), nn.mish),
        (
            "power",
            _layer("Power", "power", "power: 2 scale: 0.5 shift: -1"),
            lambda x: (x / 2 - 1) ** 2,
        ),
        ("power_one", _layer("Power", "power", "scale: 3"), lambda x: 3 * x),
        ("relu", _layer("ReLU"), nn.relu),
        (
            "relu_slope",
            _layer("ReLU", "relu", "negative_slope: 0.1"),
            lambda x: nn.leaky_relu(x, 0.1),
        ),
        ("relu6", _layer("ReLU6"), nn.relu6),
        ("sigmoid", _layer("Sigmoid"), torch.sigmoid),
        ("swish", _layer("Swish", "swish", "beta: 1.5"), lambda x: x * torch.sigmoid(1.5 * x)),
        ("tanh", _layer("TanH"), torch.tanh),
        (
            "threshold",
            _layer("Threshold", "threshold", "threshold: 0.25"),
            lambda x: (x > 0.25).float(),
        ),
    ]
    positive: list[tuple[str, str, Callable[..., Any]]] = [
        ("log", _layer("Log"), torch.log),
        (
            "log_base",
            _layer("Log", "log", "base: 10 scale: 2 shift: 1"),
            lambda x: torch.log10(1 + 2 * x),
        ),
        (
            "power_root",
            _layer("Power", "power", "power: 0.5 shift: 1"),
            lambda x: torch.sqrt(1 + x),
        ),
    ]
    return [
        *(_one(n, text, MATRIX, f) for n, text, f in simple),
        *(_one(n, text, MATRIX, f, positive=True) for n, text, f in positive),
        Case("prelu", _layer("PReLU"), [MATRIX], [(3,)], nn.prelu),
        Case(
            "prelu_shared",
            _layer("PReLU", "prelu", "channel_shared: true"),
            [MATRIX],
            [(1,)],
            nn.prelu,
        ),
        Case("eltwise", _layer("Eltwise"), [MATRIX] * 3, [], lambda a, b, c: a + b + c),
        Case(
            "eltwise_coeff",
            _layer("Eltwise", "eltwise", "operation: SUM coeff: 1 coeff: -0.5"),
            [MATRIX] * 2,
            [],
            lambda a, b: a - b / 2,
        ),
        Case(
            "eltwise_prod",
            _layer("Eltwise", "eltwise", "operation: PROD"),
            [MATRIX] * 2,
            [],
            lambda a, b: a * b,
        ),
        Case(
            "eltwise_max",
            _layer("Eltwise", "eltwise", "operation: MAX"),
            [MATRIX] * 2,
            [],
            torch.maximum,
        ),
        Case(
            "axpy",
            _layer("Axpy"),
            [(2, 3, 1, 1), (2, 3, 4, 5), (2, 3, 4, 5)],
            [],
            lambda s, x, y: s * x + y,
        ),
        Case(
            "scale",
            _layer("Scale", "scale", "bias_term: true"),
            [(2, 3, 4, 5)],
            [(3,), (3,)],
            lambda x, s, b: x * s[:, None, None] + b[:, None, None],
        ),
        Case(
            "scale_axes",
            _layer("Scale", "scale", "axis: 0 num_axes: 2"),
            [(2, 3, 4)],
            [(2, 3)],
            lambda x, s: x * s[..., None],
        ),
        Case(
            "scale_bottom",
            _layer("Scale", "scale", "axis: 0"),
            [(2, 3, 4), (2, 3)],
            [],
            lambda x, s: x * s[..., None],
        ),
        Case("bias", _layer("Bias", "bias", "axis: -1"), [(2, 3, 4)], [(4,)], lambda x, b: x + b),
    ]


def _norms() -> list[Case]:
    def within(x: Any) -> Any:
        return x * (1 + nn.avg_pool2d(x * x, 3, 1, 1, ceil_mode=True) / 2) ** -0.75

    def mvn(axes: tuple[int, ...], epsilon: float) -> Callable[[Any], Any]:
        def compute(x: Any) -> Any:
            deviation = x.var(axes, correction=0, keepdim=True).sqrt()
            return (x - x.mean(axes, keepdim=True)) / (deviation + epsilon)

        return compute

    window = "local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL"
    return [
        Case(
            "batch_norm",
            _layer("BatchNorm", "batch_norm", "eps: 1e-3"),
            [IMAGE],
            [(4,), (4,), (1,)],
            lambda x, m, v, f: nn.batch_norm(x, m / f, v / f, eps=1e-3),
            positive=True,
        ),
        Case(
            "bn",
            _layer("BN"),
            [IMAGE],
            [(4,)] * 4,
            lambda x, s, b, m, v: nn.batch_norm(x, m, v, s, b),
            positive=True,
        ),
        Case(
            "bn_folded",
            _layer("BN"),
            [IMAGE],
            [(4,)] * 2,
            lambda x, s, b: x * s[:, None, None] + b[:, None, None],
        ),
        _one("softmax", _layer("Softmax"), IMAGE, lambda x: x.softmax(1)),
        _one(
            "softmax_axis", _layer("Softmax", "softmax", "axis: -1"), (3, 5), lambda x: x.softmax(1)
        ),
        _one(
            "lrn",
            _layer("LRN", "lrn", "local_size: 3 alpha: 0.3 k: 2"),
            IMAGE,
            lambda x: nn.local_response_norm(x, 3, 0.3, 0.75, 2),
        ),
        _one("lrn_within", _layer("LRN", "lrn", window), IMAGE, within),
        _one("mvn", _layer("MVN"), IMAGE, mvn((2, 3), 1e-9)),
        _one(
            "mvn_across",
            _layer("MVN", "mvn", "across_channels: true eps: 0.1"),
            IMAGE,
            mvn((1, 2, 3), 0.1),
        ),
        _one(
            "mvn_mean",
            _layer("MVN", "mvn", "normalize_variance: false"),
            IMAGE,
            lambda x: x - x.mean((2, 3), keepdim=True),
        ),
        Case(
            "normalize",
            _layer("Normalize", "norm", "across_spatial: false channel_shared: false"),
            [IMAGE],
            [(4,)],
            lambda x, s: nn.normalize(x, dim=1) * s[:, None, None],
        ),
        Case(
            "normalize_all",
            _layer("Normalize", "norm", ""),
            [IMAGE],
            [(1,)],
            lambda x, s: nn.normalize(x.flatten(1), dim=1).reshape(x.shape) * s,
        ),
    ]


def _products() -> list[Case]:
    def inner(said: str) -> str:
        return _layer("InnerProduct", "inner_product", f"num_output: 5 {said}")

    def reduction(name: str, said: str, f: Callable[..., Any]) -> Case:
        return _one(name, _layer("Reduction", "reduction", said), (3, 4, 6), f)

    def arg_max(name: str, said: str, shape: tuple[int, ...], f: Callable[..., Any]) -> Case:
        return _one(name, _layer("ArgMax", "argmax", said), shape, f)

    def both(x: Any) -> Any:
        found = x.flatten(1).topk(2)
        return torch.stack([found.indices.float(), found.values], 1)

    x = (3, 4, 6)
    return [
        Case(
            "inner",
            inner(""),
            [IMAGE],
            [(5, 252), (5,)],
            lambda x, *w: nn.linear(x.flatten(1), *w),
        ),
        Case(
            "inner_axis",
            inner("axis: 2 transpose: true bias_term: false"),
            [x],
            [(6, 5)],
            lambda x, w: x @ w,
        ),
        Case(
            "embed",
            _layer("Embed", "embed", "num_output: 3 input_dim: 7"),
            [(2, 4)],
            [(7, 3), (3,)],
            lambda x, w, b: w[x.long()] + b,
            given=[[[0, 6, 2, 2], [1, 3, 5, 0]]],
        ),
        reduction("reduction", "axis: 1", lambda x: x.sum((1, 2))),
        reduction(
            "reduction_asum",
            "axis: 1 operation: ASUM coeff: 2",
            lambda x: 2 * x.abs().sum((1, 2)),
        ),
        reduction("reduction_sumsq", "operation: SUMSQ", lambda x: (x * x).sum()),
        reduction("reduction_mean", "operation: MEAN axis: -1", lambda x: x.mean(2)),
        arg_max("arg_max", "axis: 1", x, lambda x: x.argmax(1, True).float()),
        arg_max("arg_max_values", "axis: 2 top_k: 3 out_max_val: true", x, lambda x: x.topk(3)[0]),
        arg_max("arg_max_both", "top_k: 2 out_max_val: true", x, both),
        arg_max(
            "arg_max_rows",
            "",
            IMAGE,
            lambda x: x.flatten(1).argmax(1).float().reshape(2, 1, 1, 1),
        ),
    ]


def _movement() -> list[Case]:
    def interpolate(x: Any, *size: int) -> Any:
        return nn.interpolate(x, size, mode="bilinear", align_corners=True)

    def move(name: str, type_: str, said: str, f: Callable[..., Any], tops: int = 1) -> Case:
        message = {"ShuffleChannel": "shuffle_channel"}.get(type_, type_.lower())
        return _one(name, _layer(type_, message, said), ROOM, f, tops=tops)

    points = "axis: 3 slice_point: 1 slice_point: 3"
    return [
        Case("concat", _layer("Concat"), [(2, 3), (2, 1)], [], lambda *x: torch.cat(x, 1)),
        Case(
            "concat_axis",
            _layer("Concat", "concat", "axis: -2"),
            [(2, 3, 2), (2, 2, 2), (2, 1, 2)],
            [],
            lambda *x: torch.cat(x, 1),
        ),
        Case(
            "concat_old",
            _layer("Concat", "concat", "concat_dim: 0"),
            [(2, 3), (1, 3)],
            [],
            lambda *x: torch.cat(x, 0),
        ),
        move("slice", "Slice", "", lambda x: x.chunk(3, 1), 3),
        move("slice_points", "Slice", points, lambda x: x.split([1, 2, 2], 3), 3),
        Case("split", _layer("Split"), [(2, 3)], [], lambda x: (x, x), tops=2),
        move("flatten", "Flatten", "", lambda x: x.flatten(1)),
        move("flatten_axes", "Flatten", "axis: 1 end_axis: -2", lambda x: x.flatten(1, 2)),
        move(
            "reshape",
            "Reshape",
            "shape { dim: 0 dim: -1 dim: 3 }",
            lambda x: x.reshape(2, -1, 3),
        ),
        move(
            "reshape_axes",
            "Reshape",
            "shape { dim: 2 dim: -1 } axis: 1 num_axes: 1",
            lambda x: x.reshape(2, 2, 3, 4, 5),
        ),
        move("permute", "Permute", "order: 0 order: 2 order: 3", lambda x: x.permute(0, 2, 3, 1)),
        move("tile", "Tile", "axis: 2 tiles: 3", lambda x: x.repeat(1, 1, 3, 1)),
        Case(
            "crop",
            _layer("Crop", "crop", "axis: 2 offset: 1 offset: 2"),
            [ROOM, (2, 1, 2, 3)],
            [],
            lambda x, _: x[:, :, 1:3, 2:5],
        ),
        move("interp", "Interp", "height: 9 width: 3", lambda x: interpolate(x, 9, 3)),
        move(
            "interp_zoom",
            "Interp",
            "zoom_factor: 2 pad_end: -1",
            lambda x: interpolate(x[:, :, :3, :4], 5, 7),
        ),
        move("shuffle", "ShuffleChannel", "group: 3", lambda x: nn.channel_shuffle(x, 3)),
        Case(
            "reindex",
            _layer("BatchReindex"),
            [(3, 4), (5,)],
            [],
            lambda x, at: x[at.long()],
            given=[None, [2, 0, 0, 1, 2]],
        ),
        Case(
            "upsample",
            _layer("Upsample", "upsample", "scale: 2"),
            [(1, 2, 2, 2), (1, 2, 2, 2)],
            [],
            lambda x, mask: nn.max_unpool2d(x, mask.long(), 2),
            given=[None, [[[[0, 3], [9, 15]], [[1, 6], [8, 10]]]]],
        ),
    ]


def _recurrent() -> list[Case]:
    def loaded(layer: Any, *weights: Any) -> Any:
        names = ("weight_ih_l0", "bias_ih_l0", "weight_hh_l0")
        for name, given in zip(names, weights, strict=True):
            getattr(layer, name).data = given
        layer.bias_hh_l0.data.zero_()
        return layer

    def lstm(x: Any, _: Any, *weights: Any) -> Any:
        """Caffe's gates are i, f, o, g; torch's are i, f, g, o."""
        parts = [w.chunk(4) for w in weights]
        layer = loaded(torch.nn.LSTM(3, 4), *(torch.cat([i, f, g, o]) for i, f, o, g in parts))
        # The marker of the third step begins a new sequence.
        return torch.cat([layer(x[:2])[0], layer(x[2:])[0]])

    def rnn(x: Any, _: Any, w: Any, b: Any, r: Any, v: Any, c: Any) -> Any:
        return torch.tanh(nn.linear(loaded(torch.nn.RNN(3, 4), w, b, r)(x)[0], v, c))

    sequence, said = [(4, 2, 3), (4, 2)], "num_output: 4"
    return [
        Case(
            "lstm",
            _layer("LSTM", "recurrent", said),
            sequence,
            [(16, 3), (16,), (16, 4)],
            lstm,
            given=[None, [[0, 0], [1, 1], [0, 0], [1, 1]]],
        ),
        Case(
            "rnn",
            _layer("RNN", "recurrent", said),
            sequence,
            [(4, 3), (4,), (4, 4), (4, 4), (4,)],
            rnn,
            given=[None, [[0, 0], [1, 1], [1, 1], [1, 1]]],
        ),
    ]


def _priors(*_: Any) -> Any:
    """Four boxes around each of six centres of an image of 20 by 30."""
    root = 2**0.5
    sizes = [(8, 8), (96**0.5, 96**0.5), (8 * root, 8 / root), (8 / root, 8 * root)]
    rows: list[list[float]] = []
    for i in range(2):
        for j in range(3):
            for w, h in sizes:
                x, y = (j + 0.5) * 10, (i + 0.5) * 10
                corners = ((x - w / 2) / 30, (y - h / 2) / 20, (x + w / 2) / 30, (y + h / 2) / 20)
                rows.append([min(max(value, 0.0), 1.0) for value in corners])
    spread = torch.tensor([0.1, 0.1, 0.2, 0.2]).repeat(len(rows), 1)
    return torch.stack([torch.tensor(rows).flatten(), spread.flatten()])[None]


def _detections(locations: Any, confidences: Any, priors: Any) -> Any:
    """Twelve boxes of two classes beside the background."""
    moved, scores = locations.reshape(12, 4), confidences.reshape(12, 3)
    anchors, spread = (priors[0, at].reshape(12, 4) for at in range(2))
    size, moved = anchors[:, 2:] - anchors[:, :2], moved * spread
    centre = (anchors[:, :2] + anchors[:, 2:]) / 2 + moved[:, :2] * size
    half = torch.exp(moved[:, 2:]) * size / 2
    corners = torch.cat([centre - half, centre + half], 1)
    rows: list[Any] = []
    for label in (1, 2):
        [passing] = torch.where(scores[:, label] > 0.2)
        for at in passing[boxes.nms(corners[passing], scores[passing, label], 0.3)]:
            rows.append(torch.cat([torch.tensor([0.0, label, scores[at, label]]), corners[at]]))
    return torch.stack(rows)[None, None]


def _detection() -> list[Case]:
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 0.7, (12, 2))
    given = np.concatenate([corner, corner + rng.uniform(0.1, 0.3, (12, 2))], 1)
    prior = np.stack([given.reshape(-1), np.tile([0.1, 0.1, 0.2, 0.2], 12)])[None]
    said = "min_size: 8 max_size: 12 aspect_ratio: 2 clip: true "
    said += "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2"
    found = "num_classes: 3 keep_top_k: 20 code_type: CENTER_SIZE confidence_threshold: 0.2 "
    found += "nms_param { nms_threshold: 0.3 top_k: 400 }"
    return [
        Case(
            "prior_box",
            _layer("PriorBox", "prior_box", said),
            [(1, 4, 2, 3), (1, 3, 20, 30)],
            [],
            _priors,
        ),
        Case(
            "detection_output",
            _layer("DetectionOutput", "detection_output", found),
            [(1, 48), (1, 36), (1, 2, 48)],
            [],
            _detections,
            given=[None, rng.uniform(0, 1, (1, 36)), prior],
        ),
    ]


def cases() -> list[Case]:
    """All of them."""
    return [
        *(*_convolutions(), *_pools(), *_elementwise(), *_norms(), *_products()),
        *(*_movement(), *_recurrent(), *_detection()),
    ]
