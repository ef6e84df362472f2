"""How well tiles of simulated tissue are laid, and how much memory a mosaic of any size takes.

    python -m benchmarks.mosaic [--only position|memory] [--side 20] [--rows 20] [--out FOLDER] [--pictures FOLDER]

The memory is that of a process of its own. `--side 100 --rows 12` is as wide as the largest mosaic asked for, and takes
2 GB of disk for the time; `--side 100` some 16 GB and the better part of an hour.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from acquire.simulated.detector import develop, light_field
from acquire.simulated.faults import Mount, Sensor
from acquire.simulated.imaging import Renderer
from acquire.simulated.lens import Grid, Lens
from acquire.simulated.specimens.kinds import TISSUES, make_specimen
from acquire.simulated.specimens.specimen import Slide
from calibration.flatfield import GLASS_LEVEL, Correction, correct
from calibration.links import measure_links
from calibration.mosaic import Placement, place_tiles
from calibration.neighbours import neighbours
from calibration.stagefit import CALIBRATED_STRAIN
from enhance.mosaic import stitch
from enhance.tiles import Tiles
from tests.enhance.periodic_tiles import PeriodicTiles

Array = NDArray[Any]

SIDE_TILES, TILE_PX, OVERLAP = 5, 512, 0.1
PIXEL_UM = 0.185
STAGE_UM = 0.5
LARGEST_RMS_PX = 0.15
LARGEST_MB = 1500
LENS = Lens(na=0.95, condenser_na=0.55, immersion_index=1.0)
WHITE = 255
FILL = 0.85  # of the full well by empty glass
SHADING = 0.08
CALIBRATION_SCALE, CALIBRATION_TURN_DEG = 0.001, 0.05  # errors of the matrix that the prior rests on
DEFOCUS_UM = 0.5
SEARCH_PX = 32.0
EMPTY = (3, 4, 8, 9, 14, 12)  # five in the upper right corner, one in the middle
LARGE_TILE_PX = 1024
PICTURE_PX, PICTURE_QUALITY = 420, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Tiles with their true places.

    Parameters
    ----------
    tiles : ndarray of uint8, shape (tiles, rows, columns, 3)
        As the camera gave them.
    true_px, prior_px : ndarray, shape (tiles, 2)
        Where they are, and where stage and calibration put them.
    correction : Correction
        Of the light.
    """

    tiles: Array
    true_px: Array
    prior_px: Array
    correction: Correction

    def corrected(self) -> list[Array]:
        """Tiles with even light."""
        return [correct(tile, self.correction, white_level=WHITE) for tile in self.tiles]


