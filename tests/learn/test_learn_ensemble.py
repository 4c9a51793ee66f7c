"""The ensemble: what is smooth is foretold, members differ where nothing was seen, seeds decide all."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="ensembles need the extra learn")

from braess.learn.ensemble import Ensemble, EnsembleRecipe


def fitted(seed: int = 0) -> tuple[Ensemble, np.ndarray]:
    rows = np.random.default_rng(1).random((200, 2)).astype(np.float32) * 0.5
    values = np.stack([1e3 + 5e2 * rows.sum(axis=1), np.sin(6.0 * rows[:, 0]) * rows[:, 1]], axis=1)
    return Ensemble(rows, values, EnsembleRecipe(members=6, steps=600), np.random.default_rng(seed)), rows


def test_what_was_seen_is_foretold_and_the_rest_is_not_known() -> None:
    """A line and a wave at other points of the same square within a fifth of their spread; members differ more outside."""
    ensemble, _ = fitted()
    others = np.random.default_rng(2).random((100, 2)).astype(np.float32) * 0.5
    found = ensemble(others)
    assert found.shape == (6, 100, 2)
    wanted = np.stack([1e3 + 5e2 * others.sum(axis=1), np.sin(6.0 * others[:, 0]) * others[:, 1]], axis=1)
    errors = np.sqrt(((found.mean(axis=0) - wanted) ** 2).mean(axis=0))
    assert (errors < 0.2 * wanted.std(axis=0)).all()
    assert (ensemble(others + 1.0).std(axis=0).mean(axis=0) > 3.0 * found.std(axis=0).mean(axis=0)).all()


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    first, rows = fitted(3)
    again, _ = fitted(3)
    other, _ = fitted(4)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first(rows), again(rows))
    assert not np.array_equal(first(rows), other(rows))


def test_a_column_that_is_always_the_same() -> None:
    rows = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    ensemble = Ensemble(rows, np.full((20, 1), 7.0), EnsembleRecipe(members=2, steps=200), np.random.default_rng(0))
    assert ensemble(rows) == pytest.approx(7.0, abs=0.1)
