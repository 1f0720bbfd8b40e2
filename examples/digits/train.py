# pyright: basic, reportMissingImports=false
"""Trains the digit classifier of `make run` and exports it to ONNX.

Data: the 1797 scanned digits of `sklearn.datasets.load_digits` (8x8, 16 grey levels), 360 of them,
drawn by class, held out before anything else happens. The network is a small residual one, in the
manner of He et al., "Deep Residual Learning for Image Recognition" (2015). The number of epochs
is fixed, so the held-out images choose nothing; they are looked at once, at the end.

PyTorch's TorchScript exporter is told to keep BatchNormalization as nodes of its own: folding them
into the convolutions is the compiler's work.

Writes beside this file:
    digits.onnx     `images` float32 [40, 1, 8, 8] -> `probabilities` float32 [40, 10]
    held_out.npz    `images` float32 [360, 1, 8, 8] in 0..1, `labels` int64 [360]

Needs `pip install "stepwell[train]"`. Equal seeds on one machine give equal files; another
processor may round otherwise and give other weights of the same quality.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

HERE = Path(__file__).resolve().parent
SEED = 0
HELD_OUT = 360
EXPORTED_BATCH = 40  # 9 calls for the held-out images; no power of two, so kernels meet tails
EPOCHS = 60
BATCH = 32
PEAK_RATE = 0.01


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3x3 convolution that keeps the size, and its normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):
    """`relu(x + conv(relu(conv(x))))`, each convolution normalised."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = convolution(channels, channels)
        self.conv2 = convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.conv2(functional.relu(self.conv1(x))))


class DigitClassifier(nn.Module):
    """8x8 grey images, NCHW, to the probabilities of ten digits."""

    def __init__(self):
        super().__init__()
        self.stem = convolution(1, 16)
        self.block1 = Residual(16)
        self.widen = convolution(16, 32)
        self.block2 = Residual(32)
        self.pool = nn.MaxPool2d(2)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(32, 10)

    def logits(self, images: Tensor) -> Tensor:
        """What the loss of training takes: `forward` before its softmax."""
        x = self.block1(functional.relu(self.stem(images)))
        x = self.block2(functional.relu(self.widen(self.pool(x))))
        return self.classify(torch.flatten(self.average(x), 1))

    def forward(self, images: Tensor) -> Tensor:
        return torch.softmax(self.logits(images), dim=1)


def split() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images and labels, then held-out images and labels; grey levels in 0..1."""
    pixels, labels = load_digits(return_X_y=True)
    images = (np.asarray(pixels).reshape(-1, 1, 8, 8) / 16).astype(np.float32)
    labels = np.asarray(labels, np.int64)
    parts = train_test_split(images, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels)
    train_images, test_images, train_labels, test_labels = (torch.from_numpy(a) for a in parts)
    return train_images, train_labels, test_images, test_labels


def jitter(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image turned by up to 10 degrees, scaled by up to 10 % and moved by up to a pixel."""

    def uniform(limit: float) -> Tensor:
        return (torch.rand(len(images), generator=generator) * 2 - 1) * limit

    angle, scale = uniform(np.pi / 18), 1 + uniform(0.1)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    pixel = 2 / images.shape[-1]
    rows = [cosine, -sine, uniform(pixel), sine, cosine, uniform(pixel)]
    transform = torch.stack(rows, dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(transform, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def train(images: Tensor, labels: Tensor) -> DigitClassifier:
    """The classifier after `EPOCHS` passes of Adam with a one-cycle learning rate."""
    generator = torch.Generator().manual_seed(SEED)
    network = DigitClassifier()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        total = 0.0
        order = torch.randperm(len(images), generator=generator)
        for chosen in order.split(BATCH)[: len(images) // BATCH]:
            optimizer.zero_grad()
            logits = network.logits(jitter(images[chosen], generator))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:2}: loss {total / (len(images) // BATCH):.4f}", flush=True)
    return network.eval()


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # sums do not depend on how many cores there are
    torch.use_deterministic_algorithms(True)
    train_images, train_labels, test_images, test_labels = split()
    network = train(train_images, train_labels)
    with torch.inference_mode():
        correct = int((network(test_images).argmax(dim=1) == test_labels).sum())
    print(f"{correct} of {HELD_OUT} held-out images right ({correct / HELD_OUT:.1%})")
    torch.onnx.export(
        network,
        (test_images[:EXPORTED_BATCH],),
        str(HERE / "digits.onnx"),
        input_names=["images"],
        output_names=["probabilities"],
        opset_version=17,
        dynamo=False,
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    np.savez_compressed(
        HERE / "held_out.npz", images=test_images.numpy(), labels=test_labels.numpy()
    )


if __name__ == "__main__":
    main()
