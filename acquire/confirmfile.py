"""Answers by file: where nobody sits at the terminal, a question is written beside the file that answers it."""

import time
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from pathlib import Path

from acquire.deadline import never
from acquire.errors import BrokenOffError

Stamp = tuple[int, int, int]
UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)
POLL_S = 0.1
YES, NO = ("yes", "y", "oiled", "true", "1"), ("no", "n", "false", "0")


def _any_question(_question: str) -> bool:
    """Let every question be answered before it is asked."""
    return True


def confirmed_by(
    answer: Path,
    *,
    longest_s: float = 0.0,
    ahead: Callable[[str], bool] = _any_question,
    left: Callable[[], bool] = never,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[str], bool]:
    """Return what asks by writing a question to ``<answer>.question`` and takes the answer from `answer`.

    Each answer counts once: the file is removed when it has been read. So a script, or a colleague at the bench, that
    writes ``yes`` confirms one act and no later one.

    Parameters
    ----------
    answer : Path
        Holds ``yes`` or ``no``; anything else is waited out.
    longest_s : float
        How long an answer is waited for.
    ahead : callable
        Whether a question may be answered by a file that was there before it was asked; to another one such a file is
        no answer, for whoever wrote it meant something else.
    left : callable
        Whether a person wishes to end the capture; then the wait is over.
    clock, sleep : callable
        Seconds; virtual in tests.

    Returns
    -------
    callable
        For `acquire.slide.Confirm`. It raises `BrokenOffError` when nobody answered: that is not a no, for the oil may
        be on the slide.
    """

    def confirm(question: str) -> bool:
        asked = answer.with_name(f"{answer.name}.question")
        asked.write_text(f"{question}\n", encoding="utf-8")
        other = None if ahead(question) else _stamp(answer)
        until_s = clock() + longest_s
        while (said := _said(answer, other)) is None and clock() < until_s and not left():
            sleep(POLL_S)
        asked.unlink(missing_ok=True)
        if said is None:
            raise BrokenOffError(f"nobody answered in {answer}, so it is asked again when the work goes on: {question}")
        answer.unlink(missing_ok=True)
        return said

    return confirm


def _stamp(answer: Path) -> Stamp | None:
    """Tell one writing of a file from another; None where there is no file."""
    try:
        found = answer.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _said(answer: Path, other: Stamp | None) -> bool | None:
    """Read the answer; None where there is none yet, or only the one that was meant for another question."""
    stamp = _stamp(answer)
    if stamp is None or stamp == other:
        return None
    try:
        said = answer.read_bytes()
    except OSError:  # whoever writes it holds it still, or has taken it back
        return None
    coding = "utf-16" if said.startswith(UTF_16) else "utf-8-sig"  # PowerShell writes the one, Notepad the other
    word = said.decode(coding, errors="replace").strip().lower()
    return True if word in YES else False if word in NO else None
