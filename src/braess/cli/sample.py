"""`braess sample`: draw examples of a problem's follower and solve them, for surrogates to learn from."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from braess.cli import INTERRUPTED
from braess.cli.options import Json, Quiet, StudyPath
from braess.cli.output import counting, say, say_json


def sample(
    study: StudyPath,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Number of examples.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: `NAME-samples.parquet` here.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed in place of the study file's.")] = None,
    deviation: Annotated[
        float, typer.Option("--deviation", min=0.0, help="Relative standard deviation of demand; 0 leaves it as it is.")
    ] = 0.2,
    designs: Annotated[
        bool, typer.Option("--designs", help="Draw designs that the problem allows, and leave demand as it is.")
    ] = False,
    gap: Annotated[float, typer.Option("--gap", help="Relative gap of the equilibria.")] = 1e-6,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Threads that solve; default: one for each core.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw examples of designs and demands, solve them all, and write one Parquet file.

    Interrupted, the same command goes on; with a larger number it adds to what is there.
    """
    from braess.learn import sample as draw
    from braess.study.file import read_study

    plan = read_study(study)
    path = Path(f"{plan.settings.name}-samples.parquet") if output is None else output
    began = time.perf_counter()
    with counting("examples", silent=quiet or as_json) as progress:
        try:
            done = draw(
                plan.build_problem(),
                n,
                path,
                seed=plan.settings.seed if seed is None else seed,
                deviation=deviation,
                relative_gap=gap,
                designs=designs,
                threads=workers or plan.settings.workers or os.cpu_count() or 1,
                progress=progress,
            )
        except KeyboardInterrupt:
            if not (quiet or as_json):
                say("interrupted; what is solved is kept, and the same command goes on")
            raise typer.Exit(INTERRUPTED) from None
    seconds = time.perf_counter() - began
    if as_json:
        facts = {"file": str(path), "examples": done.n, "failed": done.failed, "solved": done.solved, "seconds": seconds}
        say_json(facts)
    elif not quiet:
        rate = f", {done.solved:,} of them now in {seconds:,.1f} s ({done.solved / seconds:,.0f} a second)"
        say(f"{'examples':<20} {done.n:,}{rate if done.solved else ', all there before'}")
        if done.failed:
            say(f"{'without an answer':<20} {done.failed:,} (column error says why)")
        say(f"{'file':<20} {path} ({path.stat().st_size / 1e6:,.1f} MB)")
