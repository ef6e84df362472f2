"""The picture of a plan that the documentation shows: the end of a simulated section, covered with paired fields.

    python -m benchmarks.plan_picture [--out docs/pictures]

The overview is rendered through a 10x/0.25 at 1.48 µm for each pixel; it takes one to three minutes.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.planfile import parse_plan
from acquire.preflight import preflight
from acquire.rigstate import RigState
from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import make_specimen
from acquire.simulated.specimens.specimen import Slide
from acquire.tissue import read_overview
from calibration.rig import load_rig
from parfocal.plan_picture import draw_plan
from tests.acquire.turned import turned

LENS = Lens(na=0.25, condenser_na=0.2, immersion_index=1.0)
PITCH_UM = 1.48
TILE_PX = 128
LEFT_UM, TOP_UM = 17_750.0, 2_600.0
COLUMNS, ROWS = 6, 4
GLASS = 235  # grey of empty glass
QUALITY = 88  # of the JPEG file


def main() -> None:
    """Render the overview, check the plan, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        overview = overview_picture()
        cv2.imwrite(str(Path(folder) / "overview.png"), overview[..., ::-1])
        draw(overview, Path(folder), out / "plan.jpg")
    print(out / "plan.jpg")


def overview_picture() -> NDArray[np.uint8]:
    """Render the end of a kidney section at (18.5 mm, 2.6 to 3.4 mm)."""
    renderer = Renderer(Slide(make_specimen({"kind": "kidney", "seed": 1})))
    rows = []
    for row in range(ROWS):
        tiles = [_tile(renderer, column, row) for column in range(COLUMNS)]
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def _tile(renderer: Renderer, column: int, row: int) -> NDArray[np.uint8]:
    side_um = TILE_PX * PITCH_UM
    first = [LEFT_UM + column * side_um, TOP_UM + row * side_um]
    matrix = np.column_stack([PITCH_UM * np.eye(2), first])
    seen = renderer.render(Grid(matrix=matrix, columns=TILE_PX, rows=TILE_PX), LENS, 0.0)
    return np.clip(np.rint(seen * GLASS), 0, 255).astype(np.uint8)


def draw(overview: NDArray[np.uint8], folder: Path, path: Path) -> None:
    """Draw the plan of this overview's region."""
    rig = load_rig("simulated")
    calibration = turned(
        rig, turn_deg=0.6, further_deg=-0.4, parcentric_um=(14.0, -8.0), parfocal_um=2.5, created=datetime.now(UTC)
    )
    rows, columns = overview.shape[:2]
    right_um, bottom_um = LEFT_UM + columns * PITCH_UM, TOP_UM + rows * PITCH_UM
    middle_um = [(LEFT_UM + right_um) / 2, (TOP_UM + bottom_um) / 2]
    document = {
        "slide": "S-014",
        "region_um": {"x": [LEFT_UM + 50, right_um - 50], "y": [TOP_UM + 50, bottom_um - 50]},
        "tissue": {"overview": "overview.png", "at_um": middle_um, "um_per_px": PITCH_UM, "least_percent": 30},
        "objectives": ["40x", "100x"],
        "fields": {"100x": {"columns": 2, "rows": 2, "margin_um": 5}},
        "stack": {"100x": {"planes": 5, "step_um": 0.4}},
        "exposure_ms": {"40x": 8, "100x": 50},
        "background_um": [18_800, 2_700],
    }
    plan = parse_plan(document, rig, folder=folder)
    items = preflight(plan, rig, calibration, state=RigState())
    whole = folder / "plan.png"
    seen = read_overview(folder / "overview.png", plan.tissue) if plan.tissue else None
    draw_plan(plan, rig, calibration, whole, items=items, overview=seen)
    drawn = cv2.imread(str(whole))
    cv2.imwrite(str(path), drawn, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
