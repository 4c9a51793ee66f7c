"""One self-contained HTML page about the result of a study."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from braess.problem import Artifact
from braess.report.embed import embed
from braess.report.headline import chosen_row, headline
from braess.report.html import Markup, element, join, section
from braess.report.provenance import provenance
from braess.report.tables import best_table, constraint_table, design_table, failure_table, front_table
from braess.report.text import moment
from braess.report.totals import read_totals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from braess.study.result import Result

Drawer: TypeAlias = "Callable[[bytes], dict[str, Figure]]"
Drawers: TypeAlias = Mapping[str, Drawer]

_DRAWN = 3  # artifacts drawn: more would make the page slow to load

# The page may show its own style and embedded images, and nothing else: a browser refuses all that a record smuggles in.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(result: Result, path: str | Path, draw: Drawers | None = None) -> Path:
    """Write the report of a study; the file replaces an older one only when it is complete.

    Parameters
    ----------
    result
        What the study came to. All of it is escaped: a record may come from anybody.
    path
        Where the page goes.
    draw
        Media type of an artifact to the function that draws it (what the domains offer); artifacts of other types
        are left out.

    Returns
    -------
    The path.
    """
    return replaced(Path(path), report_page(result, draw or {}))


def replaced(target: Path, text: str) -> Path:
    """Write a page in place of an older one, at once or not at all, and return its path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def report_page(result: Result, draw: Drawers) -> str:
    """Build the page as text; see `write_report`."""
    sections = list(_sections(result, draw))
    links = [element("a", title, href=f"#{anchor}") for title, anchor, _ in sections]
    problem = str(result.record.problem.get("name", ""))
    header = element(
        "header",
        element("h1", result.record.name),
        element("p", f"{problem} · " if problem else None, moment(result.record.created)),
        headline(result, read_totals(result.artifacts.values())),
        element("nav", *links, aria_label="Sections"),
    )
    body = (section(title, content, anchor=anchor) for title, anchor, content in sections)
    footer = element("footer", f"Written by braess {result.record.version}.")
    return document(result.record.name, element("body", header, element("main", *body), footer))


def _sections(result: Result, draw: Drawers) -> Iterator[tuple[str, str, Markup]]:
    """Yield title, anchor and content of each section that this result has, the answer first."""
    progress = [embed(figure, title) for title, figure in result.figures().items()]
    searched = [("How the search went", "progress", join(progress))] if progress else []
    front = front_table(result)
    if front is None:
        yield from _chosen(result, draw)
        yield from searched
    else:
        yield from searched
        yield "Pareto front", "front", front
        yield from _chosen(result, draw)
    if len(result.evaluations):
        yield "Best evaluations", "best", best_table(result)
    failures = failure_table(result)
    if failures is not None:
        yield "Failed evaluations", "failures", failures
    yield "Where this comes from", "provenance", provenance(result)


def _chosen(result: Result, draw: Drawers) -> Iterator[tuple[str, str, Markup]]:
    """Yield the pictures and the table of the design that is shown."""
    pictures = list(_pictures(result, draw))
    if pictures:
        yield "Before and after", "pictures", join(pictures)
    row = chosen_row(result)
    if row is not None:
        title = "The best design" if len(result.objectives) == 1 else f"A compromise on the front: position {row}"
        yield title, "design", join([design_table(result, row), constraint_table(result, row)])


def _pictures(result: Result, draw: Drawers) -> Iterator[Markup]:
    """Draw what can be drawn; of many artifacts (a front has one for each design) a few, spread evenly."""
    drawable = [artifact for artifact in result.artifacts.values() if artifact.media_type in draw]
    shown = sorted({round(i * (len(drawable) - 1) / max(_DRAWN - 1, 1)) for i in range(_DRAWN)}) if drawable else []
    for artifact in (drawable[i] for i in shown):
        yield from _drawings(artifact, draw[artifact.media_type], named=len(drawable) > 1)
    if len(shown) < len(drawable):
        yield element("p", f"{len(shown)} of {len(drawable)} drawings are shown; the record holds the others.", class_="muted")


def _drawings(artifact: Artifact, drawer: Drawer, *, named: bool) -> list[Markup]:
    try:
        figures = drawer(artifact.data)
        captions = {title: f"{title}: {artifact.name}" if named else title for title in figures}
        return [
            embed(figure, captions[title], f"{captions[title]}. The numbers are in the tables of this page.")
            for title, figure in figures.items()
        ]
    except Exception as error:  # noqa: BLE001 -- the code that draws may be anybody's, and must not cost the report
        return [element("p", f"{artifact.name} cannot be drawn: {error}", class_="bad")]


def document(title: str, body: Markup) -> str:
    """Return a whole page."""
    style = files("braess.report").joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content="braess"),
        element("title", f"{title}: result"),
        element("style", Markup(style)),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'
