"""Small programs of Paddle, each of one operator or a few, with operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

paddle: Any = import_module("paddle")
nn: Any = import_module("paddle.nn")
F: Any = import_module("paddle.nn.functional")


@dataclass(frozen=True)
class Case:
    """A function of tensors, and what they are: shapes of random ones, or arrays."""

    name: str
    compute: Callable[..., Any]
    given: Sequence[Any]
    layers: Sequence[Any] = field(default_factory=tuple[Any, ...])
    positive: bool = False
    open: bool = False
    """Whether the program is saved for operands of any size but the channels."""
    kept: int = 1
    """The dimension of these."""

    def operands(self) -> list[Any]:
        """Arrays, the same in every run."""
        rng = np.random.default_rng(sum(map(ord, self.name)))
        found: list[Any] = []
        for value in self.given:
            if isinstance(value, tuple):
                low = rng.uniform(0.5, 2, value) if self.positive else rng.standard_normal(value)
                found.append(low.astype(np.float32))
            else:
                found.append(np.array(value))
        return found

    def shapes(self, arrays: Sequence[Any]) -> list[list[int | None]]:
        """Of the operands as the program declares them."""
        if not self.open:
            return [list(array.shape) for array in arrays]
        return [[n if at == self.kept else None for at, n in enumerate(a.shape)] for a in arrays]


_REGIONS = np.array([[0, 1.5, 9, 11], [-3, -2, 6, 5], [2, 2, 2.2, 2.1]], np.float32)
IMAGE = (2, 4, 7, 9)
ROWS = (3, 5)
BLOCK = (2, 3, 4)


def _shifted(function: Any) -> Any:
    return lambda x: function(x + 1)


def _assigned(x: Any, values: Any) -> Any:
    y = x.clone()
    y[1:, 1:4:2] = values
    y[0] = values[1, 0]
    return y


def _assigned_numbers(x: Any) -> Any:
    y = x * 1.0
    y[:, 1, ::2] = 2.5
    y[-1, :, 1:] = np.array([1.0, -2.0, 3.0], np.float32)
    return y


def _elementwise() -> list[Case]:
    names = "abs acos asin asinh atan ceil cos cosh erf exp expm1 floor neg round sigmoid sign sin"
    names += " sinh square tan tanh trunc"
    cases = [Case(n, getattr(paddle, n), [ROWS]) for n in names.split() if hasattr(paddle, n)]
    for name in ["acosh", "log", "log10", "log1p", "log2", "reciprocal", "rsqrt", "sqrt"]:
        shifted = _shifted(getattr(paddle, name))
        cases.append(Case(name, shifted, [ROWS], positive=True))
    names = "celu elu gelu hardshrink hardsigmoid hardswish hardtanh leaky_relu log_sigmoid mish"
    names += " relu relu6 selu silu softplus softshrink softsign swish tanhshrink thresholded_relu"
    cases += [Case(f"f_{n}", getattr(F, n), [ROWS]) for n in names.split()]
    names = "add subtract multiply divide maximum minimum fmax fmin atan2 remainder floor_divide"
    for name in names.split():
        cases.append(Case(name, getattr(paddle, name), [(2, 3, 4), (3, 1)], positive=True))
    whole = [np.array([[7, -7, 9], [4, 5, -6]]), np.array([[2, 2, -4], [3, -5, 4]])]
    for name in ("remainder", "floor_divide", "maximum", "add"):
        cases.append(Case(f"{name}_int", getattr(paddle, name), whole))
    for name in ["equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"]:
        cases.append(Case(name, getattr(paddle, name), [[[1.0, 2.0, 3.0]], [[2.0, 2.0, 2.0]]]))
    truth = [[[True, False, True]], [[True, True, False]]]
    for name in ("logical_and", "logical_or", "logical_xor"):
        cases.append(Case(name, getattr(paddle, name), truth))
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        cases.append(Case(name, getattr(paddle, name), whole))
    special = np.array([1.0, np.nan, np.inf, -np.inf], np.float32)
    cases += [Case(n, getattr(paddle, n), [special]) for n in ("isnan", "isinf", "isfinite")]
    weight = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    return [
        *cases,
        Case("add_n", lambda a, b, c: paddle.add_n([a, b, c]), [ROWS] * 3),
        Case("cast", lambda x: (x * 3).astype("int32"), [ROWS]),
        Case("clip", lambda x: paddle.clip(x, -0.5, 0.75), [ROWS]),
        Case("dropout", lambda x: F.dropout(x, 0.3, training=False), [ROWS]),
        Case(
            "dropout_down",
            lambda x: F.dropout(x, 0.3, training=False, mode="downscale_in_infer"),
            [ROWS],
        ),
        Case("gelu_tanh", lambda x: F.gelu(x, approximate=True), [ROWS]),
        Case("lerp", lambda a, b, w: paddle.lerp(a, b, w), [ROWS] * 3),
        Case("logical_not", paddle.logical_not, [truth[0]]),
        Case("logit", lambda x: paddle.logit(x, 0.1), [[[0.05, 0.3, 0.95]]]),
        Case("pow", lambda x: paddle.pow(x, 1.5), [ROWS], positive=True),
        Case("pow_tensor", paddle.pow, [ROWS, ROWS], positive=True),
        Case("prelu", lambda x: F.prelu(x, paddle.to_tensor(weight)), [IMAGE]),
        Case("scale", lambda x: paddle.scale(x, 2.5, 1.0), [ROWS]),
        Case("scale_before", lambda x: paddle.scale(x, 2.5, 1.0, False), [ROWS]),
        Case("stanh", paddle.stanh, [ROWS]),
        Case("where", lambda a, b: paddle.where(a > b, a, b), [ROWS, ROWS]),
        Case("masked_fill", lambda x: paddle.masked_fill(x, x > 0, 2.0), [ROWS]),
        Case("heaviside", paddle.heaviside, [[[-1.0, 0.0, 2.0]], [[0.5, 0.5, 0.5]]]),
    ]


def _reductions() -> list[Case]:
    cases: list[Case] = []
    for name in ("sum", "mean", "max", "min", "prod", "amax", "amin", "logsumexp"):
        function = getattr(paddle, name)
        cases.append(Case(f"r_{name}", lambda x, f=function: f(x, axis=[0, 2]), [BLOCK]))
        cases.append(Case(f"r_{name}_keep", lambda x, f=function: f(x, 1, keepdim=True), [BLOCK]))
        cases.append(Case(f"r_{name}_all", function, [BLOCK]))
    return [
        *cases,
        Case("all", lambda x: paddle.all(x > -1, 1), [BLOCK]),
        Case("any", lambda x: paddle.any(x > 1, axis=[0, 1]), [BLOCK]),
        Case("sum_int", lambda x: paddle.sum(x, 0), [[[1, 2], [3, 4]]]),
        Case("argmax", lambda x: paddle.argmax(x, 1), [BLOCK]),
        Case("argmax_keep", lambda x: paddle.argmax(x, -1, keepdim=True), [BLOCK]),
        Case("argmin_all", paddle.argmin, [BLOCK]),
        Case("argsort", lambda x: paddle.argsort(x, 1, descending=True), [BLOCK]),
        Case("sort", lambda x: paddle.sort(x, -1), [BLOCK]),
        Case("topk", lambda x: paddle.topk(x, 2, -1), [BLOCK]),
        Case("topk_small", lambda x: paddle.topk(x, 2, 1, largest=False), [BLOCK]),
        Case("cummax", lambda x: list(paddle.cummax(x, 1)), [BLOCK]),
        Case("cummin", lambda x: list(paddle.cummin(paddle.round(x), 2, "int32")), [BLOCK]),
        Case("set_value", _assigned, [(4, 5), (3, 2)]),
        Case("set_value_numbers", _assigned_numbers, [BLOCK]),
        Case("cumsum", lambda x: paddle.cumsum(x, 1), [BLOCK]),
        Case("cumsum_flat", paddle.cumsum, [BLOCK]),
        Case("cumprod", lambda x: paddle.cumprod(x, 2), [BLOCK]),
        Case("norm_2", lambda x: paddle.linalg.norm(x, 2, 1), [BLOCK]),
        Case("norm_1", lambda x: paddle.linalg.norm(x, 1, -1, keepdim=True), [BLOCK]),
        Case("normalize", lambda x: F.normalize(x, axis=1), [BLOCK]),
        Case("numel", lambda x: paddle.numel(x), [BLOCK]),
    ]


def _products() -> list[Case]:
    return [
        Case("matmul", paddle.matmul, [(2, 3, 4), (4, 5)]),
        Case("matmul_transposed", lambda x, y: paddle.matmul(x, y, True, True), [(4, 3), (5, 4)]),
        Case("matmul_vector", paddle.matmul, [(3, 4), (4,)]),
        Case("bmm", paddle.bmm, [(2, 3, 4), (2, 4, 5)]),
        Case("mv", paddle.mv, [(3, 4), (4,)]),
        Case("dot", paddle.dot, [ROWS, ROWS]),
        Case("addmm", lambda c, x, y: paddle.addmm(c, x, y, 0.5, 2.0), [(3, 5), (3, 4), (4, 5)]),
        _layered("linear", [nn.Linear(4, 6)], [(2, 3, 4)]),
    ]


def _layered(name: str, layers: Sequence[Any], given: Sequence[Any], **more: Any) -> Case:
    """Layers one after the other, with numbers of their own."""
    rng = np.random.default_rng(sum(map(ord, name)))
    for layer in layers:
        for key, value in layer.state_dict().items():
            low = 0.5 if "variance" in key else -1.0
            value.set_value(rng.uniform(low, 1.5, value.shape).astype(np.float32) / 2)

    def compute(x: Any) -> Any:
        for layer in layers:
            x = layer(x)
        return x[0] if isinstance(x, tuple) else x

    return Case(name, compute, given, layers, **more)


def _windows() -> list[Case]:
    def conv(name: str, *sizes: Any, given: tuple[int, ...] = IMAGE, **options: Any) -> Case:
        return _layered(name, [nn.Conv2D(*sizes, **options)], [given])

    def deconv(name: str, *sizes: int, **options: Any) -> Case:
        return _layered(name, [nn.Conv2DTranspose(*sizes, **options)], [IMAGE])

    def pool(name: str, function: Any, *sizes: Any, **options: Any) -> Case:
        return Case(name, lambda x: function(x, *sizes, **options), [IMAGE])

    return [
        conv("conv", 4, 6, 3),
        conv("conv_strided", 4, 6, 3, stride=2, padding=1, dilation=2),
        conv("conv_same", 4, 6, 3, stride=2, padding="SAME"),
        conv("conv_valid", 4, 6, (3, 2), padding="VALID", bias_attr=False),
        conv("conv_four_pads", 4, 6, 3, padding=[1, 2, 0, 1]),
        conv("conv_groups", 4, 6, 3, groups=2),
        conv("depthwise", 4, 8, 3, groups=4, padding=1),
        conv("conv_nhwc", 9, 6, 3, data_format="NHWC"),
        _layered("conv_1d", [nn.Conv1D(3, 4, 2)], [(2, 3, 6)]),
        _layered("conv_3d", [nn.Conv3D(2, 4, 2, padding=1)], [(1, 2, 4, 5, 3)]),
        deconv("deconv", 4, 6, 4, stride=2, padding=1),
        deconv("deconv_more", 4, 6, 3, stride=2, output_padding=1, groups=2),
        pool("max_pool", F.max_pool2d, 3, 2, 1),
        pool("max_pool_ceil", F.max_pool2d, 3, 2, ceil_mode=True),
        pool("avg_pool", F.avg_pool2d, 3, 2, 1),
        pool("avg_pool_all", F.avg_pool2d, 3, 2, 1, exclusive=False),
        pool("avg_pool_ceil", F.avg_pool2d, 3, 2, 1, ceil_mode=True),
        pool("avg_pool_ceil_all", F.avg_pool2d, 2, 2, 0, ceil_mode=True, exclusive=False),
        pool("avg_pool_same", F.avg_pool2d, 3, 2, "SAME"),
        pool("adaptive_one", F.adaptive_avg_pool2d, 1),
        pool("adaptive_even", F.adaptive_avg_pool2d, (7, 3)),
        pool("adaptive_odd", F.adaptive_avg_pool2d, (3, 4)),
        pool("adaptive_max", F.adaptive_max_pool2d, (7, 3)),
        pool("max_pool_index", F.max_pool2d, 2, 2, return_mask=True),
        Case("pool_beyond", lambda x: F.max_pool2d(x, 2, 2), [(1, 2, 1, 5)]),
        Case("avg_pool_beyond", lambda x: F.avg_pool2d(x, 3, 2), [(1, 2, 2, 5)]),
        pool("unfold", F.unfold, 3, 2, 1),
        pool("maxout", F.maxout, 2, 1),
    ]


def _norms() -> list[Case]:
    return [
        _layered("batch_norm", [nn.BatchNorm2D(4)], [IMAGE]),
        _layered("batch_norm_nhwc", [nn.BatchNorm2D(9, data_format="NHWC")], [IMAGE]),
        _layered("layer_norm", [nn.LayerNorm([7, 9])], [IMAGE]),
        _layered("group_norm", [nn.GroupNorm(2, 4)], [IMAGE]),
        _layered("instance_norm", [nn.InstanceNorm2D(4)], [IMAGE]),
        Case("softmax", lambda x: F.softmax(x, 1), [IMAGE]),
        Case("log_softmax", lambda x: F.log_softmax(x, -1), [BLOCK]),
    ]


def _movement() -> list[Case]:
    x = (2, 4, 6)
    return [
        Case("reshape", lambda x: paddle.reshape(x, [0, -1, 3]), [x]),
        Case("flatten", lambda x: paddle.flatten(x, 1), [IMAGE]),
        Case("squeeze", lambda x: paddle.squeeze(x, [1, 2]), [(2, 1, 1, 3)]),
        Case("squeeze_all", paddle.squeeze, [(2, 1, 3, 1)]),
        Case("unsqueeze", lambda x: paddle.unsqueeze(x, [0, 2]), [ROWS]),
        Case("transpose", lambda x: paddle.transpose(x, [2, 0, 1]), [x]),
        Case("concat", lambda a, b: paddle.concat([a, b], -1), [(2, 3), (2, 1)]),
        Case("stack", lambda a, b: paddle.stack([a, b], 1), [ROWS, ROWS]),
        Case("split", lambda x: paddle.split(x, 2, 1), [x]),
        Case("split_sections", lambda x: paddle.split(x, [1, -1, 2], 2), [x]),
        Case("unbind", lambda x: paddle.unbind(x, 1), [x]),
        Case("unstack", lambda x: paddle.unstack(x, 0), [x]),
        Case("slice", lambda x: x[:, 1:3, -4:-1], [x]),
        Case("slice_drop", lambda x: x[0, :, 2], [x]),
        Case("strided_slice", lambda x: x[:, ::2, 1::3], [x]),
        Case("flipped_slice", lambda x: x[:, :, ::-1], [x]),
        Case("expand", lambda x: paddle.expand(x, [4, -1, 5]), [(3, 5)]),
        Case("expand_as", paddle.expand_as, [(1, 5), (3, 5)]),
        Case("tile", lambda x: paddle.tile(x, [2, 1, 3]), [ROWS]),
        Case("flip", lambda x: paddle.flip(x, [0, 2]), [x]),
        Case("roll", lambda x: paddle.roll(x, 2, 2), [x]),
        Case("roll_flat", lambda x: paddle.roll(x, 5), [x]),
        Case("pad", lambda x: F.pad(x, [1, 2, 0, 1], value=0.5), [IMAGE]),
        Case("pad_reflect", lambda x: F.pad(x, [1, 2, 2, 1], mode="reflect"), [IMAGE]),
        Case("pad_replicate", lambda x: F.pad(x, [1, 2, 2, 1], mode="replicate"), [IMAGE]),
        Case("pad_circular", lambda x: F.pad(x, [1, 2, 2, 1], mode="circular"), [IMAGE]),
        Case("pad_whole", lambda x: F.pad(x, [1, 0, 0, 2, 1, 1], value=1.0), [x]),
        Case("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), [IMAGE]),
        Case("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2), [(1, 2, 4, 6)]),
        Case("channel_shuffle", lambda x: F.channel_shuffle(x, 2), [IMAGE]),
        Case("meshgrid", lambda a, b: paddle.meshgrid(a, b), [(3,), (2,)]),
        Case("broadcast", lambda a, b: paddle.broadcast_tensors([a, b]), [(3, 1), (1, 2)]),
        Case("repeat", lambda x: paddle.repeat_interleave(x, 2, 1), [x]),
        Case("crop", lambda x: paddle.crop(x, [1, -1, 3], [1, 1, 2]), [x]),
    ]


def _indexing() -> list[Case]:
    x, at = (4, 5), np.array([2, 0, 3])
    places = np.array([[0, 2, 1], [4, 4, 3]])
    return [
        Case("gather", lambda x, i: paddle.gather(x, i, 1), [x, at]),
        Case("gather_nd", paddle.gather_nd, [x, np.array([[1, 2], [3, 0]])]),
        Case("index_select", lambda x, i: paddle.index_select(x, i, 0), [x, at]),
        Case("index_sample", paddle.index_sample, [(2, 5), places]),
        Case("take_along", lambda x, i: paddle.take_along_axis(x, i, 1), [(2, 5), places]),
        Case(
            "put_along",
            lambda x, i, v: paddle.put_along_axis(x, i, v, 1, "add"),
            [(2, 5), places, (2, 3)],
        ),
        Case("scatter", lambda x, i, u: paddle.scatter(x, i, u), [x, at, (3, 5)]),
        Case(
            "scatter_add",
            lambda x, i, u: paddle.scatter(x, i, u, overwrite=False),
            [x, np.array([2, 0, 2]), (3, 5)],
        ),
        Case("scatter_nd", paddle.scatter_nd_add, [x, np.array([[1], [1]]), (2, 5)]),
        _layered("embedding", [nn.Embedding(6, 3)], [np.array([[1, 0, 5]])]),
        Case("nonzero", lambda x: paddle.nonzero(x > 0), [ROWS]),
    ]


def _creation() -> list[Case]:
    return [
        Case("full_like", lambda x: paddle.full_like(x, 2.5) + x, [ROWS]),
        Case("zeros_like", lambda x: paddle.zeros_like(x) + x, [ROWS]),
        Case("arange", lambda x: x + paddle.arange(0, 5, 1, "float32"), [ROWS]),
        Case("linspace", lambda x: x + paddle.linspace(0, 1, 5), [ROWS]),
        Case("eye", lambda x: x @ paddle.eye(5, 3), [ROWS]),
        Case("one_hot", lambda x: F.one_hot(x, 4), [np.array([0, 3, 1])]),
        Case("tril", lambda x: paddle.tril(x, 1), [(4, 4)]),
        Case("triu", lambda x: paddle.triu(x, -1), [(2, 3, 4)]),
        Case("shape", lambda x: paddle.shape(x), [BLOCK]),
    ]


def _resizing() -> list[Case]:
    def resize(name: str, mode: str, **options: Any) -> Case:
        return Case(name, lambda x: F.interpolate(x, mode=mode, **options), [IMAGE])

    grid = np.random.default_rng(3).uniform(-1.2, 1.2, (2, 3, 4, 2)).astype(np.float32)
    return [
        resize("nearest", "nearest", scale_factor=2),
        resize("nearest_size", "nearest", size=[10, 5]),
        resize("bilinear", "bilinear", scale_factor=[2, 1.5]),
        resize("bilinear_size", "bilinear", size=[4, 13]),
        resize("bilinear_align", "bilinear", size=[4, 13], align_corners=True),
        resize("bilinear_mode_1", "bilinear", size=[10, 5], align_mode=1),
        resize("bicubic", "bicubic", size=[10, 5]),
        resize("bicubic_align", "bicubic", size=[10, 5], align_corners=True),
        Case(
            "linear_3d", lambda x: F.interpolate(x, [9], mode="linear", data_format="NCW"), [BLOCK]
        ),
        Case("grid_sample", F.grid_sample, [IMAGE, grid]),
        Case(
            "grid_sample_border",
            lambda x, g: F.grid_sample(x, g, "bilinear", "border", align_corners=False),
            [IMAGE, grid],
        ),
        Case(
            "grid_sample_reflection",
            lambda x, g: F.grid_sample(x, g, "nearest", "reflection"),
            [IMAGE, grid],
        ),
        Case(
            "affine_grid",
            lambda t: F.affine_grid(t, [2, 3, 4, 5], align_corners=False),
            [(2, 2, 3)],
        ),
        Case("affine_grid_corners", lambda t: F.affine_grid(t, [2, 3, 4, 5]), [(2, 2, 3)]),
        Case(
            "roi_align",
            lambda x, b, n: paddle.vision.ops.roi_align(x, b, n, (2, 3), 0.5, 2),
            [(2, 3, 7, 6), _REGIONS, np.array([1, 2], np.int32)],
        ),
        Case(
            "roi_align_edges",
            lambda x, b, n: paddle.vision.ops.roi_align(x, b, n, 2, 1.0, 1, aligned=False),
            [(3, 2, 7, 6), _REGIONS, np.array([2, 0, 1], np.int32)],
        ),
        Case(
            "yolo_box",
            lambda x, s: paddle.vision.ops.yolo_box(x, s, [10, 13, 16, 30], 2, 0.3, 32),
            [(1, 14, 3, 3), np.array([[96, 80]], np.int32)],
        ),
    ]


def _recurrent() -> list[Case]:
    x = (2, 5, 3)
    return [
        _layered("lstm", [nn.LSTM(3, 4)], [x]),
        _layered("lstm_both", [nn.LSTM(3, 4, direction="bidirect", num_layers=2)], [x]),
        _layered("gru", [nn.GRU(3, 4)], [x]),
        _layered("rnn_relu", [nn.SimpleRNN(3, 4, activation="relu")], [x]),
    ]


def _open() -> list[Case]:
    """Programs for any size."""
    block = [nn.Conv2D(3, 4, 3, padding=1, stride=2), nn.BatchNorm2D(4), nn.Hardswish()]
    up = [nn.Upsample(scale_factor=2), nn.Conv2DTranspose(4, 2, 2, stride=2), nn.Sigmoid()]

    def rows(x: Any) -> Any:
        batch = paddle.shape(x)[0]
        y = paddle.reshape(x, [batch, -1, 4])
        return paddle.concat([y, y], 1).flatten(1)

    def squeezed(x: Any) -> Any:
        return x * F.hardsigmoid(F.adaptive_avg_pool2d(x, 1))

    def counted(x: Any) -> Any:
        length = paddle.shape(x)[1]
        at = paddle.arange(0, length, dtype="int64")
        return x + paddle.cast(at, "float32").unsqueeze([0, 2])

    return [
        Case("open_counted", counted, [(2, 4, 6)], open=True, kept=2),
        _layered("open_block", [*block, *up], [(2, 3, 12, 8)], open=True),
        Case("open_rows", rows, [(2, 4, 6)], open=True),
        Case("open_squeezed", squeezed, [IMAGE], open=True),
        _layered("open_lstm", [nn.LSTM(3, 4)], [(3, 3, 3)], open=False),
    ]


def cases() -> list[Case]:
    """All of them."""
    paddle.seed(0)
    return [
        *(*_elementwise(), *_reductions(), *_products(), *_windows(), *_norms(), *_movement()),
        *(*_indexing(), *_creation(), *_resizing(), *_recurrent(), *_open()),
    ]
