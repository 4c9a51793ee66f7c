"""`braess compare`: several searches under one budget with the same seeds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from braess.cli import INTERRUPTED
from braess.cli.options import Json, Quiet, StudyPath
from braess.cli.output import counting, number, say, say_json, say_table
from braess.errors import InputError

if TYPE_CHECKING:
    from braess.search import Search
    from braess.study.comparison import Compared
    from braess.study.file import StudyPlan

_PAGE = "comparison.html"


def compare(
    study: StudyPath,
    search: Annotated[
        list[str] | None, typer.Option("--search", help="One more search, with its defaults; may be given several times.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each search, from the study file's seed on.")] = 10,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Runs at a time, one thread each; default: one for each core.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of records and report; default: `comparisons/NAME` beside it.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compare searches: that of the study file, those of its tables `compare`, and those named here.

    Every run has the budget of the study file and a record of its own. Interrupted, the same command goes on; with more
    seeds or searches it adds to what is there.
    """
    from braess.report import write_comparison
    from braess.study import Budget
    from braess.study.comparison import compare as compared_with
    from braess.study.file import read_study

    plan = read_study(study)
    folder = output or plan.folder / "comparisons" / plan.settings.name
    with counting("runs", silent=quiet or as_json) as progress:
        try:
            found = plan.located(
                "",
                compared_with,
                plan.build_problem(),
                _searches(plan, search or []),
                budget=Budget(**plan.settings.budget.model_dump()),
                seeds=range(plan.settings.seed, plan.settings.seed + seeds),
                folder=folder,
                processes=processes or os.cpu_count() or 1,
                batch=plan.settings.batch,
                progress=progress,
            )
        except KeyboardInterrupt:
            if not (quiet or as_json):
                say("interrupted; runs that are done are kept, and the same command goes on")
            raise typer.Exit(INTERRUPTED) from None
    page = write_comparison(found, folder / _PAGE, plan.settings.name)
    if as_json:
        say_json(found.summary() | {"report": str(page)})
    elif not quiet:
        _tell(found)
        say(f"{'report':<20} {page}")


def _searches(plan: StudyPlan, names: list[str]) -> dict[str, Search]:
    from braess.search import find

    searches = plan.build_compared()
    for name in names:
        if name in searches:
            raise InputError("this search takes part already", field="--search", found=name, expected="another one")
        searches[name] = find(name)()
    return searches


def _tell(found: Compared) -> None:
    columns = ("search", "mean", "±", "best", "worst", "feasible", "rank")
    rows = [
        (
            row["search"],
            *(
                "" if row[name] is None else number(float(f"{row[name]:.7g}"))
                for name in ("mean", "deviation", "best", "worst")
            ),
            f"{row['feasible']}/{row['runs']}",
            "" if row["rank"] is None else f"{row['rank']:.2f}",
        )
        for row in found.table()
    ]
    say_table(columns, rows, title=f"{found.measure.replace('_', ' ')} after {len(found.seeds)} runs of each search")
    if found.ranks is not None:
        say(f"{'ranks differ':<20} by at least {found.ranks.difference:.2f} to mean it at the level of 5 % (Nemenyi)")
        say(f"{'all alike':<20} p = {found.ranks.p_value:.2g} (Friedman)")
        for clique in found.ranks.cliques:
            if len(clique) > 1:
                say(f"{'cannot tell apart':<20} {', '.join(found.labels[i] for i in clique)}")
