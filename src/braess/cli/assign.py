"""`braess assign`: the equilibrium of one network."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from braess.cli.options import Json, Quiet
from braess.cli.output import number, say, say_json


class Principle(str, Enum):
    """How trips choose."""

    equilibrium = "user-equilibrium"
    optimum = "system-optimum"


def assign(
    network: Annotated[str, typer.Argument(metavar="NET", help="Name of a known network, TNTP net file or GMNS folder.")],
    trips: Annotated[Path | None, typer.Argument(metavar="TRIPS", help="Demand: TNTP trips, csv or OMX.")] = None,
    principle: Annotated[Principle, typer.Option(help="User equilibrium or system optimum.")] = Principle.equilibrium,
    gap: Annotated[float, typer.Option(min=0.0, max=1.0, help="Relative gap to reach.")] = 1e-10,
    toll_factor: Annotated[float | None, typer.Option(help="Time per unit of toll in the generalised cost.")] = None,
    distance_factor: Annotated[float | None, typer.Option(help="Time per unit of length in the generalised cost.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write link flows: .csv or .geojson.")] = None,
    picture: Annotated[Path | None, typer.Option("--map", help="Draw the flows: .png, .svg or .pdf.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Solve the user equilibrium (or the system optimum) of a network and write its link flows."""
    from braess.domains.road import load
    from braess.domains.road.equilibrium import assign as solve
    from braess.domains.road.equilibrium import marginal_cost_tolls

    roads, demand = load(network, trips, toll_factor=toll_factor, distance_factor=distance_factor)
    solved = solve(roads, demand, principle=principle.value, relative_gap=gap)
    flows = {"flow": solved.flow, "time": solved.time, "cost": solved.cost, "volume_capacity": solved.flow / roads.capacity}
    if principle is Principle.optimum:  # tolls in time units where drivers do not weigh them
        priced = roads if roads.toll_factor else roads.with_links(toll_factor=1.0, toll=0.0 * roads.toll)
        flows["marginal_cost_toll"] = marginal_cost_tolls(priced, solved)
    if output is not None:
        _write(output, roads, flows)
    if picture is not None:
        from braess.domains.road.pictures import flow_map

        flow_map(roads, solved.flow).savefig(picture, dpi=200)
    facts: dict[str, Any] = {
        "network": roads.name,
        "principle": principle.value,
        "relative_gap": solved.relative_gap,
        "iterations": solved.iterations,
        "seconds": solved.seconds,
        "total_travel_time": solved.total_travel_time,
        "total_cost": solved.total_cost,
        "beckmann": solved.beckmann,
        "largest_volume_capacity": float(flows["volume_capacity"].max()),
    }
    if as_json:
        say_json(facts | {name: values.tolist() for name, values in flows.items()})
    elif not quiet:
        for name, value in facts.items():
            say(f"{name.replace('_', ' '):<24} {number(value)}")
        for path in (output, picture):
            if path is not None:
                say(f"{'written':<24} {path}")


def _write(path: Path, network: Any, flows: dict[str, Any]) -> None:
    from braess.domains.road.formats import write_geojson, write_links_csv
    from braess.errors import InputError

    writers = {".csv": write_links_csv, ".geojson": write_geojson}
    if path.suffix not in writers:
        raise InputError("unknown kind of file to write", field="--output", found=path.suffix, expected=" or ".join(writers))
    writers[path.suffix](network, path, flows)
