"""Made-up data sets that prior-fitted networks learn from: functions of Gaussian processes, and labels of many kinds.

What such a network foretells is what follows from the rows it is shown, if the world is as these data sets are. Everything is
drawn in float64 from one generator; the unit cube holds the rows of most.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

MOST_COORDINATES = 20
_NEAR = 1e-9  # what keeps covariances positive


class Tasks(NamedTuple):
    """A batch of data sets of one size, each with rows whose answers are known and rows whose answers are asked for."""

    rows: torch.Tensor
    """``[b, n, d]`` known."""
    answers: torch.Tensor
    """``[b, n]`` theirs: values of about unit size, or labels -1 and 1."""
    queries: torch.Tensor
    """``[b, m, d]``."""
    wanted: torch.Tensor
    """``[b, m]``, on the same scale."""
    exact: torch.Tensor | None = None
    """``[b, m]`` log densities of what is wanted for who knows the process that it comes from, where there is one."""

    def float(self) -> Tasks:
        """Return the same in single precision."""
        return Tasks(self.rows.float(), self.answers.float(), self.queries.float(), self.wanted.float(), self.exact)


Prior = Callable[[int, int, int, int, torch.Generator], Tasks]
"""Of data sets, known rows, queries, coordinates and a generator, which makes tasks."""


def processes(b: int, n: int, m: int, d: int, rng: torch.Generator) -> Tasks:
    """Draw functions of Gaussian processes with a length of its own for each coordinate, some bent, some over a slope.

    Matérn kernels 3/2, 5/2 and the Gaussian one; lengths log-normal around a value that grows with the root of the number of
    coordinates (Hvarfner, Hellsten and Nardi 2024, arXiv:2402.02229), three coordinates in ten without any effect; noise from
    none to a tenth of the deviation. Half of the sets are spread evenly, in the others some of the rows crowd around a point,
    as the evaluations of a search do.
    """
    points = _points(b, n + m, d, rng)
    lengths = torch.exp(0.5 * math.log(d) - 0.3 + 0.9 * _normal(rng, b, d))
    lengths = torch.where(_uniform(rng, b, d) < 0.3, 1e3, lengths)
    kernel = _matern(points / lengths[:, None], torch.randint(3, (b,), generator=rng))
    slope = 2.0 * _normal(rng, b, d) * (_uniform(rng, b, 1) < 0.3)
    noise = torch.exp(math.log(1e-8) + _uniform(rng, b) * math.log(1e6))
    centred = points - 0.5
    lines = (centred * slope.square()[:, None]) @ centred.transpose(1, 2)
    covariance = kernel + lines + (noise[:, None, None] + _NEAR) * torch.eye(n + m, dtype=torch.float64)
    drawn = _of_process(points, covariance, n, rng)
    return _standard(_bent(drawn, rng))


def one_process(b: int, n: int, m: int, d: int, rng: torch.Generator) -> Tasks:
    """Draw functions of one process, whose posterior is known: Matérn 5/2, length 0.3 times the root of ``d``, noise 1e-2.

    Values stay as they are, of mean 0 and deviation 1 over all functions: their mean and deviation in each set would tell less.
    """
    points = _uniform(rng, b, n + m, d)
    kernel = _matern(points / (0.3 * math.sqrt(d)), torch.ones(b, dtype=torch.int64))
    return _of_process(points, kernel + 1e-2 * torch.eye(n + m, dtype=torch.float64), n, rng)


def labels(b: int, n: int, m: int, d: int, rng: torch.Generator) -> Tasks:
    """Draw labels: half of the sets say which designs keep one to four limits, half come from random networks of causes.

    Limits are on smooth functions of the rows, a share of the designs between 2 and 98 % keeps them. Networks of causes
    (Hollmann et al. 2023, arXiv:2207.01848) are perceptrons with random weights and noise that make rows and labels from the
    same causes. In a third of the sets some labels are turned around.
    """
    half = b // 2
    kept = _limits(half, n + m, d, rng)
    caused = _causes(b - half, n + m, d, rng)
    points, label = (torch.cat(parts) for parts in zip(kept, caused, strict=True))
    wrong = 0.15 * _uniform(rng, b, 1) * (_uniform(rng, b, 1) < 0.3)
    label = torch.where(_uniform(rng, b, n + m) < wrong, -label, label)
    return Tasks(points[:, :n], label[:, :n], points[:, n:], label[:, n:])


def threshold(b: int, n: int, m: int, d: int, rng: torch.Generator) -> Tasks:
    """Draw labels that turn at a place in the first coordinate, one in ten of them wrong: their posterior is known."""
    points = _uniform(rng, b, n + m, d)
    label = torch.where(points[..., 0] > _uniform(rng, b, 1), 1.0, -1.0).double()
    label = torch.where(_uniform(rng, b, n + m) < 0.1, -label, label)
    return Tasks(points[:, :n], label[:, :n], points[:, n:], label[:, n:])


def in_unit(rows: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return rows ``[..., k, d]`` such that known ones ``[..., n, d]``, were they spread evenly, would fill the unit cube.

    What lies outside moves inwards: its distance grows with the logarithm only.
    """
    centre, deviation = known.mean(-2, keepdim=True), known.std(-2, keepdim=True, correction=0)
    edge = math.sqrt(3.0)
    z = (rows - centre) / torch.where(deviation > 0.0, deviation, 1.0)
    far = (z.abs() - edge).clamp_min(0.0)
    return 0.5 + torch.sign(z) * (z.abs() - far + torch.log1p(far)) / (2.0 * edge)


