"""Prior-fitted networks: fitted once to made-up data sets, they answer for a real one from its rows alone, in one pass."""

from braess.learn.prior_fitted.classifier import TabularClassifier
from braess.learn.prior_fitted.mixture import Mixture
from braess.learn.prior_fitted.network import Memory, PriorNetwork, Shape
from braess.learn.prior_fitted.shipped import facts_of, shipped

__all__ = ["Memory", "Mixture", "PriorNetwork", "Shape", "TabularClassifier", "facts_of", "shipped"]
