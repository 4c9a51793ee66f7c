"""What every model must do, as a test class to inherit. Needs the extra ``learn``."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.learn import Epoch, Examples, Limits, Model, load_model
from braess.learn.calibration import accuracy
from braess.problem import Graph
from braess.testing.currents import currents

_ANOTHER_PROCESS = (
    "import sys; from braess.learn import load_model; from braess.testing.currents import currents; "
    "sys.stdout.buffer.write(load_model(sys.argv[1]).predict(currents(50, seed=1).graph).tobytes())"
)
_NEAR = 1e-5  # relative to the largest: sums of single precision in another order


class ModelConformance:
    """Tests that every model must pass; a subclass makes the model it is meant for.

    Attributes
    ----------
    epochs
        Epochs in which it must have learned something of 400 examples.
    explained
        Share of the variance of new examples that it must then explain.
    nonsense
        Hyper-parameters that it must refuse.
    """

    epochs: int = 20
    explained: float = 0.5
    nonsense: dict[str, Any]

    def make(self, **settings: Any) -> Model:
        """Return a model that has learned nothing, small enough to learn in seconds."""
        raise NotImplementedError

    def _fitted(self, *, seed: int = 0) -> Model:
        model = self.make()
        training, validation = currents(400).split(0.8, 0.2)
        model.fit(training, validation, seed=seed, limits=Limits(epochs=self.epochs))
        return model

    def test_learns(self) -> None:
        """New examples must be answered better than by the mean, and no flow be below zero."""
        new = currents(200, seed=1)
        predicted = self._fitted().predict(new.graph)
        assert predicted.shape == new.target.shape
        assert predicted.min() >= 0
        assert accuracy(predicted, new.target).r2 > self.explained

    def test_same_seed_same_model(self, tmp_path: Path) -> None:
        """Bit for bit: the files are equal, and so is what another process predicts."""
        one, other = tmp_path / "one.model", tmp_path / "other.model"
        fitted = self._fitted(seed=3)
        fitted.save(one)
        self._fitted(seed=3).save(other)
        assert one.read_bytes() == other.read_bytes()
        command = [sys.executable, "-c", _ANOTHER_PROCESS, str(one)]
        there = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 -- this very interpreter
        here = fitted.predict(currents(50, seed=1).graph)
        assert here.tobytes() == there
        assert type(fitted).load(one).predict(currents(50, seed=1).graph).tobytes() == there
        assert load_model(one).settings() == fitted.settings()

    def test_batch_and_order_do_not_matter(self) -> None:
        """An input must be answered the same whichever others are asked about."""
        model, graph = self._fitted(), currents(97, seed=2).graph
        whole = model.predict(graph)
        order = np.random.default_rng(0).permutation(97)
        near = _NEAR * np.abs(whole).max()
        assert np.abs(model.predict(graph.take(order)) - whole[order]).max() <= near
        for i in (0, 50, 96):
            assert np.abs(model.predict(graph.take(slice(i, i + 1))) - whole[i : i + 1]).max() <= near

    def test_inputs_are_left_alone(self) -> None:
        """Neither learning nor predicting may write to what it is given."""
        examples = currents(100)
        for array in _arrays(examples):
            array.setflags(write=False)
        before = [array.tobytes() for array in _arrays(examples)]
        model = self.make()
        model.fit(*examples.split(0.8, 0.2), limits=Limits(epochs=2))
        model.predict(examples.graph)
        assert [array.tobytes() for array in _arrays(examples)] == before

    def test_constant_nodes_are_shared(self) -> None:
        """Node features that are the same for all inputs may be given once."""
        examples = currents(100)
        once = replace(examples.graph, node_features=examples.graph.node_features[:1])
        often = replace(once, node_features=np.repeat(once.node_features, 100, axis=0))
        for graph in (once, often):
            model = self.make()
            model.fit(*Examples(graph, examples.target).split(0.8, 0.2), limits=Limits(epochs=2))
            found, expected = model.predict(once), model.predict(often)
            assert np.abs(found - expected).max() <= _NEAR * np.abs(expected).max()

    def test_limits_end_learning(self) -> None:
        """Each limit must end learning and be named, and progress be told of each epoch."""
        training, validation = currents(100).split(0.8, 0.2)
        told: list[Epoch] = []
        fit = self.make().fit(training, validation, limits=Limits(epochs=3), progress=told.append)
        assert (fit.epochs, fit.ended) == (3, "epochs")
        assert [epoch.number for epoch in told] == [1, 2, 3]
        assert all(epoch.left >= 0 for epoch in told)
        assert self.make().fit(training, validation, limits=Limits(seconds=1e-9)).ended == "seconds"
        noise = Examples(training.graph, np.random.default_rng(0).random(training.target.shape))
        against = Examples(validation.graph, -np.ones_like(validation.target))
        fit = self.make().fit(noise, against, limits=Limits(epochs=1000, patience=3))
        assert fit.ended == "patience"
        assert fit.epochs == fit.best + 3

    def test_goes_on_from_a_checkpoint(self, tmp_path: Path) -> None:
        """Interrupted and begun again, the model must be what it would have been."""
        training, validation = currents(100).split(0.8, 0.2)
        kept = tmp_path / "kept.checkpoint"

        def interrupt(epoch: Epoch) -> None:
            if epoch.number == 3:
                raise KeyboardInterrupt

        model = self.make()
        try:
            model.fit(training, validation, limits=Limits(epochs=6), checkpoint=kept, progress=interrupt)
        except KeyboardInterrupt:
            model.fit(training, validation, limits=Limits(epochs=6), checkpoint=kept)
        whole = self.make()
        whole.fit(training, validation, limits=Limits(epochs=6))
        assert model.state() == whole.state()
        assert not kept.exists()

    def test_refuses_what_it_did_not_learn(self, tmp_path: Path) -> None:
        """Before learning, and on another graph, there is nothing to predict."""
        graph = currents(5).graph
        model = self.make()
        for use in (lambda: model.predict(graph), lambda: model.save(tmp_path / "none.model")):
            _refused(use, "has learned nothing yet")
        assert not list(tmp_path.iterdir())
        other = currents(50, nodes=10)
        _refused(lambda: self._fitted().predict(other.graph), "another graph")
        _refused(lambda: model.fit(currents(50), other), "another graph")

    def test_refuses_nonsense(self) -> None:
        """Hyper-parameters that make no sense must be refused by name, and devices that are not there."""
        assert isinstance(self.make().to("cpu"), Model)
        _refused(lambda: self.make().to("nowhere"), "device")
        for name, value in self.nonsense.items():
            _refused(lambda name=name, value=value: self.make(**{name: value}), name)


def _arrays(examples: Examples) -> list[Any]:
    graph: Graph = examples.graph
    return [graph.edges, graph.terminals, graph.node_features, graph.edge_features, graph.weight, examples.target]


def _refused(use: Any, words: str) -> None:
    said = ""
    try:
        use()
    except InputError as error:
        said = str(error)
    assert words in said, said or "not refused"
