"""Mutations of texts of IR of any level: of words, numbers, types, lines and characters."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from stepwell.test.fuzz.programs import MUTATIONS as OF_PROGRAMS

Mutation = Callable[[random.Random, str], str]

TOKEN = re.compile(
    r"%[\w#]+|[@^#!][\w.$-]+|\"[^\"]*\"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.]*|\S"
)
TYPES = ("f32", "f64", "f16", "bf16", "i1", "i8", "i32", "i64", "index", "ui8", "f8E5M2", "i4",
         "none", "i0", "i128", "complex<f32>", "tensor<?xf32>", "tensor<*xf32>", "memref<4xf32>",
         "vector<8xf32>", "memref<?xi8>", "tensor<4x!onnx.String>", "()",
         "(f32) -> f32")  # fmt: skip
OPERATIONS = tuple(
    re.findall(
        r"[\w.]+",
        "arith.addf arith.addi arith.divsi arith.remsi arith.shli arith.cmpi arith.select "
        "arith.constant arith.index_cast arith.fptosi arith.truncf arith.extf math.exp math.sqrt "
        "math.powf scf.for scf.if scf.while scf.yield scf.parallel vector.load vector.store "
        "vector.broadcast vector.fma vector.extract memref.load memref.store memref.view "
        "memref.subview memref.alloca memref.cast func.call func.return engine.map engine.reduce "
        "engine.matmul engine.conv engine.reshape engine.transpose engine.concat engine.pad "
        "engine.slice engine.gather engine.softmax engine.yield engine.relayout engine.reference "
        "engine.constant onnx.Add onnx.Conv onnx.If onnx.Loop onnx.Yield onnx.Constant "
        "builtin.module cf.br cf.cond_br llvm.load ub.poison tensor.empty",
    )
)


def _hit(rng: random.Random, text: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """A place where a pattern stands, chosen without looking for all of them."""
    start = rng.randrange(len(text)) if text else 0
    return pattern.search(text, start) or pattern.search(text)


def _with(text: str, hit: re.Match[str], new: str) -> str:
    return text[: hit.start()] + new + text[hit.end() :]


def token(rng: random.Random, text: str) -> str:
    """A word gone, doubled, or another one of the text in its place."""
    hit, other = _hit(rng, text, TOKEN), _hit(rng, text, TOKEN)
    if hit is None or other is None:
        return text
    return _with(text, hit, rng.choice(["", f"{hit.group()} {hit.group()}", other.group()]))


def type_(rng: random.Random, text: str) -> str:
    hit = _hit(rng, text, re.compile(r"\b(?:f32|i64|i32|i8|f64|index|i1)\b"))
    return text if hit is None else _with(text, hit, rng.choice(TYPES))


def operation(rng: random.Random, text: str) -> str:
    hit = _hit(rng, text, re.compile(r"\b[a-z]+\.[A-Za-z_]\w*"))
    return text if hit is None else _with(text, hit, rng.choice(OPERATIONS))


def number(rng: random.Random, text: str) -> str:
    hit = _hit(rng, text, re.compile(r"(?<![\w%@.])-?\d+\b"))
    if hit is None:
        return text
    n = int(hit.group())
    choices = (0, 1, -1, n + 1, n - 1, 2 * n, -n, 1 << 20, 1 << 31, (1 << 63) - 1, 1 << 64, 10**30)
    return _with(text, hit, str(rng.choice(choices)))


def value(rng: random.Random, text: str) -> str:
    pattern = re.compile(r"%[\w]+")
    hit, other = _hit(rng, text, pattern), _hit(rng, text, pattern)
    if hit is None or other is None:
        return text
    return _with(
        text, hit, rng.choice([other.group(), other.group(), "%nowhere", f"{hit.group()}#1"])
    )


def lines(rng: random.Random, text: str) -> str:
    """A line gone, doubled, moved, or exchanged with another."""
    parts = text.split("\n")
    a, b = rng.randrange(len(parts)), rng.randrange(len(parts))
    choice = rng.randrange(4)
    if choice == 0:
        del parts[a]
    elif choice == 1:
        parts.insert(b, parts[a])
    elif choice == 2:
        parts[a], parts[b] = parts[b], parts[a]
    else:
        parts.insert(b, parts.pop(a))
    return "\n".join(parts)


def characters(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text)) if text else 0
    odd = rng.choice(
        list('{}()<>[]%@#!"\\:,=-*?\x00\té字') + ["// -----\n", "loc(", "\ufeff", "0x"]
    )
    return rng.choice([text[:at] + text[at + 1 :], text[:at] + odd + text[at:], text[:at]])


def attribute(rng: random.Random, text: str) -> str:
    """An attribute gone, or with a value of another kind."""
    hit = _hit(rng, text, re.compile(r"\b\w+ = (?:[^,{}<>\[\]]|<[^<>]*>|\[[^\[\]]*\])+"))
    if hit is None:
        return text
    name = hit.group().partition(" = ")[0]
    values = ('"s"', "1 : i64", "1.5 : f32", "array<i64: 1, 2>", "array<i64>", "[]", "unit",
              "@main", "dense<1> : tensor<2xi64>", "i32", "{a = 1 : i32}", "true",
              '[1, "x"]')  # fmt: skip
    return _with(text, hit, rng.choice(["", f"{name} = {rng.choice(values)}"]))


OF_ANY_TEXT: Sequence[Mutation] = (token, token, number, number, lines, characters)
"""Those that know nothing of IR."""

MUTATIONS: Sequence[Mutation] = (
    token, token, type_, type_, operation, number, number, value, value, lines,
    characters, attribute,
    *OF_PROGRAMS,
)  # fmt: skip


def mutated(rng: random.Random, text: str) -> str:
    """A text with one to three mutations."""
    for _ in range(rng.choice([1, 1, 1, 1, 2, 2, 3])):
        text = rng.choice(MUTATIONS)(rng, text)
    return text
