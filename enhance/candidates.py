"""The sites of several runs on their way into a training set, each accepted or with a reason why not."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquire.errors import AcquireError
from acquire.runfolder import RunFolder
from calibration.errors import CalibrationError
from calibration.register import Registration
from calibration.session import session_complaints
from enhance.errors import EnhanceError, PairsError
from enhance.pairoptics import PairOptics
from enhance.places import Place
from enhance.sitepair import KINDS, Label, SitePair, pair_site

Progress = Callable[[int, int, str], None]
"""Takes how much is done, of how much, and what was done last."""

FEWEST_OF_A_RUN = 5
"""Accepted pairs of a run from which its median says something about each of them."""
GAP_REASON = (
    "it lies within a field of pairs that test or validate, and of others that train: it is left out so that nothing "
    "that tests was seen in training"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A site on its way into a training set.

    Parameters
    ----------
    id : str
        Slide and site; names its files.
    run : str
        Name of the run folder.
    slide, site : str
        As in the run.
    reason : str
        Why it is not accepted, in one sentence; empty when it is.
    registration : Registration or None
        Where it came so far.
    place : Place or None
        Where its pixels lie on the slide, when it was registered.
    tissue_fraction, true_rms_px, simulated, preview
        As in `enhance.sitepair.SitePair`.
    """

    id: str
    run: str
    slide: str
    site: str
    reason: str = ""
    registration: Registration | None = None
    place: Place | None = None
    tissue_fraction: float = math.nan
    true_rms_px: float = math.nan
    simulated: bool = False
    preview: NDArray[np.uint8] | None = None

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reason


def gather(
    runs: Sequence[RunFolder], folder: Path, optics: PairOptics, label: Label, progress: Progress | None
) -> list[Candidate]:
    """Register every pair of every run, write the pictures of those accepted, and compare each run with itself.

    Parameters
    ----------
    runs : sequence of RunFolder
        Of the same optics.
    folder : Path
        Gets ``<id>_<kind>.npy`` for each picture.
    optics, label
        As in `enhance.sitepair.pair_site`.
    progress : callable, optional
        Told after each site.

    Returns
    -------
    list of Candidate
        In the order of runs and high-resolution fields; one that is rejected has no files.

    Raises
    ------
    PairsError
        When two pairs would have the same name.
    """
    names = _names(runs)
    done: list[Candidate] = []
    for run in runs:
        own: list[Candidate] = []
        for site in run.partners(*run.objectives[:2]):
            blank = Candidate(id=names[run.path, site], run=run.path.name, slide=run.slide, site=site)
            own.append(_register(run, blank, folder, optics, label))
            if progress is not None:
                progress(
                    len(done) + len(own), len(names), f"{own[-1].id} {'accepted' if own[-1].accepted else 'rejected'}"
                )
        done += compare(own)
    for candidate in done:
        if not candidate.accepted:
            remove_pictures(candidate, folder)
    return done


def compare(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Reject what does not fit its run: one turret and one camera give one transform, whatever the site.

    Runs with fewer than `FEWEST_OF_A_RUN` accepted pairs are left as they are.
    """
    accepted = [candidate for candidate in candidates if candidate.accepted]
    registrations = [candidate.registration for candidate in accepted if candidate.registration is not None]
    if len(registrations) < FEWEST_OF_A_RUN:
        return list(candidates)
    reasons = dict(zip((candidate.id for candidate in accepted), session_complaints(registrations), strict=True))
    return [replace(candidate, reason=reasons.get(candidate.id, candidate.reason)) for candidate in candidates]


def remove_pictures(candidate: Candidate, folder: Path) -> None:
    """Delete the files of a pair."""
    for kind in KINDS:
        (folder / f"{candidate.id}_{kind}.npy").unlink(missing_ok=True)


def explain(candidates: Sequence[Candidate]) -> str:
    """Say in one sentence why no candidate was accepted, each kind of reason with its count and one example."""
    kinds: dict[str, list[str]] = {}
    for candidate in candidates:
        kinds.setdefault(re.sub(r"[\d.]+", "#", candidate.reason), []).append(candidate.reason)
    counted = sorted(kinds.values(), key=len, reverse=True)
    return "; ".join(f"{len(reasons)}× {reasons[0]}" for reasons in counted)


def _register(run: RunFolder, blank: Candidate, folder: Path, optics: PairOptics, label: Label) -> Candidate:
    low, high = run.objectives[:2]
    places = ((run.partner(blank.site, high), low), (blank.site, high))
    missing = [name for site, name in places if not run.has(site, name)]
    if missing:
        return replace(blank, reason=f"it has no picture with {missing[0]}: run the same capture again to finish it")
    try:
        pair = pair_site(run, blank.site, optics, label=label)
    except (AcquireError, CalibrationError, EnhanceError) as error:
        return replace(blank, reason=str(error))
    for kind, picture in pair.pictures.items():
        np.save(folder / f"{blank.id}_{kind}.npy", picture)
    return replace(
        blank,
        reason=pair.registration.reason,
        registration=pair.registration,
        place=_place(blank, pair),
        tissue_fraction=pair.tissue_fraction,
        true_rms_px=pair.true_rms_px,
        simulated=pair.simulated,
        preview=pair.preview,
    )


def _place(candidate: Candidate, pair: SitePair) -> Place:
    """Bounds that hold for any orientation of the camera."""
    x_um, y_um = pair.centre_um
    return Place(
        id=candidate.id,
        slide=candidate.slide,
        left_um=x_um - pair.reach_um,
        top_um=y_um - pair.reach_um,
        right_um=x_um + pair.reach_um,
        bottom_um=y_um + pair.reach_um,
        picture=f"{candidate.run}/{pair.picture}",
    )


def _names(runs: Sequence[RunFolder]) -> dict[tuple[Path, str], str]:
    """Name each pair <slide>_<site>; where a slide was captured in several runs, <slide>_<run>-<site>."""
    often = {slide for slide, count in Counter(run.slide for run in runs).items() if count > 1}
    names: dict[tuple[Path, str], str] = {}
    for run in runs:
        before = f"{run.slide}_{run.path.name}-" if run.slide in often else f"{run.slide}_"
        names |= {(run.path, site): before + site for site in run.partners(*run.objectives[:2])}
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise PairsError(f"two pairs would be named {twice[0]}: give each run folder a name of its own")
    return names
