"""A bounded store of states, which serves the one nearest to a new design."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from braess.domains.road.equilibrium._kernel import Bools, Floats
from braess.domains.road.equilibrium.record import AnyState
from braess.errors import InputError
from braess.problem.lock import Lock


class StatePool:
    """States of earlier solves by what was changed on the network, nearest first to hand.

    The distance between two designs is the number of links open in one and closed in the other plus, over the links, the
    difference of capacities relative to ``scale``, plus that of tolls where both are given. A state is looked for in one
    pass over all that are kept, which costs far less than a solve. Several threads may share a pool.

    Parameters
    ----------
    scale
        ``[links]`` what a capacity difference is measured in, usually the capacities of the network as it is.
    most_bytes
        Memory the states may hold; beyond it, the one not served for longest goes first.

    Raises
    ------
    InputError
        The memory is not positive.
    """

    def __init__(self, scale: Floats, most_bytes: int = 256 * 1024 * 1024) -> None:
        if most_bytes <= 0:
            raise InputError("a pool must have memory", field="most_bytes", found=most_bytes, expected="more than 0")
        self.most_bytes = most_bytes
        self._scale = np.asarray(scale, dtype=np.float64)
        self._kept: OrderedDict[int, tuple[Floats, AnyState]] = OrderedDict()
        self._held = 0
        self._next = 0
        self._lock = Lock()

    def __len__(self) -> int:
        """Return the number of states kept."""
        return len(self._kept)

    @property
    def nbytes(self) -> int:
        """Memory the kept states hold, in bytes."""
        return self._held

    def add(
        self,
        state: AnyState,
        *,
        capacity: Floats | None = None,
        open_links: Bools | None = None,
        toll: Floats | None = None,
    ) -> None:
        """Keep a state with the design it belongs to (arrays ``[links]``, ``None`` where the network was not changed).

        A state larger than the whole pool is not kept.
        """
        if state.nbytes > self.most_bytes:
            return
        key = self._key(capacity, open_links, toll)
        with self._lock:
            self._kept[self._next] = key, state
            self._next += 1
            self._held += state.nbytes
            while self._held > self.most_bytes:
                _, (_, gone) = self._kept.popitem(last=False)
                self._held -= gone.nbytes

    def nearest(
        self, *, capacity: Floats | None = None, open_links: Bools | None = None, toll: Floats | None = None
    ) -> AnyState | None:
        """Return the state of the nearest design, of equally near ones the latest added; ``None`` from an empty pool."""
        wanted = self._key(capacity, open_links, toll)
        with self._lock:
            if not self._kept:
                return None
            distance = {name: float(np.abs(key - wanted).sum()) for name, (key, _) in self._kept.items()}
            best = min(distance, key=lambda name: (distance[name], -name))
            self._kept.move_to_end(best)
            return self._kept[best][1]

    def _key(self, capacity: Floats | None, open_links: Bools | None, toll: Floats | None) -> Floats:
        links = self._scale.size
        capacities = np.ones(links) if capacity is None else np.asarray(capacity) / self._scale
        is_open = np.ones(links) if open_links is None else np.asarray(open_links, dtype=np.float64)
        tolls = np.zeros(links) if toll is None else np.asarray(toll, dtype=np.float64)
        for name, given in (("capacity", capacities), ("open_links", is_open), ("toll", tolls)):
            if given.shape != (links,):
                raise InputError(
                    "array does not match the number of links", field=name, found=given.shape, expected=f"({links},)"
                )
        return np.concatenate((np.where(is_open > 0, capacities, 0.0), is_open, tolls))
