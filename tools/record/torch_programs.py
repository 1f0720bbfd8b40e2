"""
Writes small programs of `torch.export` with inputs and outputs, for tests that run without torch.

Run by hand where torch is installed, when a program is added:

    python tools/record/torch_programs.py test/conversion/torch_import/programs

Each `NAME.pt2` is what `torch.export.save` writes, without the stack traces and sample inputs and
compressed, which a reader has to understand anyway; `stored.pt2` is left as it was written, but for
the places of files in traces, and `storage_pickled.pt2` and `storage_flat.pt2` have the forms of
older versions.
`NAME.npz` has `input_0` ... by position and `output_0` ... as eager torch gives them; a program
that keeps something between calls has a second call, `again_...`, one with open sizes a call of
other sizes, `other_input_...` and `other_output_...`.
"""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

torch: Any = import_module("torch")
nn: Any = torch.nn
F: Any = nn.functional
Dim: Any = torch.export.Dim
pytree: Any = import_module("torch.utils._pytree")
scan: Any = import_module("torch._higher_order_ops.scan").scan
torch_map: Any = import_module("torch._higher_order_ops.map").map
while_loop: Any = import_module("torch._higher_order_ops.while_loop").while_loop

Tensor = Any
Example = tuple[Any, ...]


class Convolutional(nn.Module):
    """A block as of a ResNet: in-place activations and additions, pooling, a classifier."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.inner = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.head = nn.Linear(8, 5)
        for value in (self.norm.running_mean, self.norm.running_var):
            assert value is not None
            value.uniform_(0.5, 1.5)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu_(self.norm(self.stem(image)))
        y = self.inner(x)
        y += x
        y = F.max_pool2d(y.relu_(), 2)
        return self.head(F.adaptive_avg_pool2d(y, 1).flatten(1)).softmax(-1)


class Language(nn.Module):
    """A language model of one layer with tied embeddings, as of GPT."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.tokens = nn.Embedding(29, 16)
        self.places = nn.Embedding(32, 16)
        self.norm = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.out = nn.Linear(16, 16)
        self.up = nn.Linear(16, 32)
        self.down = nn.Linear(32, 16)
        self.head = nn.Linear(16, 29, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids: Tensor) -> Tensor:
        batch, length = ids.shape
        x = self.tokens(ids) + self.places(torch.arange(length))
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (t.view(batch, length, 2, 8).transpose(1, 2) for t in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, 16))
        x = x + self.down(F.gelu(self.up(x)))
        return self.head(x)[:, -1]


class Tagger(nn.Module):
    """Recurrent layers, which programs before decomposition have as one operator."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words = nn.Embedding(17, 6)
        self.lstm = nn.LSTM(6, 5, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 4, batch_first=True)
        self.tags = nn.Linear(4, 3)

    def forward(self, words: Tensor) -> Tensor:
        x, _ = self.lstm(self.words(words))
        x, _ = self.gru(x)
        return self.tags(x).log_softmax(-1)


class Views(nn.Module):
    """Writing through views of every kind."""

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        a = x.clone()
        a[1:3].add_(1.0)
        a[:, 2] = y
        a.select(1, 0).mul_(y)
        a.view(-1)[::5] += 10.0
        a.t()[0].neg_()
        a.unsqueeze(0)[0, 3].fill_(0.5)
        b = x.permute(1, 0).clone()
        b.transpose(0, 1).narrow(0, 1, 2).copy_(y.expand(2, 4)[:, :4])
        first, second = b.split(2)
        second.mul_(2.0)
        first.diagonal().zero_()
        c = a.reshape(2, 2, 4)
        c.masked_fill_(c > 10.0, -1.0)
        d = torch.zeros(5, 4)
        d.index_copy_(0, torch.tensor([1, 3]), a[:2])
        d.unbind(0)[4].add_(y)
        e = x.clone()
        e.movedim(0, 1)[1].mul_(3.0)
        e.mT[0].sub_(1.0)
        e.T[2, 1:].neg_()
        e[0].expand(1, 4)[:, 3].add_(5.0)
        e.as_strided((2, 2), (5, 1), 1).zero_()
        e.unfold(1, 2, 2)[:, 1].neg_()
        return a, b, c, d, first, e


class Cache(nn.Module):
    """A buffer that is written into: the last rows that were given, and how many."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.register_buffer("rows", torch.arange(12.0).reshape(4, 3))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, row: Tensor) -> Tensor:
        self.rows.copy_(torch.roll(self.rows, -1, 0))
        self.rows[-1] = row * self.scale
        self.count.add_(1)
        return self.rows.mean(0) + self.count


