"""Claims about tissue: resolution, self-feeding, pictures of the 100x as input, other organs and stains."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduction.claim import Claim, Engines, graded
from benchmarks.reproduction.fields import BORDER_PX, Field, mean_of
from enhance.baselines import bicubic
from enhance.bitdepth import as_bytes, white_of
from enhance.engine import Engine
from enhance.judged.density import density_view
from enhance.judged.rings import resolution_um
from enhance.metrics import Score
from enhance.validation import trimmed

Picture = NDArray[Any]
BLUR_PX = 0.6
"""Of the Gaussian that a 100x exposure is compared with: it denoises as well."""
LEAST_DB = 0.2
"""Below, a difference of one training says nothing."""
FULL_GAIN, SOME_GAIN = 1.1, 1.02
"""Of resolution; the optics differ by 1.3."""
MOST_KEPT = 0.5
"""Part of the gain over bicubic that a network keeps on what it does not know."""


def resolution(fields: Sequence[Field], engines: Engines) -> Claim:
    """Resolution: finest detail that agrees with the truth, by ring correlation."""
    enlarged = _finest_um(fields, lambda field: _enlarged(field, _ratio(engines)))
    exposed = _finest_um(fields, lambda field: field.exposure)
    found = {name: _finest_um(fields, _enhanced(engine)) for name, engine in engines.items()}
    figures = {
        name: f"{um:.3f} µm; bicubic {enlarged:.3f} (gain {enlarged / um:.2f}), 100x exposure {exposed:.3f}"
        for name, um in found.items()
    }
    gain = enlarged / found["shipped"]
    return Claim(
        says="Resolution rises towards that of the 100x (table 1)",
        only="tissue",
        figures=figures,
        verdict=graded(gain, holds=FULL_GAIN, in_part=SOME_GAIN),
        why="finest detail in green whose ring correlation with the truth is above 0.5",
    )


def self_feeding(fields: Sequence[Field], engines: Engines) -> Claim:
    """One and two cycles of self-feeding."""
    figures, gains = {}, {}
    for name, engine in engines.items():
        scores = [mean_of([field.score(fed(engine, field, cycles)) for field in fields]) for cycles in (0, 1, 2)]
        figures[name] = "; ".join(f"{cycles}: {_both(one)}" for cycles, one in enumerate(scores))
        gains[name] = scores[1].psnr_db - scores[0].psnr_db
    return Claim(
        says="One cycle of self-feeding improves the picture, more do not (fig. 2, S5)",
        only="tissue",
        figures=figures,
        verdict=graded(gains["shipped"], holds=LEAST_DB),
        why=f"the first cycle changes PSNR by {gains['shipped']:+.2f} dB at 7.25 times the work",
    )


def sharp_input(fields: Sequence[Field], engines: Engines) -> Claim:
    """Pictures of the 100x as input, area-reduced to their own size afterwards."""
    plain = mean_of([field.score(field.exposure) for field in fields])
    blurred = mean_of([field.score(cv2.GaussianBlur(field.exposure, (0, 0), BLUR_PX)) for field in fields])
    scores = {
        name: mean_of([field.score(_refined(engine, field)) for field in fields]) for name, engine in engines.items()
    }
    figures = {
        name: f"{_both(one)}; exposure {_both(plain)}; Gaussian of {BLUR_PX} px {_both(blurred)}"
        for name, one in scores.items()
    }
    more = scores["shipped"].psnr_db - plain.psnr_db
    over_blur = scores["shipped"].psnr_db - blurred.psnr_db
    return Claim(
        says="Frames of the 100x as input come out better than they were (fig. 2, S6)",
        only="tissue",
        figures=figures,
        verdict=graded(min(more, over_blur), holds=LEAST_DB),
        why=f"{more:+.2f} dB over the exposure, {over_blur:+.2f} over a Gaussian blur: what blur gives is denoising",
    )


def transfer(
    by_family: Mapping[str, Sequence[Field]], trained_on: Mapping[str, Engine], *, says: str, pairs: Mapping[str, str]
) -> Claim:
    """Judge networks that know one family on another.

    Parameters
    ----------
    by_family : mapping of str to sequence of Field
        Test sites.
    trained_on : mapping of str to Engine
        By the family they know.
    says : str
        The claim.
    pairs : mapping of str to str
        Which unknown family each known one is judged on.
    """
    told, kept = [], []
    for known, unknown in pairs.items():
        own, other = (_gain(by_family[family], trained_on[known]) for family in (known, unknown))
        told.append(f"trained on {known}: {own:+.2f} dB on {known}, {other:+.2f} on {unknown}")
        kept.append(_kept(own, other))
    return Claim(
        says=says,
        only="transfer",
        figures={"shipped": "; ".join(told)},
        verdict=graded(min(kept), holds=MOST_KEPT, in_part=0.0),
        why=f"{_part(min(kept))}, by networks trained on one family each",
    )


def fed(engine: Engine, field: Field, cycles: int) -> Picture:
    """Enhance, and feed the result back so many times, each time area-reduced to the first size."""
    white = white_of(field.low)
    picture = engine.enhance(field.low, white_level=white)
    shape = picture.shape
    for _ in range(cycles):
        picture = _reduced(engine.enhance(picture, white_level=white), shape)
    return as_bytes(picture)


def _refined(engine: Engine, field: Field) -> Picture:
    return _reduced(engine.enhance(field.exposure, white_level=field.white_level), field.exposure.shape)


def _reduced(picture: Picture, shape: tuple[int, ...]) -> Picture:
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_AREA))


def _enhanced(engine: Engine) -> Callable[[Field], Picture]:
    return lambda field: fed(engine, field, 0)


def _enlarged(field: Field, ratio: tuple[int, int]) -> Picture:
    return as_bytes(bicubic(field.low, ratio))


def _ratio(engines: Engines) -> tuple[int, int]:
    return next(iter(engines.values())).checkpoint.ratio


def _gain(fields: Sequence[Field], engine: Engine) -> float:
    ratio = engine.checkpoint.ratio
    gains = [
        field.score(_enhanced(engine)(field)).psnr_db - field.score(_enlarged(field, ratio)).psnr_db for field in fields
    ]
    return float(np.mean(gains))


def _kept(own_db: float, other_db: float) -> float:
    """Part of its gain that a network keeps elsewhere; without a gain on what it knows there is none to keep."""
    return other_db / own_db if own_db > 0 else float("-inf")


def _part(kept: float) -> str:
    if not np.isfinite(kept):
        return "nothing is gained over bicubic even on the known family"
    return f"{100 * kept:.0f} % of the gain over bicubic is kept"


def _finest_um(fields: Sequence[Field], shown: Callable[[Field], Picture]) -> float:
    """Mean over the fields of the finest period that agrees with the truth."""
    return float(np.mean([_agreeing_um(field, shown(field)) for field in fields]))


def _agreeing_um(field: Field, picture: Picture) -> float:
    view = density_view(field.tissue, white_level=field.white_level, pixel_um=field.pixel_um)
    one, truth = (view.spectra(trimmed(each, BORDER_PX)) for each in (picture, field.truth))
    return resolution_um(one, truth, view)


def _both(score: Score) -> str:
    return f"{score.psnr_db:.2f} dB, {score.ssim:.4f}"
