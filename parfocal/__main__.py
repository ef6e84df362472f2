"""``python -m parfocal`` is the command ``parfocal``."""

from parfocal.commands import main

main()
