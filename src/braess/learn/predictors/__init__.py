"""Predictors of designs: they learn from some hundred measured designs what others are worth, each found by its name."""

from braess.learn.predictors.base import Learned, Predictor, Reader
from braess.learn.predictors.one_hot import OneHot
from braess.learn.predictors.predicted import Predicted
from braess.learn.predictors.registry import build_predictor, find_predictor, predictors

__all__ = ["Learned", "OneHot", "Predicted", "Predictor", "Reader", "build_predictor", "find_predictor", "predictors"]
