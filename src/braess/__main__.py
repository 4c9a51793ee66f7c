"""``python -m braess`` is the command `braess`."""

from braess.cli import main

main()
