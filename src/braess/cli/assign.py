"""`braess assign`: the equilibrium of one network."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from braess.cli.options import Json, Quiet
from braess.cli.output import number, say, say_json, waiting
from braess.cli.read_off import Mode, Over, ReadOff, Split
from braess.errors import InputError

if TYPE_CHECKING:
    from braess.domains.road import RoadNetwork
    from braess.domains.road.assignment_task import AssignmentResult, AssignmentTask

_LINKS = (".csv", ".geojson")
_PICTURES = (".png", ".svg", ".pdf")


class Principle(str, Enum):
    """How trips choose."""

    equilibrium = "user-equilibrium"
    optimum = "system-optimum"


def assign(
    network: Annotated[
        str,
        typer.Argument(metavar="NET", help="Assignment file (.toml); or name of a network, TNTP net file or GMNS folder."),
    ],
    trips: Annotated[Path | None, typer.Argument(metavar="TRIPS", help="Demand: TNTP trips, csv or OMX.")] = None,
    principle: Annotated[
        Principle | None, typer.Option(help="User equilibrium (unless the assignment file says otherwise) or system optimum.")
    ] = None,
    gap: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Relative gap to reach; left out: the file's, or 1e-10.")
    ] = None,
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
    of_class: Annotated[
        str | None, typer.Option("--class", help="The user class whose skims, paths or selected trips are meant.")
    ] = None,
    trips_made: Annotated[
        Path | None, typer.Option(help="Write the trips that are made where demand is elastic: .csv or .omx.")
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, help="Threads that share the origins; worth it from some hundred of them on.")
    ] = 1,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Solve the user equilibrium (or the system optimum) of a network or an assignment file, and write its link flows."""
    changes = {
        "principle": None if principle is None else principle.value,
        "relative_gap": gap,
        "toll_factor": toll_factor,
        "distance_factor": distance_factor,
    }
    _check_places(output, picture)
    task = _task(network, trips, {name: value for name, value in changes.items() if value is not None})
    reading = ReadOff(
        skims, skims_over, paths, paths_split, least_flow, select_link or [], select_mode, select_output, of_class
    )
    reading.check(task)
    if trips_made is not None:
        _check_trips_made(trips_made, task)
    with waiting("Solving; the first time compiles for half a minute", silent=quiet or as_json):
        result = task.solve(threads)
    read, selected = reading.write(result)
    columns = result.columns | selected
    written = [*_write(task.network, columns, output, picture), *reading.written]
    if trips_made is not None:
        written.append(_write_trips(task.network, result, trips_made))
    facts = result.facts | read
    if as_json:
        say_json(facts | {name: values.tolist() for name, values in columns.items()})
    elif not quiet:
        width = max(24, *(len(name) for name in facts))
        for name, value in facts.items():
            say(f"{name.replace('_', ' '):<{width}} {number(value)}")
        for path in written:
            say(f"{'written':<{width}} {path}")


def _task(network: str, trips: Path | None, changes: dict[str, Any]) -> AssignmentTask:
    if Path(network).suffix == ".toml":
        from braess.domains.road import read_assignment

        if trips is not None:
            raise InputError("the assignment file names the demand", field="TRIPS", found=str(trips), expected="nothing")
        return read_assignment(network).build(**changes)
    from braess.domains.road import load
    from braess.domains.road.assignment_task import PlainTask

    factors = {name: changes.pop(name) for name in ("toll_factor", "distance_factor") if name in changes}
    roads, demand = load(network, trips, **factors)
    return PlainTask(roads, demand=demand, **changes)


def _check_places(output: Path | None, picture: Path | None) -> None:
    """Refuse places that nothing can be written to, before anything is solved."""
    for option, path, kinds in (("--output", output, _LINKS), ("--map", picture, _PICTURES)):
        if path is not None and path.suffix not in kinds:
            expected = " or ".join(kinds)
            raise InputError("unknown kind of file to write", field=option, found=path.suffix, expected=expected)


def _check_trips_made(path: Path, task: AssignmentTask) -> None:
    from braess.domains.road.assignment_task import ElasticTask
    from braess.domains.road.formats import require_matrix_file

    require_matrix_file(path, "--trips-made")
    if not isinstance(task, ElasticTask):
        raise InputError("demand is not elastic", field="--trips-made", expected="an assignment file with a table [elastic]")


def _write(network: RoadNetwork, columns: dict[str, Any], output: Path | None, picture: Path | None) -> list[Path]:
    from braess.domains.road.formats import write_geojson, write_links_csv

    if output is not None:
        (write_links_csv if output.suffix == ".csv" else write_geojson)(network, output, columns)
    if picture is not None:
        from braess.domains.road.pictures import flow_map

        flow_map(network, columns["flow"]).savefig(picture, dpi=200)
    return [path for path in (output, picture) if path is not None]


def _write_trips(network: RoadNetwork, result: AssignmentResult, path: Path) -> Path:
    from braess.domains.road.formats import write_matrices

    if result.trips_made is not None:
        trips = result.trips_made.matrix
        write_matrices(path, {"volume": trips}, network.node_ids[network.zone_nodes], listed=trips > 0)
    return path
