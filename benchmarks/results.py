"""Writes the result file of a benchmark: figures with what they were measured on."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("numpy", "numba", "scipy", "pymoo", "sqlalchemy")


def write_result(script: str, figures: dict[str, Any]) -> Path:
    """Write ``result.json`` beside a benchmark's script and return its path."""
    path = Path(script).resolve().with_name("result.json")
    path.write_text(json.dumps({**stamp(), **figures}, indent=2) + "\n", encoding="utf-8")
    return path


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
