"""One capture that may be killed at any moment, in a folder and a process of its own."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acquire.journal import Journal
from calibration.rig import dump_rig, load_rig

SITES_UM = [[480.0 + 16.0 * column, 480.0 + 16.0 * row] for row in range(4) for column in range(6)]
OBJECTIVES = ("40x", "100x")
VISITS = len(SITES_UM) * len(OBJECTIVES)
SIDE_PX = {"perfect": 96, "realistic": 160}
"""A 100x field lies 5 µm inside its 40x field from 91 px on. Realistic fields must still overlap when the stage came to
rest some µm beside: 160 px are 11.8 µm at 100x."""
FOCUS = {"perfect": "as_positions", "realistic": "surface"}
"""A predicted focus depends on the time at which each peak was seen: even two unbroken runs differ in it by 0.1 nm, and
in the last bit of some pixels. Pixels can be equal only where Z is given."""
POLL_S = 0.002
PATIENCE_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One capture in a folder of its own, started as often as need be.

    Parameters
    ----------
    folder : Path
        Holds plan, rig, run and the state of the rig.
    faults : str
        Of the simulated microscope.
    """

    folder: Path
    faults: str = "perfect"

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder / "run"

    def prepare(self) -> "Night":
        """Write plan and rig file."""
        rig = yaml.safe_load(dump_rig(load_rig("simulated")))
        rig["camera"]["size_px"] = [SIDE_PX[self.faults]] * 2
        rig["simulated"] = {"faults": self.faults, "specimen": {"kind": "lung", "seed": 1}, "truth": "transforms"}
        plan = {
            "slide": "S1",
            "sites_um": SITES_UM,
            "objectives": list(OBJECTIVES),
            "stack": {"100x": {"planes": 2, "step_um": 0.4}},
            "exposure_ms": {"40x": 8, "100x": 50},
            "focus": {"method": FOCUS[self.faults]},
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rig.yaml").write_text(yaml.safe_dump(rig))
        (self.folder / "plan.yaml").write_text(yaml.safe_dump(plan))
        return self

    def started(self) -> subprocess.Popen[str]:
        """Start the command; it is the same every time."""
        command = [sys.executable, "-m", "benchmarks.kills", "--capture", str(self.folder)]
        told = os.environ | {"PARFOCAL_STATE_DIR": str(self.folder / "state"), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=told)

    def kill(self, count: int, delay_s: float) -> bool:
        """Start, and kill so long after so many stacks are stored; False when it ended before."""
        with self.started() as process:
            try:
                while self.counted() < count and process.poll() is None:
                    elapse(process, POLL_S)
                elapse(process, delay_s)
                killed = process.poll() is None
            finally:
                process.kill()
        return killed

    def counted(self) -> int:
        """How many stacks are journalled as stored; -1 while there is no journal."""
        journal = self.run / "journal.jsonl"
        return journal.read_bytes().count(b'"event":"stored"') if journal.is_file() else -1

    def finish(self) -> dict[str, Any]:
        """Start, and let it end."""
        with self.started() as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        lines = out.splitlines()
        return json.loads(lines[-1]) if process.returncode == 0 and lines else {"state": f"failed: {err[-500:]}"}

    def stored(self) -> dict[str, str]:
        """Names of the files that the journal says are stored, and their hashes."""
        events = Journal(self.run / "journal.jsonl").events()
        return {event["file"]: event["sha256"] for event in events if event["event"] == "stored"}

    def halve(self) -> Path | None:
        """Cut the file that was stored last in half, keeping a copy beside the run; None when none is stored.

        Once there was oil, a dry picture cannot be taken anew: then none of those is cut.
        """
        oiled = any("oil" in event["event"] for event in Journal(self.run / "journal.jsonl").events())
        names = [name for name, digest in self.stored().items() if sha256(self.run / name) == digest]
        names = [name for name in names if not oiled or OBJECTIVES[-1] in name]
        if not names:
            return None
        file, kept = self.run / names[-1], self.folder / Path(names[-1]).name
        content = file.read_bytes()
        kept.write_bytes(content)
        file.write_bytes(content[: len(content) // 2])
        return kept


def sha256(file: Path) -> str:
    """Hash of a file, or nothing where there is none."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def elapse(process: subprocess.Popen[str], seconds: float) -> None:
    """Let so much time pass, or less where the process ends."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
