"""Problems over untrained networks: conformance, scores as by hand, one generator, settings, searches that rate by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="networks need the extra learn")
import torch

from braess.domains.architecture.networks import CellFamily
from braess.domains.architecture.proxied import Proxied
from braess.domains.architecture.proxied_settings import ProxiedSettings
from braess.domains.architecture.tables import nasbench201
from braess.errors import InputError
from braess.learn.proxies import gradsign, synflow
from braess.problem import Canonical, Constraint, Evaluations, Objective, RatedBy, Repairable, capability
from braess.search.assisted import Assisted
from braess.space import Categorical, Designs, Space
from braess.study import Budget, Study
from braess.study.file import read_study
from braess.testing import ProblemConformance, Toy

FAMILY = CellFamily(image=(3, 8, 8), classes=4, nodes=3, channels=4, cells=1, stages=2)
_RNG = np.random.default_rng(0)
PIXELS = _RNG.standard_normal((40, 3, 8, 8)).astype(np.float32)
LABELS = _RNG.integers(4, size=40)


class Convolutions(Toy):
    """Cells of three edges: as many convolutions as can be, at most two of them large."""

    name = "convolutions"

    def __init__(self) -> None:
        self.space = Space({"edge": Categorical(options=tuple("0s137"), size=3)})
        self.objectives = (Objective("convolutions", "max"), Objective("pools"))
        self.constraints = (Constraint("large"),)

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        codes = designs["edge"]
        found = np.column_stack([((codes == 2) | (codes == 3)).sum(axis=1), (codes == 4).sum(axis=1)])
        return found.astype(float), ((codes == 3).sum(axis=1, keepdims=True) - 2.0)

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        edges = list(row["edge"])
        return [float(edges.count("1") + edges.count("3")), float(edges.count("7"))], [edges.count("3") - 2.0]


class One(Convolutions):
    """The same with one objective."""

    def __init__(self) -> None:
        super().__init__()
        self.objectives = self.objectives[:1]

    def answers(self, designs: Designs) -> tuple[np.ndarray, np.ndarray]:
        objectives, constraints = super().answers(designs)
        return objectives[:, :1], constraints

    def answer(self, row: Any) -> tuple[list[float], list[float]]:
        objectives, constraints = super().answer(row)
        return objectives[:1], constraints


def proxied(**settings: Any) -> Proxied:
    return Proxied(Convolutions(), FAMILY, PIXELS, LABELS, **{"batch": 6, **settings})


class TestProxiedConformance(ProblemConformance):
    problem = proxied(scores=("gradsign", "synflow", "naswot", "flops"), keep=("pools",), initialisations=2)
    designs: ClassVar[int] = 6
    tolerance: ClassVar[float] = 0.02


def test_scores_are_means_over_first_weights_and_batches() -> None:
    """By hand: the seeds and the rows of images come from one generator."""
    problem = proxied(scores=("gradsign", "synflow"), initialisations=3, seed=5)
    designs = problem.space.sample(4, np.random.default_rng(1))
    rng = np.random.default_rng(5)
    seeds = rng.integers(2**62, size=3)
    rows = [rng.permutation(40)[:6] for _ in seeds]
    found = problem.evaluate(designs)
    for design, scores in zip(designs, found.objectives, strict=True):
        expected = []
        for seed, some in zip(seeds, rows, strict=True):
            own = FAMILY.space.designs({"operation": design["edge"]})
            network = FAMILY.build(own, torch.Generator().manual_seed(int(seed)))
            images, labels = torch.from_numpy(PIXELS[some]), torch.from_numpy(LABELS[some])
            expected.append([gradsign(network, images, labels), synflow(network, images)])
        assert scores.tolist() == np.mean(expected, axis=0).tolist()
    assert not found.exact.any()
    assert [objective.sense for objective in problem.objectives] == ["max", "max"]


def test_dead_cells_score_nothing() -> None:
    """A cell of zeros leads nowhere: all that depends on weights is 0."""
    problem = proxied(scores=("gradsign", "gradient-norm", "snip", "grasp", "synflow", "naswot"))
    nothing = problem.space.designs({"edge": np.zeros((1, 3), dtype=int)})
    assert problem.evaluate(nothing).objectives.tolist() == [[0.0] * 6]


def test_generators_are_neither_read_nor_moved() -> None:
    """What torch draws from globally stays where it is, and says nothing here."""
    problem = proxied()
    designs = problem.space.sample(2, np.random.default_rng(1))
    state = torch.get_rng_state()
    first = problem.evaluate(designs).objectives
    assert torch.equal(torch.get_rng_state(), state)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        assert np.array_equal(proxied().evaluate(designs).objectives, first)
    assert not np.array_equal(proxied(seed=1).evaluate(designs).objectives, first)


def test_the_problem_inside_is_asked_for_what_it_keeps_only() -> None:
    """What would be trained must not be, where nothing of it is wanted; what fails there fails here."""

    class Dear(One):
        def evaluate(self, designs: Designs) -> Evaluations:
            return Evaluations.failure(len(designs), 1, len(self.constraints), "trained")

    dear = Dear()
    designs = dear.space.sample(3, np.random.default_rng(0))
    assert "trained" in str(Proxied(dear, FAMILY, PIXELS, LABELS, batch=4).evaluate(designs).errors[0])
    dear.constraints = ()
    assert not Proxied(dear, FAMILY, PIXELS, LABELS, batch=4).evaluate(designs).failed.any()


def test_what_is_true_of_the_trained_is_hidden() -> None:
    """Cells of the same function train alike but have other weights; repair is of designs and stays."""

    class Mended(One):
        def canonical(self, designs: Designs) -> Designs:
            return designs

        def repair(self, designs: Designs, rng: np.random.Generator) -> Designs:
            return designs

    inside = Mended()
    problem = Proxied(inside, FAMILY, PIXELS, LABELS, batch=4)
    assert capability(inside, Canonical) is inside  # type: ignore[type-abstract]
    assert capability(problem, Canonical) is None  # type: ignore[type-abstract]
    assert capability(problem, Repairable) is inside  # type: ignore[type-abstract]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scores": ()}, "named once"),
        ({"scores": ("gradsign", "gradsign")}, "named once"),
        ({"scores": ("gradsing",)}, "did you mean 'gradsign'"),
        ({"keep": ("depth",)}, "no such objective"),
        ({"batch": 41}, "batch"),
        ({"initialisations": 0}, "initialisations"),
        ({"normalisation": "layer"}, "no such normalisation"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], words: str) -> None:
    """Each by the name of what is wrong."""
    with pytest.raises(InputError, match=words):
        proxied(**settings)


def test_other_networks_are_refused() -> None:
    """Networks of six edges are not those of three."""
    with pytest.raises(InputError, match="other designs"):
        Proxied(Convolutions(), CellFamily(), PIXELS, LABELS)


def test_normalisation_is_recorded_and_used() -> None:
    """The ranking depends on it, so the record must say it."""
    problem = proxied(normalisation="fixed")
    designs = problem.space.sample(4, np.random.default_rng(1))
    assert problem.describe()["scores"][0]["normalisation"] == "fixed"
    assert not np.array_equal(problem.evaluate(designs).objectives, proxied().evaluate(designs).objectives)


def test_rated_designs_are_chosen_by_score() -> None:
    """Of the first fifty proposals the ten with the best score are evaluated, by the problem inside."""
    inside = One()
    inside.constraints = ()
    scored = Proxied(inside, FAMILY, PIXELS, LABELS, scores=("flops",), batch=4)
    running = Assisted(search="random").start(RatedBy(inside, scored), np.random.default_rng(0))
    asked = running.ask(100)
    proposed = running._proposed  # type: ignore[attr-defined]
    flops = np.sort(scored.evaluate(proposed).objectives[:, 0])
    assert np.sort(scored.evaluate(asked).objectives[:, 0]).tolist() == flops[-10:].tolist()


STUDY = """
[problem]
kind = "proxied"
scores = ["gradsign"]
images = "stripes"
training = 50
validation = 100
batch = 4
network_options = {{ channels = 4, cells = 1 }}
{more}

