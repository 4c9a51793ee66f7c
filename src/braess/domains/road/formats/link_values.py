"""A value for some links as comma-separated text: ``init_node,term_node,flow``, or ``link,flow``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._table import Table, read_table
from braess.domains.road.links import places_by_label
from braess.domains.road.network import Floats, Ints, RoadNetwork

_ENDS = (("init_node", "term_node"), ("from_node", "to_node"), ("from_node_id", "to_node_id"), ("tail", "head"))


def read_link_values(
    path: str | Path, network: RoadNetwork, column: str, *, otherwise: Floats | float = 0.0, least: float | None = None
) -> Floats:
    """Read a value for some links of a network.

    Links are named by the labels of their nodes (``init_node`` and ``term_node``, ``from_node`` and ``to_node``), or in a
    column ``link`` by a label as in ``12->7`` or by the number from 0, as files of link flows have it; where both are
    there they must agree. Parallel links need the number.

    Parameters
    ----------
    path
        The file, plain or gzip.
    network
        The network that the links belong to.
    column
        The column with the values.
    otherwise
        ``[links]``, or one number: the value of links that are not listed.
    least
        Values below are refused.

    Returns
    -------
    ``[links]`` in the units of the file.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, with file, line and field; a link unknown to the network or given twice.
    """
    findings = Findings(path)
    table = read_table(path, findings)
    ends = next((pair for pair in _ENDS if set(pair) <= set(table.columns)), None)
    table.refuse_missing([column] if ends or "link" in table.columns else [*_ENDS[0], column])
    if findings.problems:
        return findings.result(None)
    values = table.numbers(column)
    if least is not None:
        table.refuse_where(column, values < least, "the value is too small", f"a number of at least {least:g}")
    links = _by_link(table, network, ends) if "link" in table.columns else _by_ends(table, network, ends or _ENDS[0])
    if not findings.problems:
        table.refuse_repeated(column if ends is None else ends[1], links.tolist())
    result = np.array(np.broadcast_to(otherwise, network.links), dtype=np.float64)
    if not findings.problems:
        result[links] = values
    return findings.result(result)


def _by_link(table: Table, network: RoadNetwork, ends: tuple[str, str] | None) -> Ints:
    """Find the links by their label or number; where the file names their nodes too, they must be those."""
    places = places_by_label(network)
    links = np.zeros(table.rows, np.int64)
    for row, cell in enumerate(cell.strip() for cell in table.columns["link"]):
        if cell.isdecimal() and int(cell) < network.links:
            links[row] = int(cell)
        elif len(places.get(cell, ())) == 1:
            links[row] = places[cell][0]
        else:
            message = "names several parallel links" if cell in places else "there is no such link"
            table.refuse(row, "link", message, f"a label as in '2->6', or a number from 0 to {network.links - 1}")
    if ends is not None and not table.findings.problems:
        for name, nodes in zip(ends, (network.tail, network.head), strict=True):
            wrong = table.whole(name) != network.node_ids[nodes[links]]
            table.refuse_where(name, wrong, "is not a node of this link of the network", "the label of its node")
    return links


def _by_ends(table: Table, network: RoadNetwork, ends: tuple[str, str]) -> Ints:
    places = places_by_label(network)
    links = np.zeros(table.rows, np.int64)
    for row, (tail, head) in enumerate(zip(*(table.whole(name).tolist() for name in ends), strict=True)):
        found = places.get(f"{tail}->{head}", [])
        if len(found) == 1:
            links[row] = found[0]
        elif found:
            table.refuse(row, ends[1], "names several parallel links", "a column link with numbers that tell them apart")
        else:
            table.refuse(row, ends[1], f"there is no link {tail}->{head}", "a link of the network")
    return links
