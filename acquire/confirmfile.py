"""Answers by file: where nobody sits at the terminal, a question is written beside the file that answers it."""

import time
from collections.abc import Callable
from pathlib import Path

POLL_S = 0.1
YES, NO = ("yes", "y", "oiled", "true", "1"), ("no", "n", "false", "0")


def confirmed_by(
    answer: Path,
    *,
    longest_s: float = 0.0,
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
        How long an answer is waited for; none is a no.
    clock, sleep : callable
        Seconds; virtual in tests.

    Returns
    -------
    callable
        For `acquire.slide.Confirm`.
    """

    def confirm(question: str) -> bool:
        asked = answer.with_name(f"{answer.name}.question")
        asked.write_text(f"{question}\n", encoding="utf-8")
        until_s = clock() + longest_s
        while (said := _said(answer)) is None and clock() < until_s:
            sleep(POLL_S)
        asked.unlink(missing_ok=True)
        if said is not None:
            answer.unlink(missing_ok=True)
        return bool(said)

    return confirm


def _said(answer: Path) -> bool | None:
    if not answer.is_file():
        return None
    word = answer.read_text(encoding="utf-8").strip().lower()
    return True if word in YES else False if word in NO else None
