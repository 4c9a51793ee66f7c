"""`braess list`: what is installed."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from braess.cli.options import Json
from braess.cli.output import say_json, say_table
from braess.errors import InputError


class What(str, Enum):
    """What can be listed."""

    problems = "problems"
    searches = "searches"
    domains = "domains"
    networks = "networks"
    models = "models"


def list_what(
    what: Annotated[What | None, typer.Argument(help="Which list; left out: the first three.")] = None,
    as_json: Json = False,
) -> None:
    """List the problems, searches, domains and models that are installed, and the networks known by name."""
    wanted = [what] if what is not None else [What.problems, What.searches, What.domains]
    found = {item.value: _rows(item) for item in wanted}
    if as_json:
        say_json(found)
        return
    for i, (title, rows) in enumerate(found.items()):
        if i:
            typer.echo()
        columns = list(rows[0]) if rows else ["name"]
        say_table(
            columns, ([row[column] for column in columns] for row in rows), title=title.capitalize() if len(found) > 1 else None
        )


def _rows(what: What) -> list[dict[str, Any]]:
    from braess.search import searches
    from braess.study.domain import domains

    if what is What.problems:
        return [
            {"name": kind.name, "domain": domain.name, "summary": kind.summary}
            for domain in domains().values()
            for kind in domain.problems
        ]
    if what is What.searches:
        return [
            {"name": name, "objectives": cls.objectives, "variables": _kinds(cls.kinds), "summary": cls.summary}
            for name, cls in searches().items()
        ]
    if what is What.networks:
        return [row for domain in domains().values() if domain.networks for row in domain.networks()]
    if what is What.models:
        return _models()
    return [{"name": domain.name, "summary": domain.summary} for domain in domains().values()]


def _models() -> list[dict[str, Any]]:
    from braess.learn import find_model, models

    rows = []
    for name in models():
        try:
            source = find_model(name).reference
        except InputError:
            source = "needs pip install 'braess[learn]'"
        rows.append({"name": name, "source": source})
    return rows


def _kinds(kinds: frozenset[str]) -> str:
    from braess.search.base import ALL_KINDS

    return "any" if kinds == ALL_KINDS else f"all but {', '.join(sorted(ALL_KINDS - kinds))}"
