"""`braess pretrain`: fit a prior-fitted network anew, as the shipped ones were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from braess.cli import INTERRUPTED
from braess.cli.options import Json, Quiet
from braess.cli.output import counting, say, say_json
from braess.errors import InputError


def pretrain(
    network: Annotated[str, typer.Argument(help="`values` (for pfn-bo) or `labels` (for the classifier of designs).")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: `NETWORK.net` here.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="In place of those of the shipped network.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of first weights and made-up data; the shipped have 0.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fit a network to made-up data sets, and write it with its recipe and a report of how well it foretells.

    Interrupted, the same command goes on. With the defaults one like the shipped comes out, after an hour on one core.
    """
    from braess.learn.prior_fitted.pretraining import KINDS, Step, checkpoint_of
    from braess.learn.prior_fitted.pretraining import pretrain as fit

    if network not in KINDS:
        raise InputError("there is no such network", field="NETWORK", found=network, expected=" or ".join(KINDS))
    kind, path = KINDS[network], output or Path(f"{network}.net")
    recipe = replace(kind.recipe, seed=seed, steps=steps or kind.recipe.steps)
    with counting("steps", silent=quiet or as_json) as count:

        def tell(step: Step) -> None:
            if count is not None:
                count(step.number, step.most)

        try:
            facts = fit(kind, path, recipe, tell)
        except KeyboardInterrupt:
            if not (quiet or as_json):
                there = checkpoint_of(path).exists()
                say(f"interrupted; the same command {'goes on from the last checkpoint' if there else 'begins again'}")
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        say_json({"file": str(path)} | facts)
    elif not quiet:
        say(f"{'file':<20} {path} ({path.stat().st_size / 1e6:,.1f} MB), fitted in {facts['seconds']:,} s")
        for rows in facts["report"].values():
            for row in rows:
                say("  " + ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in row.items()))
