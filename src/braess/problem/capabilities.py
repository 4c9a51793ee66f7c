"""What a problem can also do, declared by small protocols: a search asks for the protocol, never for a concrete problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from braess.problem.evaluations import Bools, Evaluations, Floats
from braess.problem.problem import Problem
from braess.problem.wrappers import Wrapper
from braess.space import Designs

_Capability = TypeVar("_Capability")


@runtime_checkable
class Repairable(Protocol):
    """Can turn designs that break its budget into near ones that keep it."""

    def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
        """Return as many designs; one that already keeps the budget comes back unchanged."""


@runtime_checkable
class Differentiable(Protocol):
    """Has derivatives at a relaxed design."""

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return objectives ``[n, m]`` and gradients ``[n, m, width]`` at relaxed flat designs ``[n, width]``.

        Relaxed means anywhere between the bounds of the space, fractions of discrete decisions included.
        """


@runtime_checkable
class DifferentiableConstraints(Protocol):
    """Has derivatives of its constraints, which cost far less than an evaluation."""

    def constraint_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[n, k]`` and gradients ``[n, k, width]`` at relaxed flat designs ``[n, width]``."""


@dataclass(frozen=True, eq=False)
class Bound:
    """What is known of the best design in a box of flat designs.

    Parameters
    ----------
    value
        No feasible design of the box has an objective × sign below this; infinite where none is feasible.
    low, high
        ``[width]`` the part of the box that all its feasible designs lie in.
    relaxed
        ``[width]`` point of the box, fractions of discrete decisions included, at which the bound is about taken.
    state
        What bounding parts of the box can start from.
    nbytes
        Memory the state holds, in bytes.
    """

    value: float
    low: Floats
    high: Floats
    relaxed: Floats
    state: Any = None
    nbytes: int = 0


@runtime_checkable
class Bounded(Protocol):
    """Has bounds that no design of a box can beat: what branch and bound needs."""

    def unbounded(self) -> str | None:
        """Say why this problem has no bounds, or ``None`` if it has."""

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Any = None) -> Bound:
        """Bound the one objective over all designs between two flat rows ``[width]``.

        A box of one design gets a bound as near to its objective as the problem can tell. The work may end once the value is
        above ``cutoff``. ``start`` is the state of the bound of a box around this one.
        """

    def enclose(self, row: Floats) -> tuple[float, float]:
        """Return two numbers between which the exact objective × sign of a flat design ``[width]`` lies.

        An evaluation is as exact as the follower was solved; a proof says what holds for the exact one.
        """

    def precision(self) -> dict[str, Any]:
        """Say as plain data to which precision bounds solve the follower, and how they account for it."""


@runtime_checkable
class Canonical(Protocol):
    """Knows which designs are the same, such as networks that differ in the order of what is summed."""

    def canonical(self, designs: Designs) -> Designs:
        """Return for each of ``n`` designs the one that stands for all that are the same as it.

        It has the same evaluation, and stands for itself.
        """


@runtime_checkable
class Relaxable(Protocol):
    """Has a weight-sharing or continuous relaxation to train against."""

    def relaxation(self, rng: np.random.Generator) -> Any:
        """Return a relaxation with its data, as an object of `braess.learn.bilevel.Relaxation`; a new one each time.

        It has an upper and a lower loss of the leader's and the follower's tensors, batches of both halves of its data, and
        ``designs(leader)``, which reads designs of this problem's space out of the leader's tensors.

        Parameters
        ----------
        rng
            Where random choices come from, such as the tensors to start from: the same seed, the same relaxation.
        """


@runtime_checkable
class Mixable(Protocol):
    """Has a relaxation in which every decision is a choice among options that are mixed."""

    def mixture(self, rng: np.random.Generator, *, part: int = 1) -> Any:
        """Return a relaxation as an object of `braess.learn.relaxation.Choices`; a new one each time.

        Parameters
        ----------
        rng
            Where random choices come from.
        part
            1: all that flows through a choice is mixed. More: one in so many, the rest passes by, and choices that feed one
            node have logits of their own. `InputError` where that cannot be.
        """


@runtime_checkable
class Nestable(Protocol):
    """Has a relaxation whose options are parts of one largest option, and thresholds decide which parts stay."""

    def nested(self, rng: np.random.Generator) -> Any:
        """Return a relaxation as an object of `braess.learn.bilevel.Relaxation` whose lower loss moves leader and follower.

        It has an attribute ``strength``, what the logarithm of the cost is multiplied by, and ``keep``, the share of parts that
        stay in training while weights warm up.
        """


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs of a follower as one graph whose features differ between ``n`` of them.

    Parameters
    ----------
    edges
        ``[2, e]`` tail and head of each edge.
    terminals
        ``[p]`` node that each column of the node features is about.
    node_features
        ``[n, v, p]`` what each of ``v`` nodes sends to each terminal; ``[1, v, p]`` where it is always the same.
    edge_features
        ``[n, e, q]``.
    weight
        ``[n, e]`` how much an edge counts in sums over the edges of a node, not negative.
    """

    edges: NDArray[np.int64]
    terminals: NDArray[np.int64]
    node_features: NDArray[np.float32]
    edge_features: NDArray[np.float32]
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        """Return ``n``."""
        return len(self.edge_features)

    def take(self, rows: slice | NDArray[np.int64]) -> Graph:
        """Return the graph of some of the inputs."""
        nodes = self.node_features if len(self.node_features) == 1 else self.node_features[rows]
        return replace(self, node_features=nodes, edge_features=self.edge_features[rows], weight=self.weight[rows])