[problem.inside]
kind = "nas-bench-201"
objectives = ["flops"]

[search]
{search}

[budget]
evaluations = 3
"""


@pytest.mark.parametrize(
    ("more", "search", "objectives"),
    [
        ('keep = ["flops"]', 'method = "nsga2"', ["flops", "gradsign"]),
        ('use = "rating"', 'method = "assisted"\nsearch = "random"\ncandidates = 2\nbatch = 3', ["flops"]),
    ],
)
def test_study_files(tmp_path: Path, more: str, search: str, objectives: list[str]) -> None:
    """Scores as objectives beside one that is kept, and as what proposals are chosen by."""
    (tmp_path / "study.toml").write_text(STUDY.format(more=more, search=search))
    plan = read_study(tmp_path / "study.toml")
    problem = plan.build_problem()
    assert [objective.name for objective in problem.objectives] == objectives
    result = Study(problem, plan.build_search(), budget=Budget(evaluations=3), progress="off").run()
    assert not result.evaluations.failed.any()
    assert result.evaluations.exact.all() == (len(objectives) == 1)


def test_what_is_trained_is_scored() -> None:
    """Networks and images are those of a problem that trains, unless others are named."""
    inside = {"kind": "cell", "nodes": 3, "channels": 4, "objectives": ["error"], "images": "stripes", "pooled": 1}
    inside |= {"training_images": 50, "validation_images": 100}
    problem = ProxiedSettings(inside=inside, batch=4).build(Path())
    assert isinstance(problem, Proxied)
    assert (problem.family.image, problem.space.width) == ((1, 14, 14), 3)
    assert not problem.evaluate(problem.space.sample(2, np.random.default_rng(0))).failed.any()
    other = ProxiedSettings(
        inside=inside, networks="cell", network_options={"nodes": 3}, images="stripes", training=40, validation=9, batch=4
    )
    assert other.build(Path()).describe()["networks"]["channels"] == 16


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"inside": {"kind": "engineering", "name": "welded-beam"}}, "other designs"),
        ({"inside": {"kind": "engineering", "nam": "x"}}, r"inside\.nam"),
        ({"inside": {"name": "x"}}, r"inside\.kind"),
        ({"networks": "cells"}, "did you mean 'cell'"),
        ({"network_options": {"channel": 3}}, r"network_options\.channel"),
        ({"images": "stripe"}, "did you mean 'stripes'"),
    ],
)
def test_mistakes_in_study_files_are_refused(settings: dict[str, Any], words: str) -> None:
    """Each by its key."""
    whole = {"inside": {"kind": "nas-bench-201", "objectives": ["flops"]}, "images": "stripes", "validation": 100} | settings
    with pytest.raises(InputError, match=words):
        ProxiedSettings(**whole).build(Path())


def test_sizes_are_those_of_the_table() -> None:
    """Multiply-adds and parameters of NAS-Bench-201, which were counted by others."""
    table = nasbench201.load(accuracy=False)
    space = CellFamily().space
    pixels, labels = np.zeros((1, 3, 32, 32), dtype=np.float32), np.zeros(1, dtype=np.int64)
    problem = Proxied(_Space(space), CellFamily(), pixels, labels, scores=("flops", "parameters"), batch=1)
    places = [0, 15624, *np.random.default_rng(0).integers(15625, size=4)]
    found = problem.evaluate(space.designs({"operation": table.designs[places]})).objectives
    biases = 10  # of the classifier, which are added and which the table counts
    assert np.array_equal(found, np.column_stack([table.flops[places] - biases, table.parameters[places]]))


class _Space(Convolutions):
    """A problem of any space."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space, self.constraints = space, ()
