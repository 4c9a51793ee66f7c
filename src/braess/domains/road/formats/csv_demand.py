"""Demand as a list of zone pairs: ``origin,destination,volume``, or ``o_zone_id,d_zone_id,volume`` as in GMNS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._table import Table, read_table, write_table
from braess.domains.road.network import Demand, Ints

COLUMNS = {
    "origin": ("origin", "o_zone_id", "o"),
    "destination": ("destination", "d_zone_id", "d"),
    "volume": ("volume", "demand", "trips"),
}
_MOST_ZONES = 30_000  # a matrix of more is beyond memory: labels are not zone numbers


def read_csv_demand(path: str | Path, zones: int | Sequence[int] | None = None) -> Demand:
    """Read a demand list. Zone pairs that are not listed have no trips.

    Parameters
    ----------
    path
        The file, plain or gzip.
    zones
        Number of zones, labelled from 1, or the labels of the zones in the order of the matrix; the largest label
        in the file where left out.

    Returns
    -------
    Demand in the file's flow units.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    return findings.result(scan_demand(path, findings, zones))


def scan_demand(path: str | Path, findings: Findings, zones: int | Sequence[int] | None = None) -> Demand | None:
    """Read a demand list as `read_csv_demand` does, leaving defects in ``findings``."""
    table = read_table(path, findings)
    names = {column: _spelling(table, column) for column in COLUMNS}
    table.refuse_missing(names.values())
    if findings.problems:
        return None
    volume = table.numbers(names["volume"])
    table.refuse_where(names["volume"], volume < 0, "negative trips", "a number of at least 0")
    ends = [table.whole(names[column]) for column in ("origin", "destination")]
    if findings.problems:
        return None
    labels = _labels(ends, zones)
    if len(labels) > _MOST_ZONES:
        findings.add("too many zones for a matrix", found=len(labels), expected=f"at most {_MOST_ZONES}")
        return None
    index = {label: at for at, label in enumerate(labels)}
    at = [np.array([index.get(label, -1) for label in end.tolist()], dtype=np.int64) for end in ends]
    expected = f"{labels[0]} to {labels[-1]}" if labels else "a zone of the network"
    for column, position in zip(("origin", "destination"), at, strict=True):
        table.refuse_where(names[column], position < 0, "there is no such zone", expected)
    table.refuse_repeated(names["destination"], list(zip(ends[0].tolist(), ends[1].tolist(), strict=True)))
    if findings.problems:
        return None
    matrix = np.zeros((len(labels), len(labels)))
    matrix[at[0], at[1]] = volume
    return Demand(matrix)


def write_csv_demand(demand: Demand, path: str | Path, *, gmns: bool = False) -> None:
    """Write the zone pairs that have trips; zones are numbered from 1 and volumes read back exactly.

    Parameters
    ----------
    demand
        What to write.
    path
        Where to; folders are made as needed.
    gmns
        Whether to name the columns as GMNS tools do.
    """
    origin, destination = np.nonzero(demand.matrix)
    names = [spellings[1 if gmns and column != "volume" else 0] for column, spellings in COLUMNS.items()]
    values = ((origin + 1).tolist(), (destination + 1).tolist(), demand.matrix[origin, destination].tolist())
    write_table(path, dict(zip(names, values, strict=True)))


def _spelling(table: Table, column: str) -> str:
    return next((name for name in COLUMNS[column] if name in table.columns), column)


def _labels(ends: list[Ints], zones: int | Sequence[int] | None) -> Sequence[int]:
    if zones is None:
        zones = max((int(end.max()) for end in ends if end.size), default=0)
    return range(1, zones + 1) if isinstance(zones, int) else zones
