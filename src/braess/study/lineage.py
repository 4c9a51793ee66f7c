"""Which design comes from which, so that the follower of a design starts where that of its parent ended."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from braess.errors import InputError
from braess.problem import Evaluations, Problem, WarmStart, capability
from braess.search.capabilities import Inheriting
from braess.space import Designs
from braess.study.workers import Part, Workers

_KEPT = 256  # states in memory; others are computed again


class Lineage:
    """Hands on the states of followers.

    The record holds no states: one that is wanted and not in memory, such as after a study is resumed, is computed again from
    that of its own parent, which gives the same bits.

    Parameters
    ----------
    problem
        Can start from a state.
    running
        Says where its designs come from.
    again
        Whether designs met again are evaluated again.
    """

    def __init__(self, problem: WarmStart, running: Inheriting, *, again: bool) -> None:
        self._problem = problem
        self._running = running
        self._again = again
        self._states: OrderedDict[bytes, Any] = OrderedDict()
        self._origins: dict[bytes, tuple[Designs, bytes | None]] = {}
        self._answered: set[bytes] = set()

    @classmethod
    def of(cls, problem: Problem, running: object, *, again: bool) -> Lineage | None:
        """Return the lineage of a study, ``None`` where its search inherits nothing or its follower starts from nothing."""
        warm = capability(problem, cast("type[Any]", WarmStart))
        return cls(warm, running, again=again) if warm is not None and isinstance(running, Inheriting) else None

    def evaluate(self, workers: Workers, designs: Designs) -> Iterator[Part]:
        """Yield parts as `Workers.evaluate` does, each design evaluated from the state of its parent."""
        keys = designs.hashes()
        starts = [None if parent is None else self._state(parent) for parent in self._running.parents(designs)]
        for places, evaluations in workers.evaluate(designs, starts):
            states = evaluations.states or (None,) * len(places)
            for place, state in zip(places.tolist(), states, strict=True):
                self._keep(keys[place], state)
            yield places, replace(evaluations, states=None)

    def learn(self, designs: Designs, evaluations: Evaluations) -> None:
        """Note where the designs of a batch come from, recorded or not, before the search is told it."""
        parents: Sequence[bytes | None] = self._running.parents(designs)
        for design, key, parent, error in zip(designs, designs.hashes(), parents, evaluations.errors, strict=True):
            if self._again or key not in self._answered:
                self._origins[key] = (design, parent)
            if error is None:
                self._answered.add(key)

    def _state(self, key: bytes) -> Any:
        """Return the state that the follower of a design ended in, computed again from the nearest ancestor's where need be."""
        line: list[bytes] = []
        above: bytes | None = key
        while above is not None and above not in self._states:
            if above not in self._origins:
                raise InputError("a design comes from one that was not evaluated", field="parents", found=above.hex())
            line.append(above)
            above = self._origins[above][1]
        state = None if above is None else self._states[above]
        for member in reversed(line):
            found = self._problem.evaluate_from(self._origins[member][0], [state])
            state = None if found.states is None else found.states[0]
            self._keep(member, state)
        if key in self._states:
            self._states.move_to_end(key)
        return state

    def _keep(self, key: bytes, state: Any) -> None:
        self._states[key] = state
        self._states.move_to_end(key)
        while len(self._states) > _KEPT:
            self._states.popitem(last=False)
