"""One self-contained HTML page about a comparison of searches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from braess.report.embed import embed
from braess.report.html import Content, Markup, element, facts, join, section, table
from braess.report.page import document, replaced
from braess.report.text import number, readable, seconds

if TYPE_CHECKING:
    from braess.study.comparison import Compared

_NUMBERS = ("mean", "deviation", "median", "best", "worst")


def write_comparison(compared: Compared, path: str | Path, name: str) -> Path:
    """Write the page about a comparison; the file replaces an older one only when it is complete.

    Parameters
    ----------
    compared
        What the comparison came to; all text of it is escaped.
    path
        Where the page goes.
    name
        Of the comparison.

    Returns
    -------
    The path.
    """
    header = element("header", element("h1", name), element("p", _headline(compared)))
    note = "The numbers are in the table of this page."
    pictures = [embed(figure, title, f"{title}. {note}") for title, figure in compared.figures().items()]
    sections = [
        section("What they came to", _table(compared), _ranks(compared), anchor="values"),
        *([section("How they got there", join(pictures), anchor="pictures")] if pictures else []),
        section("How they were compared", _provenance(compared), anchor="provenance"),
    ]
    first = compared.results[compared.labels[0]][0].record
    footer = element("footer", f"Written by braess {first.version}.")
    return replaced(Path(path), document(name, element("body", header, element("main", *sections), footer)))


def _headline(compared: Compared) -> str:
    searches, seeds = len(compared.labels), len(compared.seeds)
    runs = f"{searches} {'search' if searches == 1 else 'searches'}, {seeds} {'run' if seeds == 1 else 'runs'} of each"
    return f"{runs}, compared by {readable(compared.measure)}"


def _table(compared: Compared) -> Markup:
    rows: list[list[Content]] = [
        [
            row["search"],
            *("" if row[name] is None else number(row[name]) for name in _NUMBERS),
            f"{row['feasible']} of {row['runs']}",
            "" if row["rank"] is None else f"{row['rank']:.2f}",
            number(row["evaluations"]),
            seconds(row["seconds"]),
        ]
        for row in compared.table()
    ]
    objective = compared.objectives[0]
    unit = f", {objective.unit}" if len(compared.objectives) == 1 and objective.unit else ""
    heads = ("Search", "Mean", "Deviation", "Median", "Best", "Worst", "Feasible", "Mean rank", "Evaluations", "Time")
    caption = f"{readable(compared.measure)}{unit}, over the runs that found something feasible"
    return table(heads, rows, caption=caption, numeric=range(1, len(heads)), row_heads=True)


def _ranks(compared: Compared) -> Markup | None:
    found = compared.ranks
    if found is None:
        return None
    told = [
        ("Mean ranks that differ by less mean nothing", f"{found.difference:.2f} (Nemenyi, level 5 %)"),
        ("If all searches did alike, ranks this unequal have probability", f"{found.p_value:.2g} (Friedman)"),
        *(
            ("These cannot be told apart", ", ".join(compared.labels[i] for i in clique))
            for clique in found.cliques
            if len(clique) > 1
        ),
    ]
    return facts(told)


def _provenance(compared: Compared) -> Markup:
    record = compared.results[compared.labels[0]][0].record
    limits = ", ".join(f"{name} {value}" for name, value in record.budget.items() if value is not None)
    told: list[tuple[Content, Content]] = [
        ("Problem", str(record.problem.get("name", ""))),
        ("Budget of each run", limits),
        ("Seeds", ", ".join(map(str, compared.seeds))),
    ]
    told += [
        (label, ", ".join(f"{name} {value}" for name, value in results[0].record.search.items()))
        for label, results in compared.results.items()
    ]
    return facts(told)
