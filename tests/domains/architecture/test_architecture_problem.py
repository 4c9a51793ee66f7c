"""Networks as designs, whose follower trains them: conformance, study files, interruption, and what must not be looked at."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from braess.errors import InputError
from braess.study.domain import find_problem
from braess.study.file import parse_study
from braess.testing import ProblemConformance

torch = pytest.importorskip("torch", reason="training needs the extra learn")

from braess.domains.architecture.costs.additive import Additivity, LatencyTable, blocks_of, uniform_designs
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.training import problem as problem_module
from braess.domains.architecture.training.problem import TrainedNetworks
from braess.domains.architecture.training.recipe import Training
from braess.domains.architecture.training.settings import (
    CellSettings,
    ChainSettings,
    Limits,
    MLPSettings,
    ResNetSettings,
    TrainedSettings,
)

QUICK: dict[str, Any] = {
    "images": "stripes",
    "training_images": 64,
    "validation_images": 50,
    "pooled": 1,
    "training": Training(epochs=1, batch=32, rate=0.05),
}


def quick(settings: type[TrainedSettings], **more: Any) -> TrainedNetworks:
    return settings(**(QUICK | more)).build(Path())


CELL = {"nodes": 3, "channels": 4, "stages": 2}
CHAIN = {"stages": ((4, 1, 1), (8, 2, 2)), "stem": 4, "head": 8, "blocks": ("skip", "k3_e2")}


class Trained(ProblemConformance):
    designs = 4


class TestCell(Trained):
    problem = quick(CellSettings, objectives=("error", "flops", "parameters"), most=Limits(parameters=2e4), **CELL)


class TestChain(Trained):
    problem = quick(ChainSettings, repeats=2, **CHAIN)


class TestResNet(Trained):
    problem = quick(ResNetSettings, stages=(4, 8), levels=3)


class TestMLP(Trained):
    problem = quick(MLPSettings, objectives=("error", "memory", "training-memory"), hidden=(16, 8), levels=4)
    tolerance = 1e-2  # of bytes counted by shapes alone


def test_kinds_are_known_by_name() -> None:
    kinds = {"cell": CellSettings, "chain": ChainSettings, "resnet-widths": ResNetSettings, "mlp-widths": MLPSettings}
    assert {name: find_problem(name).settings() for name in kinds} == kinds


def test_a_study_file_leads_to_a_front(tmp_path: Path) -> None:
    """From TOML to a front whose error is far below that of guessing."""
    study = parse_study(
        """
        seed = 1
        name = "cells"
        [problem]
        kind = "cell"
        images = "stripes"
        training_images = 300
        validation_images = 100
        pooled = 1
        nodes = 3
        stages = 2
        channels = 4
        objectives = ["error", "parameters"]
        [problem.training]
        epochs = 4
        batch = 32
        [problem.most]
        flops = 1e6
        [search]
        method = "random"
        [budget]
        evaluations = 5
        """,
        folder=tmp_path,
    )
    problem = study.build_problem()
    assert isinstance(problem, TrainedNetworks)
    found = problem.evaluate(problem.space.sample(4, np.random.default_rng(1)))
    assert found.errors == (None,) * 4
    assert found.objectives[:, 0].min() < 60
    assert (found.seconds > 0).all()


def test_the_test_images_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluating and checking must work where there are none; only the question for their error asks for them."""
    problem = quick(CellSettings, **CELL)
    design = problem.space.sample(1, np.random.default_rng(0))
    expected = problem.evaluate(design).objectives
    whole = problem.source.load()
    bare = dataclasses.replace(whole, test=None)  # type: ignore[arg-type]
    monkeypatch.setattr(problem_module, "_loaded", lambda source: bare)
    assert np.array_equal(problem.evaluate(design).objectives, expected)
    assert problem.check(design).errors == (None,)
    with pytest.raises(TypeError):
        problem.test_error(design)
    monkeypatch.setattr(problem_module, "_loaded", lambda source: dataclasses.replace(whole, test=whole.validation))
    assert problem.test_error(design) == expected[:, 0]


