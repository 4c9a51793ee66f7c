"""Text files as found in the wild: compressed or not, any line ends, with or without a byte order mark."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from braess.domains.road.formats._findings import Findings

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 4096  # bytes looked at to tell text from binary data
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1a")


def read_bytes(path: str | Path, findings: Findings) -> bytes:
    """Return the content of a file, decompressed where it is gzip (told by its first bytes, not by its name).

    Raises
    ------
    InputError
        The file is missing, a folder, unreadable, or its compressed data is damaged.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        findings.fail("there is no such file")
    except IsADirectoryError:
        findings.fail("is a folder", expected="a file")
    except OSError as error:
        findings.fail(f"cannot be read: {error.strerror or error}")
    except ValueError:  # a NUL in the path
        findings.fail("is not a path")
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        findings.fail("compressed data is damaged or truncated", expected="a complete gzip file")


def read_text(path: str | Path, findings: Findings) -> str:
    r"""Return the text of a file with its line ends as they are.

    UTF-8 (with or without byte order mark) and UTF-16 with a mark are recognised; anything else is taken as
    Latin-1, whose letters occur in street names only.

    Raises
    ------
    InputError
        As in `read_bytes`, or the file is empty or is not text.
    """
    data = read_bytes(path, findings)
    if not data.strip():
        findings.fail("the file is empty")
    if data.startswith(_UTF16_MARKS):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            findings.fail("is not a text file", expected="text in UTF-8")
    head = data[:_LOOKED_AT]
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
    if b"\0" in data or controls * 20 > len(head):
        findings.fail("is not a text file", expected="text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_lines(path: str | Path, findings: Findings) -> list[str]:
    r"""Return the lines of a text file without their ends (``\n``, ``\r\n`` or ``\r``); errors as in `read_text`."""
    return read_text(path, findings).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def to_number(text: str) -> float | None:
    """Return the number that a text spells, possibly not finite, or ``None`` (Python's ``1_000`` is no number)."""
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None
