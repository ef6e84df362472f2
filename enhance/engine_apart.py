"""An engine in a process of its own, of the lowest priority: it can neither hold nor bring down the program that asks.

A network in a thread takes the interpreter from the others between two of its operations, cannot be broken off amid a
picture, and takes the program with it when memory runs out. Here what is asked goes through a pipe. What that costs a
capture: `python -m benchmarks.preview`.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np

from enhance.checkpoint import Checkpoint
from enhance.engine import Image
from enhance.errors import EnhanceError, ImageError

SERVER = "enhance.serve"
LOWEST_NICE = 19
WARM_PX = 16
ON_WINDOWS = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
OWN_GROUP = 0 if os.name == "posix" else None
"""Ctrl-C in the terminal is meant for the program that asks. A session of its own would keep it away, too, but Linux
shares the processor out evenly among sessions, whatever the priorities inside."""
Told = dict[str, Any]


class ApartEngine:
    """One checkpoint, run by another process, which ends with this one at the latest.

    Parameters
    ----------
    checkpoint : Checkpoint
        What is in the model.
    model : Path or str
        Where the other process finds it: a model folder, or the word ``shipped``.
    """

    name = "torch, apart"

    def __init__(self, checkpoint: Checkpoint, model: Path | str) -> None:
        self.checkpoint = checkpoint
        self._turn = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", SERVER, str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            creationflags=ON_WINDOWS,
            process_group=OWN_GROUP,
        )
        if os.name == "posix":
            os.setpriority(os.PRIO_PROCESS, self._process.pid, LOWEST_NICE)

    def enhance(self, image: Image, *, passes: int = 1, grow: bool = False, white_level: float | None = None) -> Image:
        """Enlarge and sharpen one picture of any size, as `enhance.engine.Engine` promises.

        Raises
        ------
        ImageError
            As `enhance.engine.Engine.enhance`.
        EnhanceError
            When the other process has ended, as when the machine's memory was used up, or this engine was closed.
        """
        asked = {"passes": passes, "grow": grow, "white_level": white_level}
        try:
            with self._turn:
                send(self._process.stdin, asked, image)
                told, answer = receive(self._process.stdout)
        except (OSError, ValueError, EOFError) as error:
            raise EnhanceError(
                f"the network was asked for a picture and its process has ended (code {self._process.poll()}): look "
                "how much memory is free, and open the model again"
            ) from error
        if "error" in told:
            raise (ImageError if told["of_image"] else EnhanceError)(told["error"])
        return answer

    def warm_up(self) -> None:
        """Wait until the other process has loaded everything and made a picture, so that no capture pays for that."""
        self.enhance(np.zeros((WARM_PX, WARM_PX, 3), np.uint8))

    def close(self) -> None:
        """End the other process at once, also amid a picture; idempotent, from any thread."""
        self._process.kill()
        self._process.wait()
        with self._turn, suppress(OSError):  # who waited for an answer has been told by the end of the pipe
            for pipe in (self._process.stdout, self._process.stdin):
                if pipe is not None:
                    pipe.close()


def send(pipe: IO[bytes] | None, told: Told, picture: Image | None = None) -> None:
    """Write one message: a line of JSON, and the pixels of a picture.

    Parameters
    ----------
    pipe : binary stream
        Open for writing.
    told : dict
        What JSON can say.
    picture : ndarray, optional
        Of any shape.

    Raises
    ------
    OSError, ValueError
        When nobody reads any more.
    """
    if pipe is None:
        raise EOFError
    pixels = np.empty(0, np.uint8) if picture is None else np.ascontiguousarray(picture)
    header = told | {"dtype": pixels.dtype.str, "shape": pixels.shape}
    pipe.write(json.dumps(header).encode() + b"\n")
    pipe.write(pixels.reshape(-1).view(np.uint8).data)
    pipe.flush()


def receive(pipe: IO[bytes] | None) -> tuple[Told, Image]:
    """Read one message of `send`: what was told, and the picture, empty where there was none.

    Raises
    ------
    EOFError
        When nobody writes any more.
    """
    line = b"" if pipe is None else pipe.readline()
    if pipe is None or not line:
        raise EOFError
    told = json.loads(line)
    picture: Any = np.empty(told["shape"], np.dtype(told["dtype"]))
    left = memoryview(picture.reshape(-1).view(np.uint8))
    while len(left):
        count = pipe.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        left = left[count:]
    return told, picture
