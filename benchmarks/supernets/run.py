"""Lets every search that trains a supernet find a cell, and looks up how good it is among all cells that were trained."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.networks import CellFamily
from braess.domains.architecture.supernet.problems import MixedNetworks
from braess.domains.architecture.tables.nasbench201 import load
from braess.domains.architecture.training.problem import ImageSource
from braess.domains.architecture.training.recipe import Training
from braess.learn.bilevel import drawing_from
from braess.learn.relaxation import hard
from braess.problem import Evaluations
from braess.search import Search
from braess.search.darts import DARTS
from braess.search.darts_pt import DARTSPT
from braess.search.fbnet import FBNet
from braess.search.gm import GM
from braess.search.pc_darts import PCDARTS
from braess.search.proxylessnas import ProxylessNAS
from braess.search.rarts import RARTS
from braess.space import Designs, every_design
from results import go_through

EPOCHS = 30  # in all, of whatever a search trains
SEEDS = 5
NAMES = ("space", "method", "seed")
SPACES = {"three edges": 3, "nas-bench-201": 6}  # with their numbers of edges
METHODS = (
    "median cell",
    "darts",
    "darts, second order",
    "rarts",
    "rarts, jacobi",
    "pc-darts",
    "fbnet",
    "proxylessnas",
    "darts-pt",
    "darts-pt, fixed",
    "gm",
    "gm, random",
    "few-shot",
)
_SOURCE = ImageSource(name="fashion-mnist", training=6_000, validation=2_000, test=None, pooled=2)
_TUNING = 2  # epochs after each decision of `darts-pt`
_RANKED = 125  # designs whose order in the supernet is compared with that in the table


class Known(MixedNetworks):
    """Networks with a supernet, whose errors are looked up in a table of trained ones."""

    def __init__(self, nodes: int, errors: np.ndarray[Any, Any]) -> None:
        family = CellFamily(image=(1, 14, 14), nodes=nodes, channels=8, cells=1)
        super().__init__("known", family, _SOURCE, training=Training(batch=64), objectives=("error",))
        self.errors = errors

    def evaluate(self, designs: Designs) -> Evaluations:
        """Look errors up."""
        codes = designs["operation"]
        return Evaluations.of(self.errors[tuple(codes.T)][:, None])


@cache
def problem(space: str) -> Known:
    """Return a space with the errors of its designs: mean of three validation errors, or errors on CIFAR-10."""
    if space == "nas-bench-201":
        table = load()
        return Known(4, 100 - table.accuracy[:, 0].reshape((5,) * 6))
    path = Path(__file__).resolve().parents[1] / "mini_benchmark" / "result.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    errors = np.zeros((5,) * 3)
    for row in rows:
        place = tuple(CellFamily.operations.index(name) for name in row["cell"].split("|"))
        errors[place] += row["validation_error"] / 3
    return Known(3, errors)


def search(space: str, method: str) -> Search:
    """Return a search that trains ``EPOCHS`` in all: `gm` 2 + 2 x 2 + 4 x 6, one part for each option 5 + 5 x 5."""

    def rates(epochs: int = EPOCHS) -> dict[str, Any]:
        return {"leader_rate": 3e-3, "leader_decay": 0.0, "follower_rate": 0.05, "epochs": epochs, "every": epochs}

    name, _, way = method.partition(", ")
    if name == "darts":
        return DARTS(order=2 if way else 1, product="differences", **rates())
    if name == "rarts":
        return RARTS(sweep=way or "gauss-seidel", **rates())
    if name == "pc-darts":
        return PCDARTS(part=2, **rates() | {"warmup": 5})
    if name == "fbnet":  # as cool in the end as published
        return FBNet(cost="none", draws=0, cooling=0.045 * 90 / EPOCHS, **rates() | {"warmup": 5})
    if name == "proxylessnas":
        return ProxylessNAS(cost="none", inner=1, **rates() | {"warmup": 5})
    if name == "darts-pt":
        return DARTSPT(tuning=_TUNING, fixed=bool(way), **rates(EPOCHS - _TUNING * SPACES[space]))
    if name == "gm":
        return GM(before=2, partings=2, way=way or "gradients", **rates(6))
    return GM(before=5, partings=1, way="exhaustive", **rates(5))


def measure(space: str, method: str, seed: int) -> dict[str, Any] | None:
    """Search once; a method finds what it asks for last or, of several parts, what loses least in its own supernet."""
    known, rng = problem(space), np.random.default_rng(seed)
    if method == "median cell":  # no search
        regret = float(np.median(known.errors) - known.errors.min())
        return {"regret": regret, "rank": (known.errors.size + 1) // 2} if seed == 0 else None
    running: Any = search(space, method).start(known, rng)
    saved = _saved(running)
    began, found, losses, taus = time.process_time(), [], [], []
    while len(batch := running.ask(16)):
        running.tell(batch, known.evaluate(batch))
        found.append(batch.take([len(batch) - 1]))
        losses.append(_losses(running, _codes(found[-1]))[0])
        taus.append(_tau(known, running))
    seconds = time.process_time() - began
    parted = method in ("gm", "gm, random", "few-shot")
    designs = known.space.concatenate(found if parted else found[-1:])
    errors = known.evaluate(designs).objectives[:, 0]
    chosen = int(np.argmin(losses)) if parted else 0
    error = float(errors[chosen])
    return {
        "design": "|".join(designs.rows()[chosen]["operation"]),
        "error": error,
        "regret": error - float(known.errors.min()),
        "rank": int((known.errors < error - 1e-9).sum()) + 1,
        "best_part": float(errors.min() - known.errors.min()),
        "skips": int((designs["operation"][chosen] == 1).sum()),
        "tau": float(np.mean([tau for tau in taus if tau is not None])),
        "seconds": seconds,
        "saved_bytes": saved,
    }


def _tau(known: Known, running: Any) -> float | None:
    """Return Kendall's tau of losses in the supernet and errors in the table, over what may still be chosen."""
    codes = _codes(every_design(known.space))
    allowed = running.training.problem.allowed.numpy()
    open_ones = np.flatnonzero(allowed[np.arange(codes.shape[1]), codes].all(axis=1))
    rows = np.random.default_rng(0).permutation(open_ones)[:_RANKED]
    if len(rows) < 2:
        return None
    return float(kendalltau(_losses(running, codes[rows]), known.errors[tuple(codes[rows].T)]).statistic)


