"""The commands of `braess`, assembled."""

from __future__ import annotations

from typing import Annotated

import typer

from braess.cli import assign, compare, files, inspect, listing, pretrain, profile, run, sample, verify

app = typer.Typer(
    help="Design networks that answer back: roads, tolls and links whose users respond.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("run")(run.run)
app.command("demo")(run.demo)
app.command("compare")(compare.compare)
app.command("resume")(run.resume)
app.command("show")(inspect.show)
app.command("verify")(verify.verify)
app.command("sample")(sample.sample)
app.command("pretrain")(pretrain.pretrain)
app.command("profile")(profile.profile)
app.command("report")(inspect.report)
app.command("export")(inspect.export)
app.command("list")(listing.list_what)
app.command("assign")(assign.assign)
app.command("check")(files.check)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"braess {version('braess')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Design networks that answer back."""
