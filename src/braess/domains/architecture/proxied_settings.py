"""The settings of problems over untrained networks, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from braess.domains.architecture.networks import CellFamily, ChainFamily, Family, MLPFamily, ResNetFamily
from braess.domains.architecture.proxied import Proxied
from braess.domains.architecture.training.images import load_images
from braess.domains.architecture.training.problem import TrainedNetworks
from braess.errors import InputError, nearest, within
from braess.learn.proxies import Normalisation
from braess.problem import Problem, RatedBy
from braess.study.domain import find_problem
from braess.study.tables import TomlText

_FAMILIES: dict[str, type[Family]] = {"cell": CellFamily, "chain": ChainFamily, "resnet": ResNetFamily, "mlp": MLPFamily}


@dataclass(frozen=True, kw_only=True)
class ProxiedSettings:
    """Settings of a problem over untrained networks.

    Parameters
    ----------
    inside
        The problem that tells what may be decided: its `kind` and settings.
    scores
        Among ``gradsign``, ``gradsign-mean``, ``gradient-norm``, ``snip``, ``grasp``, ``synflow``, ``naswot``, ``flops`` and
        ``parameters``; which way is better is known of each.
    use
        ``objective``: scores are what is searched for; ``rating``: the problem inside is evaluated, and the one score tells a
        search such as ``assisted`` which of its proposals are worth it.
    keep
        Objectives of the problem inside that stay beside the scores.
    networks
        What is built: ``cell`` (NAS-Bench-201), ``chain`` (NAS-Bench-Macro), ``resnet`` or ``mlp``; left out: what the problem
        inside trains, or else ``cell``.
    network_options
        What differs from the defaults of those, such as ``{channels = 8}``.
    images
        ``cifar-10``, ``fashion-mnist`` or ``stripes``; left out: what the problem inside trains on, or else ``cifar-10``.
    training
        Images for training that batches are drawn from.
    validation
        Images kept apart, as by a problem that trains.
    batch
        Images in a batch.
    initialisations
        First weights to average over.
    normalisation
        What batch normalisation does: ``image``, ``batch``, ``fixed``, ``running`` or ``none``; left out: what each score is
        published with.
    seed
        Of first weights and batches.
    """

    inside: dict[str, Any]
    scores: tuple[str, ...] = ("gradsign",)
    use: Literal["objective", "rating"] = "objective"
    keep: tuple[str, ...] = ()
    networks: str | None = None
    network_options: dict[str, Any] = field(default_factory=dict)
    images: str | None = None
    training: int = 1_000
    validation: int = 5_000
    batch: int = 32
    initialisations: int = 1
    normalisation: Normalisation | None = None
    seed: int = 0

    def build(self, folder: Path) -> Problem:
        """Build the problem; relative paths of the problem inside start at ``folder``."""
        problem = self._inside(folder)
        trained = problem if isinstance(problem, TrainedNetworks) else None
        if trained is None or self.images is not None:
            images = load_images(self.images or "cifar-10", training=self.training, validation=self.validation)
        else:
            images = trained.source.load()
        proxied = Proxied(
            problem,
            self._family(images.shape, images.classes) if trained is None or self.networks is not None else trained.family,
            images.training.pixels,
            images.training.labels,
            scores=self.scores,
            keep=self.keep,
            initialisations=self.initialisations,
            batch=self.batch,
            seed=self.seed,
            normalisation=self.normalisation,
        )
        return proxied if self.use == "objective" else RatedBy(problem, proxied)

    def _inside(self, folder: Path) -> Problem:
        table = dict(self.inside)
        with within("inside"):
            settings = TomlText("").settings(find_problem(str(table.pop("kind", ""))).settings(), table)
            problem: Problem = settings.build(folder)
        return problem

    def _family(self, image: tuple[int, int, int], classes: int) -> Family:
        name = self.networks or "cell"
        if name not in _FAMILIES:
            message = f"no such networks{nearest(name, _FAMILIES)}"
            raise InputError(message, field="networks", found=name, expected=f"one of {', '.join(_FAMILIES)}")
        options = {"image": image, "classes": classes} | self.network_options
        with within("network_options"):
            family: Family = TomlText("").settings(_FAMILIES[name], options)
        return family
