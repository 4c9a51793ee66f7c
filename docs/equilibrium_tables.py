"""The tables of the equilibrium benchmark, each made from its result file alone."""

from __future__ import annotations

from typing import Any

from markdown_tables import cell, duration, gap, measured_table, memory, ratio, rows_of, significant

Result = dict[str, Any]
PARTS = ("cold", "threads", "curves", "warm", "batch", "scale")


def part(result: Result, name: str) -> dict[str, Any]:
    """Return one part of the result; empty where it was not measured."""
    found: dict[str, Any] = result.get("parts", {}).get(name) or {}
    return found


def origin_links(row: dict[str, Any]) -> int | None:
    """Return origins times links: what a method that keeps something for each of both has to touch."""
    origins, links = row.get("origins"), row.get("links")
    return None if origins is None or links is None else origins * links


def cold_table(result: Result) -> str:
    """Tabulate solves from nothing, beside the peers."""
    peers = {row["network"]: row for row in rows_of(part(result, "cold"), "aequilibrae")}
    rows = [
        (
            row["network"],
            cell(row.get("zones"), ","),
            cell(row.get("nodes"), ","),
            cell(row.get("links"), ","),
            duration(row.get("seconds")),
            _tap_b(row),
            _aequilibrae(peers.get(row["network"], {})),
            cell(row.get("largest_difference"), ".0e"),
        )
        for row in _by_size(rows_of(part(result, "cold")))
    ]
    columns = (
        "network",
        "zones",
        "nodes",
        "links",
        "time to 1e-10",
        "TAP-B to 1e-10 (ratio)",
        "AequilibraE to 1e-6 (ratio; its gap, ours)",
        "largest difference to published flows",
    )
    return measured_table(columns, rows)


def engine_table(result: Result) -> str:
    """Tabulate ours beside the peers where there is one, else all networks."""
    peers = {row["network"]: row for row in rows_of(part(result, "cold"), "aequilibrae") if row.get("ratio") is not None}
    rows = _by_size(rows_of(part(result, "cold")))
    compared = [row for row in rows if row.get("tap_b_seconds") is not None or row["network"] in peers]
    return measured_table(
        (
            "network",
            "zones",
            "links",
            "braess to 1e-10",
            "TAP-B to 1e-10",
            "braess to AequilibraE's gap",
            "AequilibraE to 1e-6",
        ),
        [
            (
                row["network"],
                cell(row.get("zones"), ","),
                cell(row.get("links"), ","),
                duration(row.get("seconds")),
                _tap_b(row),
                duration(peers.get(row["network"], {}).get("seconds")),
                _aequilibrae_time(peers.get(row["network"], {})),
            )
            for row in compared or rows
        ],
    )


def published_table(result: Result) -> str:
    """Tabulate the totals, the gaps reached and the distance to published flows."""
    rows = [
        (
            row["network"],
            cell(row.get("total_travel_time"), ",.1f"),
            _difference(row),
            gap(row.get("relative_gap")),
            gap(row.get("least_gap")),
        )
        for row in _by_size(rows_of(part(result, "cold")))
    ]
    columns = (
        "network",
        "total travel time",
        "largest difference to published flows (relative)",
        "gap reached when 1e-10 was asked",
        "when 1e-14 was asked",
    )
    return measured_table(columns, rows)


def threads_line(result: Result) -> str:
    """Say what a second thread gains."""
    said = [
        f"{row['network']} ({row['origins']:,} origins, {row['links']:,} links) to {row['relative_gap']:g}: "
        f"{duration(row['seconds_one_thread'])} on one thread, {duration(row['seconds_two_threads'])} on two "
        f"({row['ratio']:.2f} ×)"
        for row in rows_of(part(result, "threads"))
    ]
    return "Two threads on one equilibrium: " + ("; ".join(said) + "." if said else "not measured yet.")


def warm_table(result: Result) -> str:
    """Tabulate solves from a neighbour's state."""
    rows = [
        (
            row["network"],
            row["change"],
            cell(row.get("links"), ","),
            duration(row.get("warm_seconds")),
            duration(row.get("cold_seconds")),
            cell(row.get("ratio"), ".2f"),
        )
        for row in rows_of(part(result, "warm"))
    ]
    return measured_table(
        ("network", "one link changed", "links tried", "from the state before", "from nothing", "ratio"), rows
    )


def batch_table(result: Result) -> str:
    """Tabulate designs a second."""
    rows = [
        (
            row["network"],
            gap(row.get("relative_gap")),
            cell(row.get("designs"), ","),
            _rate(row.get("designs_per_second_one_thread")),
            _rate(row.get("designs_per_second_two_threads")),
        )
        for row in rows_of(part(result, "batch"))
    ]
    return measured_table(("network", "gap", "designs", "designs a second, one thread", "two threads"), rows)


