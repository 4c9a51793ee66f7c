"""The problems that all searches are tried on: what a user might have, small enough for many runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from braess.domains import engineering, sequence
from braess.problem import Problem
from braess.study.domain import find_problem
from braess.testing import DTLZ2, ZDT1, Cells, Knapsack, Mixed, Tour


@dataclass(frozen=True)
class Case:
    """One problem.

    Parameters
    ----------
    kind
        What its designs are made of, for the guide.
    build
        Makes it.
    """

    kind: str
    build: Callable[[], Problem]


def _named(kind: str, **settings: object) -> Callable[[], Problem]:
    def build() -> Problem:
        found: Problem = find_problem(kind).settings()(**settings).build(Path())
        return found

    return build


def _binding(bind: str, *avoid: str) -> Callable[[], Problem]:
    return lambda: sequence.Binding([sequence.load_affinities(bind)], [sequence.load_affinities(name) for name in avoid])


_SIOUX_FALLS = {"network": "sioux-falls"}
_TOLLED = ("1->3", "3->1", "4->5", "5->4", "6->8", "8->6", "10->15", "15->10", "16->17", "17->16")

CASES: dict[str, Case] = {
    "welded beam": Case("reals, constraints", lambda: engineering.load("welded-beam", "corrected")),
    "speed reducer": Case("reals, constraints", lambda: engineering.load("speed-reducer", "corrected")),
    "Ackley, 6": Case("reals, constraints", lambda: engineering.load("ackley-6", "corrected")),
    "tolls, Sioux Falls": Case("reals, a follower", _named("toll-design", links=_TOLLED, largest=20.0, **_SIOUX_FALLS)),
    "lanes, Sioux Falls": Case("binaries, a follower", _named("lane-addition", budget_share=0.5, **_SIOUX_FALLS)),
    "links, Sioux Falls": Case("binaries, a follower", _named("link-addition", instance="SF_DNDP_20_1", budget_share=0.5)),
    "swaps, Sioux Falls": Case("integers, a follower", _named("lane-swap", scenario=0.5, **_SIOUX_FALLS)),
    "knapsack, 40": Case("binaries, constraints", lambda: Knapsack(40)),
    "binding": Case("categories", _binding("SIX6")),
    "GB1": Case("categories", lambda: sequence.GB1(sequence.load_gb1())),
    "NAS-Bench-201": Case("categories", _named("nas-bench-201", objectives=("accuracy-cifar10",))),
    "mixed": Case("mixed variables", Mixed),
    "cells": Case("conditional variables", Cells),
    "tour, 20": Case("a permutation", lambda: Tour(20)),
    "binding, not binding": Case("categories, two objectives", _binding("SIX6", "CRX")),
    "n-grams": Case("conditional categories, two objectives", sequence.NGrams),
    "links, time and cost": Case(
        "binaries, a follower, two objectives",
        _named(
            "link-addition", instance="SF_DNDP_20_1", budget_share=1.0, objectives=("total_travel_time", "construction_cost")
        ),
    ),
    "ZDT1": Case("reals, two objectives", ZDT1),
    "DTLZ2": Case("reals, three objectives", DTLZ2),
}