Columns: TypeAlias = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a follower answered to drawn inputs.

    Parameters
    ----------
    columns
        Arrays ``[n, ...]`` by name; not-a-number in the rows of inputs that have no answer.
    errors
        ``[n]`` why there is no answer, ``None`` where there is one.
    """

    columns: Columns
    errors: tuple[str | None, ...]


@runtime_checkable
class Sampleable(Protocol):
    """Can draw inputs of its follower, beyond the designs it allows, and answer them: examples to learn from."""

    def sample_constants(self) -> dict[str, Any]:
        """Return as plain data what is the same in all examples and needed to read them, such as what a column is of."""

    def draw(self, n: int, rng: np.random.Generator, *, deviation: float) -> Columns:
        """Draw ``n`` inputs: arrays ``[n, ...]`` by name.

        ``deviation`` is the relative standard deviation of what no design decides, such as demand.
        """

    def inputs(self, designs: Designs) -> Columns:
        """Return the inputs of the follower that ``n`` designs set: arrays ``[n, ...]`` by name."""

    def answer(self, inputs: Columns, *, relative_gap: float) -> Answers:
        """Let the follower answer to ``n`` inputs, each as if it were the only one."""


@runtime_checkable
class GraphView(Protocol):
    """Can show inputs of its follower as the tensors that a graph model reads, and judge what such a model predicts."""

    response: str
    """Column of the answers that is predicted, ``[n, e]``."""

    def graph(self, designs: Designs) -> Graph:
        """Return the graph of ``n`` designs."""

    def graph_of(self, inputs: Columns) -> Graph:
        """Return the graph of ``n`` drawn inputs."""

    def judge(self, designs: Designs, response: Floats) -> Evaluations:
        """Return what ``n`` designs are worth if the follower answers with ``response`` ``[n, e]``: not exact."""


@runtime_checkable
class WarmStart(Protocol):
    """Can start its follower from states of earlier evaluations."""

    def evaluate_from(self, designs: Designs, states: Sequence[Any]) -> Evaluations:
        """Evaluate ``n`` designs from ``n`` states (``None``: from nothing); the evaluations carry the new states.

        The same design from the same state has the same evaluation and the same new state, bit for bit; states pickle, and stay
        as they are. What a design is worth may depend on where its follower started.
        """


@dataclass(frozen=True, eq=False)
class Growth:
    """How one design can grow, read as a row of elements in blocks.

    Parameters
    ----------
    tokens
        ``[length]`` what each element is, in order.
    widen
        ``[length]`` whether the element can be made the next larger one.
    insert
        ``[blocks, positions, sorts]`` whether an element of this sort can be put after the one at this position of this block;
        no blocks where designs have a fixed number of elements.
    """

    tokens: NDArray[np.int64]
    widen: Bools
    insert: Bools


@runtime_checkable
class Growable(Protocol):
    """Has designs that grow step by step out of a small one, such as networks to which layers are added.

    Attributes
    ----------
    vocabulary
        How many different tokens there are.
    insertions
        The shape of `Growth.insert`, the same for all designs.
    """

    vocabulary: int
    insertions: tuple[int, int, int]

    def smallest(self) -> Designs:
        """Return the one design that growth begins with."""

    def growth(self, design: Designs) -> Growth:
        """Say how one design can grow."""

    def widened(self, design: Designs, elements: Bools) -> Designs:
        """Return one design with some elements ``[length]`` made the next larger ones, all of which can be."""

    def inserted(self, design: Designs, block: int, position: int, sort: int) -> Designs:
        """Return one design with an element more, where one of this sort can be."""


@runtime_checkable
class Traced(Protocol):
    """Is a recorded workflow: it can show which steps led from a design to what the design is worth."""

    def first(self) -> Designs:
        """Return the design that the workflow begins with."""

    def traced(self, design: Designs) -> Any:
        """Return the recorded run of one design (`braess.trace.Run`); one that failed says where."""


class Increments(Protocol):
    """A design that changes by few values at a time, and what its one objective is; it pickles.

    Attributes
    ----------
    row
        ``[width]`` the flat design as it is now.
    value
        Its objective.
    """

    row: Floats
    value: float

    def changes(self, places: NDArray[np.int64], values: Floats) -> Floats:
        """Return by how much each of ``P`` candidates would change the objective, ``[P]``.

        A candidate puts ``values`` ``[P, 2]`` at two different ``places`` ``[P, 2]`` of the row; the second place may be -1:
        none.
        """

    def apply(self, places: NDArray[np.int64], values: Floats) -> None:
        """Make one candidate, ``[2]`` each, the design."""


@runtime_checkable
class Incremental(Protocol):
    """Can tell what changing few values of a design does to its one objective, without evaluating all of it."""

    goal: float
    """Objective of which better designs fit nothing but errors of what is measured; minus infinity times its sign for none."""

    def increments(self, row: Floats) -> Increments:
        """Begin at a flat design ``[width]``."""


@dataclass(frozen=True)
class Artifact:
    """Something worth keeping beside the record: data that a domain can draw or a user can open.

    Parameters
    ----------
    name
        File name, such as ``"best.geojson"``.
    media_type
        What the data is; the domain that draws it is found by this.
    data
        The bytes of the file.
    """

    name: str
    media_type: str
    data: bytes


@runtime_checkable
class Illustrated(Protocol):
    """Can describe its best designs in a form that its domain draws without the problem at hand."""

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Return what to keep of the best design or of the front ``[n]``, best first."""


def capability(problem: Problem, protocol: type[_Capability]) -> _Capability | None:
    """Return the problem, or the first problem wrapped inside it, as something that has the capability; else ``None``.

    Wrappers do not pass on the capabilities they hide.
    """
    inner: Problem = problem
    while True:
        if isinstance(inner, protocol):
            return inner
        if not isinstance(inner, Wrapper) or protocol in inner.hides:
            return None
        inner = inner.problem
