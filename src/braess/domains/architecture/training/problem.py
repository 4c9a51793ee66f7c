"""The problem of designing networks whose weights are trained: the leader picks a design, the follower learns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from braess.domains.architecture.costs.additive import LatencyTable
from braess.domains.architecture.costs.counting import flops, parameters
from braess.domains.architecture.costs.latency import latency
from braess.domains.architecture.costs.memory import inference_memory, training_memory
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.networks import Family, Network
from braess.domains.architecture.training.fit import error_of, fit, one_thread
from braess.domains.architecture.training.images import Images, Labelled, load_images
from braess.domains.architecture.training.recipe import Training
from braess.errors import InputError, nearest
from braess.problem import Constraint, Evaluations, Objective, Problem
from braess.problem.evaluations import Floats
from braess.problem.problem import evaluate_each
from braess.space import Designs

OBJECTIVES = {
    "error": Objective("error", unit="%"),
    "flops": Objective("flops"),
    "parameters": Objective("parameters"),
    "memory": Objective("memory", unit="bytes"),
    "training-memory": Objective("training-memory", unit="bytes"),
    "latency": Objective("latency", unit="ms"),
}


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """Which images, as in `load_images`, to which loading is left until they are needed."""

    name: str
    training: int | None
    validation: int
    test: int | None
    pooled: int

    def load(self) -> Images:
        """Return the images; a process reads them once."""
        return _loaded(self)


@cache
def _loaded(source: ImageSource) -> Images:
    given = asdict(source)
    return load_images(given.pop("name"), **given)


class TrainedNetworks(Problem):
    """Networks of one family, trained on images, with what they cost.

    The error is that on images for validation, which weights are not trained on; those for testing are not looked at (see
    `test_error`). Weights at the start and the order of images follow from the seed alone, so all designs have the same luck.
    Measured latency is the one objective that is not the same each time; with a table it is.

    Parameters
    ----------
    name
        For the record.
    family
        The networks.
    source
        The images.
    training
        How weights are trained.
    objectives
        Some of ``error`` (% of the images for validation), ``flops``, ``parameters``, ``memory`` (bytes while one image is
        scored), ``training-memory`` (bytes in a step of training) and ``latency`` (milliseconds for one image).
    most
        Name of an objective that costs, which is all but ``error``, to the most it may be: a constraint.
    repeats
        Trainings from different seeds, whose mean error counts.
    seed
        Of weights and orders.
    timing
        How latency is measured.
    table
        Table that latency is taken from in place of measuring it.
    checkpoints
        Folder where trainings under way are kept, so that an interrupted one goes on; left out: they begin anew.
    """

    def __init__(
        self,
        name: str,
        family: Family,
        source: ImageSource,
        *,
        training: Training,
        objectives: tuple[str, ...] = ("error", "flops"),
        most: dict[str, float] | None = None,
        repeats: int = 1,
        seed: int = 0,
        timing: Timing | None = None,
        table: LatencyTable | None = None,
        checkpoints: Path | None = None,
    ) -> None:
        most = most or {}
        _check_names(objectives, tuple(most))
        if repeats < 1:
            raise InputError("an error needs a training", field="repeats", found=repeats, expected="at least 1")
        self.name, self.family, self.space = name, family, family.space
        self.objectives = tuple(OBJECTIVES[each] for each in objectives)
        self.constraints = tuple(Constraint(f"{each} above {limit:g}", OBJECTIVES[each].unit) for each, limit in most.items())
        self.source, self.training, self.most = source, training, most
        self.repeats, self.seed, self.timing, self.table = repeats, seed, timing or Timing(), table
        self.checkpoints = checkpoints

    def evaluate(self, designs: Designs) -> Evaluations:
        """Train the network of each design, and measure what it costs."""
        costs: dict[str, Callable[[Network], float]] = {
            "flops": lambda network: flops(network, self.family.image),
            "parameters": parameters,
            "memory": lambda network: inference_memory(network, self.family.image),
            "training-memory": lambda network: training_memory(network, self.family.image, batch=self._batch(network)),
        }
        return self._each(designs, costs, error_of)

    def check(self, designs: Designs) -> Evaluations:
        """Train anew, score images one by one, count operations by torch's own counter and bytes from shapes alone.

        Bytes come out up to one in a hundred different; latency is measured again, where it is measured.
        """
        image = self.family.image
        costs: dict[str, Callable[[Network], float]] = {
            "flops": lambda network: _flops_by_torch(network, image),
            "parameters": lambda network: sum(np.prod(values.shape, dtype=int) for values in network.parameters()),
            "memory": lambda network: inference_memory(network, image, device="meta"),
            "training-memory": lambda network: training_memory(network, image, batch=self._batch(network), device="meta"),
        }
        return self._each(designs, costs, _error_one_by_one)

    def test_error(self, designs: Designs) -> Floats:
        """Return the error on the images for testing in %, ``[n]``, of the networks that `evaluate` trains.

        For the end: a design that is chosen by it is chosen with its help.
        """
        return np.array([self._error(design, error_of, self.source.load().test) for design in designs])

    def describe(self) -> dict[str, Any]:
        """Describe networks, images and training."""
        return {
            "name": self.name,
            "family": type(self.family).__name__,
            "networks": self.family.describe(),
            "images": asdict(self.source),
            "training": asdict(self.training),
            "repeats": self.repeats,
            "seed": self.seed,
            "timing": asdict(self.timing),
            "latency_table": None if self.table is None else asdict(self.table),
            "most": self.most,
        }

    def _each(
        self,
        designs: Designs,
        costs: dict[str, Callable[[Network], float]],
        error: Callable[[Network, Labelled], float],
    ) -> Evaluations:
        wanted = [objective.name for objective in self.objectives]

        def answer(row: int) -> tuple[list[float], list[float], None]:
            design = designs.take([row])
            network = self.family.build(design, torch.Generator().manual_seed(self.seed))
            found = {"error": self._error(design, error, self.source.load().validation)} if "error" in wanted else {}
            for name in {*wanted, *self.most} - {"error"}:
                found[name] = self._latency(network) if name == "latency" else float(costs[name](network))
            return [found[name] for name in wanted], [found[name] - limit for name, limit in self.most.items()], None

        return evaluate_each(self, designs, answer)

    def _batch(self, network: Network) -> int:
        return self.training.with_choices(network.settings).batch

    def _latency(self, network: Network) -> float:
        if self.table is not None:
            return self.table.latency(network, self.family.image)
        return latency(network, self.family.image, self.timing)

    def _error(self, design: Designs, error: Callable[[Network, Labelled], float], judged: Labelled) -> float:
        """Return the mean error in % over the repeats of a batch of one design."""
        found = []
        with one_thread():
            for repeat in range(self.repeats):
                seeds, kept = (self.seed, repeat), self._checkpoint(design, repeat)
                network = trained(self.family, design, self.source.load().training, self.training, seeds, checkpoint=kept)
                found.append(100 * error(network, judged))
        return float(np.mean(found))

    def _checkpoint(self, design: Designs, repeat: int) -> Path | None:
        if self.checkpoints is None:
            return None
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        facts = json.dumps([self.describe(), design.pack()[0].hex(), repeat])
        return self.checkpoints / f"{hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()}.training"


def trained(
    family: Family,
    design: Designs,
    images: Labelled,
    training: Training,
    seeds: tuple[int, int],
    *,
    checkpoint: Path | None = None,
) -> Network:
    """Build the network of a batch of one design, and train it as `TrainedNetworks` does with this seed and repeat."""
    weights, order = np.random.default_rng(seeds).integers(2**62, size=2).tolist()
    network = family.build(design, torch.Generator().manual_seed(weights))
    fit(network, images, training.with_choices(network.settings), torch.Generator().manual_seed(order), checkpoint=checkpoint)
    return network


def _check_names(objectives: tuple[str, ...], limited: tuple[str, ...]) -> None:
    if not objectives or len(set(objectives)) != len(objectives):
        raise InputError("objectives must be there and differ", field="objectives", found=objectives)
    for field, names, known in (("objectives", objectives, [*OBJECTIVES]), ("most", limited, [*OBJECTIVES][1:])):
        for name in names:
            if name not in known:
                raise InputError(
                    f"not known here{nearest(name, known)}", field=field, found=name, expected=f"one of {', '.join(known)}"
                )


def _error_one_by_one(network: Network, images: Labelled) -> float:
    network.eval()
    with torch.no_grad():
        guesses = [int(network(torch.from_numpy(pixels[None]))[0].argmax()) for pixels in images.pixels]
    return float(np.mean(guesses != images.labels))


def _flops_by_torch(network: Network, image: tuple[int, int, int]) -> int:
    """Count by torch's own counter, which counts two for each multiplication with its addition and leaves out shifts."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.zeros(1, *image))
    counts: dict[str, dict[Any, int]] = counter.get_flop_counts()
    root, total = type(network).__name__, 0
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            products = sum(counts.get(f"{root}.{name}", {}).values()) // 2
            total += products + (products // module.weight[0].numel() if module.bias is not None else 0)
    return total
