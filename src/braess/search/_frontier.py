"""The boxes of a branch and bound that are still to be split: by their bounds, and the one a dive has come to."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

from braess.problem import Bound

# Bytes of states that boxes are kept with; beyond it boxes start from the state of the whole space.
_MEMORY = 512 * 1024 * 1024


@dataclass(order=True)
class Node:
    """A box that may hold a better design, ordered by its bound, of equal ones the latest first."""

    value: float
    newest: int
    box: int = field(compare=False)
    bound: Bound = field(compare=False)


class Frontier:
    """Boxes to split.

    An interrupt can come anywhere: boxes leave one list only when they, or their parts, are in another.

    Parameters
    ----------
    root
        Bound of all designs.
    """

    def __init__(self, root: Bound) -> None:
        self._root = root
        self._heap: list[Node] = []
        self._dive: Node | None = None
        self._split: list[Node] = []
        self._held = 0  # bytes of states

    def push(self, node: Node) -> None:
        """Put a box among those to split; where too many states are kept, without its own."""
        if self._held + node.bound.nbytes > _MEMORY:
            node = self._stateless(node)
        self._held += node.bound.nbytes
        heapq.heappush(self._heap, node)

    def dive(self, node: Node | None) -> None:
        """Split this box next, whatever the bounds of others."""
        if node is not None:
            self._held += node.bound.nbytes
        self._dive = node

    def take(self, most: int, cutoff: float) -> list[Node]:
        """Return the boxes to split: what the dive has come to and the best others below the cutoff."""
        if self._dive is not None and not self._split:
            self._split.append(self._dive)
        while self._heap and len(self._split) < most and self._heap[0].value < cutoff:
            self._split.append(self._heap[0])
            heapq.heappop(self._heap)
        return self._split

    def done(self) -> None:
        """Forget the boxes that were taken: their parts are here."""
        self._held -= sum(node.bound.nbytes for node in self._split)
        self._split = []

    def drop(self, cutoff: float) -> float:
        """Drop the boxes in line if all their bounds are at the cutoff at least; return the least of these."""
        if not self._heap or self._heap[0].value < cutoff:
            return float("inf")
        least = self._heap[0].value
        self._held -= sum(node.bound.nbytes for node in self._heap)
        self._heap = []
        return least

    def ends(self) -> list[Node]:
        """Return the best box in line, the one a dive has come to and those being split, as far as there are any."""
        return [*self._heap[:1], *([] if self._dive is None else [self._dive]), *self._split]

    def forget_states(self) -> list[Node]:
        """Keep all boxes without their states; return them, the one a dive has come to first."""
        self._heap = [self._stateless(node) for node in self._heap]
        self._dive = None if self._dive is None else self._stateless(self._dive)
        self._held = 0
        return [*([] if self._dive is None else [self._dive]), *self._heap]

    @property
    def diving(self) -> bool:
        """Whether a dive has come to some box."""
        return self._dive is not None

    def _stateless(self, node: Node) -> Node:
        return replace(node, bound=replace(node.bound, state=self._root.state, nbytes=0))
