"""The other side of `enhance.engine_apart`: answers pictures from standard input until that ends.

python -m enhance.serve MODEL
"""

import os
import sys
from typing import IO

import torch

from enhance.engine import Engine
from enhance.engine_apart import receive, send
from enhance.errors import ImageError
from enhance.open import open_engine


def serve(engine: Engine, asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer every picture, or say why not, until nobody asks any more.

    Parameters
    ----------
    engine : Engine
        Enhances.
    asked, answers : binary streams
        Messages of `enhance.engine_apart.send`.
    """
    while True:
        try:
            told, picture = receive(asked)
        except EOFError:
            return
        options = {name: told[name] for name in ("passes", "grow", "white_level")}
        try:
            enhanced = engine.enhance(picture, **options)
        except Exception as error:  # whatever it is, the other side raises it
            told = {"error": str(error) or type(error).__name__, "of_image": isinstance(error, ImageError)}
            send(answers, told)
        else:
            send(answers, {}, enhanced)


def main() -> None:
    """Open the model and serve, on all cores but one: that one stays with whoever captures."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints is not an answer
    serve(open_engine(sys.argv[1]), sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
