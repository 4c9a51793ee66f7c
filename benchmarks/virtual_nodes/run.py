"""Forecasts series in which distant sensors matter, and a week of traffic speeds, with and without virtual nodes."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tasks import last_value, one_source, opposites, ridge, ring, tree, usual_value

from braess.domains.road import load_los_loop
from braess.learn import Limits, Series
from braess.learn.forecaster import Forecaster
from results import stamp

SEEDS, THREADS = 3, 1
KNOWN: dict[str, Any] = {"window": 4, "horizon": 1, "width": 16, "skip": 32, "blocks": 3, "dropout": 0.0}
KNOWN |= {"batch": 16, "rate": 5e-3}
KNOWN_EPOCHS, REACH = 40, 6  # edges that three blocks of two steps see
TRAFFIC: dict[str, Any] = {"window": 12, "horizon": 36, "blocks": 4, "kernel": 3, "batch": 16}
BEYOND = 9  # edges, more than four blocks of two steps see
MINUTES = (15, 30, 60, 120, 180)
VARIANTS: dict[str, dict[str, Any]] = {
    "none": {"virtual": 0},
    "semi-adaptive": {"virtual": 4},
    "adaptive": {"virtual": 4, "adjacency": "adaptive"},
    "fixed": {"virtual": 4, "adjacency": "fixed"},
}
_RESULT = Path(__file__).resolve().parent / "result.json"


def known_answers() -> Iterator[tuple[tuple[str, str, int], Any]]:
    """Yield task, model and seed of each fit to a series whose answer is known, and how to measure it."""
    for seed in range(SEEDS):
        for task in ("ring", "tree", "opposites"):
            for virtual in (0, 2):
                yield (task, f"{virtual} virtual nodes", seed), lambda t=task, v=virtual, s=seed: known_answer(t, v, s)


def known_answer(task: str, virtual: int, seed: int) -> dict[str, Any]:
    """Return the error at the nodes that follow another one, as a share of their variance."""
    drawn = opposites(seed) if task == "opposites" else one_source({"ring": ring, "tree": tree}[task](), REACH, seed)
    series, followers = drawn
    training, validation, test = series.split(0.7, 0.1, 0.2)
    model = Forecaster(virtual=virtual, **KNOWN)
    fit = model.fit(training, validation, seed=seed, limits=Limits(epochs=KNOWN_EPOCHS))
    truth, _ = test.futures(model.window, 1)
    error = (model.predict(test)[: len(truth)] - truth)[:, :, followers]
    sensitivity = model.sensitivity(test, beyond=REACH + 1)
    return {
        "error": float(np.square(error).mean() / truth[:, :, followers].var()),
        "sensitivity": sensitivity.tolist(),
        "seconds": fit.seconds,
    }


def traffic(epochs: int) -> Iterator[tuple[tuple[str, str, int], Any]]:
    """Yield the same for a week of traffic speeds."""
    parts = load_los_loop().split(0.7, 0.1, 0.2)
    window, horizon = TRAFFIC["window"], TRAFFIC["horizon"]
    plain = {
        "last value": lambda: last_value(parts[2], window, horizon),
        "mean at the time of day": lambda: usual_value(parts[0], parts[2], window, horizon),
        "ridge regression": lambda: ridge(*parts, window, horizon),
    }
    for name, forecast in plain.items():
        yield ("traffic", name, 0), lambda f=forecast: {"mae": _by_minutes(parts[2], f())}
    for seed in range(SEEDS):
        for name, settings in VARIANTS.items():
            yield ("traffic", name, seed), lambda n=settings, s=seed: network(parts, n, s, epochs)


def network(parts: tuple[Series, ...], settings: dict[str, Any], seed: int, epochs: int) -> dict[str, Any]:
    """Fit one network, and measure its forecasts."""
    training, validation, test = parts
    model = Forecaster(**TRAFFIC, **settings)
    fit = model.fit(training, validation, seed=seed, limits=Limits(epochs=epochs))
    forecasts = model.predict(test)
    return {
        "mae": _by_minutes(test, forecasts),
        "validation": fit.validation,
        "best_epoch": fit.best,
        "spread": float(forecasts.std(axis=2).mean() / test.values.std(axis=1).mean()),
        "sensitivity": model.sensitivity(test, beyond=BEYOND).tolist(),
        "seconds": fit.seconds,
    }


def _by_minutes(series: Series, forecasts: np.ndarray) -> dict[str, float]:
    errors = series.errors(forecasts, TRAFFIC["window"])
    return {str(minutes): float(errors[minutes // 5 - 1]) for minutes in MINUTES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8, help="of each network on traffic")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    rows = json.loads(_RESULT.read_text(encoding="utf-8"))["rows"] if _RESULT.exists() else []
    done = {(row["task"], row["model"], row["seed"]) for row in rows}
    for make in (known_answers(), traffic(options.epochs)):
        for key, measure in make:
            if key in done:
                continue
            began = time.perf_counter()
            rows.append(dict(zip(("task", "model", "seed"), key, strict=True)) | measure())
            unfinished = _RESULT.with_name(f"{_RESULT.name}.unfinished")
            unfinished.write_text(json.dumps(stamp() | {"rows": rows}, indent=2) + "\n", encoding="utf-8")
            os.replace(unfinished, _RESULT)
            print(key, rows[-1], f"{time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
