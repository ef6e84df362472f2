"""A run on disk: the frozen plan, the journal, and one OME-TIFF for each site and objective."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from acquire.errors import StoreError
from acquire.frame import Frame, Position
from acquire.journal import Journal
from acquire.plan import Plan
from acquire.planfile import parse_plan, plan_document
from acquire.stackfile import FreeBytes, disk_free, read_pixels, sha256_of, sync_folder, write_stack
from acquire.store import Stack
from calibration import record
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import dump_rig, parse_rig

RUN_FILE = "run.yaml"
MB = 1_000_000
SPARE_BYTES = 16 * MB
"""Left for journal, log and truth beside a stack."""
BEGINNING = (RUN_FILE, "sites", "calibration.yaml", "calibration.npz")
PACKAGES = ("parfocal", "pycromanager", "pymmcore", "numpy", "tifffile")


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
    """

    path: Path
    plan: Plan
    rig: Rig
    calibration: Calibration | None
    stored: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    free_bytes: FreeBytes = disk_free

    @property
    def slide(self) -> str:
        """Name of the slide."""
        return self.plan.slide

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives, in the order of the passes."""
        return self.plan.objectives

    @property
    def journal(self) -> Journal:
        """What happened, in order."""
        return Journal(self.path / "journal.jsonl")

    def has(self, site: str, objective: str) -> bool:
        """Whether the stack is there, whole and journalled."""
        entry = self.stored.get((site, objective))
        return entry is not None and self._file(site, objective).is_file()

    def write(self, site: str, objective: str, planes: list[Frame]) -> None:
        """Store a stack and journal it; see `Store.write`."""
        if self.has(site, objective):
            raise StoreError(f"site {site} with {objective} is stored already in {self.path}: it is never overwritten")
        file = self._file(site, objective)
        self._check_room(file, planes)
        try:
            digest = write_stack(file, planes, self.rig)
            entry = _entry(site, objective, planes) | {"file": file.relative_to(self.path).as_posix(), "sha256": digest}
            self.journal.append(**entry)
        except OSError as error:
            raise StoreError(f"site {site} with {objective} could not be written to {file}: {error}") from error
        self.stored[site, objective] = json.loads(json.dumps(entry))

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

    def _check_room(self, file: Path, planes: list[Frame]) -> None:
        needed, free = sum(frame.pixels.nbytes for frame in planes) + SPARE_BYTES, self.free_bytes(file.parent)
        if free < needed:
            raise StoreError(
                f"{file.name} needs {needed / MB:.0f} MB and the disk of {self.path} has {free / MB:.0f} MB left: make "
                "room and give the same command again, which goes on with this stack"
            )

    def _file(self, site: str, objective: str) -> Path:
        return self.path / "sites" / f"{site}_{objective}.ome.tif"


def create_run(path: Path, plan: Plan, rig: Rig, calibration: Calibration | None) -> RunFolder:
    """Begin a run in a new folder, or go on with one that was begun with the same plan and rig.

    Raises
    ------
    StoreError
        When the folder holds a run of another plan, rig or calibration, or other files; nothing is changed.
    """
    if (path / RUN_FILE).is_file():
        return _resumed(open_run(path), plan, rig, calibration)
    if path.exists() and any(_unlike_a_beginning(path)):
        raise StoreError(f"{path} is not empty and holds no run: give a new folder")
    (path / "sites").mkdir(parents=True, exist_ok=True)
    if calibration is not None:
        record.save(calibration, path / "calibration.yaml")
    part = path / f"{RUN_FILE}.part"
    with part.open("wb") as file:
        file.write(_header(plan, rig, calibrated=calibration is not None).encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path / RUN_FILE)
    sync_folder(path)
    return RunFolder(path=path, plan=plan, rig=rig, calibration=calibration)


def open_run(path: Path) -> RunFolder:
    """Open a run for reading or for going on; stacks whose file differs from the journal count as missing.

    Raises
    ------
    StoreError
        When the folder holds no run, or its header is damaged.
    """
    header = path / RUN_FILE
    if not header.is_file():
        raise StoreError(f"{path} holds no run (no {RUN_FILE}): give the folder that `parfocal capture` wrote")
    try:
        document = yaml.safe_load(header.read_text(encoding="utf-8"))
        rig = parse_rig(yaml.safe_dump(document["rig"], sort_keys=False), name=document["rig_name"])
        plan = parse_plan(document["plan"], rig, name=header.name)
        calibrated = bool(document["calibrated"])
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise StoreError(f"{header} is damaged ({error}): restore it from a copy") from error
    calibration = record.load(path / "calibration.yaml") if calibrated else None
    run = RunFolder(path=path, plan=plan, rig=rig, calibration=calibration)
    for event in run.journal.events():
        if event.get("event") == "stored" and _whole(path / event["file"], event["sha256"]):
            run.stored[event["site"], event["objective"]] = event
    return run


def _unlike_a_beginning(path: Path) -> Iterator[Path]:
    """Files that no `create_run` leaves that was broken off before it wrote the header."""
    yield from (file for file in path.iterdir() if file.name.removesuffix(".part") not in BEGINNING)
    yield from (path / "sites").glob("*")


def _resumed(run: RunFolder, plan: Plan, rig: Rig, calibration: Calibration | None) -> RunFolder:
    if run.plan != plan or run.rig != rig:
        what = "plan" if run.plan != plan else "rig"
        raise StoreError(
            f"{run.path} holds a run of another {what}: give a new folder, or the {what} it was begun with"
        )
    if (calibration and calibration.created) != (run.calibration and run.calibration.created):
        raise StoreError(f"{run.path} was begun with another calibration: give that one, or a new folder")
    return run


def _header(plan: Plan, rig: Rig, *, calibrated: bool) -> str:
    document = {
        "format": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rig_name": rig.name,
        "calibrated": calibrated,
        "versions": {name: _version(name) for name in PACKAGES},
        "plan": plan_document(plan),
        "rig": yaml.safe_load(dump_rig(rig)),
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


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


def _whole(file: Path, digest: str) -> bool:
    return file.is_file() and sha256_of(file) == digest
