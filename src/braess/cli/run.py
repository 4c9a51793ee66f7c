"""`braess run`, `braess demo` and `braess resume`: carry a study out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from braess.cli import FAILED, INTERRUPTED
from braess.cli.locate import RECORD, REPORT, folder_of, store_of
from braess.cli.options import Json, Name, Quiet, Run, Seed, StudyOption, StudyPath, Workers
from braess.cli.output import let_log, number, say, say_json, waiting
from braess.errors import InputError

if TYPE_CHECKING:
    from braess.space import Leaf
    from braess.study import Result
    from braess.study.file import StudyPlan
    from braess.study.store import StudyRecord

_DEMO = "demo.toml"
_LISTED, _SHOWN = 100, 10  # elements of a decision that are listed whole, and of longer ones


def run(
    study: StudyPath,
    seed: Seed = None,
    workers: Workers = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write the HTML report at the end.")] = True,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Carry out the study that a study file describes; every evaluation is recorded."""
    from braess.study.file import read_study

    plan = read_study(study)
    _carry_out(plan, resume=False, seed=seed, workers=workers, report=report, quiet=quiet, as_json=as_json)


def demo(
    folder: Annotated[Path, typer.Option(help="Where the record and the report go.")] = Path("braess-demo"),
    seed: Seed = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find the best lane additions for Sioux Falls under a budget; about a minute."""
    from importlib.resources import files

    import numpy as np

    from braess.study.file import parse_study

    text = files("braess.cli").joinpath(_DEMO).read_text(encoding="utf-8")
    plan = parse_study(text, folder.resolve(), name="sioux-falls-lanes")
    if not (quiet or as_json):
        say("Sioux Falls: 76 links, 360,600 trips. Which links get half as much capacity again,")
        say("if the budget pays for half of them? Drivers answer every design with user equilibrium.")
        say("(The first start compiles the equilibrium code: about half a minute.)")
    finished = (folder / RECORD).exists()
    if not finished:
        with waiting("compiling the equilibrium code", silent=quiet or as_json):  # or most of the minute may go into that
            problem = plan.build_problem()
            problem.evaluate(problem.space.sample(1, np.random.default_rng(0)))
    _carry_out(plan, resume=finished, seed=seed, workers=workers, report=True, quiet=quiet, as_json=as_json)


def resume(
    run: Run,
    name: Name = None,
    study: StudyOption = None,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Continue a run that was interrupted or killed; nothing recorded is evaluated again."""
    from braess.study import open_result

    store = store_of(run)
    record = open_result(store, name).record
    plan = plan_of(run, record, study)
    _carry_out(plan, resume=True, seed=record.seed, workers=workers, report=True, quiet=quiet, as_json=as_json, store=store)


def plan_of(run: str, record: StudyRecord, study: Path | None) -> StudyPlan:
    """Return what a run was started from: the study file it keeps, or the one given in its place."""
    from braess.study.file import parse_study, read_study

    if study is not None:
        return read_study(study)
    if record.study_file is None:
        raise InputError(
            "the run was not started from a study file", field="RUN", found=run, expected="a run of braess run, or --study"
        )
    return parse_study(record.study_file, folder_of(run) / (record.study_folder or "."), name=record.name)


def _carry_out(
    plan: StudyPlan,
    *,
    resume: bool,
    seed: int | None,
    workers: int | None,
    report: bool,
    quiet: bool,
    as_json: bool,
    store: Path | str | None = None,
) -> None:
    from braess.study import Budget, Study

    if not (quiet or as_json):
        let_log()
    settings = plan.settings
    store = plan.store if store is None else store
    if isinstance(store, Path):
        store.parent.mkdir(parents=True, exist_ok=True)
    problem, search = plan.build_problem(), plan.build_search()
    plan.located("search", search.require_fit, problem)
    study = plan.located(
        "",
        Study,
        problem,
        search,
        budget=Budget(**settings.budget.model_dump()),
        seed=settings.seed if seed is None else seed,
        batch=settings.batch,
        store=store,
        name=settings.name,
        workers=workers or settings.workers or os.cpu_count() or 1,
        cache=settings.cache,
        progress="off" if quiet or as_json else "auto",
        study_file=plan.text,
        study_folder=_relative(plan.folder, store),
    )
    result = plan.located_in_search(search, study.resume if resume else study.run)
    page = _write_report(result, store) if report else None
    tell(result, page, quiet=quiet, as_json=as_json)
    leave(result)


def _relative(folder: Path, store: Path | str) -> str:
    """Say where the study's inputs are as seen from its record, so that both can move together."""
    return str(folder.resolve()) if isinstance(store, str) else os.path.relpath(folder.resolve(), store.resolve().parent)


def _write_report(result: Result, store: Path | str) -> Path:
    from braess.report import write_report
    from braess.study.domain import drawers

    folder = store.parent if isinstance(store, Path) else Path(result.record.name)
    return write_report(result, folder / REPORT, drawers())


def tell(result: Result, page: Path | None, *, quiet: bool, as_json: bool) -> None:
    """Print what a study came to."""
    if as_json:
        say_json(result.summary() | {"report": None if page is None else str(page)})
    elif not quiet:
        for name, text in _facts(result):
            say(f"{name:<20} {text}")
        if page is not None:
            say(f"{'report':<20} {page}")


def _facts(result: Result) -> Iterator[tuple[str, str]]:
    from braess.report.text import percent
    from braess.study.monitor import brief

    evaluations = result.evaluations
    rate = len(evaluations) / result.spent if result.spent > 0 else 0.0
    yield "study", result.record.name
    yield "result", result.message
    yield "evaluations", f"{len(evaluations):,} in {result.spent:,.1f} s ({rate:,.0f} a second)"
    yield "feasible", f"{evaluations.feasible.sum():,}" + (f", failed {n:,}" if (n := int(evaluations.failed.sum())) else "")
    if (found := result.predictions) is not None:
        yield "predicted", f"{found['predicted']:,} designs by {found['model']['model']}; {found['solved']:,} solved"
        if found["error"] is not None:
            yield "", f"off by {found['error']:+.2%} for the best design, {found['corrected_error']:+.2%} once corrected"
        yield "learning", f"{found['model']['seconds']:,.0f} s, not in the budget; done once, then kept"
    for name, values in brief(result.monitor).items():
        yield name, f"median {number(values['median'])}, least {number(values['least'])}"
    yield (
        "proof",
        "none: there is no bound on the optimum" if result.gap is None else f"within {percent(result.gap)} of the optimum",
    )
    if result.best is None:
        if len(result.objectives) > 1:
            yield "Pareto front", f"{len(result.front):,} designs"
            for i, objective in enumerate(result.objectives):
                values = evaluations.objectives[result.front, i]
                if values.size:
                    yield (
                        "",
                        f"{objective.name} {number(float(values.min()))} to {number(float(values.max()))} {objective.unit}",
                    )
        return
    objective = result.objectives[0]
    yield objective.name.replace("_", " "), f"{number(float(evaluations.objectives[result.best, 0]))} {objective.unit}"
    for leaf in result.space.leaves:
        yield "", f"{leaf.path}: {_decision(result, leaf)}"


def _decision(result: Result, leaf: Leaf) -> str:
    value = result.best_design.rows()[0].get(leaf.path)
    if not isinstance(value, list):
        return "not decided" if value is None else number(value)
    labels = leaf.variable.labels or tuple(str(i) for i in range(len(value)))
    if leaf.variable.kind == "binary":
        chosen = [label for label, taken in zip(labels, value, strict=True) if taken]
        return f"{len(chosen)} of {len(labels)}: {', '.join(chosen)}"
    told = [f"{label} {number(element)}" for label, element in zip(labels, value, strict=True) if element]
    if len(told) > _LISTED:
        return f"{', '.join(told[:_SHOWN])} and {len(told) - _SHOWN:,} more"
    return ", ".join(told)


def leave(result: Result) -> None:
    """Leave with the exit code of the result's status."""
    from braess.study import Status

    if result.status is Status.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if result.best is None and not len(result.front):
        raise typer.Exit(FAILED)
