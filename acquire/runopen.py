"""Runs begun, gone on with and opened: the header that freezes plan, rig and calibration."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from acquire.errors import StoreError
from acquire.journal import Journal
from acquire.plan import Plan
from acquire.planfile import parse_plan, plan_document
from acquire.runfolder import SET_ASIDE, RunFolder
from acquire.stackfile import sha256_of, sync_folder
from calibration import record
from calibration.optics import Rig
from calibration.record import Calibration
from calibration.rig import dump_rig, parse_rig

RUN_FILE = "run.yaml"
BEGINNING = (RUN_FILE, "sites", "calibration.yaml", "calibration.npz")
PACKAGES = ("parfocal", "pycromanager", "pymmcore", "numpy", "tifffile")


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
        file.write(_header(plan, rig, calibration).encode())
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
        calibrated, digest = bool(document["calibrated"]), document.get("calibration_sha256")
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise StoreError(f"{header} is damaged ({error}): restore it from a copy") from error
    calibration = record.load(path / "calibration.yaml") if calibrated else None
    if calibration is not None and digest not in (None, calibration.digest):
        raise StoreError(f"{path / 'calibration.yaml'} is not the one {header} was begun with: restore it from a copy")
    run = RunFolder(path=path, plan=plan, rig=rig, calibration=calibration)
    run.stored.update(
        {key: entry for key, entry in _kept(run.journal) if _whole(path / entry["file"], entry["sha256"])}
    )
    return run


def _kept(journal: Journal) -> Iterable[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Entries of the stacks that were stored last and not set aside since."""
    entries: dict[tuple[str, str], Mapping[str, Any]] = {}
    for event in journal.events():
        if event.get("event") == "stored":
            entries[event["site"], event["objective"]] = event
        elif event.get("event") == SET_ASIDE:
            entries.pop((event["site"], event["objective"]), None)
    return entries.items()


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
    if (calibration and calibration.digest) != (run.calibration and run.calibration.digest):
        raise StoreError(f"{run.path} was begun with another calibration: give that one, or a new folder")
    return run


def _header(plan: Plan, rig: Rig, calibration: Calibration | None) -> str:
    document = {
        "format": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rig_name": rig.name,
        "calibrated": calibration is not None,
        "calibration_sha256": calibration.digest if calibration else None,
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


def _whole(file: Path, digest: str) -> bool:
    return file.is_file() and sha256_of(file) == digest
