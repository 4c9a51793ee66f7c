"""`braess verify`: go through the proof of a run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from braess.cli import FAILED
from braess.cli.locate import store_of
from braess.cli.options import Json, Name, Quiet, Run, StudyOption
from braess.cli.output import counting, number, say, say_json
from braess.cli.run import plan_of

if TYPE_CHECKING:
    from braess.study import Verification


def verify(
    run: Run,
    name: Name = None,
    study: StudyOption = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads that bound boxes.")] = 2,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Check the certificate of a run: bound all its boxes again, and solve its best design from nothing."""
    from braess.study import open_result
    from braess.study import verify as go_through

    result = open_result(store_of(run), name)
    problem = plan_of(run, result.record, study).build_problem()
    with counting("boxes", silent=quiet or as_json) as progress:
        found = go_through(problem, result, threads=threads, progress=progress)
    if as_json:
        say_json(asdict(found) | {"confirmed": found.confirmed})
    elif not quiet:
        for what, text in _facts(found, result.objectives[0].unit):
            say(f"{what:<20} {text}")
    if not found.confirmed:
        raise typer.Exit(FAILED)


def _facts(found: Verification, unit: str) -> Iterator[tuple[str, str]]:
    from braess.report.text import percent

    low, high = found.exact
    yield "certificate", "confirmed" if found.confirmed else "NOT CONFIRMED"
    yield "best design", f"{number(found.best)} {unit} (recorded {number(found.recorded)})"
    yield "", f"exactly between {low:,.9g} and {high:,.9g}"
    boxes = "1 box" if found.boxes == 1 else f"{found.boxes:,} boxes"
    yield "bound", f"{found.bound:,.9g} {unit} (stated {found.claimed:,.9g}), all designs in {boxes}"
    yield "proof", f"within {percent(found.gap)} of the optimum (stated {percent(found.claimed_gap)})"
