"""Linear models as followers: the leader picks penalties or weights of rows, the follower fits the coefficients."""

from braess.domains.regression.data import Parted, corrupted, made_up, read_parted
from braess.domains.regression.problem import DataCleaning, RidgePenalties

__all__ = ["DataCleaning", "Parted", "RidgePenalties", "corrupted", "made_up", "read_parted"]
