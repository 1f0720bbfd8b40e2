"""`stepwell explain`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ...compiler.questions.explain import CostAnswer, Explanation, explain
from ...compiler.questions.node_story import StepAnswer, Story
from ...runtime.value_text import size_text
from ..inputs.shape_option import GivenSizes
from ..measure.profile_run import Profile
from .profile_model import profiles_of
from .question_input import QuestionInput, put_json

RUNS = 10
"""Calls that are measured for the share of a node."""


def explain_model(
    asked: QuestionInput, node: str | None, *, run: bool, threads: int, as_json: bool
) -> None:
    """
    Print what the compiler did with a model, or with one node; with `run`, also its share of time.

    Raises:
        StepwellError: for a model that cannot be compiled, and for a node that it does not have.
    """
    answer = explain(str(asked.model), node=node, **asked.options)
    if answer["node"] is not None and run and answer["node"]["steps"]:
        answer["node"]["steps"] = _timed(asked, answer["node"], threads)
    if as_json:
        put_json(answer)
    elif answer["node"] is not None:
        sys.stdout.write("".join(f"{line}\n" for line in _story_lines(answer["node"])))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(answer)))


def _timed(asked: QuestionInput, story: Story, threads: int) -> list[StepAnswer]:
    """The steps of a node as a profile has them."""
    profile = next(
        profiles_of(
            asked.model,
            (),
            threads=threads,
            runs=RUNS,
            shapes={
                name: tuple(n for n in shape if isinstance(n, int))
                for name, shape in asked.shapes.items()
            },
            sizes=GivenSizes(dims=asked.sizes),
            values=asked.values,
            choice=asked.choice,
            seed=0,
            parts=asked.parts,
        )
    )
    return _steps_of(profile, story["name"])


def _steps_of(profile: Profile, node: str) -> list[StepAnswer]:
    total = sum(step["median_us"] for step in profile["steps"]) or 1.0
    return [
        StepAnswer(
            index=step["index"],
            operation=f"{step['op']} ({', '.join(step['operands'])}) -> "
            f"{', '.join(step['results'])}",
            template=step["template"],
            kernel=step["kernel"],
            nodes=step["nodes"],
            share=step["median_us"] / total,
            median_us=step["median_us"],
        )
        for step in profile["steps"]
        if node in step["nodes"]
    ]


def _lines(answer: Explanation) -> Iterator[str]:
    choice = answer["choice"]
    yield f"{answer['model']} at -O{choice['optimization']}, exactness {choice['exactness']}"
    yield ""
    yield f"{'pass':<28}{'seconds':>9}  {'operations':>13}  {'bytes':>23}  {'FLOPs':>23}"
    for pass_ in answer["passes"]:
        yield f"{pass_['name']:<28}{pass_['seconds']:>9.3f}  {_costs(pass_)}"
    yield ""
    yield f"{'rule':<32}{'times':>5}  {'operations':>13}  {'bytes':>23}  {'FLOPs':>23}"
    for rule in answer["rules"]:
        yield f"{rule['name']:<32}{rule['count']:>5}  {_costs(rule)}"
    folding = answer["folding"]
    if folding["bytes_added"] or folding["flops_saved"]:
        yield ""
        yield (
            f"computed once: {folding['bytes_added']:+,} bytes in the artifact, "
            f"{_si(folding['flops_saved'])} operations saved a call"
        )
    for name, what in answer["left_out"].items():
        yield f"left out: {name}: {what}"


def _costs(costs: CostAnswer) -> str:
    before, after = costs["operations"]
    moved = " -> ".join(size_text(n) for n in costs["bytes"])
    flops = " -> ".join(_si(n) for n in costs["flops"])
    return f"{f'{before} -> {after}':>13}  {moved:>23}  {flops:>23}"


def _si(number: int) -> str:
    for factor, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= factor:
            return f"{number / factor:.3g} {unit}"
    return str(number)


def _story_lines(story: Story) -> Iterator[str]:
    yield f"{story['name']}: {story['fate']}"
    for level in story["levels"]:
        yield ""
        yield f"after {level['after']}:" if level["operations"] else f"after {level['after']}: -"
        for op in level["operations"]:
            yield f"  {op['text']}"
            others = [name for name in op["nodes"] if name != story["name"]]
            if others:
                yield f"    together with {_few(others)}"
        if level["after"] == "optimize":
            for found in story["rewrites"]:
                yield f"    by {found['rule']}"
    if story["steps"]:
        yield ""
        yield "steps:"
    for step in story["steps"]:
        took = "" if step["share"] is None else f", {step['share']:.1%} of the time"
        kernel = f", kernel {step['kernel']}" if step["kernel"] else ""
        yield f"  {step['index']}: {step['operation']}, by {step['template']}{kernel}{took}"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