def scale_table(result: Result) -> str:
    """Tabulate cities that grow, by the smallest gap that all of them were solved to."""
    rows = rows_of(part(result, "scale"))
    least = min((row["relative_gap"] for row in rows), default=None)
    cells = []
    for row in (row for row in rows if row["relative_gap"] == least):
        each = ratio(row.get("seconds"), origin_links(row))
        cells.append(
            (
                cell(row.get("nodes"), ","),
                cell(row.get("links"), ","),
                cell(row.get("zones"), ","),
                cell(origin_links(row), ","),
                duration(row.get("seconds")),
                duration(each),
                memory(row.get("peak_bytes")) + ("" if row.get("peak_bytes_before") is None else _of(row["peak_bytes_before"])),
                memory(row.get("state_bytes")),
            )
        )
    columns = (
        "nodes",
        "links",
        "zones",
        "origins × links",
        f"time to {gap(least) or '1e-06'}",
        "time for each origin and link",
        "peak memory (before the solve)",
        "state",
    )
    return measured_table(columns, cells)


def limit_table(result: Result) -> str:
    """Tabulate what an iteration costs beside yardsticks of the machine."""
    cold = part(result, "cold")
    rows = []
    for row in _by_size(rows_of(cold)):
        pairs, iterations = origin_links(row), row.get("iterations")
        iteration = ratio(row.get("seconds"), iterations)
        read = ratio(row.get("state_bytes"), cold.get("bytes_per_second"))
        rows.append(
            (
                row["network"],
                cell(iterations, ","),
                duration(iteration),
                memory(ratio(row.get("state_bytes"), row.get("origins"))),
                _nanoseconds(ratio(iteration, pairs)),
                _nanoseconds(ratio(row.get("pass_seconds"), pairs)),
                _times(ratio(iteration, row.get("pass_seconds"))),
                _times(ratio(iteration, read)),
            )
        )
    columns = (
        "network",
        "iterations",
        "time of one",
        "bush of an origin",
        "ns an origin, link and iteration",
        "one pass over all links, ns an origin and link",
        "an iteration is so many passes",
        "or so many readings of all bushes",
    )
    return measured_table(columns, rows)


def limit_note(result: Result) -> str:
    """Say how fast the machine copies memory."""
    rate = part(result, "cold").get("bytes_per_second")
    return (
        ""
        if rate is None
        else f"One thread of this machine reads and writes {rate / 1e9:.0f} GB a second when it copies memory."
    )


def measured_note(result: Result) -> str:
    """Say when, on what and with what each part was measured."""
    stamps: dict[str, list[str]] = {}
    for name in PARTS:
        if part(result, name):
            stamps.setdefault(_stamp(part(result, name)), []).append(name)
    if len(stamps) == 1:
        return f"Measured {next(iter(stamps))}."
    return " ".join(f"Measured {stamp}: {', '.join(names)}." for stamp, names in stamps.items())


def _stamp(found: dict[str, Any]) -> str:
    packages = found.get("packages", {})
    return (
        f"{found.get('measured')} on {found.get('processor')} with {found.get('cores')} cores, braess {found.get('braess')}, "
        f"Python {found.get('python')}, NumPy {packages.get('numpy')}, Numba {packages.get('numba')}"
    )


def _by_size(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: origin_links(row) or 0)


def _tap_b(row: dict[str, Any]) -> str:
    if row.get("tap_b_seconds") is None:
        return ""
    return f"{duration(row['tap_b_seconds'])} ({row['tap_b_ratio']:.1f} ×)"


def _aequilibrae_time(row: dict[str, Any]) -> str:
    if row.get("ratio") is None:
        return ""
    return f"{duration(row['aequilibrae_cpu_seconds'])} ({significant(row['ratio'])} ×)"


def _aequilibrae(row: dict[str, Any]) -> str:
    if row.get("ratio") is None:
        return ""
    gaps = f"{row['aequilibrae_gap']:.1e}, {row['gap']:.1e}"
    return f"{duration(row['aequilibrae_cpu_seconds'])} ({significant(row['ratio'])} ×; {gaps})"


def _difference(row: dict[str, Any]) -> str:
    if row.get("largest_difference") is None:
        return "not published"
    return f"{row['largest_difference']:.1e} ({row['largest_relative_difference']:.0e})"


def _of(before: float) -> str:
    return f" ({memory(before)})"


def _rate(value: float | None) -> str:
    return "" if value is None else significant(value)


def _nanoseconds(seconds: float | None) -> str:
    return "" if seconds is None else significant(1e9 * seconds)


def _times(value: float | None) -> str:
    return "" if value is None else significant(value)


def blocks(result: Result) -> dict[str, str]:
    """Return every block of Markdown by its name."""
    return {
        "cold": cold_table(result),
        "published": published_table(result),
        "threads": threads_line(result),
        "warm": warm_table(result),
        "batch": batch_table(result),
        "scale": scale_table(result),
        "limit": limit_table(result) + "\n\n" + limit_note(result),
        "measured": measured_note(result),
    }
