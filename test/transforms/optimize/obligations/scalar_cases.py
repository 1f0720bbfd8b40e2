"""
Cases of scalar rules: the scalar regions in which a rule fires, before and after.

They are those of the rule's case file in which it fires, and of each the ones with other constants,
with which it still fires: zeros of both signs, infinities, the smallest and largest numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Region
from xdsl.parser import Parser

from stepwell.dialects import make_context
from stepwell.dialects.engine.base import EngineOp
from stepwell.errors import StepwellError
from stepwell.transforms.optimize.rewriting import Rewrite, apply_rewrites

CASES = Path(__file__).resolve().parent.parent / "rewrites"

CONSTANT = re.compile(r"arith\.constant (-?[\w.+-]+) : (f16|bf16|f32|f64|i\d+)")
FLOATS = ("0.0", "-0.0", "1.0", "-1.0", "2.5", "0x7C00", "6.0e-8", "65504.0", "-4.0")
INTEGERS = ("0", "1", "-1", "2", "5", "100")


@dataclass(frozen=True)
class Case:
    """A region before and after a rule, and where it is from."""

    name: str
    before: Region
    after: Region


@cache
def cases_of(rule: Rewrite, *, half: bool = False) -> tuple[Case, ...]:
    """
    Those of a rule, with f16 in place of f32 where all values can be looked at (`half`).

    Empty where the rule does not fire in a scalar region.
    """
    return tuple(_cases(rule, half=half))


def _cases(rule: Rewrite, *, half: bool) -> Iterator[Case]:
    text = (CASES / f"{rule.name.replace('-', '_')}.mlir").read_text()
    for chunk in text.split("// -----"):
        code = "\n".join(line for line in chunk.splitlines() if not line.startswith("//"))
        label = re.search(r"func\.func @(\w+)", code)
        if label is None or label[1].startswith("near_miss") or "engine." not in code:
            continue
        if half:
            code = code.replace("f32", "f16")
        for number, changed in enumerate(_with_other_constants(code)):
            yield from _applied(
                rule, f"{label[1]} {number}", changed, must=number == 0 and not half
            )


def _with_other_constants(code: str) -> Iterator[str]:
    """The code, and with each of its constants changed."""
    yield code
    for found in CONSTANT.finditer(code):
        is_float = "f" in found[2]
        for number in FLOATS if is_float else INTEGERS:
            if is_float and number == "0x7C00" and found[2] != "f16":
                continue
            if found[2] == "i1" and number not in ("0", "1"):
                continue
            yield f"{code[: found.start(1)]}{number}{code[found.end(1) :]}"


def _applied(rule: Rewrite, name: str, code: str, *, must: bool) -> Iterator[Case]:
    ctx = make_context()
    try:
        module = Parser(ctx, code).parse_module()
        module.verify()
    except Exception:
        assert not must, f"{rule.name}: {name} does not parse"
        return
    apply_rewrites(ctx, module, [])
    befores = {n: op.regions[0].clone() for n, op in enumerate(_holders(module))}
    try:
        report = apply_rewrites(ctx, module, [rule])
    except StepwellError:
        return
    if not report.fired.get(rule.name):
        return
    for number, op in enumerate(_holders(module)):
        before = befores.get(number)
        if before is None or str(before.block) == str(op.regions[0].block):
            continue
        yield Case(f"{name} {op.name}", before, op.regions[0])


def _holders(module: ModuleOp) -> list[EngineOp]:
    """The operations with a scalar region."""
    found = (op for op in module.walk() if isinstance(op, EngineOp))
    return [op for op in found if op.regions and op.regions[0].blocks]
