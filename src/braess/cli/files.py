"""`braess check`: what is wrong with input files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from braess.cli import BAD_INPUT
from braess.cli.options import Json, Quiet
from braess.cli.output import number, say, say_json
from braess.errors import InputError
from braess.study.domain import FileReport, domains


def check(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Study, assignment, network, demand or instance files.")
    ],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Read input files and say what is wrong with each; exit code 2 if anything is."""
    reports = [_report(path) for path in paths]
    if as_json:
        say_json(
            [
                {
                    "file": report.path,
                    "kind": report.kind,
                    "summary": dict(report.summary),
                    "problems": [str(problem) for problem in report.problems],
                    "warnings": list(report.warnings),
                }
                for report in reports
            ]
        )
    elif not quiet:
        for report in reports:
            _print(report)
    if any(report.problems for report in reports):
        raise typer.Exit(BAD_INPUT)


def _report(path: Path) -> FileReport:
    for domain in domains().values():
        report = FileReport(str(path)) if domain.check_file is None else domain.check_file(path)
        if report.kind != "unknown" or report.problems:
            return report
    if path.suffix == ".toml":
        return check_study(path)
    return FileReport(str(path), problems=[InputError("no domain knows this kind of file", file=path)])


def check_study(path: Path) -> FileReport:
    """Read a study file and build what it names, without running it."""
    from braess.study.file import read_study

    report = FileReport(str(path), kind="study file")
    try:
        plan = read_study(path)
        search = plan.build_search()
        problem = plan.build_problem()
        report.summary = {"problem": problem.name, "search": search.name, "decisions": problem.space.width}
        reason = search.refusal(problem)
        if reason is not None:
            report.problems.append(InputError(f"{search.name!r} {reason}", file=path, field="search.method"))
        else:
            plan.located("search", search.require_fit, problem)
    except InputError as error:
        report.problems.append(error)
    return report


def _print(report: FileReport) -> None:
    facts = ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in report.summary.items())
    verdict = f"{len(report.problems)} problem{'s' if len(report.problems) > 1 else ''}" if report.problems else "fine"
    say(f"{report.path}: {report.kind}, {verdict}" + (f" ({facts})" if facts else ""))
    for problem in report.problems:
        say(f"  error: {problem}")
    for warning in report.warnings:
        say(f"  warning: {warning}")
