"""What a report tells of training and scores, read from a training set, a model and an evaluation."""

from pathlib import Path
from typing import Any, cast

import numpy as np

from enhance.baselines import bicubic
from enhance.bitdepth import as_bytes
from enhance.engine import Engine
from enhance.evaluation import Evaluation, SiteScores
from enhance.history import read_history
from enhance.judged.marks import Marks
from enhance.metrics import Score as Metric
from enhance.train import TrainResult
from parfocal.report_learning import BICUBIC, EXPOSURE, NETWORK, SELF_FED, Crop, Kind, Score, Scores, TrainingCurve

CROP_PX = 64
"""Side of a crop in low-power pixels: 12 µm at 40x, the size of a cell."""
CROPS = 3
METHODS = (BICUBIC, NETWORK, SELF_FED, EXPOSURE)


def curve(model: Path, training: TrainResult, *, recipe: str, parameters: int, patches: int) -> TrainingCurve:
    """Return the curve of a training.

    Parameters
    ----------
    model : Path
        Its folder, with the history.
    training : TrainResult
        What it came to.
    recipe : str
        Its name.
    parameters, patches : int
        Of the network, and in the training set.
    """
    rows = read_history(model / "history.csv")
    scored = [row for row in rows if row["validation_psnr_db"]]
    return TrainingCurve(
        steps=np.array([float(row["step"]) for row in rows]),
        loss=np.array([float(row["loss"]) for row in rows]),
        validation_steps=np.array([float(row["step"]) for row in scored]),
        validation_psnr_db=np.array([float(row["validation_psnr_db"]) for row in scored]),
        bicubic_psnr_db=training.bicubic["psnr_db"],
        recipe=recipe,
        parameters=parameters,
        patches=patches,
        seconds=training.seconds,
    )


def score_tables(evaluation: Evaluation) -> tuple[Scores, ...]:
    """Return the scores against the label's kind of truth, and against the other kind where it is known."""
    label = cast(Kind, evaluation.label)
    other: Kind = "plane" if label == "fused" else "fused"
    tables = [Scores(against=label, of_label_kind=True, sites=_by_site(evaluation, "methods"))]
    if evaluation.methods_other:
        tables.append(Scores(against=other, of_label_kind=False, sites=_by_site(evaluation, "methods_other")))
    return tuple(tables)


def crops(
    pairs: Path, engine: Engine, evaluation: Evaluation, *, pixel_um: float, side_px: int = CROP_PX
) -> tuple[Crop, ...]:
    """Cut one lively area out of each of the first test sites, through every method.

    Parameters
    ----------
    pairs : Path
        The training set.
    engine : Engine
        With the model.
    evaluation : Evaluation
        Names the sites.
    pixel_um : float
        Of the low-power picture.
    side_px : int
        Of the area, in low-power pixels.
    """
    return tuple(_crop(pairs / "pairs", engine, site, pixel_um, side_px) for site in list(evaluation.sites)[:CROPS])


def _by_site(evaluation: Evaluation, which: str) -> dict[str, dict[str, Score]]:
    return {site: _scores(scores, which) for site, scores in evaluation.sites.items()}


def _scores(scores: SiteScores, which: str) -> dict[str, Score]:
    found = getattr(scores, which)
    return {name: _score(found[name]) for name in METHODS if name in found}


def _score(marks: Marks | Metric) -> Score:
    return Score(psnr_db=marks.psnr_db, ssim=marks.ssim, whole_psnr_db=marks.whole_psnr_db, whole_ssim=marks.whole_ssim)


def _crop(folder: Path, engine: Engine, site: str, pixel_um: float, side_px: int) -> Crop:
    low, high = np.load(folder / f"{site}_low.npy"), np.load(folder / f"{site}_high.npy")
    factor = high.shape[0] / low.shape[0]
    row, column = liveliest(low, side_px)
    coarse = np.s_[row : row + side_px, column : column + side_px]
    fine = tuple(slice(round(side.start * factor), round(side.stop * factor)) for side in coarse)
    truth = folder / f"{site}_truth.npy"
    return Crop(
        site=site,
        low=as_bytes(low[coarse]),
        bicubic=as_bytes(bicubic(low, engine.checkpoint.ratio)[fine]),
        network=as_bytes(engine.enhance(low)[fine]),
        label=high[fine],
        width_um=side_px * pixel_um,
        truth=as_bytes(np.load(truth)[fine]) if truth.is_file() else None,
    )


def liveliest(low: Any, side_px: int) -> tuple[int, int]:
    """Return the corner of the crop with most contrast in green: where there is something to see.

    Parameters
    ----------
    low : ndarray of uint8, uint16 or float32, shape (rows, columns, 3)
        The picture.
    side_px : int
        Of the crop.

    Returns
    -------
    (int, int)
        Row and column, multiples of 4.
    """
    stride = max(4, side_px // 4 // 4 * 4)
    green = low[..., 1].astype(np.float64)
    corners = [
        (row, column)
        for row in range(0, max(1, low.shape[0] - side_px), stride)
        for column in range(0, max(1, low.shape[1] - side_px), stride)
    ]
    return max(corners, key=lambda at: float(green[at[0] : at[0] + side_px, at[1] : at[1] + side_px].std()))