def main() -> None:
    """Print all rows, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["position", "memory", "here"])
    parser.add_argument("--side", type=int, default=20, help="tiles along each side of the large mosaic")
    parser.add_argument("--rows", type=int, help="rows of tiles, as many as columns when not given")
    parser.add_argument("--out", type=Path, help="where the large mosaic is written; it is deleted after")
    parser.add_argument("--pictures", type=Path, help="folder for the picture of a mosaic before and after")
    told = parser.parse_args()
    if told.only == "here":
        memory(told.side, told.rows or told.side, told.out)
        return
    if told.only in (None, "position"):
        position(told.pictures)
    if told.only in (None, "memory"):
        with tempfile.TemporaryDirectory(dir=told.out) as folder:
            own = [sys.executable, "-m", "benchmarks.mosaic", "--only", "here", "--side", str(told.side)]
            own += ["--rows", str(told.rows or told.side)]
            subprocess.run([*own, "--out", folder], check=True)


def position(pictures: Path | None) -> None:
    """Position errors of 5×5 tiles, in pixels, rms over the tiles; the common offset is free."""
    for kind in TISSUES:
        sharp = simulated_field(kind, seed=1)
        _told(f"{kind:7} in focus, light corrected", sharp, sharp.corrected())
        _told(f"{kind:7} in focus, light uncorrected", sharp, list(sharp.tiles))
        _told(f"{kind:7} in focus, 6 of 25 tiles empty", sharp, _with_glass(sharp))
        blurred = simulated_field(kind, seed=2, defocus_um=DEFOCUS_UM)
        _told(f"{kind:7} each tile out of focus by up to {DEFOCUS_UM} µm", blurred, blurred.corrected())
        if pictures is not None and kind == TISSUES[0]:
            _picture(sharp, pictures / "mosaic.jpg")


def memory(side: int, rows: int, folder: Path) -> None:
    """Stitch rows × side tiles cut on the fly out of one periodic field; print memory, time and position error."""
    made = PeriodicTiles(side=side, rows=rows, tile_px=LARGE_TILE_PX)
    tiles = made.tiles()
    before_mb = _peak_mb()
    result = stitch(tiles, folder / "large.ome.tif", progress=_every_tenth())
    size_gb, raw_gb = result.out.stat().st_size / 1e9, np.prod(result.shape) * 3 / 1e9
    print(
        f"{side}×{rows} tiles of {LARGE_TILE_PX}², {result.shape[1]}×{result.shape[0]} px ({raw_gb:.1f} GB, stored in "
        f"{size_gb:.1f}), {result.levels} levels: peak memory {_peak_mb():.0f} MB (limit {LARGEST_MB}), of which "
        f"{before_mb:.0f} before; {result.seconds:.0f} s, of all processors "
        f"{time.process_time():.0f}; position error {made.error_px(result.table):.3f} px"
    )
    result.out.unlink()


def simulated_field(
    kind: str, seed: int, *, side_tiles: int = SIDE_TILES, tile_px: int = TILE_PX, defocus_um: float = 0.0
) -> Field:
    """Render tiles of one tissue, with shading, camera noise and a calibration that is a little wrong."""
    rng = np.random.default_rng(seed)
    renderer = Renderer(Slide(make_specimen({"kind": kind, "seed": seed})))
    step_px = (1 - OVERLAP) * tile_px
    asked_px = np.array([(c * step_px, r * step_px) for r in range(side_tiles) for c in range(side_tiles)])
    true_px = asked_px + rng.normal(scale=STAGE_UM / PIXEL_UM, size=asked_px.shape)
    corner_um = rng.uniform(500, 1500, 2)
    roi = (0, 0, tile_px, tile_px)
    light = light_field(f"{seed}", Mount(shading=SHADING), frame=(tile_px, tile_px), roi=roi, binning=1)
    sensor, tiles = Sensor(), []
    for number, place_px in enumerate(true_px):
        matrix = np.column_stack([PIXEL_UM * np.eye(2), corner_um + PIXEL_UM * place_px])
        grid = Grid(matrix=matrix, columns=tile_px, rows=tile_px)
        seen = renderer.render(grid, LENS, float(rng.uniform(-defocus_um, defocus_um)))
        tiles.append(
            develop(seen * light * np.float32(FILL * sensor.full_well_e), sensor, noise_key=f"{seed} {number}")
        )
    turn = np.deg2rad(CALIBRATION_TURN_DEG)
    wrong = (1 + CALIBRATION_SCALE) * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return Field(
        tiles=np.array(tiles),
        true_px=true_px,
        prior_px=asked_px @ wrong.T,
        correction=Correction(dark=np.zeros((1, 1, 3), np.float32), flat=FILL * light),
    )


def placed(tiles: list[Array], prior_px: Array) -> Placement:
    """Measure the overlaps of tiles and lay them."""
    pairs = neighbours(prior_px, tiles[0].shape)
    links = list(measure_links(enumerate(tiles), pairs, search_px=SEARCH_PX))
    return place_tiles(prior_px, links, strain=CALIBRATED_STRAIN)


def rms_px(found_px: Array, true_px: Array) -> float:
    """Root mean square distance between positions, their common offset taken off."""
    gaps = found_px - true_px
    gaps = gaps - gaps.mean(axis=0)
    return float(np.sqrt(np.mean(np.sum(gaps**2, axis=1))))


def _told(what: str, field: Field, tiles: list[Array]) -> None:
    began = time.perf_counter()
    found = placed(tiles, field.prior_px)
    seconds = time.perf_counter() - began
    held = found.linked
    off_px = rms_px(found.positions_px[held], field.true_px[held])
    print(
        f"{what:52}: {off_px:.3f} px rms (limit {LARGEST_RMS_PX}), stage alone "
        f"{rms_px(field.prior_px[held], field.true_px[held]):.2f}; {held.sum()} of {len(held)} tiles held by "
        f"{found.used.sum()} overlaps; {seconds:.1f} s",
        flush=True,
    )


def _with_glass(field: Field) -> list[Array]:
    """Take empty glass, with its noise, for the tiles of a corner."""
    rng, tiles = np.random.default_rng(0), field.corrected()
    for number in EMPTY:
        glass = GLASS_LEVEL * WHITE + rng.normal(scale=1.5, size=tiles[number].shape)
        tiles[number] = np.clip(np.rint(glass), 0, WHITE).astype(np.uint8)
    return tiles


def _every_tenth() -> Callable[[int, int, str], None]:
    """Say how far it is, in steps of a tenth, on standard error."""
    said: set[str] = set()

    def step(done: int, total: int, says: str) -> None:
        told = f"{says.split()[0]} {10 * (10 * done // total)} %"
        if told not in said:
            print(told, file=sys.stderr, flush=True)
            said.add(told)

    return step


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _picture(field: Field, path: Path) -> None:
    """Draw the middle of a mosaic as the stage would have it, and as the overlaps have it."""
    corrected = field.corrected()
    names = tuple(f"{number:02d}" for number in range(len(corrected)))
    tiles = Tiles(names=names, prior_px=field.prior_px, read=lambda n: corrected[n], white_level=WHITE)
    views = []
    with tempfile.TemporaryDirectory() as folder:
        for refine in (False, True):
            out = stitch(tiles, Path(folder) / f"{refine}.ome.tif", refine=refine).out
            views += _views(
                np.asarray(tifffile.imread(out)), "after: by the overlaps" if refine else "before: by the stage"
            )
    columns = [np.vstack(views[number : number + 2]) for number in (0, 2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.hstack(columns)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, PICTURE_QUALITY])
    print(path)


def _views(whole: Array, says: str) -> list[Array]:
    """Give the whole, made small, and a part in which four tiles meet."""
    small = cv2.resize(whole, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)
    meet = round((1 - OVERLAP / 2) * TILE_PX + (1 - OVERLAP) * TILE_PX) - PICTURE_PX // 4
    near = whole[meet : meet + PICTURE_PX // 2, meet : meet + PICTURE_PX // 2]
    near = cv2.resize(near, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_NEAREST)
    return [_labelled(small, says), _labelled(near, "where four tiles meet")]


def _labelled(picture: Array, says: str) -> Array:
    drawn = cv2.copyMakeBorder(picture, 26, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    cv2.putText(drawn, f"simulated; {says}", (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(drawn)


if __name__ == "__main__":
    sys.exit(main())
