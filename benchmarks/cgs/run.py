"""Learns stationary states of small graphs and predicts those of larger ones: convergent solvers and plain messages."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from systems import TASKS, Drawn, Task

from braess.learn._convolutions import perceptron
from braess.learn.cgs import AttentionLayer, ConvergentMaps
from results import write_result

GAMMAS = (0.5, 0.95)
DEPTHS = (3, 10)  # of plain messages
WIDE = 16  # features of plain messages that may have more parameters
SEEDS = 3
UPDATES, BATCH, RATE, RESTART = 300, 16, 1e-3, 32
TESTED = 32  # graphs
DECODER = [64, 32]


class Convergent(nn.Module):
    """Nodes read from fixed points."""

    def __init__(self, task: Task, sizes: tuple[int, int], gamma: float) -> None:
        super().__init__()
        self.maps = ConvergentMaps(*sizes, layers=task.layers, width=task.width, heads=task.heads, gamma=gamma)
        self.read = perceptron([task.heads, *DECODER, 1])

    def forward(self, graph: Drawn) -> torch.Tensor:
        """Return what is predicted ``[v]``."""
        return self.read(self.maps(graph.x, graph.z, graph.edges))[:, 0, 0]


class Plain(nn.Module):
    """Nodes read after some layers of the same messages; from the second on, layers add to what was known."""

    def __init__(self, sizes: tuple[int, int], depth: int, width: int) -> None:
        super().__init__()
        inner = (width, width)
        self.first = AttentionLayer(sizes, inner, width)
        self.others = nn.ModuleList(AttentionLayer(inner, inner, width) for _ in range(depth - 1))
        self.read = perceptron([width, *DECODER, 1])

    def forward(self, graph: Drawn) -> torch.Tensor:
        """Return what is predicted ``[v]``."""
        x, z = self.first(graph.x, graph.z, graph.edges)
        for layer in self.others:
            more_x, more_z = layer(x, z, graph.edges)
            x, z = x + more_x, z + more_z
        return self.read(x)[:, 0, 0]


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def width_of(sizes: tuple[int, int], depth: int, wanted: int) -> int:
    """Return the width at which plain messages have about so many parameters."""
    return min(range(2, 129), key=lambda width: abs(parameters(Plain(sizes, depth, width)) - wanted))


def models(task: Task, sizes: tuple[int, int]) -> dict[str, Any]:
    """Return functions that make each model, by name."""
    made: dict[str, Any] = {f"cgs, gamma {gamma}": lambda gamma=gamma: Convergent(task, sizes, gamma) for gamma in GAMMAS}
    wanted = parameters(Convergent(task, sizes, GAMMAS[0]))
    for depth in DEPTHS:
        width = width_of(sizes, depth, wanted)
        made[f"{depth} layers"] = lambda depth=depth, width=width: Plain(sizes, depth, width)
    if width < WIDE:
        made[f"{DEPTHS[-1]} layers, wide"] = lambda: Plain(sizes, DEPTHS[-1], WIDE)
    return made


def learn(module: nn.Module, task: Task, seed: int, updates: int) -> float:
    """Fit a model to small graphs, fresh ones in each step; return the seconds it took."""
    rng, began = np.random.default_rng(seed), time.perf_counter()
    optimiser = torch.optim.Adam(module.parameters(), lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, RESTART)
    for _ in range(updates):
        graph = task.batch(BATCH, task.small, rng)
        optimiser.zero_grad()
        nn.functional.mse_loss(module(graph)[graph.asked], graph.target[graph.asked]).backward()
        optimiser.step()
        falling.step()
    return time.perf_counter() - began


def errors(predicted: torch.Tensor, graph: Drawn) -> dict[str, float]:
    """Return the mean squared and the mean absolute percentage error where something is asked."""
    found, exact = predicted[graph.asked], graph.target[graph.asked]
    return {"mse": float(((found - exact) ** 2).mean()), "mape": float(((found - exact) / exact).abs().mean())}


def measure(task: Task, updates: int) -> list[dict[str, Any]]:
    """Fit all models with all seeds, and test them on new small and on large graphs."""
    rng = np.random.default_rng(1000)
    tests = {name: task.batch(TESTED, getattr(task, name), rng) for name in ("small", "large")}
    sizes = tests["small"].x.shape[2], tests["small"].z.shape[2]
    mean = tests["small"].target[tests["small"].asked].mean()
    constant = {name: errors(mean.expand(len(graph.x)), graph) for name, graph in tests.items()}
    rows: list[dict[str, Any]] = [{"model": "constant"} | constant]
    print(rows[0], flush=True)
    for name, make in models(task, sizes).items():
        runs: list[dict[str, Any]] = []
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            module = make()
            seconds = learn(module, task, seed, updates)
            with torch.no_grad():
                found = {which: errors(module(graph), graph) for which, graph in tests.items()}
            runs.append(found | {"seconds": seconds})
        rows.append({"model": name, "parameters": parameters(module)} | _median(runs))
        print(rows[-1], flush=True)
    return rows


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians over seeds, and the worst squared error on large graphs."""
    found: dict[str, Any] = {
        which: {of: statistics.median(run[which][of] for run in runs) for of in ("mse", "mape")} for which in ("small", "large")
    }
    found["large"]["worst_mse"] = max(run["large"]["mse"] for run in runs)
    return found | {"seconds": statistics.median(run["seconds"] for run in runs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=UPDATES, help="steps that each model learns")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    figures: dict[str, Any] = {"updates": arguments.updates, "batch": BATCH, "seeds": SEEDS, "tested": TESTED}
    for name, task in TASKS.items():
        figures[name] = measure(task, arguments.updates)
    print(write_result(__file__, figures | {"took": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
