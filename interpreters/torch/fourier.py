"""Fourier transforms, and what takes complex numbers apart. Computed in f64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arguments import ArgumentsFunction, Array

_FORWARD = ("backward", "ortho", "forward")
"""numpy's words for torch's modes (none, by the root, by the number) of a transform forwards."""

_BACK = ("forward", "ortho", "backward")

Norm = str | None
Sizes = Sequence[int] | None


def _r2c(x: Array, dim: Sequence[int], mode: int, onesided: bool) -> Array:
    found = np.fft.rfftn if onesided else np.fft.fftn
    return found(x, axes=list(dim), norm=_FORWARD[mode])


def _c2c(x: Array, dim: Sequence[int], mode: int, forward: bool) -> Array:
    if forward:
        return np.fft.fftn(x, axes=list(dim), norm=_FORWARD[mode])
    return np.fft.ifftn(x, axes=list(dim), norm=_BACK[mode])


def _c2r(x: Array, dim: Sequence[int], mode: int, last: int) -> Array:
    sizes = [*(x.shape[d] for d in dim[:-1]), last]
    return np.fft.irfftn(x, sizes, axes=list(dim), norm=_BACK[mode])


def _along(transform: Callable[..., Array]) -> ArgumentsFunction:
    def run(x: Array, n: int | None = None, dim: int = -1, norm: Norm = None) -> Array:
        return transform(x, n, dim, norm)

    return run


def _over(transform: Callable[..., Array], *, planes: bool = False) -> ArgumentsFunction:
    def run(
        x: Array, s: Sizes = None, dim: Sizes = (-2, -1) if planes else None, norm: Norm = None
    ):
        sizes = None if s is None else list(s)
        axes = None if dim is None else list(dim)
        if sizes is not None and axes is None:
            axes = list(range(-len(sizes), 0))
        if sizes is not None and axes is not None:
            sizes = [x.shape[a] if n == -1 else n for n, a in zip(sizes, axes, strict=True)]
        return transform(x, sizes, axes, norm)

    return run


def _shifted(shift: Callable[..., Array]) -> ArgumentsFunction:
    def run(x: Array, dim: Sizes = None) -> Array:
        return shift(x, None if dim is None else tuple(dim))

    return run


def _window(window: Array | None, length: int, size: int) -> Array:
    """The window in the middle of a frame of a size."""
    given = np.ones(length) if window is None else window.astype(np.float64)
    before = (size - length) // 2
    return np.pad(given, (before, size - length - before))


def stft(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    *_: object,
) -> Array:
    """The transforms of frames of a signal, `[.., frequencies, frames]`."""
    hop = n_fft // 4 if hop_length is None else hop_length
    frames = np.lib.stride_tricks.sliding_window_view(x, n_fft, -1)[..., ::hop, :]
    weighted = frames * _window(window, win_length or n_fft, n_fft)
    half = not np.iscomplexobj(x) and onesided is not False
    found = (np.fft.rfft if half else np.fft.fft)(weighted).swapaxes(-1, -2)
    found = found / np.sqrt(n_fft) if normalized else found
    return found if return_complex else as_real(found)


def stft_center(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    *more: Any,
) -> Array:
    """The same of a signal that is padded by half a frame on either side."""
    if center:
        mode: Any = {"replicate": "edge", "circular": "wrap"}.get(pad_mode, pad_mode)
        widths = [(0, 0)] * (x.ndim - 1) + [(n_fft // 2, n_fft // 2)]
        x = np.pad(x, widths, mode)
    return stft(x, n_fft, hop_length, win_length, window, *more)


def istft(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Array:
    """The signal of frames that overlap: their sum over that of the squares of the window."""
    hop = n_fft // 4 if hop_length is None else hop_length
    shape = _window(window, win_length or n_fft, n_fft)
    x = x.swapaxes(-1, -2) * (np.sqrt(n_fft) if normalized else 1)
    half = x.shape[-1] == n_fft // 2 + 1 if onesided is None else onesided
    pieces = np.fft.irfft(x, n_fft) if half and not return_complex else np.fft.ifft(x, n_fft)
    count = x.shape[-2]
    total = n_fft + hop * (count - 1)
    signal = np.zeros((*x.shape[:-2], total), pieces.dtype)
    weight = np.zeros(total)
    for at in range(count):
        signal[..., at * hop : at * hop + n_fft] += pieces[..., at, :] * shape
        weight[at * hop : at * hop + n_fft] += shape**2
    begin = n_fft // 2 if center else 0
    end = total - n_fft // 2 if center else total
    if length is not None:
        end = begin + length
        missing = max(end - total, 0)
        signal = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, missing)])
        weight = np.pad(weight, (0, missing), constant_values=1)
    return signal[..., begin:end] / weight[begin:end]


def as_real(x: Array) -> Array:
    """Real and imaginary parts along a new last dimension."""
    return np.stack([np.real(x), np.imag(x)], -1)


def as_complex(x: Array) -> Array:
    """The numbers whose parts lie along the last dimension."""
    return x[..., 0] + 1j * x[..., 1]


def joined(real: Array, imag: Array) -> Array:
    return real + 1j * imag


def polar(size: Array, angle: Array) -> Array:
    return size * np.exp(1j * angle)


def angle(x: Array) -> Array:
    """That of a real number is 0 or pi; of NaN, NaN."""
    return np.angle(x) if np.iscomplexobj(x) else np.where(np.isnan(x), x, np.pi * (x < 0))


FUNCTIONS: dict[str, ArgumentsFunction] = {
    "_fft_c2c": _c2c,
    "_fft_c2r": _c2r,
    "_fft_r2c": _r2c,
    "angle": angle,
    "complex": joined,
    "fft_fft": _along(np.fft.fft),
    "fft_fft2": _over(np.fft.fftn, planes=True),
    "fft_fftn": _over(np.fft.fftn),
    "fft_fftshift": _shifted(np.fft.fftshift),
    "fft_hfft": _along(np.fft.hfft),
    "fft_ifft": _along(np.fft.ifft),
    "fft_ifft2": _over(np.fft.ifftn, planes=True),
    "fft_ifftn": _over(np.fft.ifftn),
    "fft_ifftshift": _shifted(np.fft.ifftshift),
    "fft_ihfft": _along(np.fft.ihfft),
    "fft_irfft": _along(np.fft.irfft),
    "fft_irfft2": _over(np.fft.irfftn, planes=True),
    "fft_irfftn": _over(np.fft.irfftn),
    "fft_rfft": _along(np.fft.rfft),
    "fft_rfft2": _over(np.fft.rfftn, planes=True),
    "fft_rfftn": _over(np.fft.rfftn),
    "imag": np.imag,
    "istft": istft,
    "polar": polar,
    "real": np.real,
    "stft": stft,
    "stft.center": stft_center,
    "view_as_complex": as_complex,
    "view_as_real": as_real,
}
"""Functions of arguments by the operator and its overload."""
