"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and no progress.")]
Seed: TypeAlias = Annotated[int | None, typer.Option("--seed", min=0, help="Seed in place of the study file's.")]
Workers: TypeAlias = Annotated[
    int | None, typer.Option("--workers", min=1, help="Threads that evaluate; default: one for each core.")
]
Name: TypeAlias = Annotated[str | None, typer.Option("--name", help="Which study, where a record holds several.")]
Run: TypeAlias = Annotated[str, typer.Argument(metavar="RUN", help="Folder of a run, SQLite file, or database URL.")]
StudyPath: TypeAlias = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file.")]
StudyOption: TypeAlias = Annotated[
    Path | None, typer.Option("--study", help="The study file, where its inputs have moved or its budget has grown.")
]
