"""Forecaster: series of sensors hours ahead, by a network in which a few virtual nodes let all sensors see each other."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar, get_args

import numpy as np

from braess.errors import InputError, nearest

try:
    import torch
except ImportError as error:
    raise ImportError("forecasts need the package torch: pip install 'braess[learn]'") from error

from braess.learn._file import read_model, write_model
from braess.learn._fitting import Loss, Schedule, device_of, digest_of, fit_module
from braess.learn._semi_adaptive import Variant
from braess.learn._sensitivity import hops, layer_sensitivity
from braess.learn._wavenet import Layout, WaveNet
from braess.learn._windows import Windows
from braess.learn.model import Fit, Limits, Progress
from braess.learn.series import Floats, Series

_Self = TypeVar("_Self", bound="Forecaster")
_MAY_BE_ZERO = ("virtual", "dropout", "decay")


class Ties(NamedTuple):
    """What virtual nodes and sensors take from each other in one step of diffusion, as shares of all that each takes."""

    read: Floats
    """``[v, m]`` of sensors from virtual nodes: the block R of the adjacency."""
    write: Floats
    """``[m, v]`` of virtual nodes from sensors: the block S."""


@dataclass(frozen=True)
class Frame:
    """What series a network is made for, and the scale of their readings.

    Parameters
    ----------
    day
        Steps of a day.
    mean, spread
        Mean and standard deviation of the known readings learned from.
    """

    day: int
    mean: float
    spread: float


@dataclass
class Forecaster:
    """Graph WaveNet with virtual nodes: forecasts of all sensors at once, for all steps of the horizon at once.

    Gated dilated convolutions read the window of each sensor; a diffusion after each lets sensors see their neighbours.
    Virtual nodes are on no road and have no readings; tied to all sensors by learned weights, they let each see all others
    within one block. Learns by the mean absolute error of known readings, with AdamW.

    Parameters
    ----------
    window, horizon
        Steps of readings that are read, and that are forecast.
    virtual
        Virtual nodes; 0 for the network without any.
    adjacency
        ``"semi-adaptive"`` keeps the weights between sensors and learns those of virtual nodes, ``"adaptive"`` learns all,
        ``"fixed"`` learns none: virtual nodes are averages.
    width, skip
        Features of a node within, and in the head.
    blocks
        Convolutions in time, each followed by a diffusion; they skip no step and every other step in turns.
    kernel
        Steps that a convolution reads.
    steps
        Most steps that features diffuse in a block, in either direction.
    dropout
        Share of diffused features that are left out in learning.
    batch
        Windows in a step of learning.
    rate, decay
        Learning rate at first (it falls to nine tenths after ten epochs without a better validation error), and weight decay,
        decoupled.

    Raises
    ------
    InputError
        A number is impossible, there is no such adjacency, or the convolutions do not reach back over the window.

    References
    ----------
    Cao, Zhuang, Zhao and Wang, "Virtual nodes improve long-term traffic prediction" (2025), arXiv:2501.10048; defaults of Wu
    et al., "Graph WaveNet for deep spatial-temporal graph modeling", IJCAI 2019, arXiv:1906.00121. Gates that share a row
    between sensors and virtual nodes are this library's.
    """

    name: ClassVar[str] = "forecaster"
    reference: ClassVar[str] = "Cao, Zhuang, Zhao and Wang (2025), arXiv:2501.10048"

    window: int = 12
    horizon: int = 12
    virtual: int = 4
    adjacency: Variant = "semi-adaptive"
    width: int = 32
    skip: int = 256
    blocks: int = 8
    kernel: int = 2
    steps: int = 2
    dropout: float = 0.3
    batch: int = 64
    rate: float = 1e-3
    decay: float = 1e-4

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        if self.adjacency not in get_args(Variant):
            known = get_args(Variant)
            message = "there is no such adjacency" + nearest(str(self.adjacency), known)
            raise InputError(message, field="adjacency", found=self.adjacency, expected=", ".join(known))
        for name, value in self.settings().items():
            if name == "adjacency":
                continue
            if not (value >= 0 if name in _MAY_BE_ZERO else value > 0):
                expected = "at least 0" if name in _MAY_BE_ZERO else "more than 0"
                raise InputError("impossible number", field=name, found=value, expected=expected)
        if not self.dropout < 1.0:
            raise InputError("impossible number", field="dropout", found=self.dropout, expected="less than 1")
        if self._layout().field < self.window:
            raise InputError(
                "the blocks do not reach back over the window",
                field="window",
                found=self.window,
                expected=f"at most {self._layout().field} with {self.blocks} blocks of kernel {self.kernel}",
            )
        self._learned: tuple[WaveNet, Frame] | None = None
        self._device = torch.device("cpu")

    def fit(
        self,
        training: Series,
        validation: Series,
        *,
        seed: int = 0,
        limits: Limits | None = None,
        progress: Progress | None = None,
        checkpoint: Path | None = None,
    ) -> Fit:
        """Learn from a series, from nothing; losses are mean absolute errors in the units of readings.

        Parameters
        ----------
        training, validation
            Series of the same sensors; learning ends when forecasts of the second get no better any more.
        seed, limits, progress, checkpoint
            As in `braess.learn.Model.fit`.

        Raises
        ------
        InputError
            The series are of other sensors or other steps of time, one is too short, none of its readings that are to be
            forecast is known, or the checkpoint is of something else.
        """
        known = training.values[training.known]
        frame = Frame(training.day, float(known.mean()), float(known.std()) or 1.0)
        series = (training, validation)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self._network(torch.from_numpy(training.adjacency.astype(np.float32)))
            _require_alike(network, frame, validation)
            losses = [self._loss(network, frame, part) for part in series]
            fit = fit_module(
                network,
                losses[0],
                losses[1],
                schedule=Schedule(self.batch, self.rate, self.decay),
                seed=seed,
                limits=limits or Limits(),
                progress=progress,
                checkpoint=checkpoint,
                facts={
                    "model": self.name,
                    "settings": self.settings(),
                    "frame": [asdict(frame), *(part.first for part in series)],
                    "series": digest_of(array for part in series for array in (part.values, part.known, part.adjacency)),
                },
            )
        self._learned = network, frame
        return fit

    def predict(self, series: Series) -> Floats:
        """Forecast what follows each window of a series, the last one too.

        Returns
        -------
        ``[t - window + 1, horizon, v]`` in the units of readings.

        Raises
        ------
        InputError
            The model has not learned anything yet, or the series is of other sensors or too short.
        """
        network, frame = self._require_learned()
        windows = self._windows(network, frame, series)
        count = len(series) - self.window + 1
        found = np.empty((count, self.horizon, series.sensors))
        with torch.no_grad():
            for start in range(0, count, self.batch):
                rows = torch.arange(start, min(start + self.batch, count))
                found[start : start + self.batch] = network(windows.inputs(rows)).permute(1, 2, 0).cpu().numpy()
        return found * frame.spread + frame.mean

    def ties(self) -> Ties:
        """Return how much sensors and virtual nodes take from each other: which sensors the virtual nodes stand for.

        Raises
        ------
        InputError
            The model has not learned anything yet.
        """
        network, _ = self._require_learned()
        with torch.no_grad():
            way = network.adjacency()[0].cpu().numpy().astype(np.float64)
        real = len(way) - self.virtual
        return Ties(way[:real, real:], way[real:, :real])

    def sensitivity(self, series: Series, *, beyond: int, sensors: int = 4, seed: int = 0) -> Floats:
        """Return how much features depend on distant sensors after each block, ``[blocks]``.

        Means, over pairs, of the norm of the derivatives of the features of one sensor by the readings of another, in
        standard deviations, at the last window.

        Parameters
        ----------
        series
            At least a window.
        beyond
            Least distance of a pair, in edges of the adjacency; sensors that no path joins are distant too.
        sensors
            How many sensors are drawn at random; each makes pairs with all that are distant from it.
        seed
            Of what is drawn.

        Raises
        ------
        InputError
            As in `predict`, or no sensors are so distant.

        References
        ----------
        Cao, Zhuang, Zhao and Wang (2025), arXiv:2501.10048.
        """
        network, frame = self._require_learned()
        x = self._windows(network, frame, series).inputs(torch.tensor([len(series) - self.window]))
        far = hops(series.adjacency) >= beyond
        lonely = np.flatnonzero(far.any(axis=1))
        if not lonely.size:
            raise InputError("no sensors are so distant", field="beyond", found=beyond, expected="a shorter distance")
        targets = np.random.default_rng(seed).permutation(lonely)[:sensors]
        return layer_sensitivity(network, x, targets, far[targets])

    def to(self: _Self, device: str) -> _Self:
        """Move the network to a device (``"cpu"``, ``"cuda"``) and return the model.

        Raises
        ------
        InputError
            There is no such device.
        """
        self._device = device_of(device)
        if self._learned is not None:
            self._learned[0].to(self._device)
        return self

    def settings(self) -> dict[str, Any]:
        """Return the hyper-parameters as plain data."""
        return asdict(self)

    def save(self, path: str | Path) -> None:
        """Write the model to a file; equal models are equal files.

        Raises
        ------
        InputError
            It has not learned anything yet.
        """
        (network, frame), file = self._require_learned(), io.BytesIO()
        torch.save({"frame": json.dumps(asdict(frame)), "weights": network.state_dict()}, file)
        write_model(path, {"model": self.name, "settings": self.settings()}, file.getvalue())

    @classmethod
    def load(cls: type[_Self], path: str | Path) -> _Self:
        """Read a model; nothing in the file is executed.

        Raises
        ------
        InputError
            There is no such file, or it is no forecaster.
        """
        facts, state = read_model(path)
        if facts["model"] != cls.name:
            raise InputError("this is another model", file=path, field="model", found=facts["model"], expected=cls.name)
        model = cls(**facts["settings"])
        kept = torch.load(io.BytesIO(state), weights_only=True, map_location="cpu")
        network = model._network(torch.empty_like(kept["weights"]["adjacency.real"]))
        network.load_state_dict(kept["weights"])
        model._learned = network.eval(), Frame(**json.loads(kept["frame"]))
        return model

    def _layout(self) -> Layout:
        return Layout(self.horizon, self.width, self.skip, self.blocks, self.kernel, self.steps, self.dropout)

    def _network(self, real: torch.Tensor) -> WaveNet:
        return WaveNet(real, self.virtual, self.adjacency, self._layout()).to(self._device)

    def _require_learned(self) -> tuple[WaveNet, Frame]:
        if self._learned is None:
            raise InputError("the model has learned nothing yet", field="model", found=self.name, expected="fit before")
        return self._learned

    def _windows(self, network: WaveNet, frame: Frame, series: Series) -> Windows:
        _require_alike(network, frame, series)
        if len(series) < self.window:
            raise InputError("the series is too short", field="values", found=len(series), expected=f"{self.window} steps")
        return Windows(series, frame.mean, frame.spread, self.window, self._device)

    def _loss(self, network: WaveNet, frame: Frame, series: Series) -> tuple[int, Loss]:
        """Return the number of windows, and the function of some of them to their error.

        All are divided by how many readings are known after a window on average, so that the mean over all windows is the
        mean over all known readings.
        """
        known = series.futures(self.window, self.horizon)[1]
        usual = float(known.sum()) / len(known)
        if not usual:
            raise InputError("no reading to forecast is known", field="known", expected="at least one")
        windows = self._windows(network, frame, series)

        def loss(rows: torch.Tensor) -> torch.Tensor:
            target, there = windows.futures(rows, self.horizon)
            error = (network(windows.inputs(rows)) - target).abs()
            return torch.where(there, error, 0.0).sum() * (frame.spread / usual / len(rows))

        return len(known), loss


def _require_alike(network: WaveNet, frame: Frame, series: Series) -> None:
    """Refuse a series of other sensors or other steps of time."""
    real = network.adjacency.get_buffer("real").cpu().numpy()
    if series.adjacency.shape != real.shape or not np.array_equal(series.adjacency.astype(np.float32), real):
        raise InputError("the series is of other sensors", field="adjacency", expected="that of the series learned from")
    if series.day != frame.day:
        raise InputError("the series has other steps of time", field="day", found=series.day, expected=str(frame.day))
