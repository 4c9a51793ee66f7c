"""A model made ready for a problem: examples drawn, learned from, measured; kept on disk, so that it is made once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.calibration import Accuracy, Conformal, Ranking, accuracy, ranking
from braess.learn.examples import Examples
from braess.learn.model import Epoch, Fit, Floats, Limits, Model, load_model
from braess.learn.registry import find_model, require_model
from braess.learn.samples import read_samples
from braess.learn.sampling import describe_sample, random_designs, sample
from braess.learn.surrogate import Surrogate
from braess.problem import GraphView, Problem, capability
from braess.space import Designs

_SHARES = (0.8, 0.1, 0.1)  # to learn from, to end learning by, to measure
_FEWEST = 40
_MEASURED, _MOST_MEASURED = 0.2, 200  # designs solved to measure: share of the examples
_CHANGES = 3  # decisions in which designs of a neighbourhood differ at the most
_COVERAGE = 0.9
_SAY_EVERY = 10.0  # seconds
_PATIENCE = 1.0  # seconds that another process may make the same model before that is said
_FORMAT = 2  # of what is kept
_EXAMPLES, _CHECKPOINT, _MODEL, _FIT, _LOCK = "examples.parquet", "checkpoint", "model", "fit.json", "lock"

log = logging.getLogger("braess")


@dataclass(frozen=True)
class Recipe:
    """How a model is made ready.

    Parameters
    ----------
    model
        Its name.
    examples
        Drawn and solved for it.
    deviation
        Where above 0, examples are drawn beyond what the problem allows, as `sample` does by itself, with this deviation of
        demand; 0 draws designs that the problem allows.
    epochs, seconds
        Most epochs and time that it learns.
    seed
        Of examples and model.
    """

    model: str = "od-graph"
    examples: int = 2000
    deviation: float = 0.0
    epochs: int = 100
    seconds: float = 300.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_model(self.model)
        for name, right, expected in (
            ("examples", self.examples >= _FEWEST, f"at least {_FEWEST}"),
            ("deviation", 0 <= self.deviation < np.inf, "at least 0"),
            ("epochs", self.epochs >= 1, "at least 1"),
            ("seconds", self.seconds > 0, "more than 0"),
        ):
            if not right:
                raise InputError("impossible number", field=name, found=getattr(self, name), expected=expected)


@dataclass(frozen=True)
class Calibration:
    """How far a model can be trusted, by equilibria that it has not seen.

    Parameters
    ----------
    flow
        Answers on the edges, of examples like those learned from.
    designs
        First objective of random designs that the problem allows.
    neighbourhood
        The same of designs that differ in up to three decisions from the best of these: what a search compares.
    conformal
        Intervals for that objective made from one half of the random designs.
    covered
        Share of the other half that they hold.
    """

    flow: Accuracy
    designs: Ranking
    neighbourhood: Ranking
    conformal: Conformal
    covered: float


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model that is ready.

    Parameters
    ----------
    model
        That has learned.
    fit
        How.
    calibration
        How far it can be trusted.
    cost
        Time that predicting a design took when it was made, in a batch, over time that solving one took.
    seconds
        What drawing examples, learning and measuring took when it was made, in all.
    cached
        Whether it was there already.
    """

    model: Model
    fit: Fit
    calibration: Calibration
    cost: float
    seconds: float
    cached: bool

    def describe(self) -> dict[str, Any]:
        """Describe how the model was made and how good it is, as plain data."""
        return {
            "model": self.model.name,
            "settings": self.model.settings(),
            "fit": asdict(self.fit),
            "calibration": asdict(self.calibration),
            "cost": self.cost,
            "seconds": self.seconds,
        }

    def words(self) -> str:
        """Say in one line how good the model is and what it took."""
        found = self.calibration
        when = f"made before, in {self.seconds:,.0f} s" if self.cached else f"ready after {self.seconds:,.0f} s"
        return (
            f"{self.model.name}: {when}; flows {found.flow.wape:.1%} wrong, {found.designs.error:.1%} of the objective, "
            f"rank correlation {found.designs.spearman:.2f}, near a good design {found.neighbourhood.spearman:.2f}"
        )


