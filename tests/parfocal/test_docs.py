"""What the documentation lists is what the code knows."""

import re
from dataclasses import fields
from pathlib import Path

from acquire.simulated.failures import KINDS as FAILURES
from acquire.simulated.faults import Hand, Lamp, Mount, Sensor, Stage
from acquire.simulated.specimens.kinds import KINDS as SPECIMENS
from acquire.simulated.specimens.mounted import Mounting

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/simulated.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, flags=re.MULTILINE))


def test_every_failure_stands_in_the_table_with_what_it_shows():
    assert {name: ROWS.get(name) for name in FAILURES} == dict(FAILURES)


def test_every_kind_of_specimen_stands_in_the_table():
    assert set(SPECIMENS) <= set(ROWS)


def test_every_key_of_a_simulated_rig_is_named():
    keys = {field.name for kind in (Mount, Sensor, Stage, Lamp, Hand, Mounting) for field in fields(kind)}
    keys |= {field.name for kind in SPECIMENS.values() for field in fields(kind)}
    assert {key for key in keys if not re.search(rf"\b{key}\b", PAGE)} == set()