def test_interrupted_trainings_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after its first epoch, an evaluation is the same in the end, and trains but what is left."""
    training = Training(epochs=3, batch=32)
    problem = quick(CellSettings, training=training, checkpoints=str(tmp_path / "kept"), **CELL)
    design = problem.space.designs({"operation": [[3, 1, 2]]})
    expected = quick(CellSettings, training=training, **CELL).evaluate(design).objectives
    original, done = problem_module.fit, []

    def stopping(*args: Any, **more: Any) -> Any:
        def stop(epochs: int, total: int) -> None:
            raise KeyboardInterrupt

        return original(*args, **more, progress=stop)

    def counting(*args: Any, **more: Any) -> Any:
        return original(*args, **more, progress=lambda epochs, total: done.append(epochs))

    monkeypatch.setattr(problem_module, "fit", stopping)
    with pytest.raises(KeyboardInterrupt):
        problem.evaluate(design)
    assert len(list((tmp_path / "kept").iterdir())) == 1
    monkeypatch.setattr(problem_module, "fit", counting)
    assert np.array_equal(problem.evaluate(design).objectives, expected)
    assert done == [2, 3]
    assert not list((tmp_path / "kept").iterdir())


def test_divergence_is_recorded_not_raised() -> None:
    problem = quick(MLPSettings, training=Training(epochs=1, batch=32, rate=1e30), hidden=(8,))
    found = problem.evaluate(problem.space.sample(2, np.random.default_rng(0)))
    assert found.failed.all()
    assert all(error is not None and "diverged" in error for error in found.errors)


def test_latency_comes_from_a_table_where_there_is_one(tmp_path: Path) -> None:
    """A table of known times adds up; without one the time is measured, positive, and no network is trained for it."""
    family = quick(CellSettings, **CELL).family
    kinds = {kind for design in uniform_designs(family) for kind, _, _ in blocks_of(family.blank(design), family.image)}
    table = LatencyTable(dict.fromkeys(sorted(kinds), 0.5), Timing(), "here", Additivity(3, 1.0, 0.0, 0.0, 1.0))
    table.write(tmp_path / "table.json")
    settings = CellSettings(**(QUICK | CELL), objectives=("latency",), latency_table="table.json")
    problem = settings.build(tmp_path)
    blocks = 1 + 3 + 1 + 3 + 1 + 1  # stem, edges, reduction, edges, last, head
    designs = problem.space.sample(2, np.random.default_rng(0))
    assert problem.evaluate(designs).objectives.tolist() == [[0.5 * blocks]] * 2
    measured = quick(CellSettings, objectives=("latency",), timing=Timing(repeats=2, warm=1), **CELL).evaluate(designs)
    assert (measured.objectives > 0).all()


def test_repeats_are_averaged() -> None:
    """Two repeats have the mean error of the first and another."""
    problem, twice = quick(CellSettings, **CELL), quick(CellSettings, repeats=2, **CELL)
    design = problem.space.designs({"operation": [[3, 3, 1]]})
    first, both = problem.evaluate(design).objectives[0, 0], twice.evaluate(design).objectives[0, 0]
    other = 2 * both - first
    assert other == pytest.approx(round(other), abs=1e-9)  # 50 images: a whole number of percents
    assert 0 <= other <= 100


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"objectives": ("speed",)}, "objectives"),
        ({"objectives": ()}, "objectives"),
        ({"objectives": ("error", "error")}, "objectives"),
        ({"repeats": 0}, "repeats"),
        ({"images": "cats"}, "images"),
        ({"operations": ("conv",)}, "operation"),
        ({"latency_table": "nowhere.json"}, None),
    ],
)
def test_nonsense_is_refused(more: dict[str, Any], field: str | None) -> None:
    with pytest.raises(InputError) as error:
        quick(CellSettings, **more)
    assert error.value.field == field


def test_threads_do_not_change_results() -> None:
    """Evaluated by two threads at once, each design has the bits that it has alone."""
    problem = quick(CellSettings, **CELL)
    designs = list(problem.space.sample(4, np.random.default_rng(3)))
    alone = [problem.evaluate(design).objectives for design in designs]
    with ThreadPoolExecutor(2) as executor:
        together = [found.objectives for found in executor.map(problem.evaluate, designs)]
    assert np.array_equal(alone, together)
