"""Shows how far a study is: a bar on a terminal, a log line now and then elsewhere, nothing when quiet."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, TypeAlias

from braess.study.budget import Budget
from braess.study.tracker import Snapshot

Mode: TypeAlias = Literal["auto", "bar", "log", "off"]

_LOG_EVERY = 10.0  # seconds
log = logging.getLogger("braess")


class Display(Protocol):
    """Takes snapshots and shows them."""

    def __call__(self, snapshot: Snapshot) -> None:
        """Show how far the study is."""


@contextmanager
def show(name: str, budget: Budget, mode: Mode) -> Iterator[Display]:
    """Open a display for one study; ``"auto"`` is a bar where standard error is a terminal, else a log."""
    if mode == "bar" or (mode == "auto" and sys.stderr.isatty()):
        with _bar(name, budget) as display:
            yield display
    elif mode == "off":
        yield _silent
    else:
        yield _Log(name)


def words(snapshot: Snapshot) -> str:
    """Say in one line how far a study is."""
    best = f"{snapshot.front} on the front" if snapshot.best is None else f"best {snapshot.best:,.7g}"
    if not snapshot.feasible:
        best = "none feasible yet"
    if snapshot.gap is not None:
        best += f" (gap {snapshot.gap:.2g})" if snapshot.gap < float("inf") else " (no bound yet)"
    share = snapshot.feasible / max(1, snapshot.evaluations)
    failed = f", {snapshot.failed:,} failed" if snapshot.failed else ""
    return f"{best}, {snapshot.evaluations:,} evaluations, {share:.0%} feasible{failed}, {snapshot.rate:,.0f}/s"


def _silent(snapshot: Snapshot) -> None:
    """Show nothing of a snapshot."""
    del snapshot


class _Log:
    def __init__(self, name: str) -> None:
        self._name = name
        self._last = time.monotonic()

    def __call__(self, snapshot: Snapshot) -> None:
        if time.monotonic() - self._last >= _LOG_EVERY:
            self._last = time.monotonic()
            log.info("%s: %s", self._name, words(snapshot))


@contextmanager
def _bar(name: str, budget: Budget) -> Iterator[Display]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    total = budget.seconds if budget.seconds is not None else budget.evaluations
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(escape(name), total=total, state="")

        def display(snapshot: Snapshot) -> None:
            done = snapshot.elapsed if budget.seconds is not None else snapshot.evaluations
            progress.update(task, completed=done, state=escape(words(snapshot)))

        yield display
