"""A lock for what several threads share and what must pickle all the same."""

from __future__ import annotations

import threading


class Lock:
    """A lock of one process: where its owner is unpickled or copied, it is a new one, and free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Wait until it is free, and take it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._lock.release()

    def __reduce__(self) -> tuple[type[Lock], tuple[()]]:
        """Pickle as a new one."""
        return Lock, ()
