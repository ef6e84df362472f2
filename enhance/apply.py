"""Apply an engine to picture files: one, or all of a folder."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from enhance.engine import Engine
from enhance.errors import ImageError
from enhance.novelty import novel_fraction
from enhance.picture import Picture, open_picture, provenance, write_enhanced
from enhance.picturefile import READABLE, TIFF, check_writable

SAME_SIZE = 0.05
"""Relative difference of pixel sizes below which nothing is said: the calibration of two stands differs by as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One enhanced picture.

    Parameters
    ----------
    source, out : Path
        Files.
    shape : (int, int, int)
        Rows, columns and 3 of the enhanced picture.
    novel_fraction : float or None
        Fraction of its tiles unlike anything in training; None when the model does not know.
    notes : tuple of str
        What was assumed.
    """

    source: Path
    out: Path
    shape: tuple[int, ...]
    novel_fraction: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of enhancing a file or a folder.

    Parameters
    ----------
    outputs : tuple of Output
        In the order of their names.
    skipped : tuple of str
        A sentence for each picture of a folder that could not be enhanced.
    engine, mode : str
        What ran, and how.
    seconds : float
        In all.
    novel_fraction : float or None
        Mean over the outputs.
    statement : str
        What the model was trained on.
    notes : tuple of str
        What holds for all of them.
    """

    outputs: tuple[Output, ...]
    skipped: tuple[str, ...]
    engine: str
    mode: str
    seconds: float
    novel_fraction: float | None
    statement: str
    notes: tuple[str, ...]


def enhance_path(
    source: Path,
    out: Path,
    engine: Engine,
    *,
    passes: int = 1,
    grow: bool = False,
    white_level: float | None = None,
    progress: Callable[[int, int, Path], None] | None = None,
) -> Applied:
    """Enhance one picture, or every picture of a folder.

    Parameters
    ----------
    source : Path
        A picture file or a folder of them.
    out : Path
        For a file: the file to write (``.png``, ``.tif``, ``.ome.tif``) or a folder. For a folder: a folder.
    engine : Engine
        With the model.
    passes, grow
        As in `enhance.engine.Engine`.
    white_level : float, optional
        Pixel value of saturation, where the files do not say it.
    progress : callable, optional
        Called before each picture with those done, those in all, and its path; and once when all are done.

    Returns
    -------
    Applied
        Each output stands whole under its name, in place of what stood there; a run broken off leaves no part of one.

    Raises
    ------
    ImageError
        When there is no picture, the output would replace its own input, or no picture at all could be enhanced.
    """
    started = time.monotonic()
    jobs = list(_jobs(source, out))
    outputs: list[Output] = []
    skipped: list[str] = []
    for done, (picture, target) in enumerate(jobs):
        if progress is not None:
            progress(done, len(jobs), picture)
        try:
            outputs.append(_enhance_file(picture, target, engine, passes, grow=grow, white_level=white_level))
        except ImageError as error:
            if source.is_file() or (len(jobs) == len(skipped) + 1):
                raise
            skipped.append(str(error))
    if progress is not None:
        progress(len(jobs), len(jobs), out)
    return _applied(engine, outputs, skipped, passes=passes, grow=grow, seconds=time.monotonic() - started)


def _applied(
    engine: Engine, outputs: list[Output], skipped: list[str], *, passes: int, grow: bool, seconds: float
) -> Applied:
    known = [output.novel_fraction for output in outputs if output.novel_fraction is not None]
    expected = "the model expects flat-field corrected pixels, and the files were taken as they are"
    return Applied(
        outputs=tuple(outputs),
        skipped=tuple(skipped),
        engine=engine.name,
        mode=f"{passes} {'passes' if passes > 1 else 'pass'}, tiled{', grown' if grow and passes > 1 else ''}",
        seconds=seconds,
        novel_fraction=float(np.mean(known)) if known else None,
        statement=engine.checkpoint.statement,
        notes=(expected,) if engine.checkpoint.corrected else (),
    )


def _enhance_file(
    source: Path, target: Path, engine: Engine, passes: int, *, grow: bool, white_level: float | None
) -> Output:
    picture = open_picture(source, white_level=white_level)
    enhanced = engine.enhance(picture.pixels, passes=passes, grow=grow, white_level=picture.white_level)
    p, q = engine.checkpoint.ratio
    times = passes if grow else 1
    write_enhanced(
        target,
        enhanced,
        description=provenance(engine.checkpoint, passes=passes),
        pixel_um=None if picture.pixel_um is None else picture.pixel_um * (q / p) ** times,
    )
    return Output(
        source=source,
        out=target,
        shape=enhanced.shape,
        novel_fraction=novel_fraction(picture.pixels, engine.checkpoint.ranges, white_level=picture.white_level),
        notes=(*picture.notes, *_size_note(picture, engine)),
    )


def _size_note(picture: Picture, engine: Engine) -> Iterator[str]:
    trained_um = engine.checkpoint.pixel_um.get("low")
    if picture.pixel_um and trained_um and abs(picture.pixel_um / trained_um - 1) > SAME_SIZE:
        yield (
            f"the picture has {picture.pixel_um:.3f} µm to the pixel and the model was trained at {trained_um:.3f}: "
            "resample it to that first"
        )


def _jobs(source: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Pair each picture with the file to write."""
    if source.is_dir():
        pictures = sorted(p for p in source.iterdir() if p.is_file() and p.suffix.lower() in READABLE)
        if not pictures:
            raise ImageError(f"there is no picture in {source}: give a folder with files ending in {list(READABLE)}")
        targets = [out / name for name in _names(pictures)]
    else:
        pictures = [source]
        targets = [out if out.suffix and not out.is_dir() else out / _names(pictures)[0]]
    for picture, target in zip(pictures, targets, strict=True):
        if target.resolve() == picture.resolve():
            raise ImageError(f"{target} would replace its own input: name another output")
        check_writable(target)
        yield picture, target


def _names(pictures: list[Path]) -> list[str]:
    """Names to write under: a TIFF stays one, the others become PNG; the old ending is kept where two would meet."""
    plain = [p.name if p.suffix.lower() in TIFF else f"{p.stem}.png" for p in pictures]
    meets = Counter(name.lower() for name in plain)
    return [
        name if meets[name.lower()] == 1 else f"{p.stem}_{p.suffix[1:].lower()}{Path(name).suffix}"
        for name, p in zip(plain, pictures, strict=True)
    ]
