"""Inputs that are given away: one buffer where the caller's arrays allow it, right in any case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest

import stepwell
from stepwell.errors import InputError, InvalidArtifactError
from stepwell.runtime.artifact import write_artifact
from stepwell.runtime.describe import artifact_rows
from stepwell.runtime.engine import Engine
from stepwell.runtime.program import Donation, TensorSignature

GROWN = """
g (float[2,3,S,4] a_past, float[2,3,S,4] b_past, float[2,3,1,4] x)
  => (float[2,3,T,4] a_now, float[2,3,T,4] b_now, float[2,3,T,4] y)
{ n = Relu(x)  a_now = Concat<axis=2>(a_past, n)  m = Neg(x)  b_now = Concat<axis=2>(b_past, m)
  y = Mul(a_now, b_now) }
"""
CHANGED = """
g (float[N,4] a_past, float[N,4] b_past, float[1,4] x, int64[1,1] at)
  => (float[N,4] a_now, float[N,4] b_now, float[N,4] y)
{ a_now = ScatterND(a_past, at, x)  b_now = ScatterND(b_past, at, x)  y = Add(a_now, b_now) }
"""


def compiled(graph: str, sizes: dict[str, int] | None) -> tuple[Engine, Engine]:
    """Without donations, and with."""
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 21]> {graph}')
    plain = stepwell.compile(model, shapes=sizes)
    return plain, stepwell.compile(model, shapes=sizes, donate={"*_past": "*_now"})


@pytest.fixture(scope="module", params=["numbers", "open"])
def grown(request: pytest.FixtureRequest) -> tuple[Engine, Engine]:
    return compiled(GROWN, {"S": 5} if request.param == "numbers" else None)


@pytest.fixture(scope="module", params=["numbers", "open"])
def changed(request: pytest.FixtureRequest) -> tuple[Engine, Engine]:
    return compiled(CHANGED, {"N": 6} if request.param == "numbers" else None)


def draw(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {n: rng.standard_normal(shape).astype(np.float32) for n, shape in shapes.items()}


def grown_feeds() -> dict[str, np.ndarray]:
    return draw({"a_past": (2, 3, 5, 4), "b_past": (2, 3, 5, 4), "x": (2, 3, 1, 4)})


def changed_feeds() -> dict[str, np.ndarray]:
    return draw({"a_past": (6, 4), "b_past": (6, 4), "x": (1, 4)}) | {"at": np.array([[2]])}


def check(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_a_part_of_what_is_given_for_the_output_is_not_copied(grown: tuple[Engine, Engine]):
    plain, engine = grown
    feeds = grown_feeds()
    expected = plain.run(feeds)
    caches = {n: np.full((2, 3, 6, 4), np.nan, np.float32) for n in ("a_now", "b_now")}
    views = {"a_past": caches["a_now"][:, :, :5], "b_past": caches["b_now"][:, :, :5]}
    for name, view in views.items():
        view[...] = feeds[name]
        view.flags.writeable = False
    found = engine.run({**feeds, **views}, out=caches)
    check(found, expected)
    assert all(found[name] is array for name, array in caches.items())


@pytest.mark.parametrize("how", ["apart", "strided", "shifted", "one for both", "lists"])
def test_other_memory_is_copied_and_stays_what_it_is(grown: tuple[Engine, Engine], how: str):
    plain, engine = grown
    feeds = grown_feeds()
    out: dict[str, np.ndarray] | None = {"a_now": np.zeros((2, 3, 6, 4), np.float32)}
    if how == "strided":
        feeds["a_past"] = np.asfortranarray(feeds["a_past"])
    elif how == "one for both":
        feeds["b_past"], out = feeds["a_past"], None
    expected = plain.run(feeds)
    if how == "shifted":  # its own memory, but not where it belongs
        whole = np.zeros(2 * 3 * 6 * 4, np.float32)
        out = {"a_now": whole.reshape(2, 3, 6, 4)}
        part = whole[7 : 7 + 120].reshape(2, 3, 5, 4)
        part[...] = feeds["a_past"]
        feeds["a_past"] = part
    before = {name: np.array(array) for name, array in feeds.items()}
    given = {n: a.tolist() if how == "lists" and n == "x" else a for n, a in feeds.items()}
    check(engine.run(given, out=out), expected)
    if how != "shifted":
        check(feeds, before)


def test_an_array_of_the_output_s_shape_becomes_the_output(changed: tuple[Engine, Engine]):
    plain, engine = changed
    feeds = changed_feeds()
    expected = plain.run(feeds)
    found = engine.run(feeds)
    check(found, expected)
    assert found["a_now"] is feeds["a_past"]
    assert found["b_now"] is feeds["b_past"]


@pytest.mark.parametrize("how", ["read-only", "one for both", "overlapping", "columns"])
def test_an_array_that_cannot_is_left_alone(changed: tuple[Engine, Engine], how: str):
    plain, engine = changed
    feeds = changed_feeds()
    if how == "read-only":
        feeds["a_past"].flags.writeable = False
        feeds["b_past"].flags.writeable = False
    elif how == "one for both":
        feeds["b_past"] = feeds["a_past"]
    elif how == "overlapping":
        whole = np.arange(28, dtype=np.float32).reshape(7, 4)
        feeds["a_past"], feeds["b_past"] = whole[:6], whole[1:]
    else:
        whole = np.arange(48, dtype=np.float32).reshape(6, 8)
        feeds["a_past"], feeds["b_past"] = whole[:, :4], whole[:, 4:]
    before = {name: array.copy() for name, array in feeds.items()}
    expected = plain.run(feeds)
    check(engine.run(feeds), expected)
    check(feeds, before)


def test_memory_of_another_input_is_refused(changed: tuple[Engine, Engine]):
    feeds = changed_feeds()
    with pytest.raises(InputError, match="output 'a_now' shares memory with input 'b_past'"):
        changed[1].run(feeds, out={"a_now": feeds["b_past"]})


def test_an_artifact_says_so(tmp_path):
    plain, engine = compiled(CHANGED, {"N": 6})
    engine.save(tmp_path / "m.well")
    rows = [text for title, text in artifact_rows(tmp_path / "m.well") if title == "donated"]
    assert rows == [
        "a_past, whose memory becomes that of a_now",
        "b_past, whose memory becomes that of b_now",
    ]
    for again in (False, True):
        loaded = stepwell.load(tmp_path / "m.well", recompile=again)
        assert loaded.program.donations == (Donation(0, 0), Donation(1, 1))
        feeds = changed_feeds()
        expected = plain.run(feeds)
        check(loaded.run(feeds), expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"donations": (Donation(9, 0),)}, "a donation is input 9 and output 0"),
        ({"donations": (Donation(0, 0), Donation(1, 0))}, "two of its donations"),
        ({"donations": (Donation(0, 0), Donation(0, 1))}, "two of its donations"),
        ({"donations": (Donation(3, 0),)}, "a donation of another type"),
        (
            {
                "donations": (Donation(0, 0),),
                "inputs": (TensorSignature("a_past", "float32", (7, 4)),),
            },
            "a donation that is too large",
        ),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, change: dict[str, object], expected: str):
    program = compiled(CHANGED, {"N": 6})[1].program
    codes = tuple(replace(code, seal=b"") for code in program.codes)
    write_artifact(replace(program, codes=codes, **change), tmp_path / "m.well")
    with pytest.raises(InvalidArtifactError, match=expected):
        stepwell.load(tmp_path / "m.well")


def test_a_header_without_its_donations_is_not_run(tmp_path):
    program = compiled(CHANGED, {"N": 6})[1].program
    write_artifact(replace(program, donations=()), tmp_path / "m.well")
    with pytest.raises(InvalidArtifactError):
        stepwell.load(tmp_path / "m.well").run(changed_feeds())
