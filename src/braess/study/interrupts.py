"""Ctrl-C and polite requests to end: taken between two steps of a study, never in the middle of a write."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupts:
    """Holds SIGINT and SIGTERM back until the next step of a study, where they raise `KeyboardInterrupt`.

    An exception out of the middle of an evaluation would be lost or worse where that is compiled code. A second signal
    does interrupt the evaluation, for those that take long.

    Use it as a context manager around a whole study. A signal that came too late to interrupt anything is raised when
    the context is left; one that follows an interrupt is dropped, since the study is ending already. Handlers that
    somebody else installed are left alone, and threads other than the main one, which gets no signals, need nothing.
    """

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}
        self._allowed = False
        self._pending = False
        self._raised = False
        self._at_once = False

    def __enter__(self) -> Interrupts:
        """Begin to hold signals back."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._previous[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Handle signals as before; raise one that interrupted nothing."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        if self._pending and not self._raised and kind is None:
            raise KeyboardInterrupt

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let signals interrupt what is done here, one that waits at once."""
        before, self._allowed = self._allowed, True
        try:
            self._raise_pending()
            yield
        finally:
            self._allowed = before

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold signals back again while something is written; one that came meanwhile is raised at the next step."""
        before, self._allowed = self._allowed, False
        try:
            yield
        finally:
            self._allowed = before

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal interrupt what is done here wherever it is, for what takes long and writes nothing to the record."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    @property
    def waiting(self) -> bool:
        """Whether a signal waits for the next step."""
        return self._pending

    def request(self) -> None:
        """Ask for an interrupt at the next step, as a signal would."""
        self._pending = True

    def step(self) -> None:
        """Mark the boundary of two steps: a signal that waits is raised here, where allowed."""
        self._raise_pending()

    def _raise_pending(self) -> None:
        if self._pending and self._allowed:
            self._pending = False
            self._raised = True
            raise KeyboardInterrupt

    def _take(self, _number: int, _frame: Any) -> None:
        again, self._pending = self._pending, True
        if again or self._at_once:  # or somebody is impatient: wherever we are
            self._raise_pending()
