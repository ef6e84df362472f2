"""Tiles laid where their overlaps demand: positions found, what is to be said of them, and their table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from calibration.flatfield import Pixels
from calibration.links import measure_links
from calibration.mosaic import Placement, place_tiles
from calibration.neighbours import neighbours
from enhance.tiles import Tiles

Progress = Callable[[int, int, str], None]

SEARCH_UM = 6.0
"""How far tiles may lie from where the stage put them: a backlash of 3 µm and four standard deviations of its noise."""

SEARCH_PX = 32.0
"""The same where the pixel size is not known."""

NOTED_STRAIN = 0.003
"""Of the stage's steps against the pixel size above which something is said: a calibration is three times better."""

SURE = 3.0
"""Standard deviations by which it must exceed 0."""

FEW_LINKED = 0.5
"""Share of the overlaps below which a mosaic rests on the stage rather than on its overlaps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """Where tiles lie.

    Parameters
    ----------
    tiles : Tiles
        Which.
    placement : Placement
        Where.
    overlaps : int
        Pairs of tiles that were compared.
    notes : tuple of str
        What a person should know of the positions.
    """

    tiles: Tiles
    placement: Placement
    overlaps: int
    notes: tuple[str, ...]

    @property
    def on_stage(self) -> tuple[str, ...]:
        """Names of the tiles that no overlap holds; they lie where the stage put them."""
        return tuple(name for name, held in zip(self.tiles.names, self.placement.linked, strict=True) if not held)

    def table(self) -> str:
        """CSV of the tiles: where their upper left pixel lies in the picture, and where the stage would have put it."""
        corner = np.floor(self.placement.positions_px.min(axis=0))
        expected = self.placement.prior.applied(self.tiles.prior_px) - corner
        lines = ["tile,x_px,y_px,stage_x_px,stage_y_px,held_by"]
        rows = zip(self.tiles.names, self.placement.positions_px - corner, expected, self.placement.linked, strict=True)
        for name, (x, y), (stage_x, stage_y), linked in rows:
            lines.append(f"{name},{x:.3f},{y:.3f},{stage_x:.3f},{stage_y:.3f},{'overlaps' if linked else 'stage'}")
        return "\n".join(lines) + "\n"


def lay(tiles: Tiles, *, refine: bool = True, progress: Progress | None = None) -> Laid:
    """Find where tiles lie.

    Each tile is read once, from the top down; only strips that wait for their other half are held.

    Parameters
    ----------
    tiles : Tiles
        From `enhance.tiles`.
    refine : bool
        Whether overlaps are measured; otherwise the stage is believed.
    progress : callable, optional
        Told (done, total, says) after each tile.

    Raises
    ------
    MeasurementError
        When tiles differ in size.
    """
    pairs = neighbours(tiles.prior_px, tiles.read(0).shape) if refine else []
    search_px = SEARCH_PX if tiles.pixel_um is None else SEARCH_UM / tiles.pixel_um
    stream = _downward(tiles, progress) if pairs else iter(())
    links = list(measure_links(stream, pairs, search_px=search_px))
    placement = place_tiles(tiles.prior_px, links, strain=tiles.strain)
    notes = tuple(_notes(placement, len(pairs))) if refine else ()
    return Laid(tiles=tiles, placement=placement, overlaps=len(pairs), notes=notes)


def _downward(tiles: Tiles, progress: Progress | None) -> Iterator[tuple[int, Pixels]]:
    order = np.argsort(tiles.prior_px[:, 1], kind="stable").tolist()
    for done, number in enumerate(order, start=1):
        yield number, tiles.read(number)
        if progress is not None:
            progress(done, len(order), f"measuring {tiles.names[number]}")


def _notes(placement: Placement, overlaps: int) -> Iterator[str]:
    links = int(placement.used.sum())
    if not overlaps:
        yield "no two tiles overlap enough to be compared: all lie where the stage put them"
    elif links < FEW_LINKED * overlaps:
        yield (
            f"only {links} of {overlaps} overlaps could be measured and agree: if they hold tissue, calibrate, as the "
            "camera may be turned against the stage, or capture with more overlap"
        )
    strain = placement.prior.scale - 1
    if abs(strain) > max(NOTED_STRAIN, SURE * placement.prior.scale_sigma):
        yield (
            f"the stage's steps span {100 * strain:+.2f} % more pixels than the pixel size says: calibrate again "
            "before you measure lengths"
        )
