"""Who carries a study out: one process at a time, and a dead one's claim passes to whoever comes next."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from braess.errors import StoreError
from braess.study.store.schema import claim

_SILENCE = 600.0  # seconds after which the claim of another machine counts as abandoned
_BEAT = 60.0  # seconds between two signs of life on a server
_held_here: set[str] = set()  # owners in this process


class Claim:
    """The right of one process to write evaluations of one study.

    A claim lapses with its process; that of another machine, which cannot be looked at, after ten minutes of silence.
    Whoever lost a claim notices at its next write, so two processes never both record.
    """

    def __init__(self, study_id: int) -> None:
        self.study_id = study_id
        self._owner = uuid.uuid4().hex

    def acquire(self, connection: Connection, name: str) -> None:
        """Take the claim; `StoreError` where a living process holds it."""
        held = connection.execute(select(claim).where(claim.c.study_id == self.study_id)).one_or_none()
        if held is not None and _alive(held):
            raise StoreError(f"study {name!r} is being carried out by process {held.process} on {held.host}")
        connection.execute(delete(claim).where(claim.c.study_id == self.study_id))
        connection.execute(
            claim.insert().values(
                study_id=self.study_id,
                owner=self._owner,
                host=socket.gethostname()[:200],
                process=os.getpid(),
                started=_started(os.getpid()),
                heartbeat=time.time(),
            )
        )
        _held_here.add(self._owner)

    def renew(self, connection: Connection, name: str) -> None:
        """Show that the process lives; `StoreError` where the claim was lost."""
        mine = (claim.c.study_id == self.study_id) & (claim.c.owner == self._owner)
        if connection.execute(update(claim).where(mine).values(heartbeat=time.time())).rowcount != 1:
            raise StoreError(f"study {name!r} was taken over by another process")

    def release(self, connection: Connection) -> None:
        """Give the claim back."""
        connection.execute(delete(claim).where((claim.c.study_id == self.study_id) & (claim.c.owner == self._owner)))

    def forget(self) -> None:
        """Let the claim lapse, whether or not it could be given back: it must not lock this very process out."""
        _held_here.discard(self._owner)


class Heartbeat:
    """Keeps a claim on a server alive while nothing is written, since one evaluation may take hours.

    On a file writes are enough: there whoever asks can see whether the process lives.
    """

    def __init__(self, engine: Engine, claim: Claim, name: str) -> None:
        self._engine = engine
        self._claim = claim
        self._name = name
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="braess-claim", daemon=True)

    def start(self) -> None:
        """Begin, where the store is on a server."""
        if self._engine.dialect.name != "sqlite":
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(_BEAT):
            with suppress(SQLAlchemyError, StoreError), self._engine.begin() as connection:  # the next write will tell
                self._claim.renew(connection, self._name)


def _alive(held: Any) -> bool:
    try:
        process, heartbeat = int(held.process), float(held.heartbeat)
    except (TypeError, ValueError, OverflowError):
        return False  # nobody wrote this who could be alive
    if held.host != socket.gethostname()[:200]:
        return time.time() - heartbeat < _SILENCE
    if process == os.getpid() and held.started == _started(process):
        return held.owner in _held_here
    started = _started(process)
    return started != "" and started == str(held.started)


def _started(process: int) -> str:
    """Tell when a process of this machine started, in a form to compare; empty where it is dead."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _by_signal(process)
    return "" if fields[0] in "ZX" else fields[19]  # state and start time, see proc(5)


def _by_signal(process: int) -> str:
    """Tell whether a process lives, where there is no /proc to look in."""
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(process, 0)
    except OSError as error:
        return "alive" if isinstance(error, PermissionError) else ""
    return "alive"
