"""Imported by the process that others are forked from: one short study, so that all late imports are made already."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sittings import SEARCHES, Sitting

with tempfile.TemporaryDirectory() as _folder:
    for _search in SEARCHES:
        Sitting(Path(_folder), _search, evaluations=100, pause=0.0, name=_search).go()
