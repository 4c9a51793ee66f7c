"""Windows of a series as a network reads them, cut when they are asked for."""

from __future__ import annotations

import numpy as np
import torch

from braess.learn.series import Series


class Windows:
    """All windows of a series, one from each step on.

    Parameters
    ----------
    series
        What is cut.
    mean, spread
        What is taken off readings, and what they are divided by then; missing readings are 0 afterwards.
    window
        Steps of one.
    device
        Where tensors are to be.
    """

    def __init__(self, series: Series, mean: float, spread: float, window: int, device: torch.device) -> None:
        self._window, self._device = window, device
        angle = 2.0 * np.pi * series.time_of_day
        scaled = np.where(series.known, (series.values - mean) / spread, 0.0)
        self._readings, self._clock = (
            torch.from_numpy(array.astype(np.float32)).to(device)
            for array in (scaled, np.stack([np.sin(angle), np.cos(angle)], 1))
        )
        self._known = torch.from_numpy(np.array(series.known)).to(device)

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """Return what is known of the windows from some steps ``[n]`` on, ``[v, n, t, 3]``."""
        at = self._steps(rows, 0, self._window)
        readings = self._readings[at].permute(2, 0, 1)[..., None]
        return torch.cat([readings, self._clock[at].expand(len(readings), -1, -1, -1)], dim=3)

    def futures(self, rows: torch.Tensor, horizon: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scaled readings after these windows, 0 where missing, and which are known, ``[v, n, horizon]`` each."""
        at = self._steps(rows, self._window, horizon)
        readings, known = (array[at].permute(2, 0, 1) for array in (self._readings, self._known))
        return readings, known

    def _steps(self, rows: torch.Tensor, start: int, count: int) -> torch.Tensor:
        return (rows[:, None] + torch.arange(start, start + count)).to(self._device)
