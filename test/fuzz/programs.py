"""Small programs of level 2, one for each example of an engine operation, and mutations of them."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from textwrap import indent

from stepwell.dialects.engine import OPERATIONS
from stepwell.test.dialects.test_engine_examples import examples, undefined_values
from stepwell.test.fuzz.open_programs import OPEN

MORE = (
    # A chain in which buffers are shared and views taken.
    """
%0 = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<5x7xf32> -> tensor<7x5xf32>
%1 = engine.slice %0 {starts = array<i64: 1, 0>, sizes = array<i64: 3, 5>, steps = array<i64: 2, 1>} : tensor<7x5xf32> -> tensor<3x5xf32>
%2 = engine.reshape %1 : tensor<3x5xf32> -> tensor<15xf32>
%3 = engine.concat %2, %2, %v {axis = 0 : i64} : tensor<15xf32>, tensor<15xf32>, tensor<3xf32> -> tensor<33xf32>
%y = engine.pad %3 {low = array<i64: 2>, high = array<i64: 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<33xf32> -> tensor<36xf32>
""",
    """
%0 = engine.conv %x, %w epilogue(%b : tensor<6x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x4x6x5xf32>, tensor<6x4x3x3xf32> -> tensor<1x6x6x5xf32> {
^bb0(%acc: f32, %bias: f32):
  %s = arith.addf %acc, %bias : f32
  engine.yield %s : f32
}
%1 = engine.pool %0 {kind = "average", kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x6x6x5xf32> -> tensor<1x6x3x3xf32>
%y = engine.resize %1 {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x6x3x3xf32> -> tensor<1x6x6x6xf32>
""",
    """
%0 = engine.gather %t, %i {axis = 0 : i64} : tensor<9x4xf32>, tensor<2x3xi64> -> tensor<2x3x4xf32>
%1 = engine.matmul %0, %w : tensor<2x3x4xf32>, tensor<4x7xf32> -> tensor<2x3x7xf32>
%2 = engine.softmax %1 {axis = 2 : i64} : tensor<2x3x7xf32> -> tensor<2x3x7xf32>
%y = engine.reduce ins(%2 : tensor<2x3x7xf32>) {kind = "max", axes = array<i64: 1>} -> tensor<2x7xf32>
""",
    """
%0 = engine.scatter %x, %i, %u {reduction = "add"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
%1 = engine.top_k %0 {axis = 1 : i64, count = 2 : i64} : tensor<8x4xf32> -> tensor<8x2xi64>
%y = engine.concat %1, %1 {axis = 1 : i64} : tensor<8x2xi64>, tensor<8x2xi64> -> tensor<8x4xi64>
""",
)

HEAVY = re.compile(r"224|112x112|1x64x56")
"""Examples whose sizes only cost time here."""


def as_function(body: str) -> str | None:
    """The operations as `@main`: what they use is an argument, what nobody uses is returned."""
    given = undefined_values(body)
    arguments = ", ".join(f"%{name}: {type_}" for name, type_ in given.items())
    header = re.findall(r"^(%[\w, %]+) = engine\.", body, re.MULTILINE)
    if not header:
        return None
    results = [name.strip() for name in header[-1].split(",")]
    last = body[body.rindex(f"{header[-1]} = engine.") :]
    arrow = re.search(r"-> ((?:tensor<(?:[^<>]|<[^<>]*>)*>(?:, )?)+)", last)
    if arrow is None:
        return None
    types = arrow.group(1).rstrip(", ")
    returned = ", ".join(results)
    return (
        f"func.func @main({arguments}) -> ({types}) {{\n{indent(body.strip(), '  ')}\n"
        f"  func.return {returned} : {types}\n}}\n"
    )


@cache
def corpus() -> tuple[str, ...]:
    """The programs, smallest sizes only, none planned."""
    found: list[str] = []
    for op in OPERATIONS:
        for example in examples(op):
            if "memref" in example or HEAVY.search(example) or "engine.reference" in example:
                continue
            text = as_function(inspect.cleandoc(example))
            if text is not None:
                found.append(text)
    found += [text for body in MORE if (text := as_function(body)) is not None]
    found += OPEN
    return tuple(found)


ELEMENTS = ("f32", "f64", "f16", "bf16", "i1", "i8", "ui8", "i32", "i64", "i4", "f8E4M3FN", "!x.y")
LAYOUTS = ('"a"', '"ab"', '"ba"', '"A4a"', '"aB4b"', '"aBcd16b"', '"Abc8a"', '"abcd"', '"zz"')
ATTRIBUTES = (
    "absorbed = array<i64: 0>",
    "absorbed = array<i64: 0, 1>",
    'nodes = ["n"]',
    "axis = 7 : i64",
    "reverse",
)

Mutation = Callable[[random.Random, str], str]


def _replaced(rng: random.Random, text: str, pattern: str, new: Callable[[str], str]) -> str:
    hits = list(re.finditer(pattern, text))
    if not hits:
        return text
    hit = rng.choice(hits)
    return text[: hit.start()] + new(hit.group()) + text[hit.end() :]


def _integer(rng: random.Random, text: str) -> str:
    def new(old: str) -> str:
        n = int(old)
        choices = [0, 1, -1, 2, n + 1, n - 1, 2 * n, -n, n + 16, 63, 1 << 20, 1 << 31, -(1 << 63)]
        return str(rng.choice(choices))

    return _replaced(rng, text, r"(?<![\w.%#@e+-])-?\d+(?![\w.])(?!x)", new)


def _size(rng: random.Random, text: str) -> str:
    def new(old: str) -> str:
        n = int(old[:-1])
        return f"{rng.choice([0, 1, 2, max(n - 1, 0), n + 1, 2 * n, 33, 100_000, '?'])}x"

    return _replaced(rng, text, r"(?<=[<x])\d+x", new)


def _every_size(rng: random.Random, text: str) -> str:
    """One size wherever it occurs: such programs often stay valid."""
    sizes = re.findall(r"(?<=[<x])\d+(?=x)", text)
    if not sizes:
        return text
    old, new = rng.choice(sizes), rng.choice([0, 1, 2, 3, 5, 16, 17, 33, 64])
    return re.sub(rf"(?<=[<x]){old}(?=x)", str(new), text)


def _rank(rng: random.Random, text: str) -> str:
    return _replaced(rng, text, r"tensor<", lambda old: f"{old}{rng.choice([1, 2, 3])}x")


def _element(rng: random.Random, text: str) -> str:
    return _replaced(
        rng, text, r"(?<=x)(?:f32|i64|i32|i1|f64)(?=[>,])", lambda _: rng.choice(ELEMENTS)
    )


def _every_element(rng: random.Random, text: str) -> str:
    """Floats of another width everywhere."""
    return re.sub(r"\bf32\b", rng.choice(["f64", "f16", "bf16"]), text)


def _layout(rng: random.Random, text: str) -> str:
    strides = rng.choice(
        ["", f", [{rng.choice([0, 1, -64, 7, 1 << 27])}]", ", [1, 1]", ", [64, 8, 4, 1]"]
    )
    layout = f", #engine.layout<{rng.choice(LAYOUTS)}{strides}>>"
    return _replaced(rng, text, r"(?<=[a-z]\d\d)>(?!>)", lambda _: layout)


def _operand(rng: random.Random, text: str) -> str:
    names = re.findall(r"%\w+", text)
    return _replaced(rng, text, r"%\w+", lambda _: rng.choice(names))


def _attribute(rng: random.Random, text: str) -> str:
    return _replaced(
        rng, text, r"\{(?=\w+ =|\w+\})", lambda old: f"{old}{rng.choice(ATTRIBUTES)}, "
    )


def _without_attribute(rng: random.Random, text: str) -> str:
    return _replaced(
        rng, text, r"\w+ = (?:array<[^>]*>|\"\w+\"|-?[\d.e+-]+ : \w+)(?:, )?", lambda _: ""
    )


def _word(rng: random.Random, text: str) -> str:
    words = re.findall(r'"\w+"', text)
    return _replaced(rng, text, r'"\w+"', lambda _: rng.choice([*words, '"max"', '"sum"', '"zz"']))


def _extent(rng: random.Random, text: str) -> str:
    """A size by name is another: of another name, of more or less, of none."""
    names = re.findall(r"\b[A-Z]\b(?= in )", text) or ["N"]

    def new(old: str) -> str:
        name, size = rng.choice(names), old.strip('"')
        others = [name, f"{size} + 1", f"{size} - 1", f"{size} * 2", f"{size} + {name}", "Z", "",
                  f"{name} * {name}", f"{name} floordiv 2", f"{size} * 4611686018427387904"]  # fmt: skip
        return f'"{rng.choice(others)}"'

    return _replaced(rng, text, r'"[A-Z](?: [*+-] \w+)*"', new)


def _said(rng: random.Random, text: str) -> str:
    """What is known of a name is more, less or something else."""
    others = ["to 4", "to 0", "hint 70", "data", "in 3", 'to "N"', 'to "K"']
    new = rng.choice(others)
    return _replaced(rng, text, r"(?<= )(?:to \S+|hint \d+|data\b|in \d+)", lambda _: new)


def _line(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    return "\n".join([*lines[:at], *lines[at + rng.choice([1, 0]) :][rng.choice([0, 1]) :]])


def _float(rng: random.Random, text: str) -> str:
    choices = ["0.0", "-1.0", "1e30", "1e-30", "0x7F800000", "0x7FC00000", "3.7"]
    return _replaced(rng, text, r"-?\d+\.\d+e[+-]\d+", lambda _: rng.choice(choices))


MUTATIONS: Sequence[Mutation] = (
    _integer,
    _integer,
    _size,
    _every_size,
    _every_size,
    _rank,
    _element,
    _every_element,
    _layout,
    _operand,
    _attribute,
    _without_attribute,
    _word,
    _extent,
    _said,
    _line,
    _float,
)


def mutated(seed: int) -> str:
    """A program of the corpus with one to three mutations; the same for the same seed."""
    rng = random.Random(seed)
    text = rng.choice(OPEN if rng.random() < 0.2 else corpus())
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        text = rng.choice(MUTATIONS)(rng, text)
    return text
