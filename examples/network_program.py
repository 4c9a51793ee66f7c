"""A space of small convolutional networks as a program, for `network_program.toml`.

The space is that of DeepArchitect (Negrinho and Gordon 2017, arXiv:1704.08792) made small: convolutions that halve the map,
each before a block that is chosen once and repeated; how fast the weights learn is chosen with them.
"""

from braess.domains.architecture.language import (
    Affine,
    BatchNorm,
    Concat,
    Conv2D,
    Dropout,
    MaybeSwap,
    Module,
    Optional,
    ReLU,
    RepeatTied,
    Settings,
)

CLASSES = 4  # of the stripes; Fashion-MNIST and CIFAR-10 have ten


def stage(filters: list[int]) -> list[Module]:
    """Return a convolution that halves the map, and a repeated block after it."""
    layer = Concat([Conv2D(filters, [3, 5]), MaybeSwap(ReLU(), BatchNorm()), Optional(Dropout([0.5, 0.9]))])
    return [Conv2D(filters, [3, 5], [2]), RepeatTied(layer, [1, 2, 4])]


program = Concat([*stage([4, 8, 16]), *stage([8, 16, 32]), Affine([CLASSES]), Settings({"rate": [0.01, 0.03, 0.1]})])
