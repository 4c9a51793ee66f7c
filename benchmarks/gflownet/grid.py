"""Exact distributions of generative flow networks on grids with two landscapes: what they draw, to the last cell.

The order-preserving network and the preference-conditional one are fitted as their papers fit them; what they draw is then
computed by dynamic programming, not sampled. Perfect samplers of preferences need no network: their distribution is known.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import pearsonr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.sequence import LANDSCAPES, Grid
from braess.learn.gflownet import GFlowNet, Increments, Preferences, terminal_distribution
from braess.learn.gflownet.network import Shape, balance_loss
from braess.learn.gflownet.order import best_loss
from braess.study.indicators import hypervolume
from braess.study.pareto import nondominated
from results import go_through_seeds

STEPS, PREFERENCE_STEPS, BATCH, EXPLORE = 1_000, 3_000, 128, 0.01
SHAPE = Shape(hidden=64, layers=3, rate=1e-2, flow_rate=1e-1)
DRAWS, CONCENTRATION, SHARPEST = 1_280, 1.5, 4.0
METHODS = ("order-preserving", "perfect, power 16", "perfect, power 96", "uniform", "preference-conditional")
NAMES = ("pair", "method", "seed")
_RESULT = Path(__file__).resolve().with_name("grid.json")


class Cells:
    """All cells of a grid, in the order in which exact distributions name them."""

    def __init__(self, pair: str) -> None:
        self.problem = Grid(pair.split(", "))
        self.construction = Increments(self.problem.space)
        ends, _ = terminal_distribution(GFlowNet(self.construction, 0, SHAPE, np.random.default_rng(0)))
        self.values = self.problem.evaluate(self.construction.designs(ends)).objectives
        self.best = nondominated(-self.values)
        self.whole = hypervolume(-self.values, np.zeros(2))

    def judged(self, chances: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        """Say what a distribution over all cells is worth; rows of several are drawn from in turn."""
        rows = np.atleast_2d(chances)
        rows = rows / rows.sum(axis=1, keepdims=True)
        drawn = np.unique([rng.choice(rows.shape[1], p=rows[draw % len(rows)]) for draw in range(DRAWS)])
        return {
            "mass": float(rows[:, self.best].sum(axis=1).mean()),
            "covered": int(self.best[drawn].sum()),
            "cells": int(self.best.sum()),
            "hypervolume": hypervolume(-self.values[drawn], np.zeros(2)) / self.whole,
        }


def perfect(cells: Cells, power: float, rng: np.random.Generator) -> np.ndarray:
    """Return what a sampler that learned everything draws, for each of as many preferences as there are draws."""
    preferences = Preferences(2, concentration=CONCENTRATION, sharpest=power, least=1e-6)
    weights, _ = preferences.draw(DRAWS, rng)
    given = np.repeat(weights, len(cells.values), axis=0)
    rewards = np.tile(cells.values, (DRAWS, 1))
    log_rewards = preferences.log_reward(rewards, given, np.full(len(given), power)).reshape(DRAWS, -1)
    return np.exp(log_rewards - log_rewards.max(axis=1, keepdims=True))


def by_order(cells: Cells, rng: np.random.Generator) -> dict[str, Any]:
    """Fit a network to dominance alone."""
    network = GFlowNet(cells.construction, 0, SHAPE, rng)
    nothing = np.empty((BATCH, 0), dtype=np.float32)
    for _ in range(STEPS):
        ways = network.sample(nothing, explore=EXPLORE, rng=rng)
        found = cells.problem.evaluate(cells.construction.designs(ways.ends)).objectives
        network.update(ways, nothing, best_loss(nondominated(-found)))
    return cells.judged(terminal_distribution(network)[1], rng)


def by_preference(cells: Cells, rng: np.random.Generator) -> dict[str, Any]:
    """Fit a network to all preferences, and compare what it draws under 11 x 3 of them with what it should."""
    preferences = Preferences(2, concentration=CONCENTRATION, sharpest=SHARPEST)
    network = GFlowNet(cells.construction, preferences.width, SHAPE, rng)
    for _ in range(PREFERENCE_STEPS):
        weights, powers = preferences.draw(BATCH, rng)
        conditions = preferences.condition(weights, powers)
        ways = network.sample(conditions, explore=EXPLORE, rng=rng)
        found = cells.problem.evaluate(cells.construction.designs(ways.ends)).objectives
        network.update(ways, conditions, balance_loss(preferences.log_reward(found, weights, powers)))
    variations, fits, drawn = [], [], []
    for weight, power in itertools.product(np.linspace(0.0, 1.0, 11), np.linspace(1.0, SHARPEST, 3)):
        weights, powers = np.array([[weight, 1.0 - weight]]), np.array([power])
        _, chances = terminal_distribution(network, preferences.condition(weights, powers)[0])
        n = len(cells.values)
        wanted = preferences.log_reward(cells.values, np.repeat(weights, n, axis=0), np.repeat(powers, n))
        shares = np.exp(wanted) / np.exp(wanted).sum()
        variations.append(0.5 * np.abs(chances - shares).sum())
        fits.append(pearsonr(np.log(chances), wanted).statistic ** 2)
        if power == SHARPEST:
            drawn.append(chances)
    away = {"total_variation": float(np.mean(variations)), "fit": float(np.mean(fits))}
    return cells.judged(np.array(drawn), rng) | away


def measure(pair: str, method: str, seed: int) -> dict[str, Any]:
    """Return what one method comes to on one pair of landscapes."""
    cells, rng, began = Cells(pair), np.random.default_rng(seed), time.perf_counter()
    if method == "order-preserving":
        found = by_order(cells, rng)
    elif method == "preference-conditional":
        found = by_preference(cells, rng)
    elif method == "uniform":
        found = cells.judged(np.ones(len(cells.values)), rng)
    else:
        found = cells.judged(perfect(cells, float(method.split()[-1]), rng), rng)
    return found | {"seconds": time.perf_counter() - began}


def main() -> None:
    torch.set_num_threads(1)
    pairs = [", ".join(pair) for pair in itertools.combinations(LANDSCAPES, 2)]
    go_through_seeds(__doc__, _RESULT, NAMES, pairs, METHODS, measure)


if __name__ == "__main__":
    main()