def cache_folder() -> Path:
    """Return where models are kept: ``BRAESS_CACHE``, or ``braess`` in the cache folder of the user."""
    given = os.environ.get("BRAESS_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "braess"


def prepare(problem: Problem, recipe: Recipe, *, folder: Path | None = None, threads: int | None = None) -> Prepared:
    """Make a model ready for a problem, or return the one made before from the same examples by the same recipe.

    Interrupted, it goes on where it was. How long it is about to take is logged.

    Parameters
    ----------
    problem
        Which can be sampled and shows graphs.
    recipe
        How.
    folder
        Where models are kept; left out: `cache_folder`.
    threads
        That solve examples; left out: one for each core.

    Raises
    ------
    InputError
        The problem cannot be sampled or shows no graphs, or nearly no example has an answer.
    """
    if capability(problem, cast("type[Any]", GraphView)) is None:
        raise InputError("this problem shows no graphs to a model", field="problem", found=problem.name)
    drawn = describe_sample(problem, seed=recipe.seed, deviation=recipe.deviation, designs=recipe.deviation == 0)
    name = f"{recipe.model}-{_digest({'format': _FORMAT, 'drawn': drawn, 'recipe': asdict(recipe)})}"
    place = (folder or cache_folder()) / "models" / name
    place.mkdir(parents=True, exist_ok=True)
    with _alone(place, recipe.model):
        return _Preparation(problem, recipe, place, threads or os.cpu_count() or 1).prepared()


@contextmanager
def _alone(place: Path, name: str) -> Iterator[None]:
    """Wait until no other process makes the same model."""
    lock = FileLock(place / _LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        log.info("%s: waiting, since another process makes the same model", name)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


class _Preparation:
    """Makes a model ready in a folder of its own."""

    def __init__(self, problem: Problem, recipe: Recipe, place: Path, threads: int) -> None:
        self._problem, self._recipe, self._place, self._threads = problem, recipe, place, threads
        self._view: GraphView = cast("GraphView", capability(problem, cast("type[Any]", GraphView)))

    def prepared(self) -> Prepared:
        """Make what is not there yet: the model, and what it is worth for this problem."""
        fitted = self._place / _FIT
        worth = self._place / f"{self._problem.name}-{_digest(self._problem.describe())}.json"
        cached = fitted.exists() and worth.exists()
        if not fitted.exists():
            self._fit(fitted)
        facts = json.loads(fitted.read_text(encoding="utf-8"))
        model = load_model(self._place / _MODEL)
        if not worth.exists():
            _write(worth, self._measured(model))
        measured = json.loads(worth.read_text(encoding="utf-8"))
        calibration = Calibration(
            Accuracy(**facts["flow"]),
            Ranking(**measured["designs"]),
            Ranking(**measured["neighbourhood"]),
            Conformal(**measured["conformal"]),
            measured["covered"],
        )
        seconds = facts["seconds"] + measured["seconds"]
        prepared = Prepared(model, Fit(**facts["fit"]), calibration, measured["cost"], seconds, cached)
        log.info("%s", prepared.words())
        return prepared

    def _fit(self, fitted: Path) -> None:
        """Draw examples, learn from them, and keep the model."""
        recipe, began = self._recipe, time.perf_counter()
        training, validation, test = self._examples().split(*_SHARES)
        model = find_model(recipe.model)()
        log.info("%s: learning, at most %.0f s", recipe.model, recipe.seconds)
        fit = model.fit(
            training,
            validation,
            seed=recipe.seed,
            limits=Limits(epochs=recipe.epochs, seconds=recipe.seconds),
            progress=_saying(recipe.model),
            checkpoint=self._place / _CHECKPOINT,
        )
        model.save(self._place / _MODEL)
        flow = accuracy(model.predict(test.graph), test.target)
        _write(fitted, {"fit": asdict(fit), "flow": asdict(flow), "seconds": time.perf_counter() - began})
        (self._place / _EXAMPLES).unlink()

    def _examples(self) -> Examples:
        recipe, path = self._recipe, self._place / _EXAMPLES
        log.info("%s: solving %s examples to learn from", recipe.model, f"{recipe.examples:,}")
        sample(
            self._problem,
            recipe.examples,
            path,
            seed=recipe.seed,
            deviation=recipe.deviation,
            designs=recipe.deviation == 0,
            threads=self._threads,
            progress=_now_and_then(lambda done, n: log.info("examples: %s of %s", f"{done:,}", f"{n:,}")),
        )
        found = read_samples(path)
        answered = np.flatnonzero([error is None for error in found.errors])
        if len(answered) < _FEWEST:
            raise InputError("nearly no example has an answer", field="examples", found=len(answered), expected=str(_FEWEST))
        columns = {name: column[answered] for name, column in found.columns.items()}
        return Examples(self._view.graph_of(columns), columns[self._view.response])

    def _measured(self, model: Model) -> dict[str, Any]:
        """Compare what the model says of designs with what they are worth."""
        problem, rng, began = self._problem, np.random.default_rng([self._recipe.seed, 1]), time.perf_counter()
        n = max(_FEWEST, min(_MOST_MEASURED, round(_MEASURED * self._recipe.examples)))
        surrogate, designs = Surrogate(problem, model), random_designs(problem, n, rng)
        predicted, exact, solved, cost = self._both(surrogate, designs)
        best = designs.take(solved[[int(np.argmin(exact * problem.signs[0]))]])
        half = len(exact) // 2
        conformal = Conformal.of(predicted[:half], exact[:half], coverage=_COVERAGE)
        low, high = conformal.interval(predicted[half:])
        near = self._both(surrogate, _near(problem, best, n, rng))
        return {
            "designs": asdict(ranking(predicted, exact)),
            "neighbourhood": asdict(ranking(*near[:2])),
            "conformal": asdict(conformal),
            "covered": float(((low <= exact[half:]) & (exact[half:] <= high)).mean()),
            "cost": cost,
            "seconds": time.perf_counter() - began,
        }

    def _both(self, surrogate: Surrogate, designs: Designs) -> tuple[Floats, Floats, NDArray[np.int64], float]:
        """Return the first objective as predicted and as solved, of what can be solved, the rows of that, and the cost."""
        judged = surrogate.predict(designs)[0]
        predicted = judged.objectives[:, 0]
        with ThreadPoolExecutor(self._threads) as pool:
            rows = np.array_split(np.arange(len(designs)), 4 * self._threads)
            parts = list(pool.map(self._problem.evaluate, [designs.take(part) for part in rows if len(part)]))
        exact = np.concatenate([part.objectives[:, 0] for part in parts])
        usable = np.flatnonzero(np.isfinite(exact) & np.isfinite(predicted))
        cost = float(judged.seconds.sum()) / sum(float(part.seconds.sum()) for part in parts)
        return predicted[usable], exact[usable], usable, cost


def _near(problem: Problem, design: Designs, n: int, rng: np.random.Generator) -> Designs:
    """Return ``n`` designs that differ from one in up to three decisions, which other random designs take otherwise."""
    others, rows = problem.space.flatten(random_designs(problem, n, rng))[0], np.repeat(problem.space.flatten(design)[0], n, 0)
    for row, other in zip(rows, others, strict=True):
        differ = np.flatnonzero(row != other)
        taken = rng.permutation(differ)[: rng.integers(1, _CHANGES, endpoint=True)]
        row[taken] = other[taken]
    return problem.space.unflatten(rows)


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=10).hexdigest()


def _write(path: Path, facts: dict[str, Any]) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)


def _saying(name: str) -> Callable[[Epoch], None]:
    def say(epoch: Epoch) -> None:
        log.info("%s: epoch %d, validation loss %.4g, at most %.0f s left", name, epoch.number, epoch.validation, epoch.left)

    return _now_and_then(say)


def _now_and_then(say: Callable[..., None]) -> Callable[..., None]:
    last = time.monotonic()

    def said(*what: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= _SAY_EVERY:
            last = time.monotonic()
            say(*what)

    return said
