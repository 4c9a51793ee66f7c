"""`braess profile`: time the blocks of networks on this machine, and say how far their times add up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from braess.cli.options import Json, Quiet, StudyPath
from braess.cli.output import counting, say, say_json, say_table
from braess.errors import InputError


def profile(
    study: StudyPath,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: `NAME-latency.json` here.")
    ] = None,
    designs: Annotated[
        int, typer.Option("--designs", "-n", min=3, help="Whole networks that sums over blocks are compared with.")
    ] = 30,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed in place of the study file's.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Time each block of the networks of a study once alone, write a table, and compare sums with whole networks.

    The study's problem is one of kind `cell`, `chain`, `resnet-widths`, `mlp-widths` or `program`; how time is measured
    stands in the table `problem.timing`. Its `latency_table` may name the table afterwards. Leave the machine idle meanwhile.
    """
    import numpy as np

    from braess.study.file import read_study

    plan = read_study(study)
    problem = plan.build_problem()
    from braess.domains.architecture.costs.additive import profile as measure
    from braess.domains.architecture.training.problem import TrainedNetworks

    if not isinstance(problem, TrainedNetworks):
        raise InputError("only networks that are trained can be profiled", file=study, field="problem.kind")
    path = output or Path(f"{plan.settings.name}-latency.json")
    rng = np.random.default_rng(plan.settings.seed if seed is None else seed)
    with counting("times", silent=quiet or as_json) as count:
        table = measure(problem.family, rng, timing=problem.timing, designs=designs, progress=count)
    table.write(path)
    found = table.additivity
    if as_json:
        say_json({"file": str(path), "blocks": len(table.milliseconds), "machine": table.machine} | vars(found))
    elif not quiet:
        say_table(("block", "ms"), table.milliseconds.items())
        say(f"{'file':<20} {path}")
        say(f"{'held-out networks':<20} {found.designs}")
        say(f"{'R2 of the sums':<20} {found.r2:.3f}")
        say(f"{'relative error':<20} {found.error:.1%} on average, {found.bias:+.1%} with its sign")
        say(f"{'rank correlation':<20} {found.spearman:.3f}")