class Courses(nn.Module):
    """Control flow."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.step = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        def stepped(t: Tensor) -> Tensor:
            return self.step(t)

        def waved(t: Tensor) -> Tensor:
            return t.sin()

        def goes_on(n: Tensor, y: Tensor) -> Tensor:
            return n < 5

        def trip(n: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            return n + 1, self.step(y).tanh()

        def summed(total: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            return total + row, total * row

        def weighted(row: Tensor, weights: Tensor) -> Tensor:
            return row * weights

        a = torch.cond(x.sum() > 0, stepped, waved, (x,))
        _, b = while_loop(goes_on, trip, (torch.zeros((), dtype=torch.int64), x))
        last, sums = scan(summed, torch.zeros(4), x)
        c = torch_map(weighted, x, torch.arange(4.0))
        return a, b, last, sums, c


class Sizes(nn.Module):
    """Sizes that are expressions, and numbers that are computed of them."""

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        n = x.shape[0]
        z = torch.cat([x, x[1:]])
        w = z.reshape(2 * n - 1, 2, 2)
        return (
            w[: n // 2 + 1],
            torch.arange(n * 3 - 2),
            y * n,
            x.new_full((n, 2), 0.25),
            x[n // 2 :],
        )


class Signature(nn.Module):
    """Inputs and outputs of all kinds."""

    def forward(
        self, pair: tuple[Tensor, Tensor], *, factor: int, other: dict[str, Any]
    ) -> dict[str, Any]:
        a, b = pair
        b.add_(1.0)
        return {"sum": a + b * factor, "none": None, "nested": [other["u"] > 0, (3, 2.5, a)]}


class Storage(nn.Module):
    """Weights as they may lie: other strides, shared bytes, narrow types."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        conv = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
        self.conv = conv
        whole = torch.arange(24.0).reshape(4, 6)
        self.register_buffer("part", whole[1:3, ::2])
        self.register_buffer("turned", whole.t())
        self.register_buffer("mask", torch.tensor([True, False, True]))
        self.register_buffer("narrow", torch.tensor([1.0, 0.5], dtype=torch.bfloat16))
        self.register_buffer("hidden", torch.tensor([2, 3], dtype=torch.int32), persistent=False)
        self.plain = torch.tensor(0.125)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y = self.conv(x) * self.plain
        z = self.part.sum() + self.turned[2, 1]
        half = self.narrow.to(torch.float32)
        return y, z, torch.where(self.mask, half.sum(), -1.0), self.hidden * 2


class Counted(nn.Module):
    """Sizes that are numbers of the data: with checks of the program, and a name without one."""

    def forward(self, x: Tensor, count: Tensor, most: Tensor) -> tuple[Tensor, ...]:
        n = count.item()
        torch._check(n >= 2)
        torch._check(n <= x.shape[0])
        begin, rest = x[:n], x.narrow(0, n, x.shape[0] - n)
        last = x[: most.item()]
        return begin * 2, torch.cat([rest, begin]), torch.arange(2 * n + 1), last + 1, x[n - 1]


class Number(nn.Module):
    """An integer among the inputs that stays open."""

    def forward(self, x: Tensor, k: int, y: Tensor) -> tuple[Tensor, ...]:
        return x.repeat(k, 1) * k, y[:k] + 1, torch.arange(k), x + k


def programs() -> dict[str, tuple[Any, Example, dict[str, Any], Any]]:
    """Each program: the module, example arguments by position and by name, dynamic shapes."""
    n = Dim("n", min=2, max=64)
    images = torch.randn(2, 3, 8, 8)
    return {
        "convolutional": (Convolutional(), (images,), {}, ({0: n},)),
        "language": (
            Language(),
            (torch.randint(29, (2, 7)),),
            {},
            ({0: Dim("batch"), 1: Dim("length", max=32)},),
        ),
        "tagger": (Tagger(), (torch.randint(17, (2, 6)),), {}, None),
        "views": (Views(), (torch.randn(4, 4), torch.randn(4)), {}, None),
        "cache": (Cache(), (torch.randn(3),), {}, None),
        "courses": (Courses(), (torch.randn(6, 4),), {}, None),
        "sizes": (
            Sizes(),
            (torch.randn(6, 4), torch.randn(3)),
            {},
            ({0: 2 * Dim("half", min=3, max=32)}, None),
        ),
        "signature": (
            Signature(),
            ((torch.randn(3), torch.randn(3)),),
            {"factor": 2, "other": {"u": torch.tensor(1)}},
            None,
        ),
        "counted": (
            Counted(),
            (torch.randn(6), torch.tensor(4), torch.tensor(9)),
            {},
            ({0: n}, None, None),
        ),
        "number": (Number(), (torch.randn(3), 4, torch.randn(6)), {}, (None, Dim.AUTO, {0: n})),
        "storage": (Storage(), (torch.randn(1, 4, 5, 5),), {}, None),
    }


