"""The pictures of the simulated microscope that the documentation shows.

python -m benchmarks.pictures [--out docs/pictures]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide

Picture = NDArray[np.uint8]
Point = tuple[float, float]

SIDE_PX = 448
GAP_PX = 6
LENSES = {
    "40x/0.95": (Lens(na=0.95, condenser_na=0.55, immersion_index=1.0), 0.185),
    "100x/1.4": (Lens(na=1.4, condenser_na=0.55), 0.074),
}
PLANES_UM = (-1.0, 0.0, 1.0)
PLACES_UM = {"lung": (1050.0, 1050.0), "kidney": (900.0, 600.0), "breast": (1000.0, 700.0)}
TARGETS = (
    ("usaf", {}, (503.0, 497.0)),
    ("edge", {}, (500.0, 500.0)),
    ("star", {}, (500.0, 500.0)),
    ("micrometer", {}, (500.0, 500.0)),
    ("points", {}, (500.0, 500.0)),
    ("noise", {}, (500.0, 500.0)),
)
GLASS = 230  # grey of empty glass
QUALITY = 90  # of the JPEG files


def main() -> None:
    """Render and write all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    for kind in TISSUES:
        _write(out / f"simulated_{kind}.jpg", tissue_sheet(kind))
    _write(out / "simulated_targets.jpg", target_sheet())


def tissue_sheet(kind: str) -> Picture:
    """One family: a row for each objective, a column for each plane."""
    renderer = Renderer(Slide(make_specimen({"kind": kind, "seed": 1})))
    rows = []
    for name, (lens, pixel_um) in LENSES.items():
        seen = [_seen(renderer, lens, pixel_um, PLACES_UM[kind], depth_um) for depth_um in PLANES_UM]
        said = [f"{name}, focus {depth_um:+g} µm" for depth_um in PLANES_UM]
        rows.append(_row([_labelled(one, text, pixel_um) for one, text in zip(seen, said, strict=True)]))
    return np.vstack(rows)


def target_sheet() -> Picture:
    """Each target through both objectives, in focus."""
    rows = []
    for name, (lens, pixel_um) in LENSES.items():
        row = []
        for kind, told, centre_um in TARGETS:
            renderer = Renderer(Slide(make_specimen({"kind": kind, **told})))
            row.append(_labelled(_seen(renderer, lens, pixel_um, centre_um, 0.0), f"{kind}, {name}", pixel_um))
        rows += [_row(row[:3]), _row(row[3:])]
    return np.vstack([rows[0], rows[2], rows[1], rows[3]])


def _seen(renderer: Renderer, lens: Lens, pixel_um: float, centre_um: Point, depth_um: float) -> Picture:
    steps = pixel_um * np.eye(2)
    first = np.array(centre_um) - pixel_um * (SIDE_PX - 1) / 2
    grid = Grid(matrix=np.column_stack([steps, first]), columns=SIDE_PX, rows=SIDE_PX)
    picture: Picture = np.clip(np.rint(renderer.render(grid, lens, depth_um) * GLASS), 0, 255).astype(np.uint8)
    return picture


def _labelled(picture: Picture, text: str, pixel_um: float) -> Picture:
    """Write what it is and a scale bar of a fifth to a half of the width."""
    bar_um = max(length for length in (5, 10, 20, 50) if length / pixel_um <= SIDE_PX / 3)
    bar_px = round(bar_um / pixel_um)
    drawn = np.ascontiguousarray(picture)
    cv2.rectangle(drawn, (0, 0), (SIDE_PX, 22), (255, 255, 255), -1)
    cv2.putText(drawn, f"simulated: {text}", (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    right, low = SIDE_PX - 10, SIDE_PX - 10
    cv2.rectangle(drawn, (right - bar_px - 6, low - 28), (right + 6, low + 6), (255, 255, 255), -1)
    cv2.rectangle(drawn, (right - bar_px, low - 4), (right, low), (0, 0, 0), -1)
    cv2.putText(
        drawn, f"{bar_um} µm", (right - bar_px, low - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA
    )
    return drawn


def _row(pictures: list[Picture]) -> Picture:
    gap = np.full((SIDE_PX + GAP_PX, GAP_PX, 3), 255, np.uint8)
    parts: list[Picture] = []
    for picture in pictures:
        parts += [cv2.copyMakeBorder(picture, 0, GAP_PX, 0, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255)), gap]  # type: ignore[list-item]
    return np.hstack(parts[:-1])


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(path)


if __name__ == "__main__":
    main()
