"""Measures which latencies are sums over layers: fits to a share of the timed networks, errors on the others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.architecture.tables import fbnet, nasbench201
from braess.domains.architecture.tables.additive import fit_additive, held_out_fits, score
from results import go_through

RESULT = Path(__file__).with_name("result.json")
SPLITS, FITTED = 10, 0.8


def measure(table: str, device: str) -> dict[str, Any]:
    """Return mean and spread over splits of how well sums predict networks that were not fitted."""
    timed = fbnet.load() if table == "fbnet" else nasbench201.load(accuracy=False)
    options = len(fbnet.BLOCKS) if table == "fbnet" else len(nasbench201.OPERATIONS)
    latency = timed.latency[:, timed.devices.index(device)]
    rng = np.random.default_rng([SPLITS, timed.devices.index(device)])
    fits = list(held_out_fits(timed.designs, latency, options, fitted=FITTED, splits=SPLITS, rng=rng))
    row: dict[str, Any] = {"splits": SPLITS, "fitted": FITTED, "networks": len(latency)}
    for name in ("r2", "relative_error"):
        values = np.array([getattr(fit, name) for fit in fits])
        row |= {name: float(values.mean()), f"{name}_deviation": float(values.std(ddof=1))}
    return row | (as_timed(timed.designs, latency, options) if table == "fbnet" else {})


def as_timed(designs: np.ndarray, latency: np.ndarray, options: int) -> dict[str, Any]:
    """Return the same of one split in the order of the source, and by how much the last fifth is slower than the first.

    Designs come by chance, so that fifths differ only by when they were timed.
    """
    few = round(FITTED * len(designs))
    later = score(fit_additive(designs[:few], latency[:few], options).predict(designs[few:]), latency[few:])
    fifth = len(designs) // 5
    drift = float(latency[-fifth:].mean() / latency[:fifth].mean() - 1)
    return {"r2_later": later.r2, "relative_error_later": later.relative_error, "drift": drift}


def main() -> None:
    keys = [("fbnet", device) for device in fbnet.load().devices]
    keys += [("nas-bench-201", device) for device in nasbench201.load(accuracy=False).devices]
    go_through(RESULT, ("table", "device"), keys, measure)


if __name__ == "__main__":
    main()
