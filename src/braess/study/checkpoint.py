"""Checkpoints of a search that costs too much to replay, kept with the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from braess.packing import MEDIA_TYPE, pack, unpack
from braess.problem import Artifact
from braess.search.base import Running
from braess.search.capabilities import Inheriting, Resumable
from braess.study.progress import log

if TYPE_CHECKING:
    from braess.study.store import Recorded, Session

NAME = "search.npz"


def restored(recorded: Recorded, start: Callable[[], Running]) -> tuple[Running, int]:
    """Start a search, from its checkpoint where the record has one; return it and how many evaluations it knows.

    A checkpoint that cannot be used costs the time of replaying, no more. A search whose designs come from others is replayed:
    only then is it known from which.
    """
    running = start()
    kept = recorded.artifacts.get(NAME)
    if kept is None or not isinstance(running, Resumable) or isinstance(running, Inheriting):
        return running, 0
    try:
        arrays = unpack(kept.data)
        known = int(arrays["evaluations"])
        if not np.array_equal(recorded.positions[:known], np.arange(known)):
            return running, 0  # what was told before it was not written any more
        running.restore(arrays)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        log.warning("%s: the checkpoint of the search cannot be used, so it is replayed: %s", recorded.record.name, error)
        return start(), 0
    return running, known


class Checkpoints:
    """Keeps the checkpoints that a running search makes.

    Parameters
    ----------
    session
        Where to.
    running
        The search.
    """

    def __init__(self, session: Session, running: Running) -> None:
        self._session = session
        self._running = running
        self._last = self._made()

    def keep(self, elapsed: float) -> None:
        """Keep a checkpoint if there is a new one, after all that the search was told."""
        made = self._made()
        if made is not None and made is not self._last:
            self._session.flush(elapsed)
            for artifact in self.last():
                self._session.add_artifact(artifact)
            self._last = made

    def last(self) -> list[Artifact]:
        """Return the last checkpoint, nothing where there is none."""
        made = self._made()
        return [] if made is None else [Artifact(NAME, MEDIA_TYPE, pack(made))]

    def _made(self) -> Mapping[str, NDArray[np.generic]] | None:
        return self._running.checkpoint() if isinstance(self._running, Resumable) else None
