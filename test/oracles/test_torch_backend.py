"""`torch.compile(model, backend="stepwell")` against eager torch."""

from __future__ import annotations

import warnings
import weakref
from itertools import product
from typing import Any

import pytest

from stepwell.conversion.torch_import.watched_tensors import WatchedTensors
from stepwell.test.oracles.torch_models import cases, torch

TOLERANCE = 1e-4
"""Of the largest magnitude."""

backend: Any = pytest.importorskip("stepwell.torch_backend")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    torch._dynamo.reset()
    backend.forget_warnings()


def check(found: Any, wanted: Any) -> None:
    pairs = zip(*map(torch.utils._pytree.tree_leaves, (found, wanted)), strict=True)
    for output, want in pairs:
        assert output.dtype == want.dtype
        assert output.shape == want.shape
        assert output.stride() == want.stride()
        largest = float(want.abs().max().clamp(min=1e-30))
        torch.testing.assert_close(output, want, rtol=0, atol=TOLERANCE * largest)


def compiled(model: Any, **options: Any) -> Any:
    return torch.compile(model, backend=backend.stepwell, **options)


@pytest.mark.parametrize("name", cases())
def test_models(name: str) -> None:
    case = cases()[name]
    torch.manual_seed(1)
    model = case.make().eval()
    fast = compiled(model)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for n in (2, 3) if case.dims is not None else (2,):
            arguments = case.arguments(n)
            check(fast(*arguments), model(*arguments))


class Net(torch.nn.Module):
    """A small network of several outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        self.last = torch.nn.Linear(4, 5)

    def forward(self, x: Any) -> Any:
        y = torch.relu(self.norm(self.first(x))).mean((2, 3))
        z = self.last(y)
        return z + x.shape[0], z.view(-1), x, y.transpose(0, 1), z.to(torch.bfloat16), z.argmax(1)


def test_many_sizes_and_outputs_of_all_kinds() -> None:
    model = Net().eval()
    fast = compiled(model)
    with torch.no_grad():
        for n in (2, 4, 2, 5):
            x = torch.randn(n, 3, 8, 8)
            check(fast(x), model(x))


def test_images_that_lie_channels_last() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()).eval()
    model = model.to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 8, 8).to(memory_format=torch.channels_last)
    with torch.no_grad():
        check(compiled(model)(x), model(x))


def test_parameters_that_change() -> None:
    model = Net().eval()
    fast, x = compiled(model), torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        check(fast(x), model(x))
        model.last.weight.mul_(2.0)
        check(fast(x), model(x))
        model.last.weight.data = model.last.weight.data * 3
        check(fast(x), model(x))
        model.norm.running_mean.add_(1.0)
        check(fast(x), model(x))


@pytest.mark.parametrize("count", [0, 1, 2, 300])
def test_each_of_many_parameters_is_watched(count: int) -> None:
    values = [torch.nn.Parameter(torch.randn(2)) for _ in range(count)]
    watched = WatchedTensors(values)
    assert watched.are(values) == watched._asked_by_python()() is True
    changes = (lambda p: p.add_(1), lambda p: setattr(p, "data", p.data.clone()))
    for at, change in product({0, count // 2, count - 1} - {-1}, changes):
        if count:
            with torch.no_grad():
                change(values[at])
            assert not watched.are(values)
            watched = WatchedTensors(values)
            assert watched.are(values)
            assert not watched.are([*values[:at], values[at].detach(), *values[at + 1 :]])
    if count > 1:  # memory that changes places
        values[0].data, values[1].data = values[1].data, values[0].data
        assert not watched.are(values)


def test_torch_itself_is_asked_about_parameters() -> None:
    watched = WatchedTensors([torch.zeros(2)])
    assert watched._asked_by_machine_code() is not None


def test_tensors_are_let_go() -> None:
    tensor = torch.zeros(2)
    watched, alive = WatchedTensors([tensor]), weakref.ref(tensor)
    del tensor
    assert alive() is not None
    del watched
    assert alive() is None


def test_layers_that_share_a_graph_keep_their_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [torch.nn.Linear(4, 4).eval() for _ in range(3)]
    made: list[Any] = []
    compile = backend.compile
    monkeypatch.setattr(backend, "compile", lambda *a, **k: made.append(a) or compile(*a, **k))
    fast, x = [compiled(layer) for layer in layers], torch.randn(2, 4)
    with torch.no_grad():
        for _ in range(3):
            for one, layer in zip(fast, layers, strict=True):
                check(one(x), layer(x))
    assert len(made) <= len(layers)


def test_parameters_made_in_inference_mode() -> None:
    with torch.inference_mode():
        model, x = torch.nn.Linear(4, 3).eval(), torch.randn(2, 4)
        fast = compiled(model)
        check(fast(x), model(x))
        model.weight.mul_(2.0)
        check(fast(x), model(x))


def test_gradients_are_torchs() -> None:
    model = torch.nn.Linear(4, 3)
    x = torch.randn(2, 4)
    with pytest.warns(RuntimeWarning, match="gradients are computed by torch itself"):
        compiled(model)(x).sum().backward()
    assert model.weight.grad is not None
    torch.testing.assert_close(model.weight.grad, x.sum(0).expand(3, 4))


def test_an_operator_that_is_not_supported_is_said_once() -> None:
    def function(x: Any) -> Any:
        return torch.special.bessel_j0(x) + 1

    fast, x = compiled(function), torch.eye(3) * 2
    with torch.no_grad():
        with pytest.warns(RuntimeWarning, match=r"a graph is run by torch itself[^$]*bessel_j0"):
            check(fast(x), function(x))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check(fast(x * 2), function(x * 2))


def test_a_graph_that_breaks() -> None:
    def function(x: Any) -> Any:
        y = torch.relu(x) * 2
        torch._dynamo.graph_break()
        return y - x.mean()

    x = torch.randn(3, 4)
    with torch.no_grad():
        check(compiled(function)(x), function(x))


def test_options() -> None:
    model, x = torch.nn.Linear(4, 3).eval(), torch.randn(2, 4)
    with torch.no_grad():
        check(compiled(model, options={"threads": 2, "exactness": "bitwise"})(x), model(x))
        torch._dynamo.reset()
        with pytest.raises(Exception, match="'thread' is no option of the backend"):
            compiled(model, options={"thread": 2})(x)


def test_the_name_is_known_to_torch() -> None:
    assert "stepwell" in torch._dynamo.list_backends()
