"""Where data lies that is too large to ship: in the folder that the environment variable ``BRAESS_DATA`` names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "BRAESS_DATA"


def data_roots(shipped: Path) -> Iterator[Path]:
    """Yield the folders to look in: the shipped data, then the one that ``BRAESS_DATA`` names."""
    yield shipped
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE]).expanduser()


def where_to_look() -> str:
    """Say which folder is searched besides the shipped data."""
    value = os.environ.get(VARIABLE)
    what = f"more are looked for in the folder that {VARIABLE} names"
    return f"{what} ({value})" if value else f"{what}, which is not set"
