"""Apply an engine to picture files: one, or all of a folder."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from calibration.flatfield import FINE_WHITE_LEVEL, Correction, correct_finely
from enhance.applied import Applied, Output
from enhance.bitdepth import rescaled
from enhance.engine import Engine, Image
from enhance.errors import ImageError
from enhance.jobs import jobs
from enhance.picture import Picture, open_picture, provenance, write_enhanced
from enhance.trust.pixelsize import Fitted, fitted
from enhance.trust.tilemeasures import noise_of
from enhance.trust.verdict import Verdict, mean_of, model_notes, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """How to enhance: as the parameters of `enhance_path`."""

    engine: Engine
    passes: int
    grow: bool
    white_level: float | None
    pixel_um: float | None
    correction: Correction | None

    @property
    def grows(self) -> bool:
        return self.grow and self.passes > 1


def enhance_path(
    source: Path,
    out: Path,
    engine: Engine,
    *,
    passes: int = 1,
    grow: bool = False,
    white_level: float | None = None,
    pixel_um: float | None = None,
    correction: Correction | None = None,
    progress: Callable[[int, int, Path], None] | None = None,
) -> Applied:
    """Enhance one picture, or every picture of a folder; one of other pixels than the model's is resampled first.

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
    pixel_um : float, optional
        Pixel size of the pictures, in place of what their files say.
    correction : Correction, optional
        Flat and dark field of raw frames; pictures are taken as they are when not given.
    progress : callable, optional
        Called before each picture with those done, those in all, and its path; and once when all are done.

    Returns
    -------
    Applied
        Each output stands whole under its name, in place of what stood there; a run broken off leaves no part of one.

    Raises
    ------
    ImageError
        When there is no picture, the output would replace its own input, or no picture at all could be enhanced: among
        the reasons, pixels more than 30 % larger or smaller than the model's.
    """
    started = time.monotonic()
    work = list(jobs(source, out))
    wish = _Wish(
        engine=engine, passes=passes, grow=grow, white_level=white_level, pixel_um=pixel_um, correction=correction
    )
    outputs: list[Output] = []
    skipped: list[str] = []
    for done, (picture, target) in enumerate(work):
        if progress is not None:
            progress(done, len(work), picture)
        try:
            outputs.append(_enhance_file(picture, target, wish))
        except ImageError as error:
            if source.is_file() or (len(work) == len(skipped) + 1):
                raise
            skipped.append(str(error))
    if progress is not None:
        progress(len(work), len(work), out)
    return _applied(wish, outputs, skipped, seconds=time.monotonic() - started)


def _applied(wish: _Wish, outputs: list[Output], skipped: list[str], *, seconds: float) -> Applied:
    checkpoint = wish.engine.checkpoint
    return Applied(
        outputs=tuple(outputs),
        skipped=tuple(skipped),
        engine=wish.engine.name,
        mode=f"{wish.passes} {'passes' if wish.passes > 1 else 'pass'}, tiled{', grown' if wish.grows else ''}",
        seconds=seconds,
        novel_fraction=mean_of([output.novel_fraction for output in outputs]),
        consistency=mean_of([output.consistency for output in outputs]),
        statement=checkpoint.statement,
        notes=(*_light_notes(wish), *model_notes(checkpoint)),
    )


def _light_notes(wish: _Wish) -> Iterator[str]:
    corrected = wish.engine.checkpoint.corrected
    if corrected and wish.correction is None:
        yield (
            "the model expects flat-field corrected pixels, and the files were taken as they are: give the calibration "
            "of their rig if they are raw frames"
        )
    elif wish.correction is not None and not corrected:
        yield "the files were corrected, and the model was trained on pictures as taken"


def _evened(taken: Picture, wish: _Wish) -> Picture:
    """Return the picture with even light where that is wished, in 16 bits then, for the network."""
    if wish.correction is None:
        return taken
    fine = correct_finely(taken.pixels, wish.correction, white_level=taken.white_level)
    return replace(taken, pixels=fine, white_level=float(FINE_WHITE_LEVEL))


def _enhance_file(source: Path, target: Path, wish: _Wish) -> Output:
    checkpoint = wish.engine.checkpoint
    taken = open_picture(source, white_level=wish.white_level)
    read = _evened(taken, wish)
    noise = noise_of(read.pixels, white_level=read.white_level)
    fit = fitted(read, checkpoint.pixel_um.get("low"), name=source.name, told_um=wish.pixel_um)
    picture = fit.picture
    enhanced = wish.engine.enhance(picture.pixels, passes=wish.passes, grow=wish.grow, white_level=picture.white_level)
    p, q = checkpoint.ratio
    pixel_um = None if picture.pixel_um is None else picture.pixel_um * (q / p) ** (wish.passes if wish.grow else 1)
    written = rescaled(enhanced, picture.white_level, taken.white_level, taken.pixels.dtype)
    write_enhanced(target, written, description=provenance(checkpoint, passes=wish.passes), pixel_um=pixel_um)
    judged = verdict(
        picture.pixels,
        None if wish.grows else enhanced,
        checkpoint,
        white_level=picture.white_level,
        noise=noise * fit.noise_kept,
    )
    return _output(source, target, enhanced, pixel_um, fit, judged)


def _output(
    source: Path, target: Path, enhanced: Image, pixel_um: float | None, fit: Fitted, judged: Verdict
) -> Output:
    return Output(
        source=source,
        out=target,
        shape=enhanced.shape,
        pixel_um=pixel_um,
        novel_fraction=judged.novel_fraction,
        novel=judged.novel,
        consistency=None if judged.agreement is None else judged.agreement.score,
        doubtful_fraction=None if judged.agreement is None else judged.agreement.doubtful_fraction,
        notes=(*fit.picture.notes, *judged.notes()),
    )
