"""Latencies as sums: what is a sum is found again, what was not timed is refused, and what is no sum is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.architecture.tables import fbnet
from braess.domains.architecture.tables.additive import fit_additive, held_out_fits, score
from braess.errors import InputError


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(2, 4))
@settings(deadline=None, max_examples=30)
def test_a_sum_is_found_again(seed: int, layers: int, options: int) -> None:
    """Designs that were not fitted must be predicted to rounding, and the table be differences from the cheapest."""
    rng = np.random.default_rng(seed)
    table, base = rng.uniform(0, 5, (layers, options)), rng.uniform(0, 10)
    designs = np.vstack([rng.integers(options, size=(80, layers)), np.tile(np.arange(options)[:, None], layers)])
    latency = base + table[np.arange(layers), designs].sum(axis=1)
    found = fit_additive(designs, latency, options)
    others = rng.integers(options, size=(40, layers))
    np.testing.assert_allclose(found.predict(others), base + table[np.arange(layers), others].sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.table, table - table.min(axis=1, keepdims=True), atol=1e-8)
    assert found.base == pytest.approx(base + table.min(axis=1).sum())


def test_scores_by_hand() -> None:
    """Errors 1, 0 and -1 of 1, 2 and 4: mean relative error 5/12, and 1 - 2 / (14/3) explained."""
    found = score(np.array([2.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert (found.r2, found.relative_error) == (pytest.approx(1 - 2 / (14 / 3)), pytest.approx(1.25 / 3))


def test_some_devices_are_sums_and_some_are_not() -> None:
    """One split: eyeriss is a sum to the last digit, a phone is far from one (published fits: 1.000 and 0.10 to 0.33)."""
    table = fbnet.load()
    fits = {}
    for device in ("eyeriss", "samsung_s7"):
        latency = table.latency[:, table.devices.index(device)]
        (fits[device],) = held_out_fits(table.designs, latency, 9, fitted=0.8, splits=1, rng=np.random.default_rng(0))
    assert fits["eyeriss"].r2 > 0.9999
    assert fits["samsung_s7"].r2 < 0.5


def test_an_option_that_was_never_timed_is_refused() -> None:
    designs = np.array([[0, 0], [1, 0], [0, 1]])
    with pytest.raises(InputError, match="option 2 of layer 0"):
        fit_additive(designs, np.ones(3), 3)


def test_multiply_adds_by_hand() -> None:
    """First layer, 16 to 16 channels at 112 pixels: two pointwise and one depthwise convolution; and a skip that must widen."""
    counts = fbnet.multiply_adds()
    side = 112 * 112
    assert counts[0, fbnet.BLOCKS.index("k3_e1")] == side * (16 * 16 + 9 * 16 + 16 * 16)
    assert counts[0, fbnet.BLOCKS.index("k5_e6")] == side * (16 * 96 + 25 * 96 + 96 * 16)
    assert counts[0, fbnet.BLOCKS.index("k3_e1_g2")] == side * (16 * 8 + 9 * 16 + 16 * 8)
    assert (counts[0, 8], counts[1, 8], counts[2, 8]) == (0, 16 * 24 * 56 * 56, 0)
    assert fbnet.shapes()[-1] == (184, 352, 7, 7)
    assert len(fbnet.shapes()) == fbnet.LAYERS
