"""Links by the labels of their nodes, as people write them."""

from __future__ import annotations

from collections.abc import Sequence

from braess.domains.road.network import RoadNetwork
from braess.errors import InputError, nearest


def places_by_label(network: RoadNetwork) -> dict[str, list[int]]:
    """Return the indices of the links by label, several where links are parallel."""
    places: dict[str, list[int]] = {}
    for link in range(network.links):
        places.setdefault(network.link_label(link), []).append(link)
    return places


def find_links(network: RoadNetwork, labels: Sequence[str]) -> list[int]:
    """Return the index of each link named like ``"2->6"``.

    Raises
    ------
    InputError
        A label fits no link, or several parallel ones.
    """
    places = places_by_label(network)
    for label in labels:
        if len(places.get(label, ())) != 1:
            message = "names several parallel links" if label in places else f"no such link{nearest(label, places)}"
            raise InputError(message, field="links", found=label, expected="tail->head, as in '2->6'")
    return [places[label][0] for label in labels]


def pick_links(network: RoadNetwork, links: Sequence[int | str]) -> list[int]:
    """Return the index of each link, given by its label as in `find_links` or by the index itself.

    Raises
    ------
    InputError
        None is given, one is unknown, or one is given twice.
    """
    if isinstance(links, str) or len(links) == 0:
        raise InputError("no list of links", field="links", found=links, expected="at least one link, as in ['2->6']")
    found = []
    for link in links:
        index = find_links(network, [link])[0] if isinstance(link, str) else int(link)
        if not 0 <= index < network.links:
            raise InputError("no such link", field="links", found=link, expected=f"0 to {network.links - 1}")
        if index in found:
            raise InputError("a link is given twice", field="links", found=link)
        found.append(index)
    return found