def others() -> dict[str, Example]:
    """Arguments of other sizes for programs that leave sizes open."""
    return {
        "convolutional": (torch.randn(5, 3, 8, 8),),
        "language": (torch.randint(29, (1, 12)),),
        "sizes": (torch.randn(10, 4), torch.randn(3)),
        "counted": (torch.randn(9), torch.tensor(9), torch.tensor(0)),
    }


def arrays(prefix: str, tree: Any) -> dict[str, npt.NDArray[Any]]:
    """The tensors and numbers of a tree by position, without what is None."""
    leaves = pytree.tree_leaves(tree)
    return {
        f"{prefix}_{at}": np.asarray(leaf) if not torch.is_tensor(leaf) else leaf.detach().numpy()
        for at, leaf in enumerate(leaves)
        if leaf is not None
    }


def slim(data: bytes) -> bytes:
    """An archive without what no reader needs, compressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for entry in old.infolist():
            if "sample_inputs" in entry.filename or "/.data/" in entry.filename:
                continue
            content = old.read(entry)
            if entry.filename.endswith("models/model.json"):
                content = json.dumps(stripped(json.loads(content))).encode()
            new.writestr(zipfile.ZipInfo(entry.filename), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def stripped(value: Any) -> Any:
    """A program without stack traces."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {k: stripped(v) for k, v in members.items() if k not in ("stack_trace", "torch_fn")}
    return [stripped(v) for v in cast("list[Any]", value)] if isinstance(value, list) else value


def shorten_traces(program: Any) -> None:
    """Name files from the repository or the package on, not where these lie on a machine."""
    for node in program.graph.nodes:
        if "stack_trace" in node.meta:
            trace = node.meta["stack_trace"]
            node.meta["stack_trace"] = re.sub(r'"[^"]*/(?=tools/record/|torch/nn/)', '"', trace)


def with_pickles(program: Any) -> dict[str, bytes]:
    """The program as torch 2.8 and as torch 2.7 wrote it, with numbers in pickles."""
    with zipfile.ZipFile(io.BytesIO(saved(program))) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("models/model.json")]
        text = json.dumps(stripped(json.loads(archive.read(name)))).encode()
    weights, constants = io.BytesIO(), io.BytesIO()
    torch.save(program.state_dict, weights)
    torch.save(program.constants, constants)
    numbers = weights.getvalue(), constants.getvalue()
    members = {
        "pickled": {
            "m/archive_format": b"pt2",
            "m/byteorder": b"little",
            "m/models/model.json": text,
            "m/data/weights/model.pt": numbers[0],
            "m/data/constants/model.pt": numbers[1],
        },
        "flat": {
            "version": b"8.20",
            "serialized_exported_program.json": text,
            "serialized_state_dict.pt": numbers[0],
            "serialized_constants.pt": numbers[1],
        },
    }
    return {kind: zipped(contents) for kind, contents in members.items()}


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def saved(program: Any) -> bytes:
    """What `torch.export.save` writes."""
    written = io.BytesIO()
    torch.export.save(program, written)
    return written.getvalue()


def copied(tree: Any) -> Any:
    """A tree with tensors of its own, which a program may write into."""

    def copied_leaf(leaf: Any) -> Any:
        return leaf.clone() if torch.is_tensor(leaf) else leaf

    return pytree.tree_map(copied_leaf, tree)


def record(folder: Path, name: str, module: Any, args: Example, kwargs: Any, dims: Any) -> None:
    """Write the program in both forms and what eager torch computes."""
    module = module.eval()
    with torch.no_grad():
        program = torch.export.export(module, copied(args), copied(kwargs), dynamic_shapes=dims)
        # Written before the module is called, which may change its buffers.
        (folder / f"{name}.pt2").write_bytes(slim(saved(program)))
        if name == "convolutional":
            shorten_traces(program)
            (folder / "stored.pt2").write_bytes(saved(program))
        if name == "storage":
            for kind, data in with_pickles(program).items():
                (folder / f"{name}_{kind}.pt2").write_bytes(data)
        if name not in ("tagger", "courses"):
            core = program.run_decompositions()
            (folder / f"{name}_core.pt2").write_bytes(slim(saved(core)))
        data = arrays("input", (args, kwargs))
        data.update(arrays("output", module(*copied(args), **copied(kwargs))))
        if name == "cache":
            data.update(arrays("again", module(*copied(args), **copied(kwargs))))
        if name in (found := others()):
            data.update(arrays("other_input", found[name]))
            data.update(arrays("other_output", module(*found[name])))
    np.savez_compressed(folder / f"{name}.npz", allow_pickle=False, **data)


def main() -> None:
    """Write all programs to the folder named on the command line."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, entry in programs().items():
        record(folder, name, *entry)


if __name__ == "__main__":
    main()
