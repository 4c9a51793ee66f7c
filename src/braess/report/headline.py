"""The top of the page: what was asked, what came out, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from braess.report.html import Content, Markup, element, join
from braess.report.text import change, number, percent, readable, seconds, wish
from braess.report.totals import Total

if TYPE_CHECKING:
    from braess.study.result import Result


def chosen_row(result: Result) -> int | None:
    """Row of the design that the page shows: the best one, or the first of the front."""
    if result.best is not None:
        return int(result.best)
    return int(result.spread[0]) if len(result.front) else None


def headline(result: Result, totals: Sequence[Total]) -> Markup:
    """Build the status line and the figures that matter most.

    Totals belong to one design, so they are told where one design is the answer; one that is the objective is told
    with it.
    """
    known = {readable(total.name): total for total in totals} if len(result.objectives) == 1 else {}
    row = chosen_row(result)
    if row is None:
        values = [_card("Best design", "none", "no design was evaluated as feasible", main=True)]
    elif len(result.objectives) == 1:
        values = [_best_card(result, row, known.pop(readable(result.objectives[0].name), None))]
    else:
        values = _front_cards(result)
    cards = [*values, *map(_total_card, known.values()), *_trust_cards(result)]
    status = element("p", element("strong", "Result: "), result.message, class_="status")
    return join([status, element("dl", *cards, class_="cards")])


def _card(name: str, value: Content, note: Content = None, *, unit: str = "", main: bool = False) -> Markup:
    told = element("dd", value, element("span", f" {unit}", class_="unit") if unit else None, element("small", note))
    return element("div", element("dt", name), told, class_="card main" if main else "card")


def _best_card(result: Result, row: int, total: Total | None) -> Markup:
    objective = result.objectives[0]
    best = float(result.evaluations.objectives[row, 0])
    verb = "smallest" if objective.sense == "min" else "largest"
    notes = [f"{verb} found{_predicted(result, row)}"]
    if total is not None:
        notes = [f"{number(total.before)} before the design: {change(total.before, best)}", *notes]
    return _card(readable(objective.name), number(best), "; ".join(notes), unit=objective.unit, main=True)


def _front_cards(result: Result) -> list[Markup]:
    note = "none of them is beaten in every objective"
    cards = [_card("Pareto front", f"{len(result.front):,} designs", note, main=True)]
    front = result.evaluations.objectives[np.asarray(result.front, dtype=np.int64)]
    for i, objective in enumerate(result.objectives):
        span = f"{number(front[:, i].min())} to {number(front[:, i].max())}"
        cards.append(_card(readable(objective.name), span, f"along the front ({wish(objective)})", unit=objective.unit))
    return cards


def _predicted(result: Result, row: int) -> str:
    return "" if result.evaluations.exact[row] else ", predicted, not solved"


def _total_card(total: Total) -> Markup:
    percent_change = change(total.before, total.after)
    note = f"before → after{', ' + percent_change if percent_change else ''}"
    return _card(readable(total.name), f"{number(total.before)} → {number(total.after)}", note, unit=total.unit)


def _trust_cards(result: Result) -> list[Markup]:
    evaluations = result.evaluations
    n, feasible, failed = len(evaluations), int(evaluations.feasible.sum()), int(evaluations.failed.sum())
    inside = float(evaluations.seconds.sum())
    gap = "no proof of optimality" if result.gap is None else f"{percent(result.gap)} proven gap"
    gap_note = "there is no bound on the optimum" if result.gap is None else "no design can be better by more"
    exact = float(result.exact_share)
    solved = "all solved exactly" if exact == 1 else f"{percent(exact)} solved exactly, the others predicted by a model"
    return [
        _card("Optimality", gap, gap_note),
        _card("Feasible", percent(feasible / n if n else float("nan")), f"{feasible:,} of {n:,} designs"),
        _card("Evaluations", f"{n:,}", f"{solved}; {failed:,} failed" if failed else f"{solved}; none failed"),
        _card("Time", seconds(result.spent), f"{seconds(inside)} of work on evaluations"),
        *_prediction_cards(result),
    ]


def _prediction_cards(result: Result) -> list[Markup]:
    found = result.predictions
    if found is None:
        return []
    off = "" if found["error"] is None else f", off by {percent(abs(found['error']))} for the best design"
    note = f"by {found['model']['model']}{off}; learning took {seconds(found['model']['seconds'])}, not in the budget"
    return [_card("Predicted besides", f"{found['predicted']:,} designs", note)]
