"""`braess assign`: the equilibrium of one network."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from braess.cli.options import Json, Quiet
from braess.cli.output import number, say, say_json
from braess.cli.read_off import Mode, Over, ReadOff, Split


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
    skims: Annotated[Path | None, typer.Option(help="Write time, distance and cost between zones: .csv or .omx.")] = None,
    skims_over: Annotated[Over, typer.Option(help="Skims along a shortest path, or the mean over used ones.")] = Over.shortest,
    paths: Annotated[Path | None, typer.Option(help="Write the used paths with their flows and costs: .csv.")] = None,
    paths_split: Annotated[
        Split, typer.Option(help="All paths by the splits at nodes, or few wide ones.")
    ] = Split.proportional,
    least_flow: Annotated[float, typer.Option(min=0.0, help="Leave out paths with less flow.")] = 0.0,
    select_link: Annotated[
        list[str] | None, typer.Option(help="Find the trips that use a link, as '12->7' or by number from 0; repeatable.")
    ] = None,
    select_mode: Annotated[Mode, typer.Option(help="Trips that use any selected link, all, or all in order.")] = Mode.any,
    select_output: Annotated[Path | None, typer.Option(help="Write the trips that use the links: .csv or .omx.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Solve the user equilibrium (or the system optimum) of a network and write its link flows."""
    from braess.domains.road import load
    from braess.domains.road.equilibrium import Assignment, marginal_cost_tolls

    reading = ReadOff(skims, skims_over, paths, paths_split, least_flow, select_link or [], select_mode, select_output)
    roads, demand = load(network, trips, toll_factor=toll_factor, distance_factor=distance_factor)
    reading.check(roads)
    prepared = Assignment(roads, demand, principle=principle.value)
    solved = prepared.solve(relative_gap=gap)
    read, columns = reading.write(prepared, solved)
    flows = {"flow": solved.flow, "time": solved.time, "cost": solved.cost, "volume_capacity": solved.flow / roads.capacity}
    flows |= columns
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
    } | read
    if as_json:
        say_json(facts | {name: values.tolist() for name, values in flows.items()})
    elif not quiet:
        for name, value in facts.items():
            say(f"{name.replace('_', ' '):<24} {number(value)}")
        for path in (output, picture, *reading.written):
            if path is not None:
                say(f"{'written':<24} {path}")


def _write(path: Path, network: Any, flows: dict[str, Any]) -> None:
    from braess.domains.road.formats import write_geojson, write_links_csv
    from braess.errors import InputError

    writers = {".csv": write_links_csv, ".geojson": write_geojson}
    if path.suffix not in writers:
        raise InputError("unknown kind of file to write", field="--output", found=path.suffix, expected=" or ".join(writers))
    writers[path.suffix](network, path, flows)
