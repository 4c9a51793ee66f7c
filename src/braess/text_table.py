"""Tables of text with a header, as files hold them: cells as they are written, with what is wrong and on which line."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from braess.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_text_table(path: str | Path, columns: Sequence[str], *, separator: str = ",") -> pd.DataFrame:
    """Read a table, compressed or not, with every cell as text; row ``i`` stands on line ``i + 2``.

    Parameters
    ----------
    path
        Of the file, in UTF-8.
    columns
        That the header must name; others stay too.
    separator
        Between cells.

    Raises
    ------
    InputError
        There is no such file, it is no such table or has no rows, or a column is missing; says on which line.
    """
    import pandas as pd

    try:
        table = pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8", index_col=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        found = re.search(r"line (\d+)", str(error))
        raise InputError(f"not a table: {error}", file=path, line=int(found[1]) if found else 1) from None
    except (OSError, UnicodeDecodeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"cannot read the file: {error}", file=path) from None
    for name in columns:
        if name not in table.columns:
            header = ", ".join(map(str, table.columns))
            raise InputError("the header lacks a column", file=path, line=1, field=name, found=header)
    if table.empty:
        raise InputError("the table has no rows", file=path, line=2)
    return table
