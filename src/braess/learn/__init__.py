"""Models that learn what a follower answers; they know arrays and tensors, never a domain. Needs the extra ``learn``."""

from braess.learn.examples import Examples
from braess.learn.model import Epoch, Fit, Limits, Model, load_model
from braess.learn.registry import find_model, models
from braess.learn.samples import Samples, read_samples
from braess.learn.sampling import Sampled, sample
from braess.learn.series import Series, distance_adjacency
from braess.learn.series_file import read_series

__all__ = [
    "Epoch",
    "Examples",
    "Fit",
    "Limits",
    "Model",
    "Sampled",
    "Samples",
    "Series",
    "distance_adjacency",
    "find_model",
    "load_model",
    "models",
    "read_samples",
    "read_series",
    "sample",
]
