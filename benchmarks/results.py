"""Writes the result file of a benchmark: figures with what they were measured on."""

from __future__ import annotations

import argparse
import fcntl
import itertools
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from braess.study import Result, Status

_PACKAGES = ("numpy", "numba", "scipy", "pymoo", "sqlalchemy")


def write_result(script: str, figures: dict[str, Any]) -> Path:
    """Write ``result.json`` beside a benchmark's script and return its path."""
    path = Path(script).resolve().with_name("result.json")
    path.write_text(json.dumps({**stamp(), **figures}, indent=2) + "\n", encoding="utf-8")
    return path


def whole(result: Result) -> Result:
    """Return what a study came to; end the script where it was interrupted, since a run cut short is no figure."""
    if result.status is Status.INTERRUPTED:
        sys.exit(result.message)
    return result


def go_through(
    path: Path, names: Sequence[str], keys: Iterable[tuple[Any, ...]], measure: Callable[..., dict[str, Any] | None]
) -> None:
    """Measure what a result file does not have yet, one row for each key, and keep each row as soon as it is there.

    Parameters
    ----------
    path
        The result file.
    names
        What tells one row from others.
    keys
        Their values, in the order in which rows are measured.
    measure
        Returns the rest of a row, called with a key; ``None`` where there is nothing to measure.
    """
    for key in keys:
        if key in {key_of(row, names) for row in kept_rows(path)}:
            continue
        found = measure(*key)
        if found is not None:
            row = dict(zip(names, key, strict=True)) | found
            add_row(path, row, names)
            print({name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}, flush=True)


def go_through_seeds(
    description: str | None,
    path: Path,
    names: Sequence[str],
    cases: Iterable[str],
    methods: Iterable[str],
    measure: Callable[..., dict[str, Any] | None],
) -> None:
    """Measure all methods on all cases, seed after seed, as the command line asks: `--seeds` and `--methods`.

    Parameters
    ----------
    description
        What ``--help`` says.
    path, names, measure
        As in `go_through`; a key is a case, a method and a seed.
    cases, methods
        All there are.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--methods", nargs="*", default=list(methods), help="left out: all")
    options = parser.parse_args()
    keys = itertools.product(cases, options.methods, range(options.seeds))
    go_through(path, names, sorted(keys, key=lambda key: key[-1]), measure)


def add_row(path: Path, row: dict[str, Any], names: Sequence[str]) -> None:
    """Keep one more run in a result file, in the order of what these names name; others may keep theirs at the same time."""
    with Path(__file__).open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows = {key_of(one, names): one for one in [*kept_rows(path), row | stamp()]}  # measured twice: the later one stays
        unfinished = path.with_name(f"{path.name}.unfinished")
        lines = ",\n".join(json.dumps(rows[key]) for key in sorted(rows))
        unfinished.write_text(f'{{"rows": [\n{lines}\n]}}\n', encoding="utf-8")
        os.replace(unfinished, path)


def kept_rows(path: Path) -> list[dict[str, Any]]:
    """Return the runs that are done."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    return rows


def key_of(row: dict[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    """Return what tells one run from others."""
    return tuple(row[name] for name in names)


def stamp() -> dict[str, Any]:
    """Say when, with what and on what figures are measured."""
    return {
        "measured": datetime.now(timezone.utc).date().isoformat(),
        "braess": version("braess"),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
