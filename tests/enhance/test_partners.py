"""Several high-resolution fields inside one low-resolution field: each finds the picture that shows it."""

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest

from acquire.frame import Position
from acquire.planfile import parse_plan
from acquire.runopen import create_run, open_run
from calibration.affine import compose, rms_difference, scaling
from enhance.pairs import build_pairs
from tests.enhance import small_run
from tests.enhance.small_run import PARFOCAL_UM, RATIO, SIDE_PX, STEP_UM, correction, tissue

SHIFTS_PX = {"1": (-64.0, -64.0), "2": (64.0, -64.0), "3": (64.0, 64.0)}
"""Of each field from the middle of the low-resolution picture, in its pixels; the fourth field is not captured."""
SEEDS = {"0001": 41, "0002": 42, "0003": 43}


def true_matrix(shift_px):
    matrix = small_run.true_matrix()
    matrix[:, 2] += shift_px
    return matrix


def field(canvas, shift_px, steps, rng):
    to_canvas = compose(np.linalg.inv([*scaling(RATIO), [0, 0, 1]])[:2], true_matrix(shift_px))
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    sharp = cv2.warpAffine(canvas, to_canvas, (SIDE_PX, SIDE_PX), flags=flags)
    seen = cv2.GaussianBlur(sharp, (0, 0), 1.5 * abs(steps)) if steps else sharp
    return small_run.camera(seen, correction(1), rng)


def capture(folder, *, calibrated):
    rig = small_run.small_rig()
    plan = parse_plan(
        {
            "slide": "A",
            "sites_um": [[200.0 * i, 100.0] for i in range(len(SEEDS))],
            "objectives": ["40x", "100x"],
            "fields": {"100x": {"columns": 2, "rows": 2}},
            "stack": {"100x": {"planes": 3, "step_um": STEP_UM}},
            "exposure_ms": {"40x": 8, "100x": 50},
        },
        rig,
    )
    run = create_run(folder, plan, rig, small_run.small_calibration(rig) if calibrated else None)
    for number, (site, seed) in enumerate(SEEDS.items()):
        rng, at = np.random.default_rng(seed), Position(200.0 * number, 100.0, 10.0)
        low = small_run.camera(small_run.low_picture(tissue(seed)), correction(0), rng)
        run.write(site, "40x", [small_run._frame(low, "40x", at)])
        if site == "0003":
            continue
        for name, shift_px in SHIFTS_PX.items():
            x_um, y_um = (shift * rig.pixel_um("40x") for shift in shift_px)
            there = at._replace(x=at.x + x_um, y=at.y + y_um)
            run.write(
                f"{site}-{name}",
                "100x",
                [plane(tissue(seed), shift_px, there, i, rng) for i in (-1, 0, 1)],
                partner=site,
            )
    return run


def plane(canvas, shift_px, at, steps, rng):
    here = at._replace(z=at.z + PARFOCAL_UM + steps * STEP_UM)
    return small_run._frame(field(canvas, shift_px, steps, rng), "100x", here)


@pytest.fixture(scope="module", params=[True, False], ids=["calibrated", "uncalibrated"])
def rows(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("partners")
    run = capture(folder / "run", calibrated=request.param)
    build_pairs([run.path], folder / "pairs", split="site")
    with (folder / "pairs" / "sites.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_each_field_is_a_pair_of_its_own(rows):
    fields = {f"A_{site}-{number}" for site in ("0001", "0002") for number in SHIFTS_PX}
    assert {name for name, row in rows.items() if row["accepted"] == "true"} == fields


def test_each_field_is_laid_where_it_lies_in_its_partner(rows):
    for site in ("0001", "0002"):
        for number, shift_px in SHIFTS_PX.items():
            found = np.array(rows[f"A_{site}-{number}"]["matrix"].split(), dtype=float).reshape(2, 3)
            assert rms_difference(found, true_matrix(shift_px), width=SIDE_PX, height=SIDE_PX) < 0.05


def test_a_site_without_any_field_is_rejected_with_the_missing_objective(rows):
    assert "no picture with 100x" in rows["A_0003"]["reason"]


def test_the_partner_of_a_field_is_known_again_when_the_run_is_opened(tmp_path):
    run = open_run(capture(tmp_path / "run", calibrated=False).path)
    assert run.partner("0002-3", "100x") == "0002"
    assert run.partner("0002", "40x") == "0002"
    assert run.partners("40x", "100x")["0003"] == "0003"


def test_a_run_of_before_partners_were_journalled_pairs_each_site_with_itself(tmp_path):
    run = capture(tmp_path / "run", calibrated=False)
    entries = {k: {key: value for key, value in entry.items() if key != "partner"} for k, entry in run.stored.items()}
    assert replace(run, stored=entries).partner("0001-2", "100x") == "0001-2"
