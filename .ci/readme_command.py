"""Write one command of README.md to standard output, so that the gate runs what a reader would.

A command is a fenced block under a comment that names it:

    <!-- command: tests (Linux) -->
    ```bash
    the command, on one line
    ```
"""

import re
import sys
from pathlib import Path

ARGUMENTS = 2
README = Path(__file__).resolve().parent.parent / "README.md"


def command(readme: str, name: str) -> str:
    """Find the command called `name`.

    Parameters
    ----------
    readme : str
        Text of README.md.
    name : str
        What stands in the comment after ``command:``.

    Returns
    -------
    str
        The one line of the block.

    Raises
    ------
    LookupError
        When no block has that name, or it is not exactly one line.
    """
    marker = rf"^<!-- command: {re.escape(name)} -->\s*^```[^\n]*\n(.*?)^```\s*$"
    found = re.search(marker, readme, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"README.md has no block under '<!-- command: {name} -->': add it, or correct the name")
    lines = found.group(1).strip().splitlines()
    if len(lines) != 1:
        raise LookupError(f"the command {name!r} of README.md has {len(lines)} lines: write it on one")
    return lines[0].strip()


def main() -> int:
    """Write the command named on the command line."""
    if len(sys.argv) != ARGUMENTS:
        sys.stderr.write("usage: readme_command.py NAME\n")
        return 2
    try:
        sys.stdout.write(command(README.read_text(encoding="utf-8"), sys.argv[1]) + "\n")
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
