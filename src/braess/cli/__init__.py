"""The command line: thin, it parses, calls the library and prints."""

from __future__ import annotations

import sys

from braess.errors import BraessError, InputError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    from braess.cli.app import app

    try:
        app(args=arguments, prog_name="braess")
    except InputError as error:
        _leave(str(error), BAD_INPUT)
    except BraessError as error:
        _leave(str(error), FAILED)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)


def _leave(message: str, code: int) -> None:
    from braess.cli.output import printable

    sys.stderr.write(f"braess: {printable(message)}\n")
    sys.exit(code)
