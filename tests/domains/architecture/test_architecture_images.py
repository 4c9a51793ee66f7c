"""Images are read as they are, cut without overlap, always the same way, and what is wrong with a file is said."""

from __future__ import annotations

import gzip
import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from braess.errors import InputError

pytest.importorskip("torch", reason="training needs the extra learn")

from braess.domains.architecture.training import fashion_mnist, load_images
from braess.domains.architecture.training.fashion_mnist import download_fashion_mnist, read_idx


def need(path: str) -> Path:
    root = os.environ.get("BRAESS_DATA")
    if not root or not (Path(root) / path).exists():
        pytest.skip(f"{path} is not in the folder that BRAESS_DATA names")
    return Path(root) / path


def test_stripes_need_no_file_and_are_always_the_same() -> None:
    first, second = (load_images("stripes", training=500, validation=200, test=100) for _ in range(2))
    assert first.shape == (1, 14, 14)
    assert first.classes == 4
    for part in ("training", "validation", "test"):
        ours, theirs = getattr(first, part), getattr(second, part)
        assert np.array_equal(ours.pixels, theirs.pixels)
        assert np.array_equal(ours.labels, theirs.labels)
    assert (len(first.training), len(first.validation), len(first.test)) == (500, 200, 100)


def test_parts_do_not_overlap() -> None:
    """No picture of one part may be found in another: noise makes each one of its kind."""
    images = load_images("stripes", training=2_000, validation=400)
    scale = [part.pixels.reshape(len(part), -1).round(4) for part in (images.training, images.validation, images.test)]
    seen = [{row.tobytes() for row in part} for part in scale]
    assert [len(part) for part in seen] == [2_000, 400, 600]
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_more_for_training_adds_to_what_there_was() -> None:
    few, many = (load_images("stripes", training=n, validation=100) for n in (50, 150))
    assert np.array_equal(many.training.labels[:50], few.training.labels)
    assert np.array_equal(many.validation.labels, few.validation.labels)


def test_pixels_are_standardised_by_those_for_training() -> None:
    pixels = load_images("stripes", training=500, validation=100).training.pixels.astype(np.float64)
    assert pixels.mean() == pytest.approx(0, abs=1e-5)
    assert pixels.std() == pytest.approx(1, abs=1e-5)


def test_squares_are_averaged() -> None:
    """Averages of squares, standardised, are standardised averages of squares."""
    fine, coarse = (load_images("stripes", training=300, validation=100, pooled=side) for side in (1, 7))
    by_hand = np.array(
        [[image[0, :7, :7].mean(), image[0, 7:, 7:].mean()] for image in fine.training.pixels.astype(np.float64)]
    )
    found = coarse.training.pixels[:, 0, [0, 1], [0, 1]]
    assert coarse.shape == (1, 2, 2)
    line = np.polyfit(by_hand.ravel(), found.ravel(), 1)
    np.testing.assert_allclose(np.polyval(line, by_hand), found, atol=1e-4)


def test_fashion_mnist_is_what_was_published() -> None:
    """60,000 and 10,000 images, equally many of each class, the first an ankle boot; the mean pixel is 0.2860."""
    folder = need("images/fashion-mnist")
    pixels, labels = fashion_mnist.read_fashion_mnist(folder, "train")
    _, test = fashion_mnist.read_fashion_mnist(folder, "t10k")
    assert pixels.shape == (60_000, 1, 28, 28)
    assert np.array_equal(np.bincount(labels), [6_000] * 10)
    assert np.array_equal(np.bincount(test), [1_000] * 10)
    assert labels[0] == 9
    assert pixels.mean() / 255 == pytest.approx(0.2860, abs=5e-5)


def test_cifar_is_decoded() -> None:
    """Colours come first, the labels are spread evenly, and the mean of each colour is near that of the whole collection."""
    need("images/cifar10/cifar10_25k_jpeg.npz")
    images = load_images("cifar-10", training=2_000, validation=500, test=500)
    assert images.shape == (3, 32, 32)
    assert np.bincount(images.training.labels, minlength=10).min() > 100
    assert images.training.pixels.std(axis=(0, 2, 3)) == pytest.approx([1, 1, 1], abs=1e-4)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *parts: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}/", folder
        served.shutdown()


def test_fashion_mnist_is_fetched_into_the_cache(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server has is found by name afterwards, and is not asked for again."""
    there = need("images/fashion-mnist")
    url, folder = server
    for path in there.glob("*.gz"):
        (folder / path.name).symlink_to(path)
    monkeypatch.setenv("BRAESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BRAESS_DATA")
    with pytest.raises(InputError, match="download_fashion_mnist"):
        load_images("fashion-mnist")
    fetched = download_fashion_mnist(url)
    assert sorted(path.name for path in fetched.iterdir()) == sorted(path.name for path in there.glob("*.gz"))
    assert len(load_images("fashion-mnist", training=100, validation=50, test=60, pooled=2).test) == 60
    assert download_fashion_mnist("http://127.0.0.1:9/") == fetched


def test_a_wrong_server_leaves_nothing_behind(server: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = server
    target = tmp_path / "fetched" / "fashion-mnist"
    with pytest.raises(InputError, match="cannot be fetched"):
        download_fashion_mnist(url, folder=target)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    with pytest.raises(InputError, match="not Fashion-MNIST"):
        download_fashion_mnist(url, folder=target)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"not compressed")
    with pytest.raises(InputError, match="cannot be fetched"):
        download_fashion_mnist(url, folder=target)
    with pytest.raises(InputError, match="address"):
        download_fashion_mnist("file:///etc/")
    assert not target.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08\x01\0\0\0\x02\x01",
        b"\0\0\x09\x01\0\0\0\x01\x01",
        b"\0\0\x08\x02\0\0\0\x01\0\0\0\x01\x01",
        b"\0\0\x08\x01\xff\xff\xff\xff\x01",
    ],
)
def test_broken_files_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"labels\.gz"):
        read_idx(path, 1)


def test_whole_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x02\0\0\0\x02\0\0\0\x01\x07\x09"))
    assert read_idx(path, 2).tolist() == [[7], [9]]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"name": "stripe"}, "images"),
        ({"training": 2_400, "validation": 100}, "training, validation, test"),
        ({"training": 100, "validation": 100, "test": 601}, "training, validation, test"),
        ({"validation": 0}, "validation"),
        ({"validation": 2_400}, "training"),
        ({"validation": 100, "pooled": 4}, "pooled"),
        ({"validation": 100, "pooled": 0}, "pooled"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as error:
        load_images(**({"name": "stripes"} | settings))  # type: ignore[arg-type]
    assert error.value.field == field
