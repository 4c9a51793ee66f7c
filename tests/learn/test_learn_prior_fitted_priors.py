"""Made-up data sets: what is said to be exact is, scales and shares are as promised."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from scipy.spatial.distance import cdist
from scipy.stats import norm

from braess.learn.prior_fitted.priors import _standard, in_unit, labels, one_process, processes, threshold


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_exact_densities_are_those_of_the_process() -> None:
    """The posterior by the textbook's formulas (Rasmussen and Williams 2006, 2.23 and 2.24), with SciPy's distances."""
    tasks = one_process(1, 7, 10, 2, _rng())
    assert tasks.exact is not None
    rows, answers, queries, wanted, exact = (part[0].numpy() for part in tasks if part is not None)

    def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        scaled = np.sqrt(5.0) * cdist(a, b) / (0.3 * np.sqrt(2.0))
        return np.asarray((1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled))

    inverse, cross = np.linalg.inv(covariance(rows, rows) + 1e-2 * np.eye(7)), covariance(queries, rows)
    spread = np.sqrt(1.01 - np.einsum("ij,jk,ik->i", cross, inverse, cross))
    np.testing.assert_allclose(exact, norm.logpdf(wanted, cross @ inverse @ answers, spread), rtol=1e-6)


def test_values_are_brought_to_a_standard_with_their_densities() -> None:
    """Of one process, straight: what is wanted keeps its density once the scale it was brought to is counted."""
    tasks = one_process(3, 9, 4, 1, _rng())
    standard = _standard(tasks)
    assert tasks.exact is not None
    assert standard.exact is not None
    deviation = (tasks.wanted[:, :1] - tasks.wanted[:, 1:2]) / (standard.wanted[:, :1] - standard.wanted[:, 1:2])
    assert torch.allclose(standard.exact - tasks.exact, deviation.log().expand(-1, 4), atol=1e-6)


@pytest.mark.parametrize("d", [1, 5, 20])
def test_processes_are_standard_and_finite(d: int) -> None:
    tasks = processes(30, 20, 10, d, _rng())
    assert all(bool(torch.isfinite(part).all()) for part in tasks if part is not None)
    assert tasks.answers.mean(1).abs().max() < 1e-9
    assert (tasks.answers.std(1, correction=0) - 1.0).abs().max() < 1e-2
    assert 0.0 <= float(tasks.rows.min()) <= float(tasks.rows.max()) <= 1.0


@pytest.mark.parametrize("d", [1, 5, 20])
def test_labels_are_of_both_kinds(d: int) -> None:
    tasks = labels(60, 40, 20, d, _rng())
    assert set(tasks.answers.unique().tolist()) == {-1.0, 1.0}
    share = (tasks.wanted > 0.0).double().mean(1)
    assert share.min() < 0.3
    assert share.max() > 0.7
    assert bool(torch.isfinite(tasks.rows).all())


def test_thresholds_turn_once() -> None:
    """But for one label in ten, all on one side of a place are the same."""
    tasks = threshold(50, 60, 60, 1, _rng())
    order = tasks.rows[..., 0].argsort(1)
    label = tasks.answers.gather(1, order) > 0.0
    wrong = torch.stack([(label[:, :k]).sum(1) + (~label[:, k:]).sum(1) for k in range(61)]).amin(0)
    assert 0.05 < float(wrong.double().mean()) / 60.0 < 0.12


def test_even_rows_fill_the_cube_and_outliers_come_near() -> None:
    known = torch.rand(1, 2000, 2, generator=_rng(), dtype=torch.float64) * torch.tensor([1.0, 50.0]) - 7.0
    placed = in_unit(known, known)
    assert torch.allclose(placed.amin(1), torch.zeros(1, 2, dtype=torch.float64), atol=0.05)
    assert torch.allclose(placed.amax(1), torch.ones(1, 2, dtype=torch.float64), atol=0.05)
    far = in_unit(known[:, :2] * 1e6, known)
    assert far.abs().max() < 10.0
    assert in_unit(torch.ones(1, 3, 1), torch.ones(1, 4, 1)).tolist() == [[[0.5]] * 3]
