"""The loop of a study: replays what is recorded, evaluates the rest, writes it down at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from braess.errors import BraessError, InputError, StoreError
from braess.problem import Artifact, Evaluations, Illustrated, capability, identities
from braess.search.capabilities import Monitored, Predicting, Proving
from braess.study.certificate import relative_gap, write_certificate
from braess.study.checkpoint import Checkpoints, restored
from braess.study.lineage import Lineage
from braess.study.memory import Memory
from braess.study.monitor import write_monitor
from braess.study.pareto import first_of_each
from braess.study.predictions import write_predictions
from braess.study.progress import log, show
from braess.study.result import Result, result_of, with_artifacts
from braess.study.status import Status
from braess.study.tracker import Snapshot, Tracker
from braess.study.workers import Part, Workers

if TYPE_CHECKING:
    from braess.search import Running
    from braess.space import Designs
    from braess.study.interrupts import Interrupts
    from braess.study.store import Session
    from braess.study.study import Study

_ILLUSTRATED = 10  # designs of a front that are kept for drawing


class Loop:
    """Carries out one sitting of a study.

    Parameters
    ----------
    study
        What to do.
    session
        Where to record it.
    interrupts
        When it may be interrupted.
    """

    def __init__(self, study: Study, session: Session, interrupts: Interrupts) -> None:
        self._study = study
        self._session = session
        self._interrupts = interrupts
        self._tracker = Tracker(study.problem, study.budget)
        self._shown = Tracker(study.problem, study.budget)  # counts parts of a batch, as they come
        recorded = session.load()
        self._known = {int(position): row for row, position in enumerate(recorded.positions)}
        self._memory = Memory() if study.cache else None
        if self._memory is not None:
            self._memory.learn(identities(study.problem, recorded.designs), recorded.evaluations)
        self._recorded = recorded
        self._spent = recorded.spent
        self._began = time.monotonic()
        self._fresh = 0
        self._running: object = None  # the search at work
        self._checkpoints: Checkpoints | None = None
        self._lineage: Lineage | None = None  # where its designs come from

    @property
    def elapsed(self) -> float:
        """Seconds spent, earlier sittings included."""
        return self._spent + time.monotonic() - self._began

    def run(self) -> Result:
        """Ask, evaluate, tell and record until the study ends; the record then says why."""
        study, session = self._study, self._session
        session.set_status(Status.UNFINISHED, Status.UNFINISHED.message)
        try:
            with show(study.name, study.budget, study.progress) as self._display, _workers(study) as executor:
                status = self._sit(executor)
        except BaseException as error:
            with suppress(StoreError):  # where the record is the trouble, this cannot be written either
                session.flush(self.elapsed)
                session.set_status(Status.FAILED, f"{Status.FAILED.message} {type(error).__name__}: {error}")
            raise
        session.flush(self.elapsed)
        session.set_status(status, status.message)
        result = result_of(session.load())
        kept = [*self._illustrations(result), *self._certificates(result), *self._accounts(), *self._last_checkpoint()]
        artifacts = {artifact.name: artifact for artifact in kept}
        session.keep(list(artifacts.values()))
        return with_artifacts(result, artifacts)

    def _sit(self, executor: Executor | None) -> Status:
        try:
            with self._interrupts.allowed():
                return self._loop(executor)
        except KeyboardInterrupt:
            return Status.INTERRUPTED

    def _loop(self, executor: Executor | None) -> Status:
        study = self._study
        running, known = restored(self._recorded, self._start)
        self._running, self._checkpoints = running, Checkpoints(self._session, running)
        self._lineage = Lineage.of(study.problem, running, again=not study.cache)
        for tracker in (self._tracker, self._shown):
            tracker.add(self._recorded.evaluations.take(np.arange(known)))
        self._began = time.monotonic()  # nor does restoring
        workers = Workers(study.problem, executor, study.workers, self._interrupts, self._late)
        while True:
            self._interrupts.step()
            replaying = self._tracker.evaluations in self._known  # what is recorded is answered however late it is
            if replaying:
                self._began = time.monotonic()  # replaying takes no time from the budget
            status = self._tracker.ended(0.0 if replaying else self.elapsed)
            if status is not None:
                return status
            asked = running.ask(study.batch)
            if not len(asked):
                return Status.EXHAUSTED
            designs = asked.take(slice(0, self._left()))
            evaluations = self._answer(workers, designs)
            if evaluations is None:
                return Status.BUDGET_SPENT
            if self._lineage is not None:
                self._lineage.learn(designs, evaluations)
            if len(designs) == len(asked):  # else this is the end; a larger budget asks for the whole batch again
                running.tell(designs, evaluations)
                with self._interrupts.held():
                    self._checkpoints.keep(self.elapsed)
            self._tracker.add(evaluations)
            if self._called_back():
                return Status.STOPPED

    def _start(self) -> Running:
        """Start the search; one that learns before it asks may take minutes, and nothing of it is in the record."""
        with self._interrupts.at_once():
            return self._study.search.start(self._study.problem, np.random.default_rng(self._study.seed))

    def _left(self) -> int | None:
        limit = self._study.budget.evaluations
        return None if limit is None else limit - self._tracker.evaluations

    def _called_back(self) -> bool:
        snapshot = self._snapshot(self._tracker)
        return any([callback(snapshot) for callback in self._study.callbacks])  # noqa: C419 -- all are to be called

    def _snapshot(self, tracker: Tracker) -> Snapshot:
        snapshot = tracker.snapshot(self.elapsed, self._fresh / max(1e-9, time.monotonic() - self._began))
        if snapshot.best is None or not isinstance(self._running, Proving):
            return snapshot
        return replace(snapshot, gap=relative_gap(snapshot.best, self._running.proof().bound))

    def _show(self, evaluations: Evaluations) -> None:
        self._shown.add(evaluations)
        self._display(self._snapshot(self._shown))

    def _answer(self, workers: Workers, designs: Designs) -> Evaluations | None:
        """Return the evaluations of a batch from the record and the workers; ``None`` where time ran out first."""
        first = self._tracker.evaluations
        rows = np.array([self._known.get(first + i, -1) for i in range(len(designs))])
        old, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        parts: list[Part] = []
        if old.size:
            self._require_recorded(designs.take(old), self._recorded.designs.take(rows[old]), first + old)
            parts.append((old, self._recorded.evaluations.take(rows[old])))
            self._show(parts[0][1])
        for places, evaluations in self._answer_fresh(workers, designs.take(new)):
            answered = new[places]
            self._require_shape(evaluations, len(answered))
            with self._interrupts.held():
                self._session.add((first + answered).tolist(), designs.take(answered), evaluations, self.elapsed)
            self._fresh += len(answered)
            self._show(evaluations)
            parts.append((answered, evaluations))
        done = np.concatenate([places for places, _ in parts]) if parts else np.empty(0, dtype=np.int64)
        if len(done) < len(designs):
            return None
        return Evaluations.concatenate([part for _, part in parts]).take(np.argsort(done))

    def _answer_fresh(self, workers: Workers, designs: Designs) -> Iterator[Part]:
        """Yield parts of a batch that is not recorded: designs met before cost nothing, of equal ones one is evaluated."""
        if self._memory is None:
            yield from self._evaluated(workers, designs)
            return
        keys = identities(self._study.problem, designs)
        met, answers = self._memory.recall(keys)
        if answers is not None:
            yield met, answers
        unmet = np.setdiff1d(np.arange(len(keys)), met)
        wanted = unmet[first_of_each([keys[i] for i in unmet.tolist()])]
        again = np.setdiff1d(unmet, wanted).tolist()
        for places, evaluations in self._evaluated(workers, designs.take(wanted)):
            self._require_shape(evaluations, len(places))
            asked = [keys[i] for i in wanted[places].tolist()]
            self._memory.learn(asked, evaluations)
            yield wanted[places], evaluations
            copies = [(i, asked.index(keys[i])) for i in again if keys[i] in asked]
            if copies:
                same = evaluations.take([row for _, row in copies])
                yield np.array([i for i, _ in copies]), replace(same, seconds=np.zeros(len(copies)))

    def _evaluated(self, workers: Workers, designs: Designs) -> Iterator[Part]:
        return workers.evaluate(designs) if self._lineage is None else self._lineage.evaluate(workers, designs)

    def _require_shape(self, evaluations: Evaluations, n: int) -> None:
        problem = self._study.problem
        found = (evaluations.objectives.shape, evaluations.constraints.shape)
        expected = ((n, len(problem.objectives)), (n, len(problem.constraints)))
        if found != expected:
            raise InputError(
                f"problem {problem.name!r} answers with objectives and constraints of the wrong shape",
                found=found,
                expected=str(expected),
            )

    def _require_recorded(self, asked: Designs, recorded: Designs, positions: NDArray[np.int64]) -> None:
        same = asked.same_as(recorded)
        if not same.all():
            place = int(positions[np.flatnonzero(~same)[0]])
            raise BraessError(
                f"evaluation {place} of the record is of another design than the search asks for now: "
                "the study was recorded by another version, or its problem has changed"
            )

    def _late(self) -> bool:
        limit = self._study.budget.seconds
        return limit is not None and self.elapsed >= limit

    def _illustrations(self, result: Result) -> list[Artifact]:
        """Let the problem describe its best designs for pictures; a failure costs the pictures, not the result."""
        illustrator = capability(self._study.problem, cast("type[Any]", Illustrated))
        chosen = result.spread[:_ILLUSTRATED] if result.best is None else [result.best]
        if illustrator is None or not len(chosen):
            return []
        try:
            with self._interrupts.allowed():
                return list(illustrator.illustrate(result.designs.take(chosen)))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- pictures are not worth losing a result for
            log.warning("%s: the best design could not be described for pictures: %s", self._study.name, error)
            return []

    def _certificates(self, result: Result) -> list[Artifact]:
        """Return what the search has proven, if it proves anything."""
        if not isinstance(self._running, Proving):
            return []
        certificate = self._running.certify()
        best = None if result.best is None else float(result.evaluations.objectives[result.best, 0])
        return [] if certificate is None else write_certificate(certificate, result.objectives[0], best)

    def _accounts(self) -> list[Artifact]:
        """Return what the search has predicted and what it has watched, if it does so."""
        predicted = [write_predictions(self._running.predictions())] if isinstance(self._running, Predicting) else []
        watched = [write_monitor(self._running.monitor())] if isinstance(self._running, Monitored) else []
        return [*predicted, *watched]

    def _last_checkpoint(self) -> list[Artifact]:
        """Return what resuming starts from, where the search keeps such a thing."""
        return [] if self._checkpoints is None else self._checkpoints.last()


@contextmanager
def _workers(study: Study) -> Iterator[Executor | None]:
    if study.executor is not None or study.workers == 1:
        yield study.executor
        return
    pool = ThreadPoolExecutor(study.workers, thread_name_prefix="braess")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
