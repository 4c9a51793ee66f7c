"""What commands print: plain lines, tables, or JSON."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

_LOG_EVERY = 10.0  # seconds


def printable(text: str) -> str:
    """Replace what a terminal would obey instead of show: text from a record or a file may come from anybody."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def say(line: str) -> None:
    """Print a line for people; nothing in it is markup."""
    Console(highlight=False).print(Text(printable(line)), soft_wrap=True)


def waiting(text: str, *, silent: bool) -> AbstractContextManager[object]:
    """Show on a terminal that something takes its time, as long as the context lasts."""
    console = Console(stderr=True)
    return nullcontext() if silent or not console.is_terminal else console.status(Text(text))


def let_log() -> None:
    """Let the log lines of braess, and of nobody else, reach standard error: progress where there is no terminal."""
    logger = logging.getLogger("braess")
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())
    logger.setLevel(logging.INFO)


@contextmanager
def counting(what: str, *, silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how many of something are done: a bar on a terminal, a log line now and then elsewhere."""
    console = Console(stderr=True)
    if silent:
        yield None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        let_log()
        began = last = time.monotonic()

        def count(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _LOG_EVERY:
                last = now
                left = (total - done) * (now - began) / max(done, 1)
                logging.getLogger("braess").info("%s: %s of %s, about %.0f s left", what, f"{done:,}", f"{total:,}", left)

        yield count


def say_json(data: Any) -> None:
    """Print data for programs: JSON without NaN or infinities."""
    print(json.dumps(finite(data), indent=2, ensure_ascii=False))  # noqa: T201 -- standard output is the product


def finite(data: Any) -> Any:
    """Replace what JSON cannot hold: NaN and infinities by null."""
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


def say_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print a table for people; nothing in it is markup."""
    table = Table(title=None if title is None else Text(title), title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(number(cell))) for cell in row))
    Console(highlight=False).print(table)


def number(value: Any) -> str:
    """Write a value for people: thousands apart, as many digits as mean something."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e10:
        return (
            f"{value:,.{max(0, 6 - max(0, math.floor(math.log10(abs(value)))))}f}".rstrip("0").rstrip(".")
            if abs(value) < 1e6
            else f"{value:,.1f}"
        )
    return f"{value:.6g}"
