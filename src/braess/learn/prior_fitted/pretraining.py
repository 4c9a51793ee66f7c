"""Fits a network to a prior, resumably, and writes it with its recipe and a report of how well it foretells."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from braess.errors import InputError
from braess.learn._checkpoint import read_checkpoint, write_checkpoint
from braess.learn._file import read_model, write_model
from braess.learn.prior_fitted.mixture import Mixture
from braess.learn.prior_fitted.network import PriorNetwork, Shape
from braess.learn.prior_fitted.priors import Prior, Tasks, labels, processes

_CHECKPOINT = 10.0  # seconds between two checkpoints at least
_WARM, _LAST = 100, 0.02  # steps until the full rate, and what is left of it at the end
_SURPRISE = 10.0  # nats
_FRESH = 2**40  # seeds of tasks of the report lie beyond those of all steps


@dataclass(frozen=True)
class Recipe:
    """All that the weights of a network follow from, with the versions of PyTorch and the processor's arithmetic.

    Parameters
    ----------
    steps
        Of AdamW.
    seed
        Of the first weights and of all tasks.
    rate
        Learning rate after a hundred steps; then it falls as half a cosine.
    rows
        In a step, in all tasks together.
    fewest, most
        Known rows of a task, any number between them, smaller ones likelier.
    queries
        Of a task.
    coordinates
        Most of them; fewer are likelier.
    """

    steps: int
    seed: int = 0
    rate: float = 2e-3
    rows: int = 4096
    fewest: int = 4
    most: int = 160
    queries: int = 48
    coordinates: int = 20

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in asdict(self).items():
            if value < (0 if name == "seed" else 1e-9):
                raise InputError("impossible number", field=name, found=value, expected="more than 0")
        if self.most < self.fewest:
            raise InputError("impossible number", field="most", found=self.most, expected=f"at least {self.fewest}")


@dataclass(frozen=True)
class Kind:
    """A network that braess ships.

    Parameters
    ----------
    prior
        Of its tasks.
    shape
        Its sizes.
    loss
        Of what it says of queries ``[b, m, outputs]`` and of tasks.
    recipe
        How it was fitted.
    report
        Of a network, figures of how well it foretells.
    """

    prior: Prior
    shape: Shape
    loss: Callable[[torch.Tensor, Tasks], torch.Tensor]
    recipe: Recipe
    report: Callable[[PriorNetwork], dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """How far fitting is.

    Parameters
    ----------
    number, most
        Steps done, and to do.
    loss
        Mean of the last hundred, in nats.
    left
        Seconds, as far as can be told.
    """

    number: int
    most: int
    loss: float
    left: float


def value_loss(said: torch.Tensor, tasks: Tasks) -> torch.Tensor:
    """Return the negative log density of what was wanted, a mean in nats; beyond ten nats, which is chance, it grows slowly."""
    nats = -Mixture.of(said).log_density(tasks.wanted)
    return torch.where(nats > _SURPRISE, _SURPRISE * (1.0 + torch.log(nats.clamp_min(_SURPRISE) / _SURPRISE)), nats).mean()


def label_loss(said: torch.Tensor, tasks: Tasks) -> torch.Tensor:
    """Return the negative log probability of what was wanted, a mean in nats."""
    return torch.nn.functional.softplus(-tasks.wanted * said[..., 0]).mean()


def value_report(network: PriorNetwork) -> dict[str, Any]:
    """Say how well a network foretells values, by known rows and coordinates.

    ``nats`` are of the negative log density, ``exact_nats`` for who knows the process; ``covered`` is the share of values
    within the middle nine tenths foretold.
    """
    found = []
    for d in (2, 5, 10):
        for n in (8, 32, 128):
            tasks = processes(64, n, 64, d, torch.Generator().manual_seed(_FRESH + n + d)).float()
            mixture = Mixture.of(_said(network, tasks)).double()
            below = mixture.log_below(tasks.wanted.double()).exp()
            assert tasks.exact is not None
            found.append(
                {
                    "known": n,
                    "coordinates": d,
                    "nats": float(-mixture.log_density(tasks.wanted.double()).mean()),
                    "exact_nats": float(-tasks.exact.mean()),
                    "covered": float(((below > 0.05) & (below < 0.95)).double().mean()),
                }
            )
    return {"values": found}


def label_report(network: PriorNetwork) -> dict[str, Any]:
    """Say how well a network foretells labels, by known rows.

    ``nats`` are of the negative log probability, ``share_nats`` for who knows the shares of the labels only;
    ``calibration_error`` is the mean distance of foretold probabilities from shares, over ten bins.
    """
    found = []
    for n in (16, 64, 256):
        tasks = labels(256, n, 64, 5, torch.Generator().manual_seed(_FRESH + n)).float()
        said = _said(network, tasks)
        share = tasks.wanted.gt(0.0).float().mean(1, keepdim=True).clamp(1e-6, 1.0 - 1e-6)
        found.append(
            {
                "known": n,
                "nats": float(label_loss(said, tasks)),
                "share_nats": float(-(share * share.log() + (1.0 - share) * torch.log1p(-share)).mean()),
                "calibration_error": _calibration_error(said[..., 0].sigmoid().flatten(), tasks.wanted.gt(0.0).flatten()),
            }
        )
    return {"labels": found}


_VALUES = Recipe(steps=12_000)
_LABELS = Recipe(steps=6_000, fewest=8, most=384, queries=96)
KINDS = {
    "values": Kind(processes, Shape(outputs=24), value_loss, _VALUES, value_report),
    "labels": Kind(labels, Shape(), label_loss, _LABELS, label_report),
}


def pretrain(
    kind: Kind, path: Path, recipe: Recipe | None = None, progress: Callable[[Step], None] | None = None
) -> dict[str, Any]:
    """Fit a network to its prior and write it; called again after an interruption, go on.

    Parameters
    ----------
    kind
        Of network.
    path
        Where it is written; the checkpoint lies beside it until then.
    recipe
        In place of the one it was shipped with.
    progress
        Told after each hundred steps.

    Returns
    -------
    dict
        What the file says of the network: recipe, version of PyTorch, seconds, report.

    Raises
    ------
    InputError
        The checkpoint is of another fit, or none at all.
    """
    recipe = kind.recipe if recipe is None else recipe
    fit = _Fit(kind, recipe, checkpoint_of(path))
    fit.resume()
    kept = time.perf_counter()
    while fit.number < recipe.steps:
        fit.step()
        if progress is not None and (fit.number % 100 == 0 or fit.number == recipe.steps):
            progress(Step(fit.number, recipe.steps, fit.loss, fit.seconds / fit.number * (recipe.steps - fit.number)))
        if time.perf_counter() - kept > _CHECKPOINT:
            fit.keep()
            kept = time.perf_counter()
    fit.network.eval()
    facts = {"shape": asdict(kind.shape), "recipe": asdict(recipe), "torch": torch.__version__, "seconds": round(fit.seconds)}
    facts["report"] = kind.report(fit.network)
    state = io.BytesIO()
    torch.save(fit.network.state_dict(), state)
    write_model(path, facts, state.getvalue())
    fit.checkpoint.unlink(missing_ok=True)
    return facts


def checkpoint_of(path: Path) -> Path:
    """Return where the checkpoint of a fit lies that is to end in this file."""
    return path.with_name(f"{path.name}.checkpoint")


def read_network(path: Path) -> tuple[PriorNetwork, dict[str, Any]]:
    """Read a network that `pretrain` wrote, and what it says of itself.

    Raises
    ------
    InputError
        There is no such file, or it is of something else.
    """
    facts, state = read_model(path)
    try:
        network = PriorNetwork(Shape(**facts["shape"]))
        network.load_state_dict(torch.load(io.BytesIO(state), weights_only=True))
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a file of torch
        raise InputError(f"this is no prior-fitted network: {error}", file=path) from None
    return network.eval().requires_grad_(requires_grad=False), facts


def tasks_of(kind: Kind, recipe: Recipe, number: int) -> Tasks:
    """Draw the tasks of a step, which follow from seed and number."""
    rng = torch.Generator().manual_seed(recipe.seed * 2**24 + number)
    first, second = torch.rand(2, generator=rng, dtype=torch.float64).tolist()
    n = round(recipe.fewest * math.exp(first * math.log(recipe.most / recipe.fewest)))
    d = min(1 + int(recipe.coordinates * second**2), recipe.coordinates)
    return kind.prior(max(recipe.rows // (n + recipe.queries), 1), n, recipe.queries, d, rng).float()


class _Fit:
    """A network being fitted."""

    def __init__(self, kind: Kind, recipe: Recipe, checkpoint: Path) -> None:
        self._kind, self._recipe, self.checkpoint = kind, recipe, checkpoint
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.network = PriorNetwork(kind.shape)
        self._optimiser = torch.optim.AdamW(self.network.parameters(), lr=recipe.rate, weight_decay=0.01)
        self.number, self.seconds, self._losses = 0, 0.0, [0.0]
        self._facts = {"shape": asdict(kind.shape), "recipe": asdict(recipe)}

    @property
    def loss(self) -> float:
        return sum(self._losses) / len(self._losses)

    def step(self) -> None:
        began = time.perf_counter()
        done = self.number / self._recipe.steps
        rate = self._recipe.rate * min(1.0, (self.number + 1) / _WARM)
        self._optimiser.param_groups[0]["lr"] = rate * (_LAST + (1.0 - _LAST) * 0.5 * (1.0 + math.cos(math.pi * done)))
        tasks = tasks_of(self._kind, self._recipe, self.number)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            said = self.network(tasks.rows, tasks.answers, tasks.queries)
        loss = self._kind.loss(said, tasks)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self.number += 1
        self.seconds += time.perf_counter() - began
        self._losses = [*self._losses[-99:], float(loss.detach())]

    def keep(self) -> None:
        state = {"number": self.number, "seconds": self.seconds, "losses": self._losses}
        state |= {"network": self.network.state_dict(), "optimiser": self._optimiser.state_dict()}
        write_checkpoint(self.checkpoint, self._facts, state)

    def resume(self) -> None:
        if not self.checkpoint.exists():
            return
        kept = read_checkpoint(self.checkpoint, self._facts)
        self.number, self.seconds, self._losses = kept["number"], kept["seconds"], kept["losses"]
        self.network.load_state_dict(kept["network"])
        self._optimiser.load_state_dict(kept["optimiser"])


def _said(network: PriorNetwork, tasks: Tasks) -> torch.Tensor:
    with torch.no_grad():
        said: torch.Tensor = network(tasks.rows, tasks.answers, tasks.queries)
    return said


def _calibration_error(foretold: torch.Tensor, happened: torch.Tensor) -> float:
    bins = (foretold * 10.0).long().clamp_max(9)
    total = torch.zeros(10).index_add_(0, bins, foretold - happened.float())
    return float(total.abs().sum() / len(foretold))
