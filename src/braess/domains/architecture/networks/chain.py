"""Chains of inverted residual blocks: a design decides kernel, expansion and groups of each layer, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from braess.domains.architecture.networks.family import Family, Head, Network, check_counts
from braess.errors import InputError
from braess.space import Categorical, Designs, Space

SKIP = "skip"
_BLOCK = re.compile(r"k([1-9][0-9]*)_e([1-9][0-9]*)(?:_g([1-9][0-9]*))?")


class ConvNorm(nn.Sequential):
    """Convolution without bias and batch norm, with a rectifier where asked for."""

    def __init__(
        self, before: int, after: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, rectified: bool = True
    ) -> None:
        super().__init__(
            nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(after)
        )
        if rectified:
            self.append(nn.ReLU(inplace=True))


class InvertedResidual(nn.Module):
    """Widens by a pointwise, filters by a depthwise and narrows by a pointwise convolution; adds its input where shapes agree.

    Parameters
    ----------
    before, after
        Channels of what goes in and comes out.
    stride
        Of the depthwise convolution.
    kernel
        Side of the depthwise convolution, odd.
    expansion
        Channels between, over those of the input.
    groups
        Of the pointwise convolutions; more than one are shuffled after the first.
    """

    def __init__(self, before: int, after: int, stride: int, kernel: int, expansion: int, groups: int = 1) -> None:
        super().__init__()
        between = before * expansion
        wide = ConvNorm(before, between, groups=groups)
        self.layers = nn.Sequential(
            wide if groups == 1 else nn.Sequential(wide, nn.ChannelShuffle(groups)),
            ConvNorm(between, between, kernel, stride, groups=between),
            ConvNorm(between, after, groups=groups, rectified=False),
        )
        self.adds = before == after and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, before, h, w]`` into ``[n, after, h / stride, w / stride]``."""
        found: Tensor = self.layers(x)
        return found + x if self.adds else found


def block(name: str, before: int, after: int, stride: int) -> nn.Module:
    """Return a fresh block.

    Parameters
    ----------
    name
        ``k<kernel>_e<expansion>`` or ``k<kernel>_e<expansion>_g<groups>``, or ``skip``: nothing where shapes agree, else a
        pointwise convolution.
    before, after, stride
        As in `InvertedResidual`.

    Raises
    ------
    InputError
        There is no such block, or the groups do not divide the channels.
    """
    if name == SKIP:
        return nn.Identity() if before == after and stride == 1 else ConvNorm(before, after, 1, stride, rectified=False)
    kernel, expansion, groups = read_block(name)
    if before % groups or after % groups:
        raise InputError("groups do not divide the channels", field="block", found=name, expected=f"for {before} to {after}")
    return InvertedResidual(before, after, stride, kernel, expansion, groups)


def read_block(name: str) -> tuple[int, int, int]:
    """Return kernel, expansion and groups of a block that is no skip; another name raises `InputError`."""
    match = _BLOCK.fullmatch(name)
    if match is None or int(match[1]) % 2 == 0:
        raise InputError("no such block", field="block", found=name, expected="such as k3_e6, k5_e1_g2 (odd kernel) or skip")
    return int(match[1]), int(match[2]), int(match[3] or 1)


class ChainNetwork(Network):
    """Stem, a chain of blocks, a pointwise convolution, and a linear layer on the means.

    Parameters
    ----------
    names
        Block of each layer.
    family
        What is not decided.
    """

    def __init__(self, names: Sequence[str], family: ChainFamily) -> None:
        super().__init__()
        self.names, self.shapes = tuple(names), family.layers
        self.stem = ConvNorm(family.image[0], family.stem, 3, family.stem_stride)
        self.layers = nn.Sequential(*self._layers(family))
        self.last = ConvNorm(family.stages[-1][0], family.head)
        self.head = Head(family.head, family.classes)

    def _layers(self, family: ChainFamily) -> list[nn.Module]:
        """Return a fresh block for each layer."""
        return [block(name, *layer) for name, layer in zip(self.names, family.layers, strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        scores: Tensor = self.head(self.last(self.layers(self.stem(x))))
        return scores

    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield stem, the block of each layer, last convolution and head."""
        yield "stem", self.stem
        for name, layer, (_, after, stride) in zip(self.names, self.layers, self.shapes, strict=True):
            yield f"{name} to {after}/{stride}", layer
        yield "last", self.last
        yield "head", self.head


@dataclass(frozen=True, kw_only=True)
class ChainFamily(Family):
    """Chains whose blocks are designed. The defaults are NAS-Bench-Macro.

    Parameters
    ----------
    blocks
        To choose from for a layer.
    stages
        Channels, layers and stride of the first layer of each stage.
    stem, stem_stride
        Channels and stride of the first convolution.
    head
        Channels of the last convolution.

    References
    ----------
    Su et al., "Prioritized architecture sampling with Monto-Carlo tree search", CVPR 2021 (NAS-Bench-Macro); Wu et al., "FBNet:
    Hardware-aware efficient ConvNet design via differentiable neural architecture search", CVPR 2019 (blocks with groups).
    """

    blocks: tuple[str, ...] = (SKIP, "k3_e3", "k5_e6")
    stages: tuple[tuple[int, int, int], ...] = ((64, 2, 2), (128, 3, 2), (256, 3, 2))
    stem: int = 32
    stem_stride: int = 1
    head: int = 1280

    def __post_init__(self) -> None:
        """Check sizes, and that every block fits every layer."""
        super().__post_init__()
        check_counts(stem=self.stem, stem_stride=self.stem_stride, head=self.head, stages=len(self.stages))
        for stage in self.stages:
            if len(stage) != 3 or min(stage) < 1:
                raise InputError("no stage", field="stages", found=stage, expected="channels, layers and stride")
        for name in self.blocks:
            groups = 1 if name == SKIP else read_block(name)[2]
            if any(before % groups or after % groups for before, after, _ in self.layers):
                raise InputError("groups do not divide the channels", field="blocks", found=name, expected="a divisor of all")

    @cached_property
    def layers(self) -> tuple[tuple[int, int, int], ...]:
        """Channels before and after, and stride, of each layer."""
        found, before = [], self.stem
        for channels, count, stride in self.stages:
            found += [(before, channels, stride), *[(channels, channels, 1)] * (count - 1)]
            before = channels
        return tuple(found)

    @cached_property
    def space(self) -> Space:
        """The block of each layer."""
        return Space({"block": Categorical(options=self.blocks, size=len(self.layers))})

    def network(self, design: Designs) -> ChainNetwork:
        """Put the network of a design together."""
        return ChainNetwork([self.blocks[code] for code in design["block"][0]], self)