def _losses(running: Any, codes: np.ndarray[Any, Any]) -> list[float]:
    """Return what designs lose in the supernet on four batches of the leader's."""
    training = running.training
    choices, leader, follower = training.problem, training.leader.tensors, training.followers[0]
    generator = torch.Generator().manual_seed(0)
    batches = list(choices.batches("upper", generator))[:4]
    losses = []
    with torch.no_grad(), drawing_from(generator):
        for row in codes:
            mixed = hard(torch.from_numpy(row), 5)
            losses.append(sum(choices.loss(mixed, leader, follower.scratch(), batch).item() for batch in batches))
    return losses


def _codes(designs: Designs) -> np.ndarray[Any, Any]:
    return designs["operation"].astype(np.int64)


def _saved(running: Any) -> int:
    """Return the bytes kept for the way back of one loss of the leader."""
    training, kept = running.training, {}
    batch = next(training.problem.batches("upper", torch.Generator().manual_seed(0)))

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = training.problem.upper(training.leader.tensors, training.followers[0].scratch(), batch)
        total = sum(kept.values())
    del loss
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=list(METHODS), help="left out: all")
    parser.add_argument("--spaces", nargs="*", default=list(SPACES), help="left out: all")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keys = [(space, method, seed) for seed in range(options.seeds) for space in options.spaces for method in options.methods]
    go_through(Path(__file__).resolve().with_name("result.json"), NAMES, keys, measure)


if __name__ == "__main__":
    main()
