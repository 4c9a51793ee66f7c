"""TNTP demand files (``*_trips.tntp``): blocks ``Origin o`` with entries ``d : trips;``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._text import to_number
from braess.domains.road.formats._tntp import split_sections
from braess.domains.road.network import Demand

_ORIGIN = re.compile(r"\s*origin\b[\s:]*([^\s:;]*)(.*)$", re.IGNORECASE)
_TOKENS = re.compile(r"[:;]|[^\s:;]+")
_MOST_ZONES = 30_000  # a matrix of more is beyond memory: a mistake in the metadata
_TOTAL_TOLERANCE = 1e-6  # relative; published files differ from their <TOTAL OD FLOW> by rounding


@dataclass
class _Table:
    """The matrix under construction: ``trips`` per origin, by destination, ``None`` where nothing was said yet."""

    zones: int
    findings: Findings
    origin: int | None = None
    trips: dict[int, list[float | None]] = field(default_factory=dict)

    def start(self, text: str, line: int) -> None:
        """Begin the block of an origin."""
        value = to_number(text)
        if value is None or not (value.is_integer() and 1 <= value <= self.zones):
            self.findings.add("no such zone", line=line, field="origin", found=text, expected=f"1 to {self.zones}")
            self.origin = None
        else:
            self.origin = int(value) - 1
            self.trips.setdefault(self.origin, [None] * self.zones)

    def put(self, zone: int, trips: float, line: int) -> None:
        """Enter the trips to one destination."""
        add = self.findings.add
        if not 1 <= zone <= self.zones:
            add("no such zone", line=line, field="destination", found=zone, expected=f"1 to {self.zones}")
        elif not (trips >= 0 and math.isfinite(trips)):
            add("impossible trips", line=line, field="trips", found=trips, expected="a finite number of at least 0")
        elif self.origin is not None:
            row = self.trips[self.origin]
            if row[zone - 1] is not None:
                pair = f"{self.origin + 1} -> {zone}"
                add("the trips of a zone pair are given twice", line=line, field="trips", found=pair, expected="one value")
            row[zone - 1] = trips


def read_tntp_trips(path: str | Path) -> Demand:
    """Read a TNTP trip table.

    Entries may be spread over lines in any way, semicolons and origins may be missing; zone pairs that are not
    listed have no trips. A sum that differs from ``<TOTAL OD FLOW>`` is no error (published files differ
    by rounding); `braess.domains.road.formats.check_file` reports it.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    Demand between zones ``1..zones``, in the file's flow units.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field.
    """
    findings = Findings(path)
    return findings.result(scan_trips(path, findings))


def scan_trips(path: str | Path, findings: Findings) -> Demand | None:
    """Read a trip table as `read_tntp_trips` does, leaving defects in ``findings``."""
    sections = split_sections(path, findings)
    zones = sections.count(findings, "NUMBER OF ZONES", most=_MOST_ZONES)
    stated = sections.number(findings, "TOTAL OD FLOW", math.inf)
    if zones is None:
        return None
    table = _Table(zones, findings)
    _read_body(sections.body, table)
    if findings.problems:
        return None
    matrix = np.zeros((zones, zones))
    for origin, row in table.trips.items():
        matrix[origin] = [trips or 0.0 for trips in row]
    demand = Demand(matrix)
    if stated is not None and math.isfinite(stated) and abs(demand.total - stated) > _TOTAL_TOLERANCE * max(stated, 1.0):
        findings.warn(f"the trips add up to {demand.total:.10g}, <TOTAL OD FLOW> says {stated:.10g}")
    return demand


def _read_body(body: list[tuple[int, str]], table: _Table) -> None:
    """Read origins and entries; an entry that its line leaves unfinished is carried on to the next."""
    carried: list[tuple[str, int]] = []
    seen_origin = False
    for line, text in body:
        content = text.partition("~")[0]
        match = _ORIGIN.match(content)
        if match:
            _refuse_rest(carried, table)
            carried, seen_origin = [], True
            table.start(match[1], line)
            content = match[2]
        if not content.strip():
            continue
        if not seen_origin:
            table.findings.fail("entries before the first origin", line=line, found=content.strip(), expected="Origin 1")
        if carried or not _read_whole_line(content, line, table):
            carried = _read_tokens(carried + [(token, line) for token in _TOKENS.findall(content)], table)
    _refuse_rest(carried, table)


def _read_whole_line(content: str, line: int, table: _Table) -> bool:
    """Enter a line made of complete entries only, the common case; false leaves it untouched."""
    if "_" in content:
        return False
    try:
        pieces = [piece.split(":") for piece in content.split(";") if piece.strip()]
        entries = [(int(zone), float(trips)) for zone, trips in pieces]
    except ValueError:
        return False
    for zone, trips in entries:
        table.put(zone, trips, line)
    return True


def _read_tokens(tokens: list[tuple[str, int]], table: _Table) -> list[tuple[str, int]]:
    """Enter ``zone : trips`` from words; return the words of an entry that has not ended yet."""
    at = 0
    while at < len(tokens):
        words = [word for word, _ in tokens[at : at + 3]]
        line = tokens[at][1]
        if words[0] == ";":
            at += 1
        elif len(words) < 3 and (len(words) == 1 or words[1] == ":"):
            return tokens[at:]
        elif words[1] == ":" and words[2] not in (":", ";"):
            _enter(words[0], words[2], line, table)
            at += 3
        else:
            found = " ".join(words)
            table.findings.add("not an entry", line=line, field="trips", found=found, expected="destination : trips;")
            at = next((i for i in range(at + 1, len(tokens)) if tokens[i][0] == ";"), len(tokens))
    return []


def _enter(zone: str, trips: str, line: int, table: _Table) -> None:
    number, amount = to_number(zone), to_number(trips)
    if number is None or not number.is_integer():
        table.findings.add("not a zone", line=line, field="destination", found=zone, expected="a whole number")
    elif amount is None:
        table.findings.add("not a number", line=line, field="trips", found=trips, expected="a number")
    else:
        table.put(int(number), amount, line)


def _refuse_rest(carried: list[tuple[str, int]], table: _Table) -> None:
    if carried:
        found = " ".join(word for word, _ in carried)
        table.findings.add(
            "the entry is cut off: truncated file?",
            line=carried[0][1],
            field="trips",
            found=found,
            expected="destination : trips;",
        )
