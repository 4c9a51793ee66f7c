"""TNTP flow files (``*_flow.tntp``): best-known link flows and costs of a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._tntp import Layout, Rows, read_rows, split_sections
from braess.domains.road.network import Floats, Ints, RoadNetwork

_SPELLINGS = {
    "from": ("from", "from_node", "tail", "init_node", "a"),
    "to": ("to", "to_node", "head", "term_node", "b"),
    "volume": ("volume", "flow"),
    "cost": ("cost",),
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_FLOWS = Layout(_NAMES, ("from", "to", "volume", "cost"), frozenset({"cost"}), frozenset({"from", "to"}))
_SHOWN = 5  # links named in an error


@dataclass(frozen=True, eq=False)
class LinkFlows:
    """Flows and costs ``[links]`` in the order of a network's links, in flow and in time units."""

    volume: Floats
    cost: Floats


def read_tntp_flows(path: str | Path, network: RoadNetwork) -> LinkFlows:
    """Read a TNTP flow file and order it as the links of its network.

    Parallel links are told apart by their order in the file. A file without costs has zeros there.

    Parameters
    ----------
    path
        The file, plain or gzip.
    network
        The network whose links the flows belong to.

    Raises
    ------
    InputError
        Anything in the file that cannot be used, a link unknown to the network, or a link without flow.
    """
    findings = Findings(path)
    rows = scan_flows(path, findings)
    return findings.result(None if findings.problems else _align(rows, network, findings))


def scan_flows(path: str | Path, findings: Findings) -> Rows:
    """Read the rows of a flow file, leaving defects in ``findings``."""
    rows = read_rows(split_sections(path, findings, with_metadata=False).body, _FLOWS, findings)
    if not rows.lines:
        findings.add("the file has no flows", expected="rows of from, to, volume, cost")
    rows.refuse(findings, "volume", rows.array("volume") < 0, "negative flow", "a number of at least 0")
    return rows


def _align(rows: Rows, network: RoadNetwork, findings: Findings) -> LinkFlows | None:
    waiting: dict[tuple[int, int], list[int]] = {}
    ends = _ends(network.node_ids[network.tail], network.node_ids[network.head])
    for link in range(network.links - 1, -1, -1):
        waiting.setdefault(ends[link], []).append(link)
    order = np.full(len(rows.lines), -1, dtype=np.int64)
    for row, pair in enumerate(_ends(rows.whole("from"), rows.whole("to"))):
        links = waiting.get(pair)
        if links:
            order[row] = links.pop()
        else:
            message = "there is no such link" if links is None else "the link is given twice"
            findings.add(message, line=rows.lines[row], field="from, to", found=f"{pair[0]}->{pair[1]}")
    left = sorted(link for links in waiting.values() for link in links)
    if left:
        found = ", ".join(network.link_label(link) for link in left[:_SHOWN])
        findings.add(f"{len(left)} of {network.links} links have no flow", field="from, to", found=found)
    if findings.problems:
        return None
    volume, cost = np.zeros(network.links), np.zeros(network.links)
    volume[order], cost[order] = rows.array("volume"), rows.array("cost")
    return LinkFlows(volume, cost)


def _ends(tail: Ints, head: Ints) -> list[tuple[int, int]]:
    return list(zip(tail.tolist(), head.tolist(), strict=True))
