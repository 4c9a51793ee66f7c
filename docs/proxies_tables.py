"""Tables of scores of untrained networks: which there are, and how well they rank the networks of NAS-Bench-201."""

from __future__ import annotations

from typing import Any

from markdown_tables import cell, markdown_table, measured_table

from braess.learn.proxies import PROXIES

_BETTER = {"max": "larger", "min": "smaller"}
_NAMES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet16-120": "ImageNet16-120"}
_ENOUGH = 50  # networks in groups of equal size for a correlation among them to say something

Row = dict[str, Any]


def scores_table() -> str:
    """List the scores: which way is better, how they normalise, where they come from."""
    rows = [
        (f"`{name}`", _BETTER[proxy.better], f"`{proxy.normalisation}`" if proxy.normalisation else "–", proxy.reference)
        for name, proxy in PROXIES.items()
    ]
    return markdown_table(("score", "better", "normalisation", "source"), rows)


def ranks_of_scores_table(found: Row) -> str:
    """Tabulate rank correlations with accuracy, with intervals, and what they have over those of size."""
    rows = []
    for row in found["rows"]:
        cells = [f"{one['spearman']:.2f} ({_between(one['interval'])})" for one in row["datasets"]]
        over = (
            _between(row["datasets"][0]["over_flops_interval"], "+.2f") if row["proxy"] not in ("flops", "parameters") else ""
        )
        count = f"{row['networks']} × {row['seeds']}"
        rows.append((f"`{row['proxy']}`", count, *cells, over, f"{row['seconds']:.2f} s"))
    rows.append(("FLOPs, all 15,625", "15,625", *(f"{value:.3f}" for value in found["whole_table"]), "", ""))
    columns = ("networks × seeds", *(_NAMES[name] for name in found["datasets"]), "over FLOPs, CIFAR-10", "a network")
    return measured_table(("score", *columns), rows)


def equal_size_table(found: Row) -> str:
    """Tabulate rank correlations among networks with equal FLOPs, of scores of enough of them."""
    rows = [
        (
            f"`{row['proxy']}`",
            *(cell(one[kind], ".2f") for kind in ("within_spearman", "within_kendall") for one in row["datasets"]),
        )
        for row in found["rows"]
        if row["proxy"] not in ("flops", "parameters") and row["datasets"][0]["within_networks"] >= _ENOUGH
    ]
    names = [_NAMES[name] for name in found["datasets"]]
    return measured_table(("score", *names, *(f"τ, {name}" for name in names)), rows)


def choosing_table(found: Row) -> str:
    """Tabulate how far the best of few networks, chosen by score or at random, is below the best of the table."""
    chosen = {"at random": found["random"]}
    chosen |= {f"`{row['proxy']}`": [one["regret"] for one in row["datasets"]] for row in found["rows"]}
    rows = [
        (name, *(f"{one['mean']:.2f} ({one['ninth_tenth']:.2f})" for one in regrets))
        for name, regrets in chosen.items()
        if None not in regrets
    ]
    return measured_table(("chosen by", *(_NAMES[name] for name in found["datasets"])), rows)


def _between(interval: list[float], form: str = ".2f") -> str:
    low, high = interval
    return f"{low:{form}} to {high:{form}}"