def _points(b: int, n: int, d: int, rng: torch.Generator) -> torch.Tensor:
    spread = torch.exp(math.log(0.02) + _uniform(rng, b, 1, 1) * math.log(0.3 / 0.02))
    crowd = _uniform(rng, b, 1, d) + spread * _normal(rng, b, n, d)
    share = 0.9 * _uniform(rng, b, 1, 1) * (_uniform(rng, b, 1, 1) < 0.5)
    crowded = _uniform(rng, b, n, 1) < share
    return torch.where(crowded, crowd.clamp(0.0, 1.0), _uniform(rng, b, n, d))


def _matern(scaled: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
    """Return correlations ``[b, n, n]`` of points in lengths: 0 Matérn 3/2, 1 Matérn 5/2, 2 Gaussian."""
    distance = torch.cdist(scaled, scaled, compute_mode="donot_use_mm_for_euclid_dist")
    rough, smooth = math.sqrt(3.0) * distance, math.sqrt(5.0) * distance
    all_kinds = torch.stack(
        [
            (1.0 + rough) * torch.exp(-rough),
            (1.0 + smooth + smooth.square() / 3.0) * torch.exp(-smooth),
            torch.exp(-0.5 * distance.square()),
        ]
    )
    return all_kinds[kind, torch.arange(len(kind))]


def _of_process(points: torch.Tensor, covariance: torch.Tensor, n: int, rng: torch.Generator) -> Tasks:
    """Draw values of this covariance ``[b, n + m, n + m]`` at points ``[b, n + m, d]``."""
    b, both, _ = points.shape
    root = torch.linalg.cholesky(covariance)
    values = (root @ _normal(rng, b, both, 1))[..., 0]
    known = root[:, :n, :n]
    cross = torch.linalg.solve_triangular(known, covariance[:, :n, n:], upper=False)
    whitened = torch.linalg.solve_triangular(known, values[:, :n, None], upper=False)
    mean = (cross.transpose(1, 2) @ whitened)[..., 0]
    variance = torch.diagonal(covariance, dim1=1, dim2=2)[:, n:] - cross.square().sum(1)
    exact = -0.5 * ((values[:, n:] - mean).square() / variance + variance.log() + math.log(2.0 * math.pi))
    return Tasks(points[:, :n], values[:, :n], points[:, n:], values[:, n:], exact)


def _bent(tasks: Tasks, rng: torch.Generator) -> Tasks:
    """Bend the values of three sets in ten, so that no process is theirs."""
    assert tasks.exact is not None
    b = len(tasks.rows)
    bend = 0.5 * _normal(rng, b, 1) * (_uniform(rng, b, 1) < 0.3)
    some = bend.abs() > 1e-3
    bend = torch.where(some, bend, 1.0)
    answers, wanted = (torch.expm1(bend * part.clamp(-6.0, 6.0)) / bend for part in (tasks.answers, tasks.wanted))
    return tasks._replace(
        answers=torch.where(some, answers, tasks.answers),
        wanted=torch.where(some, wanted, tasks.wanted),
        exact=torch.where(some, tasks.exact - bend * tasks.wanted.clamp(-6.0, 6.0), tasks.exact),
    )


def _standard(tasks: Tasks) -> Tasks:
    """Bring the known values of each set to mean 0 and deviation 1, and the others with them."""
    assert tasks.exact is not None
    centre, deviation = tasks.answers.mean(1, keepdim=True), tasks.answers.std(1, keepdim=True, correction=0) + 1e-6
    answers, wanted = ((part - centre) / deviation for part in (tasks.answers, tasks.wanted))
    return tasks._replace(answers=answers, wanted=wanted, exact=tasks.exact + deviation.log())


def _limits(b: int, n: int, d: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw designs, and which of them keep limits on smooth functions: sums of waves, as many short as long ones."""
    points = _points(b, n, d, rng)
    waves, limits = 128, 4
    lengths = torch.exp(0.5 * math.log(d) - 0.3 + 0.9 * _normal(rng, b, limits, d))
    lengths = torch.where(_uniform(rng, b, limits, d) < 0.3, 1e3, lengths)
    frequency = _normal(rng, b, limits, waves, d) / lengths[:, :, None]
    phase = 2.0 * math.pi * _uniform(rng, b, limits, waves, 1)
    size = _normal(rng, b, limits, 1, waves) * math.sqrt(2.0 / waves)
    values = (size @ torch.cos(frequency @ points[:, None].transpose(-1, -2) + phase))[..., 0, :]
    slope = 2.0 * _normal(rng, b, limits, d) * (_uniform(rng, b, limits, 1) < 0.4)
    values = values + slope @ points.transpose(-1, -2)
    count = torch.randint(1, limits + 1, (b, 1), generator=rng)
    worst = torch.where(torch.arange(limits)[None, :, None] < count[..., None], values, -torch.inf).amax(1)
    return points, _cut(worst, rng)


def _causes(b: int, n: int, d: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw rows and labels from units of random perceptrons: rows are causes in half of the sets, anything in the others."""
    width, depth = 2 * d + 4, 3
    state = _normal(rng, b, n, width)
    state = state * torch.exp(0.5 * _normal(rng, b, 1, width))
    layers = [state]
    kinds = torch.randint(4, (b, 1, 1), generator=rng)
    for _ in range(depth):
        weights = _normal(rng, b, width, width) * (_uniform(rng, b, width, width) < 0.5) * math.sqrt(2.0 / width)
        state = _activation(state @ weights + 0.5 * _normal(rng, b, 1, width), kinds)
        state = state + torch.exp(-6.0 + 5.0 * _uniform(rng, b, 1, 1)) * _normal(rng, b, n, width)
        layers.append(state)
    units = torch.cat(layers, -1)
    anywhere = _uniform(rng, b, 1) < 0.5
    order = torch.where(anywhere, _uniform(rng, b, units.shape[-1]), torch.arange(units.shape[-1]) / 1e3).argsort(1)
    chosen = units.gather(2, order[:, None, :d].expand(-1, n, -1))
    last = torch.randint(width, (b, 1, 1), generator=rng) + depth * width
    values = units.gather(2, last.expand(-1, n, -1))[..., 0]
    return in_unit(chosen, chosen), _cut(values, rng)


def _activation(state: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
    all_kinds = torch.stack([torch.tanh(state), torch.relu(state), torch.sin(2.0 * state), state.abs()])
    return all_kinds.gather(0, kinds.expand_as(state)[None])[0]


def _cut(values: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Return labels ``[b, n]``: 1 for what is below a limit that a share of 2 to 98 % is, either way around."""
    share = 0.02 + 0.96 * torch.sigmoid(1.2 * _normal(rng, len(values), 1))
    place = (share * (values.shape[1] - 1)).long()
    limit = values.sort(1).values.gather(1, place)
    return torch.where(values <= limit, 1.0, -1.0).double()


def _uniform(rng: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=rng, dtype=torch.float64)


def _normal(rng: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)
