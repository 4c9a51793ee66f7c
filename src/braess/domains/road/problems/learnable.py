"""What models learn of a road problem: examples of its equilibria, its graph, and what predicted flows are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from braess.domains.road.features import graph_of
from braess.domains.road.network import Floats
from braess.domains.road.problems import sampling
from braess.domains.road.problems.base import RoadProblem
from braess.domains.road.problems.levers import Levers
from braess.problem import Answers, Columns, Evaluations, Graph, evaluate_each
from braess.space import Designs


class LearnableRoadProblem(RoadProblem):
    """A road problem that makes examples for models, shows them its graph and judges what they predict: link flows."""

    response = "flow"

    def draw_levers(self, n: int, rng: np.random.Generator) -> Levers:
        """Draw what ``n`` examples change: designs from anywhere in the space, whatever they cost."""
        return self.levers(self.space.sample(n, rng))

    def drawn(self) -> Any:
        """Say as plain data what `draw_levers` draws: what differs here differs in examples."""
        return {"designs": self.describe(), "space": self.space.describe()}

    def sample_constants(self) -> dict[str, Any]:
        """Say what is drawn, which links and pairs of zones columns are of, and what delays depend on besides."""
        drawn = {"network": self.network.name, "fingerprint": self.roads_digest().hexdigest(), "drawn": self.drawn()}
        return drawn | sampling.constants(self.network, self.demand)

    def draw(self, n: int, rng: np.random.Generator, *, deviation: float) -> Columns:
        """Draw what ``n`` examples change and, where ``deviation`` is above 0, their ``trips`` ``[n, pairs]``."""
        changes = self.draw_levers(n, rng).columns()
        return changes | ({"trips": sampling.draw_trips(self.demand, n, rng, deviation)} if deviation else {})

    def inputs(self, designs: Designs) -> Columns:
        """Return what ``n`` designs change on the links, ``[n, links]`` each."""
        return self.levers(designs).columns()

    def answer(self, inputs: Columns, *, relative_gap: float) -> Answers:
        """Solve equilibria: ``flow`` ``[n, links]``, ``total_travel_time`` ``[n]`` and ``relative_gap`` ``[n]``."""
        return sampling.answer_all(self._assignment, self._nearest_state, inputs, relative_gap)

    def graph(self, designs: Designs) -> Graph:
        """Return the graph of ``n`` designs, as `braess.domains.road.features` says."""
        return self.graph_of(self.inputs(designs))

    def graph_of(self, inputs: Columns) -> Graph:
        """Return the graph of ``n`` drawn inputs."""
        return graph_of(self.network, self.demand, inputs)

    def judge(self, designs: Designs, response: Floats) -> Evaluations:
        """Return what ``n`` designs are worth with predicted link flows ``[n, links]``, which may be no equilibrium."""
        levers, cost = self.levers(designs), self.construction_cost(designs)
        over = self._over_budget(cost)

        def answer(i: int) -> tuple[list[float], Floats, None]:
            return self._judge(response[i], levers.row(i), float(cost[i])), over[i], None

        return replace(evaluate_each(self, designs, answer), exact=np.zeros(len(designs), dtype=np.bool_))
