"""How one capture ended: counts of its visits over the whole run, from the run's journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from acquire.plan import Visit
from acquire.runfolder import RunFolder

State = Literal["finished", "paused", "suspended", "aborted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """Counts of (site, objective) visits over the whole run, earlier sessions included.

    Parameters
    ----------
    sites, done, skipped, flagged : int
        All visits, those stored, those left out after a failure, and those stored with something wrong.
    state : str
        ``paused`` when a person wished it or did not confirm the oil; ``suspended`` when something must be seen to;
        ``aborted`` after an emergency stop. The same capture goes on from any of them.
    seconds : float
        That this session took.
    says : str
        Why it is not finished.
    """

    sites: int
    done: int
    skipped: int
    flagged: int
    state: State
    seconds: float
    says: str = ""


def result_of(run: RunFolder, visits: Sequence[Visit], *, state: State, says: str, seconds: float) -> CaptureResult:
    """Count what a run holds.

    Parameters
    ----------
    run : RunFolder
        With its journal.
    visits : sequence of Visit
        All of it.
    state, says, seconds
        As in `CaptureResult`.
    """
    missing = {(v.site, v.objective) for v in visits if not run.has(v.site, v.objective)}
    events = list(run.journal.events())
    skipped = {_of(e) for e in events if e["event"] == "trouble" and e["action"] == "skip"}
    flagged = {_of(e) for e in events if e["event"] == "focus_failed" or (e["event"] == "stored" and e.get("flag"))}
    return CaptureResult(
        sites=len(visits),
        done=len(visits) - len(missing),
        skipped=len(skipped & missing),
        flagged=len(flagged),
        state=state,
        seconds=round(seconds, 2),
        says=says,
    )


def _of(event: Mapping[str, Any]) -> tuple[str, str]:
    return event["site"], event["objective"]
