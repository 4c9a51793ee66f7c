"""Tables of what was measured of Bayesian optimisation, of the classifier of designs, and of the networks behind both."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from markdown_tables import cell, duration, markdown_table, measured_table, significant

from braess.learn.prior_fitted.shipped import facts_of

_OURS, _PEER = "pfn-bo", "botorch"
_NONE = "–"

Row = dict[str, Any]


def regret_table(rows: list[Row]) -> str:
    """Tabulate the median regret of each search on each problem of `benchmarks/bayesian`."""
    methods = list(dict.fromkeys(row["method"] for row in _in_order(rows)))
    table = []
    for problem in _names(rows, "problem"):
        found = [_regrets(rows, problem, method) for method in methods]
        cells = (_regret(statistics.median(regrets)) if regrets else "" for regrets in found)
        table.append((problem, str(len(_regrets(rows, problem, _OURS))), *cells))
    return measured_table(("problem", "seeds", *(f"`{method}`" for method in methods)), table)


def speed_table(rows: list[Row]) -> str:
    """Tabulate the time of a proposal of both, and how far they were from the optimum, where both were run."""
    found = _compared(rows)
    table = [
        (problem, *map(duration, seconds), significant(faster), _ratio(worse)) for problem, seconds, faster, worse in found
    ]
    if found:
        medians = (statistics.median(ratios) for ratios in ([one[2] for one in found], [one[3] for one in found]))
        table.append(("**median**", "", "", *(f"**{_ratio(median)}**" for median in medians)))
    columns = ("problem", f"a proposal of `{_OURS}`", f"of `{_PEER}`", "times as fast", f"regret over that of `{_PEER}`")
    return measured_table(columns, table)


def summaries(rows: list[Row], filtered: list[Row]) -> dict[str, str]:
    """Say in a line each what was measured of the searches."""
    found = _compared(rows)
    if not found:
        return {}
    faster, worse = statistics.median(one[2] for one in found), statistics.median(one[3] for one in found)
    seeds = min(len(_of(rows, one[0], method)) for one in found for method in (_OURS, _PEER))
    closer = sum(one[3] < 1.0 for one in found)
    runs = f"{len(found)} engineering problems, at least {seeds} seeds, 60 evaluations"
    return {
        _OURS: f"{runs}: a proposal {faster:.0f} times as fast as `{_PEER}`'s, regret {_ratio(worse)} of its (medians)",
        _PEER: f"{runs}: closer to the optimum than `{_OURS}` on {len(found) - closer}",
        "filtered": f"adding links at least cost, {len({row['seed'] for row in filtered})} seeds: " + _spared(filtered),
    }


def _spared(filtered: list[Row]) -> str:
    rows = _filter_rows(filtered)
    saved = [int(row[-1].rstrip("%")) for row in rows if row[-1]]
    return f"saves {min(saved)} to {max(saved)} % of the equilibria in {len(saved)} of {len(rows)} cases" if saved else ""


def _compared(rows: list[Row]) -> list[tuple[str, list[float], float, float]]:
    """Return for each problem that both were run on: seconds of a proposal of both, their ratio, and that of the regrets."""
    compared = []
    for problem in _names(rows, "problem"):
        ours, theirs = ({row["seed"]: row for row in _of(rows, problem, method)} for method in (_OURS, _PEER))
        both = sorted(ours.keys() & theirs.keys())
        if not both:
            continue
        times = [[found[seed]["seconds_per_proposal"] for seed in both] for found in (ours, theirs)]
        faster = statistics.median(slow / fast for fast, slow in zip(*times, strict=True))
        pairs = [
            _regrets([found[seed] for seed in both], problem, method) for found, method in ((ours, _OURS), (theirs, _PEER))
        ]
        regret, other = map(statistics.median, pairs)
        worse = 1.0 if regret == other else regret / other
        compared.append((problem, [statistics.median(found) for found in times], faster, worse))
    return compared


def classifier_table(rows: list[Row], figure: str, form: str) -> str:
    """Tabulate a figure of `benchmarks/feasibility`, a mean over data sets and repeats, by rows known."""
    sizes = sorted({row["known"] for row in rows})
    table = []
    for method in dict.fromkeys(row["method"] for row in _in_order(rows)):
        means = []
        for known in sizes:
            found = [statistics.mean(row[figure]) for row in rows if (row["method"], row["known"]) == (method, known)]
            means.append(statistics.mean(found) if found else None)
        table.append((method, *(cell(mean, form) for mean in means)))
    return measured_table(("", *(f"{known} rows" for known in sizes)), table)


def filter_table(rows: list[Row]) -> str:
    """Tabulate what the filter saves in `benchmarks/feasibility/filter.py`."""
    columns = ("instance", "search", "feasible", "cost at the end", "equilibria to there", "behind the filter", "saved")
    return measured_table(columns, _filter_rows(rows))


def _filter_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = []
    for case in dict.fromkeys((row["instance"], row["search"]) for row in rows):
        here = [row for row in rows if (row["instance"], row["search"]) == case]
        plain, behind = ({row["seed"]: row for row in here if row["filtered"] is filtered} for filtered in (False, True))
        runs = [[found[seed] for seed in sorted(plain.keys() & behind.keys())] for found in (plain, behind)]
        if not runs[0]:
            continue
        feasible = [statistics.mean(row["feasible"] / len(row["best"]) for row in found) for found in runs]
        ends = [statistics.median(_cost(row["best"][-1]) for row in found) for found in runs]
        needed = [statistics.median(_needed(row["best"], ends[0]) for row in found) for found in runs]
        reached = [count <= len(runs[0][0]["best"]) for count in needed]
        counts = (f"{count:.0f}" if there else "not reached" for count, there in zip(needed, reached, strict=True))
        spared = f"{1.0 - needed[1] / needed[0]:.0%}" if all(reached) else ""
        shares, costs = (" → ".join(parts) for parts in (map("{:.0%}".format, feasible), map("{:,.0f}".format, ends)))
        table.append((case[0], f"`{case[1]}`", shares, costs, *counts, spared))
    return table


def networks_table() -> str:
    """Tabulate what the shipped networks say of themselves."""
    values, labels = (facts_of(name)["report"][name] for name in ("values", "labels"))
    rows = [
        (
            str(row["coordinates"]),
            str(row["known"]),
            f"{row['nats']:.2f}",
            f"{row['exact_nats']:.2f}",
            f"{row['covered']:.0%}",
        )
        for row in values
    ]
    columns = ("coordinates", "rows known", "nats", "for who knows the process", "covered by nine tenths")
    first = markdown_table(columns, rows)
    rows = [
        (str(row["known"]), f"{row['nats']:.3f}", f"{row['share_nats']:.3f}", f"{row['calibration_error']:.3f}")
        for row in labels
    ]
    return f"{first}\n\n{markdown_table(('rows known', 'nats', 'for who knows the shares', 'calibration error'), rows)}"


def _names(rows: list[Row], what: str) -> Iterable[str]:
    return dict.fromkeys(row[what] for row in rows)


def _cost(value: float | None) -> float:
    return float("inf") if value is None else value


def _needed(best: Sequence[float | None], goal: float) -> float:
    """Return after how many evaluations a cost was reached; one more than all where it was not."""
    return next((n for n, cost in enumerate(best, 1) if cost is not None and cost <= goal), len(best) + 1)


def _in_order(rows: list[Row]) -> Iterable[Row]:
    """Return our methods first."""
    return sorted(rows, key=lambda row: not row["method"].startswith(("pfn-bo", "prior-fitted")))


def _of(rows: list[Row], problem: str, method: str) -> list[Row]:
    return [row for row in rows if (row["problem"], row["method"]) == (problem, method)]


def _regrets(rows: list[Row], problem: str, method: str) -> list[float]:
    found = [row["regret_after"] for row in _of(rows, problem, method)]
    return [_cost(after[max(after, key=int)]) for after in found]


def _regret(value: float) -> str:
    return _NONE if value == float("inf") else f"{value:.2g}"


def _ratio(value: float) -> str:
    return "" if value != value else "∞" if value == float("inf") else f"{value:.1e}" if value < 0.01 else significant(value)
