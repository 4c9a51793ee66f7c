"""The network design scenarios of Madadi and Correia: how they alter the networks they take from TNTP.

Source: Madadi, B. and Correia, G. (2023), "A hybrid deep-learning-metaheuristic framework for bi-level network design
problems", Expert Systems with Applications 243, 122814, https://doi.org/10.1016/j.eswa.2023.122814.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._text import read_text
from braess.domains.road.network import Ints, RoadNetwork

_POSITIVE = 1e-6  # what the scenarios put in place of zero
_POWER = 4.0  # BPR power that the scenarios put in place of 1 and less


def as_published_madadi2023(network: RoadNetwork) -> RoadNetwork:
    """Return the network as the scenarios read it.

    ``free_flow_time``, ``capacity`` and ``length`` of at most zero become 1e-6, a ``power`` of at most 1 becomes 4,
    and every node lets traffic through. Read the network with ``zero_capacity=1e-6`` where it has zero capacities.

    Parameters
    ----------
    network
        The network as it is in its file.
    """
    positive: dict[str, Any] = {
        key: np.where(getattr(network, key) <= 0, _POSITIVE, getattr(network, key))
        for key in ("free_flow_time", "capacity", "length")
    }
    power = np.where(network.power <= 1, _POWER, network.power)
    return replace(network, power=power, through=np.ones(network.nodes, dtype=np.bool_), **positive)


def read_lane_swap_pairs(path: str | Path, network: RoadNetwork) -> Ints:
    """Read the pairs of opposite links between which lanes may be swapped.

    Parameters
    ----------
    path
        A JSON list of node pairs ``[[i, j], …]``.
    network
        The network that they belong to.

    Returns
    -------
    ``[pairs, 2]`` index of the link from i to j and of the link from j to i.

    Raises
    ------
    InputError
        The file is not such a list, or the network lacks one of the links.
    """
    findings = Findings(path)
    text = read_text(path, findings)
    try:
        pairs = json.loads(text)
    except json.JSONDecodeError as error:
        findings.fail("not JSON: " + error.msg, line=error.lineno)
    if not isinstance(pairs, list):
        findings.fail("not a list of node pairs", expected="[[i, j], …]")
    ends = zip(network.node_ids[network.tail].tolist(), network.node_ids[network.head].tolist(), strict=True)
    link = {pair: at for at, pair in enumerate(ends)}
    found: list[tuple[int, int]] = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(node, int) for node in pair)):
            findings.add("not a pair of nodes", found=pair, expected="[i, j]")
        elif (pair[0], pair[1]) not in link or (pair[1], pair[0]) not in link:
            findings.add("the network lacks a link of the pair", found=pair, expected="links in both directions")
        else:
            found.append((link[pair[0], pair[1]], link[pair[1], pair[0]]))
    return findings.result(np.array(found, dtype=np.int64).reshape(-1, 2))
