"""Images, and the training of weights: the follower of an architecture."""

from braess.domains.architecture.training.fashion_mnist import download_fashion_mnist
from braess.domains.architecture.training.images import Images, Labelled, load_images

__all__ = ["Images", "Labelled", "download_fashion_mnist", "load_images"]
