"""Runs Python in a process without the powers of root, or with little room, so that tests meet the limits users meet."""

from __future__ import annotations

import subprocess
import sys

_DROP = """
import ctypes, os, resource, sys
if os.geteuid() == 0:  # without capabilities permissions bind root too
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None, use_errno=True).capset(header, nothing) == 0
"""
_CRAMP = "resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))\n"
_STUDY = """
from braess.errors import BraessError
from braess.search.random import Random
from braess.study import Budget, Study, list_studies, open_result
from braess.testing import Knapsack
store = sys.argv[1]
def study(evaluations, **options):
    return Study(Knapsack(), Random(), budget=Budget(evaluations=evaluations), store=store, progress="off", **options)
def attempt(action):
    try:
        print(action())
    except BraessError as error:
        print(type(error).__name__, error)
"""


def output(script: str, store: object, *, file_size: int | None = None) -> list[str]:
    """Run a script on a store in a process of its own and return the lines it printed."""
    source = _DROP + ("" if file_size is None else _CRAMP.format(file_size)) + _STUDY + script
    command = [sys.executable, "-W", "error", "-c", source, str(store)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()
