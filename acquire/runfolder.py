"""A run on disk: the frozen plan, the journal, and one OME-TIFF for each site and objective."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acquire.errors import StoreError
from acquire.frame import Frame, Position
from acquire.journal import Journal
from acquire.plan import Plan
from acquire.stackfile import FreeBytes, disk_free, read_pixels, sha256_of, write_stack
from acquire.store import Stack
from calibration.optics import Rig
from calibration.record import Calibration

SET_ASIDE = "set_aside"
"""Folder, and event of the journal, for stacks that were taken again."""
MB = 1_000_000
SPARE_BYTES = 16 * MB
"""Left for journal, log and truth beside a stack."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunFolder:
    """One run; implements `acquire.store.Store`.

    Parameters
    ----------
    path : Path
        The folder.
    plan, rig, calibration : Plan, Rig, Calibration or None
        As frozen when the run began.
    free_bytes : callable
        Asked before each stack is written.
    journal : Journal
        What happened, in order.
    """

    path: Path
    plan: Plan
    rig: Rig
    calibration: Calibration | None
    stored: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    free_bytes: FreeBytes = disk_free
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "journal", Journal(self.path / "journal.jsonl"))

    @property
    def slide(self) -> str:
        """Name of the slide."""
        return self.plan.slide

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives, in the order of the passes."""
        return self.plan.objectives

    def has(self, site: str, objective: str) -> bool:
        """Whether the stack is there, whole and journalled."""
        entry = self.stored.get((site, objective))
        return entry is not None and self._file(site, objective).is_file()

    def write(
        self, site: str, objective: str, planes: list[Frame], *, partner: str | None = None, flag: str = ""
    ) -> None:
        """Store a stack and journal it; see `Store.write`."""
        if self.has(site, objective):
            raise StoreError(f"site {site} with {objective} is stored already in {self.path}: it is never overwritten")
        file = self._file(site, objective)
        self._check_room(file, planes)
        try:
            digest = write_stack(file, planes, self.rig)
            entry = _entry(site, objective, planes) | {"partner": partner or site, "flag": flag}
            entry |= {"file": file.relative_to(self.path).as_posix(), "sha256": digest}
            self.journal.append(**entry)
        except OSError as error:
            raise StoreError(f"site {site} with {objective} could not be written to {file}: {error}") from error
        self.stored[site, objective] = json.loads(json.dumps(entry))

    def set_aside(self, site: str, objective: str, why: str) -> None:
        """Take a stack out of the run, to be captured again; its file is kept in a folder of its own.

        Raises
        ------
        StoreError
            When it is not there, or cannot be moved.
        """
        file = self._file(site, objective)
        if not self.has(site, objective):
            raise StoreError(f"site {site} with {objective} is not in {self.path}, so it cannot be set aside")
        folder = self.path / SET_ASIDE
        number = sum(1 for _ in folder.glob(f"{site}_{objective}.*")) + 1
        try:
            folder.mkdir(exist_ok=True)
            file.replace(folder / f"{site}_{objective}.{number}.ome.tif")
            self.journal.append(event=SET_ASIDE, time_s=time.time(), site=site, objective=objective, says=why)
        except OSError as error:
            raise StoreError(f"site {site} with {objective} could not be set aside ({error})") from error
        del self.stored[site, objective]

    def read(self, site: str, objective: str) -> Stack:
        """Read a stack back; see `Store.read`."""
        file, entry = self._file(site, objective), self.stored.get((site, objective))
        if entry is None or not file.is_file():
            raise StoreError(f"site {site} with {objective} is not in {self.path}: capture it first")
        if sha256_of(file) != entry["sha256"]:
            raise StoreError(f"{file} is not what the journal recorded (its hash differs): run the same capture again")
        return Stack(
            site=site,
            objective=objective,
            pixels=read_pixels(file),
            z_um=tuple(entry["z_um"]),
            position=Position(*entry["position_um"]),
            exposure_ms=entry["exposure_ms"],
            black_level=entry["black_level"],
            white_level=entry["white_level"],
            simulated=entry["simulated"],
        )

    def sites(self) -> list[str]:
        """Names of all sites with at least one stack, in order."""
        return sorted({site for site, _ in self.stored})

    def partner(self, site: str, objective: str) -> str:
        """Name of the site whose first-objective stack shows the same field as this one; see `Visit.partner`."""
        return str(self.stored.get((site, objective), {}).get("partner", site))

    def partners(self, low: str, high: str) -> dict[str, str]:
        """Fields taken with `high`, each with the site of `low` that shows it, and sites of `low` without any.

        Returns
        -------
        dict of str to str
            From field to site, in order; a site without any field stands for itself. Either stack may be missing.
        """
        found = {site: self.partner(site, high) for site, objective in self.stored if objective == high}
        alone = {site for site, objective in self.stored if objective == low} - set(found.values())
        return dict(sorted((found | {site: site for site in alone}).items()))

    def _check_room(self, file: Path, planes: list[Frame]) -> None:
        needed, free = sum(frame.pixels.nbytes for frame in planes) + SPARE_BYTES, self.free_bytes(file.parent)
        if free < needed:
            raise StoreError(
                f"{file.name} needs {needed / MB:.0f} MB and the disk of {self.path} has {free / MB:.0f} MB left: make "
                "room and give the same command again, which goes on with this stack"
            )

    def _file(self, site: str, objective: str) -> Path:
        return self.path / "sites" / f"{site}_{objective}.ome.tif"


def _entry(site: str, objective: str, planes: list[Frame]) -> dict[str, Any]:
    first = planes[0]
    return {
        "event": "stored",
        "site": site,
        "objective": objective,
        "z_um": [frame.position.z for frame in planes],
        "position_um": list(first.position),
        "exposure_ms": first.exposure_ms,
        "black_level": first.black_level,
        "white_level": first.white_level,
        "binning": first.binning,
        "roi": list(first.roi),
        "time_s": planes[-1].time_s,
        "simulated": first.simulated,
    }
