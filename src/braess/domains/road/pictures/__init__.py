"""Pictures of road networks: flow as width, saturation as colour, before and after a design. Drawn by matplotlib, late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from braess.domains.road.network import Floats, RoadNetwork

__all__ = ["draw", "flow_map"]


def draw(data: bytes) -> dict[str, Figure]:
    """Draw an artifact of the road domain.

    Parameters
    ----------
    data
        What `braess.domains.road.artifact.write_artifact` wrote; nothing in it is trusted.

    Returns
    -------
    Titled figures: "Before and after" and "Change of flow", or "Flow and saturation" where nothing is compared.

    Raises
    ------
    InputError
        The data is no artifact of a road network.
    """
    from braess.domains.road.artifact_reading import read_artifact
    from braess.domains.road.pictures.figures import change_figure, comparison_figure, flow_figure

    artifact = read_artifact(data)
    if artifact.before is None:
        return {"Flow and saturation": flow_figure(artifact)}
    return {"Before and after": comparison_figure(artifact), "Change of flow": change_figure(artifact)}


def flow_map(
    network: RoadNetwork, flow: Floats, *, title: str | None = None, flow_unit: str = "", time_unit: str = ""
) -> Figure:
    """Draw the flow on a network: width for flow, colour for flow over capacity.

    Parameters
    ----------
    network
        The network; without coordinates it is laid out by link lengths, and the figure says so.
    flow
        ``[links]`` flow units.
    title
        The network's name if left out.
    flow_unit, time_unit
        What the figure writes as units; nothing if left out.

    Raises
    ------
    InputError
        ``flow`` does not match the links.
    """
    import numpy as np

    from braess.domains.road.artifact import LinkState, RoadArtifact
    from braess.domains.road.pictures.figures import flow_figure
    from braess.errors import InputError

    flow = np.asarray(flow, dtype=np.float64)
    if flow.shape != (network.links,):
        raise InputError("flow does not match the links", field="flow", found=flow.shape, expected=f"({network.links},)")
    state = LinkState.of(network, flow)
    return flow_figure(RoadArtifact.of(network, state, title=title, flow_unit=flow_unit, time_unit=time_unit))
