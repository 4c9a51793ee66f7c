"""Models that learn what a follower answers; they know arrays and tensors, never a domain. Needs the extra ``learn``."""

from braess.learn.examples import Examples
from braess.learn.model import Epoch, Fit, Limits, Model, load_model
from braess.learn.registry import find_model, models
from braess.learn.samples import Samples, read_samples
from braess.learn.sampling import Sampled, sample

__all__ = [
    "Epoch",
    "Examples",
    "Fit",
    "Limits",
    "Model",
    "Sampled",
    "Samples",
    "find_model",
    "load_model",
    "models",
    "read_samples",
    "sample",
]
