"""The file of results, and what it says about groups of models: means, and the slowest."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from models import group_of

from stepwell.tools.measure.bench import Comparison, Machine, mean_speed

RESULTS = Path(__file__).resolve().parent / "results.json"

_ROUNDS = re.compile(r"\[\n\s+(-?[\d.e+-]+(?:,\n\s+-?[\d.e+-]+)*)\n\s+\]")


class GroupMean(TypedDict):
    """
    Our speed against one peer over the models of a group that both ran: the geometric mean, and
    the model on which we are slowest against it.
    """

    group: str
    threads: int
    peer: str
    models: int
    geometric_mean: float
    slowest: str
    slowest_speed: float


class Results(TypedDict):
    """What `compare.py` writes."""

    command: str
    machine: Machine
    means: list[GroupMean]
    comparisons: list[Comparison]


def group_means(comparisons: Sequence[Comparison]) -> list[GroupMean]:
    """By group, number of threads and peer, in the order in which they first appear."""
    keys = dict.fromkeys(
        (group_of(c["model"]), c["threads"], name)
        for c in comparisons
        for name in c["speed_against"]
    )
    found: list[GroupMean] = []
    for group, threads, name in sorted(keys, key=lambda key: (key[0] == "light", key[1])):
        members = [
            c
            for c in comparisons
            if (group_of(c["model"]), c["threads"]) == (group, threads)
            and name in c["speed_against"]
        ]
        slowest = min(members, key=lambda c: c["speed_against"][name])
        mean = mean_speed(members, name)
        assert mean is not None
        found.append(
            GroupMean(
                group=group,
                threads=threads,
                peer=name,
                models=len(members),
                geometric_mean=mean,
                slowest=slowest["model"],
                slowest_speed=slowest["speed_against"][name],
            )
        )
    return found


def mean_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """The means as sentences."""
    return [
        f"geometric mean of the speed against {mean['peer']}, {mean['group']} models, "
        f"threads: {mean['threads']}: {mean['geometric_mean']:.2f}x over {mean['models']}, "
        f"slowest {mean['slowest']} {mean['slowest_speed']:.2f}x"
        for mean in group_means(comparisons)
    ]


def write_results(path: Path, state: Machine, comparisons: Sequence[Comparison]) -> None:
    """The file, whole or not at all; the figures of the rounds on one line each."""
    results = Results(
        command=" ".join(["python", *sys.argv]),
        machine=state,
        means=group_means(comparisons),
        comparisons=list(comparisons),
    )
    text = json.dumps(results, indent=2, allow_nan=False)
    text = _ROUNDS.sub(lambda match: "[" + re.sub(r"\s+", " ", match[1]) + "]", text)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text + "\n")
    unfinished.replace(path)
