"""`braess show`, `braess report` and `braess export`: look at a record; nothing in it is executed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from braess.cli.locate import REPORT, folder_of, store_of
from braess.cli.options import Json, Name, Quiet, Run
from braess.cli.output import say
from braess.cli.run import tell
from braess.errors import InputError

if TYPE_CHECKING:
    from braess.study import Result


def _open(run: str, name: str | None) -> Result:
    from braess.study import open_result

    return open_result(store_of(run), name)


def show(run: Run, name: Name = None, as_json: Json = False) -> None:
    """Print what a run came to, or how far it is."""
    tell(_open(run, name), None, quiet=False, as_json=as_json)


def report(
    run: Run,
    name: Name = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the page goes; default: beside the record.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write the HTML report of a run."""
    from braess.report import write_report
    from braess.study.domain import drawers

    page = write_report(_open(run, name), output or folder_of(run) / REPORT, drawers())
    if not quiet:
        say(str(page))


def export(
    run: Run,
    csv: Annotated[bool, typer.Option("--csv", help="One row for each evaluation.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The whole result as JSON.")] = False,
    geojson: Annotated[bool, typer.Option("--geojson", help="The best design on the map, as GeoJSON.")] = False,
    kept: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="A file kept with the record, such as synthetic.csv.")
    ] = None,
    name: Name = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the file goes; default: beside the record.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a run to a file that other programs read."""
    from braess.report import export_csv, export_json

    if csv + json + geojson + (kept is not None) != 1:
        raise InputError("say once what to write", field="--csv, --json, --geojson, --file", expected="one of them")
    result = _open(run, name)
    usual = "result.csv" if csv else "result.json" if json else "best.geojson" if geojson else Path(str(kept)).name
    path = output or folder_of(run) / usual
    if csv:
        export_csv(result, path)
    elif json:
        export_json(result, path)
    elif geojson:
        _export_geojson(result, path)
    else:
        _export_kept(result, str(kept), path)
    if not quiet:
        say(str(path))


def _export_kept(result: Result, name: str, path: Path) -> None:
    if name not in result.artifacts:
        expected = f"one of {', '.join(sorted(result.artifacts)) or 'none'}"
        raise InputError("the run kept no such file", field="--file", found=name, expected=expected)
    path.write_bytes(result.artifacts[name].data)


def _export_geojson(result: Result, path: Path) -> None:
    maps = [kept for kept in result.artifacts.values() if kept.name.endswith(".geojson")]
    if not maps:
        raise InputError("the run kept no map", field="--geojson", expected="a finished run of a domain with maps")
    path.write_bytes(maps[0].data)
