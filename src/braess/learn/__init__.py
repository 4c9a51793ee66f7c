"""Models that learn what a follower answers; they know arrays and tensors, never a domain. Needs the extra ``learn``."""

from braess.learn.examples import Examples
from braess.learn.model import Epoch, Fit, Limits, Model, load_model
from braess.learn.registry import find_model, models

__all__ = ["Epoch", "Examples", "Fit", "Limits", "Model", "find_model", "load_model", "models"]
