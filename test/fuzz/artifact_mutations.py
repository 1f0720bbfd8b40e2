"""Mutations of artifacts whose digests are right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stepwell.test.fuzz.artifacts import MAKERS, OTHER, Opened, donor, preamble_of
from stepwell.test.fuzz.other_values import other_list, other_number, other_word
from stepwell.test.fuzz.program_mutations import resealed
from stepwell.test.fuzz.programs import MUTATIONS as TEXT_MUTATIONS

Place = tuple[Callable[[], Any], Callable[[Any], None]]
"""How to get and to set one thing in a header."""


def _attribute(owner: Any, name: str) -> Place:
    return (lambda: getattr(owner, name)), (lambda value: setattr(owner, name, value))


def _element(owner: list[Any], at: int) -> Place:
    def put(value: Any) -> None:
        owner[at] = value

    return (lambda: owner[at]), put


def _places(table: Any) -> list[Place]:
    """Everything that stands in a table of the header, and in the tables in it."""
    found: list[Place] = []
    todo = [table]
    while todo:
        owner = todo.pop()
        for name, value in vars(owner).items():
            if isinstance(value, np.ndarray):
                setattr(owner, name, value.tolist())
                value = getattr(owner, name)
            found.append(_attribute(owner, name))
            if isinstance(value, list):
                found += [_element(value, at) for at in range(len(value))]
                todo += [v for v in value if hasattr(v, "__dict__")]
            elif hasattr(value, "__dict__"):
                todo.append(value)
    return found


def header_field(rng: random.Random, opened: Opened) -> None:
    """One field of the header is another."""
    get, put = rng.choice(_places(opened.header))
    value = get()
    if isinstance(value, bool | int | np.integer):
        put(other_number(rng, int(value)))
    elif isinstance(value, bytes | str):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        put(other_word(rng, text))
    elif isinstance(value, list):
        put(other_list(rng, value))
    elif value is None:
        put(rng.choice([0, "x", []]))
    else:
        put(None)


def reference_field(rng: random.Random, opened: Opened) -> None:
    """One field of a reference operation, or of an input or output, is another."""
    tables = [*(opened.header.referenceOps or ()), *(opened.header.inputs or ())]
    tables += opened.header.outputs or ()
    if not tables:
        return header_field(rng, opened)
    get, put = rng.choice(_places(rng.choice(tables)))
    value = get()
    if isinstance(value, int | np.integer):
        put(other_number(rng, int(value)))
    elif isinstance(value, bytes | str):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        put(rng.choice(TEXT_MUTATIONS)(rng, text) if len(text) > 40 else other_word(rng, text))
    elif isinstance(value, list):
        put(other_list(rng, value))
    else:
        put(rng.choice([None, 0, "x"]))
    return None


def section_bytes(rng: random.Random, opened: Opened) -> None:
    """Bytes of the weights or the constants are others."""
    header = opened.header
    section = rng.choice([header.weights, header.constantsSection])
    if section is None or not 0 < section.size <= len(opened.body) - section.offset:
        return
    for _ in range(rng.choice([1, 1, 8, 100])):
        at = section.offset + rng.randrange(section.size)
        opened.body[at] = rng.randrange(256)


def text(rng: random.Random, opened: Opened) -> None:
    """The IR is another, as a text or as bytes."""
    section = opened.header.ir
    if section is None or not 0 < section.size <= len(opened.body) - section.offset:
        return
    start, size = int(section.offset), int(section.size)
    old = bytes(opened.body[start : start + size])
    new = rng.choice(TEXT_MUTATIONS)(rng, old.decode("utf-8", "replace")).encode()
    if rng.random() < 0.2:
        changed = bytearray(old)
        changed[rng.randrange(size)] = rng.randrange(256)
        new = bytes(changed)
    opened.body += bytes(-len(opened.body) % 64)
    section.offset, section.size = len(opened.body), len(new)
    opened.body += new + bytes(-len(new) % 64)


def section_place(rng: random.Random, opened: Opened) -> None:
    """A section lies elsewhere, in whole or in part upon another."""
    sections = opened.sections()
    if not sections:
        return
    section, other = rng.choice(sections), rng.choice(sections)
    if rng.random() < 0.5:
        section.offset = rng.choice([other.offset, section.offset + 64, section.offset - 64, 0])
        section.offset = max(section.offset, 0)
    else:
        near = [section.size + 1, section.size - 1, section.size // 2, section.size + 64, 0]
        section.size = max(rng.choice([other.size, *near]), 0)


Mutation = Callable[[random.Random, Opened], None]

MUTATIONS: Sequence[Mutation] = (
    header_field,
    header_field,
    header_field,
    reference_field,
    reference_field,
    section_bytes,
    text,
    text,
    section_place,
)


def mutated(seed: int) -> tuple[int, bytes]:
    """
    The number of a model and its artifact, to which something was done; by seed.

    `OTHER` instead of the number if it may give something else.
    """
    rng = random.Random(seed)
    number = rng.randrange(len(MAKERS))
    data = donor(number)
    kind = rng.random()
    if kind < 0.1:
        return number, _header_bytes(rng, data)
    if kind < 0.13:
        return number, _machine_code(rng, data)
    if kind < 0.35:
        return OTHER, resealed(rng, data)
    while True:
        opened = Opened(data)
        for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
            rng.choice(MUTATIONS)(rng, opened)
        try:
            return number, opened.closed()
        except Exception:  # what the generated code cannot write is no file
            continue


def _header_bytes(rng: random.Random, data: bytes) -> bytes:
    """Bytes of the header itself are others."""
    offset, size = preamble_of(data)
    header = bytearray(data[offset : offset + size])
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(size)
        if rng.random() < 0.3:
            at = at // 4 * 4
            header[at : at + 4] = rng.choice([0, 4, size, 0xFFFFFFFF, 0x7FFFFFFF]).to_bytes(
                4, "little"
            )
        else:
            header[at] = rng.randrange(256)
    if rng.random() < 0.1:
        del header[rng.randrange(size) :]
    return Opened(data).closed(bytes(header))


def _machine_code(rng: random.Random, data: bytes) -> bytes:
    """Bytes of the machine code are others: refused, for its seal is another."""
    opened = Opened(data)
    section = opened.header.codes[0].section
    at = section.offset + rng.randrange(section.size)
    opened.body[at] ^= 1 << rng.randrange(8)
    return opened.closed()
