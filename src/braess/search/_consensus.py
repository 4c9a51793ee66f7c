"""The running state of `cbo`, and the steps it is made of: weights, consensus, moves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.cbo import CBO

_AGREED = 1e-9  # share of the ranges within which all particles are at one
_FEW = 10.0  # effective particles below which the consensus is that of a few
_HALVINGS = 100
_STEEPEST = 1e12  # times the range of the energies: largest exponent that is tried

log = logging.getLogger("braess")


def weights(energies: Floats, alpha: float) -> Floats:
    """Return what each particle counts, ``exp(-alpha * energy)`` in proportion, ``[n]``; infinite energies count nothing.

    Where all are infinite, all particles count the same.
    """
    least = energies.min()
    if not np.isfinite(least):
        return np.full(len(energies), 1.0 / len(energies))
    counts = np.exp(-alpha * np.where(np.isfinite(energies), energies - least, 0.0)) * np.isfinite(energies)
    shares: Floats = counts / counts.sum()
    return shares


def effective_size(shares: Floats) -> float:
    """Return how many particles count as much as the others: 1 over the sum of squared shares."""
    return float(1.0 / np.square(shares).sum())


def alpha_for(energies: Floats, size: float) -> float:
    """Return the exponent with which about so many particles count; 0 where their energies are the same.

    Parameters
    ----------
    energies
        ``[n]`` of the particles; infinite ones count nothing.
    size
        Effective particles wanted. Where fewer are finite, or more are equally good, as near to it as can be.
    """
    finite = energies[np.isfinite(energies)]
    spread = float(np.ptp(finite)) if len(finite) else 0.0
    if spread == 0.0:
        return 0.0
    low, high = 0.0, np.log(_STEEPEST)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if effective_size(weights(energies, np.expm1(middle) / spread)) > size:
            low = middle
        else:
            high = middle
    return float(np.expm1(low) / spread)


def moved(
    particles: Floats,
    centre: Floats,
    rng: np.random.Generator,
    *,
    drift: float,
    sigma: float,
    step: float,
    noise: Literal["anisotropic", "isotropic"],
) -> Floats:
    """Return the particles ``[n, d]`` after one Euler-Maruyama step; drift and noise are both by where they are before it."""
    away = particles - centre
    size = away if noise == "anisotropic" else np.linalg.norm(away, axis=1, keepdims=True)
    pushed: Floats = sigma * np.sqrt(step) * size * rng.standard_normal(particles.shape)
    return particles - drift * step * away + pushed


def energies_of(violations: Floats, objectives: Floats) -> Floats:
    """Return one energy ``[n]`` for each design: its objective, and where it breaks constraints more than any that keeps them.

    Beyond the worst that is feasible, energies rise with the violation by as much as the feasible ones differ at the most.
    """
    allowed = (violations <= 0.0) & np.isfinite(objectives)
    broken = ~allowed & np.isfinite(violations)
    found = np.full(len(objectives), np.inf)
    found[allowed] = objectives[allowed]
    if broken.any():
        worst = float(found[allowed].max()) if allowed.any() else 0.0
        spread = float(np.ptp(found[allowed])) if allowed.any() else 0.0
        found[broken] = worst + (spread or 1.0) * (1.0 + violations[broken] / violations[broken].max())
    return found


class ConsensusRun(Generations):
    """Runs that end where all particles agree, one after another.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: CBO) -> None:
        super().__init__(problem, rng)
        self._settings = settings
        self._effective: list[float] = []
        self._warned = False
        self._begin()

    def monitor(self) -> dict[str, Floats]:
        """Return the effective number of particles in each step."""
        return {"effective particles": np.array(self._effective)}

    def _begin(self) -> None:
        self._particles: Floats = self.rng.random((self._settings.particles, self.space.width))
        self._width = self._settings.width

    def _next(self) -> Designs:
        return self.repaired(self.space.from_unit(self._particles))

    def _learn(self, evaluations: Evaluations) -> None:
        settings = self._settings
        violations, objectives = scores(evaluations, self.signs)
        energies = energies_of(violations, objectives[:, 0])
        alpha = settings.alpha or alpha_for(energies, settings.effective * settings.particles)
        shares = weights(energies, alpha)
        self._note(effective_size(shares))
        centre = shares @ self._particles
        if np.ptp(self._particles, axis=0).max(initial=0.0) <= _AGREED:
            self._begin()
            return
        if settings.noise == "hopping":
            self._particles = centre + self._width * self.rng.standard_normal(self._particles.shape)
            self._width *= settings.shrinking
        else:
            self._particles = moved(
                self._particles,
                centre,
                self.rng,
                drift=settings.drift,
                sigma=settings.sigma,
                step=settings.step,
                noise=settings.noise,
            )
        np.clip(self._particles, 0.0, 1.0, out=self._particles)

    def _note(self, effective: float) -> None:
        """Keep how many particles count, and warn once if a fixed exponent lets only a few count."""
        self._effective.append(effective)
        if self._settings.alpha and effective < min(_FEW, self._settings.particles) and not self._warned:
            self._warned = True
            log.warning(
                "cbo: only %.1f of %d particles count with alpha %g: it follows a few of them; a smaller one lets more count",
                effective,
                self._settings.particles,
                self._settings.alpha,
            )
