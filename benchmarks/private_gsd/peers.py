"""What Private-GSD is compared with: independent columns, a relaxed gradient fit, graphical models."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence

import numpy as np
import torch

from braess.domains.tabular import Marginals, Measurement, PrivateTable, Table, measure, workloads_of
from braess.domains.tabular.workloads import HalfSpace, Marginal

_INDEPENDENT_ROWS = 48_842
_SHARPNESS = [8.0 * 2.0**step for step in range(10)]  # 8 to 4096: from as wide as the cube to far finer than the data
_STEPS = 150  # of Adam at each sharpness; with the rate the best of seven settings that were tried on another seed
_RATE = 0.2


def independent(table: Table, rho: float, noise: np.random.Generator, rng: np.random.Generator) -> Table:
    """Measure each column by itself with the whole budget, and draw columns that do not depend on each other."""
    columns = []
    for found in measure(table, workloads_of([Marginals(way=1)], table.domain), rho, noise):
        shares = np.maximum(found.answers, 0.0)
        at = rng.choice(len(shares), size=_INDEPENDENT_ROWS, p=shares / shares.sum())
        columns.append(at + table.domain.low[len(columns)])
    return Table(table.domain, np.column_stack(columns))


def relaxed(problem: PrivateTable, seed: int) -> Table:
    """Fit half-spaces by gradients: steps become sigmoids, sharper after every turn; the best table met, columns rounded.

    The idea of RAP++ (Vietri, Archambeau, Aydore, Brown, Kearns, Roth, Siva, Tang and Wu 2022, arXiv:2209.07400), with Adam.
    """
    torch.set_num_threads(1)
    (measured,) = problem.measurements
    query = measured.workload
    assert isinstance(query, HalfSpace)
    low, high = problem.domain.low[list(query.places)], problem.domain.high[list(query.places)]
    weights, bound, answers = (
        torch.tensor(part, dtype=torch.float32) for part in (query.weights, query.bound, measured.answers)
    )
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand((problem.rows, len(low)), generator=generator, requires_grad=True)
    best, least = None, np.inf
    for sharpness in _SHARPNESS:
        adam = torch.optim.Adam([points], lr=_RATE / sharpness**0.5)
        for _ in range(_STEPS):
            adam.zero_grad()
            inside = torch.sigmoid(sharpness * (bound - points @ weights.T))
            torch.square(inside.mean(dim=0) - answers).sum().backward()
            adam.step()
            with torch.no_grad():
                points.clamp_(0.0, 1.0)
        cells = np.clip(np.rint(low + points.detach().numpy().astype(np.float64) * (high - low)), low, high)
        found = float(np.square(query.answers(cells) - measured.answers).sum())
        if found < least:
            best, least = cells, found
    assert best is not None
    return Table(problem.domain, best)


class GraphicalModel:
    """The model of mbi (McKenna, Miklau and Sheldon 2021, arXiv:2108.04978) of the same noisy marginals, by mirror descent.

    Parameters
    ----------
    problem
        Whose measurements are fitted.
    steps
        Of mirror descent; else all is the library's default, which has 1,000.
    """

    def __init__(self, problem: PrivateTable, steps: int) -> None:
        warnings.simplefilter("ignore")
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_enable_compilation_cache", False)
        from mbi import Domain, LinearMeasurement
        from mbi.estimation import MirrorDescent

        began = time.perf_counter()
        self._names = problem.domain.names
        domain = Domain(self._names, [column.levels for column in problem.domain])
        measured = [
            LinearMeasurement(found.answers, self._clique(found), stddev=found.scale or 1.0) for found in problem.measurements
        ]
        self._model = MirrorDescent().estimate(domain, measured, known_total=1.0, iters=steps)
        jax.block_until_ready((self._model.potentials, self._model.marginals))
        self.seconds = time.perf_counter() - began

    def _clique(self, found: Measurement) -> tuple[str, ...]:
        assert isinstance(found.workload, Marginal)
        return tuple(self._names[at] for at in found.workload.places)

    def answers(self, workloads: Sequence[Marginal]) -> list[np.ndarray]:
        """Return what the model itself says, without rows drawn from it."""
        cliques = [tuple(self._names[at] for at in workload.places) for workload in workloads]
        return [np.asarray(self._model.project(clique).datavector()).ravel() for clique in cliques]

    def table(self, problem: PrivateTable, rows: int) -> Table:
        """Draw a table from the model."""
        frame = self._model.synthetic_data(rows=rows).to_dict()
        return Table(problem.domain, np.column_stack([np.asarray(frame[name]) for name in self._names]).astype(np.float64))
