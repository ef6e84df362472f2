"""Send a real picture of 512 × 333 pixels through ONNX, a package of bioimage.io and `parfocal enhance`, and compare.

The limit is 1e-5 of white before rounding, and one grey level of 255 after it. ``--picture FILE`` draws the three
results and where their pixels differ.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from enhance.engine_torch import TorchEngine
from enhance.export.agreement import LIMIT
from enhance.export.extras import needed
from enhance.export.onnxfile import INPUT, OUTPUT
from enhance.export.wholepicture import halo_px
from enhance.open import load_model
from parfocal.commands import app

mpl.use("Agg")

SOURCE = Path("tests/data/he_liver.jpg")
ROWS, COLUMNS = 333, 512
WHITE = 255
CORNER = 3
"""Of a result, the upper left of so many by so many parts is drawn."""
Picture = NDArray[np.float32]
"""Fractions of white, (1, 3, rows, columns)."""


def main() -> int:
    """Run, print each figure beside its limit, draw; 1 when one is beyond."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="shipped")
    parser.add_argument("--picture", type=Path, help="Draw it here.")
    options = parser.parse_args()
    low = _low()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        results = _results(low, options.model, Path(folder))
    if options.picture:
        _draw(low, results, options.picture)
    return _told(results)


def _low() -> NDArray[np.uint8]:
    found = _read(SOURCE)
    if found.shape[0] < ROWS or found.shape[1] < COLUMNS:
        raise SystemExit(f"{SOURCE} has fewer than {COLUMNS}×{ROWS} pixels: choose another")
    return found[:ROWS, :COLUMNS]


def _read(path: Path) -> NDArray[np.uint8]:
    found = cv2.imread(str(path))
    if found is None:
        raise SystemExit(f"{path} cannot be read: run this at the root of the checkout")
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _results(low: NDArray[np.uint8], model: str, folder: Path) -> Mapping[str, Picture]:
    """Give what each way makes of the picture; the command writes the files and the PNG, as a person would."""
    cv2.imwrite(f"{folder}/low.png", cv2.cvtColor(low, cv2.COLOR_RGB2BGR))
    for words in (
        ["export", model, "--format", "onnx", "--out", f"{folder}/model.onnx"],
        ["export", model, "--format", "bioimageio", "--out", f"{folder}/model.zip", "--name", "Parfocal benchmark"],
        ["enhance", f"{folder}/low.png", f"{folder}/high.png", "--model", model],
    ):
        app(words, standalone_mode=False)
    checkpoint = load_model(model)
    fractions = (low.astype(np.float32) / np.float32(WHITE)).transpose(2, 0, 1)[None]
    engine = TorchEngine(checkpoint).forward(fractions[0].transpose(1, 2, 0)).clip(0, 1).transpose(2, 0, 1)[None]
    file = _read(folder / "high.png")
    around = halo_px(checkpoint.architecture)
    return {
        "engine": engine,
        "parfocal enhance": (file.astype(np.float32) / np.float32(WHITE)).transpose(2, 0, 1)[None],
        "ONNX Runtime": _by_onnx(folder / "model.onnx", fractions),
        "bioimageio.core": _by_zoo(folder / "model.zip", fractions, around, checkpoint.ratio)[
            :, :, : engine.shape[2], : engine.shape[3]
        ],
    }


def _by_onnx(path: Path, fractions: Picture) -> Picture:
    session = needed("onnxruntime", extras="engines").InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run([OUTPUT], {INPUT: fractions})[0])


def _by_zoo(path: Path, fractions: Picture, around: int, ratio: tuple[int, int]) -> Picture:
    """Let sides that are no multiples of q go on as their mirror image, as the text of the package says."""
    core: Any = needed("bioimageio.core", extras="bioimageio")
    more = [around + -(side + around) % ratio[1] if side % ratio[1] else 0 for side in fractions.shape[2:]]
    longer = np.pad(fractions, ((0, 0), (0, 0), (0, more[0]), (0, more[1])), mode="reflect")
    sample = core.predict(model=path, inputs={INPUT: longer})
    return np.asarray(next(iter(sample.members.values())).data.values)


def _told(results: Mapping[str, Picture]) -> int:
    engine, beyond = results["engine"], 0
    for name, picture in results.items():
        whole = name == "parfocal enhance"  # a file of whole grey levels
        limit = 0.5 / WHITE + LIMIT if whole else LIMIT
        largest = float(np.abs(picture - engine).max())
        levels = np.abs(np.rint(WHITE * picture) - np.rint(WHITE * engine))
        print(
            f"{name:18} {picture.shape[3]}×{picture.shape[2]}  differs from the engine by {largest:.2e} "
            f"(limit {limit:.1e}), by at most {int(levels.max())} grey level(s) in {100 * (levels > 0).mean():.4f} %"
        )
        beyond += not (picture.shape == engine.shape and largest <= limit and levels.max() <= 1)
    return int(beyond > 0)


def _draw(low: NDArray[np.uint8], results: Mapping[str, Picture], path: Path) -> None:
    """Draw a corner of each result, and below the exported ones how far they are from the engine everywhere."""
    figure, axes = plt.subplots(2, len(results), figsize=(15, 6), layout="constrained")
    rows, columns = results["engine"].shape[2:]
    shown = {"input": low} | {
        name: picture[0].transpose(1, 2, 0) for name, picture in results.items() if name != "engine"
    }
    for axis, (name, picture) in zip(axes[0], shown.items(), strict=True):
        axis.imshow(picture[: picture.shape[0] // CORNER, : picture.shape[1] // CORNER], interpolation="nearest")
        axis.set_title(f"{name}, {picture.shape[1]}×{picture.shape[0]}")
    for axis, name in zip(axes[1, 2:], list(shown)[2:], strict=True):
        apart = np.abs(results[name] - results["engine"])[0].max(axis=0)
        drawn = axis.imshow(apart * 1e7, vmin=0, cmap="magma")
        axis.set_title("from the engine, 10⁻⁷ of white")
        figure.colorbar(drawn, ax=axis, shrink=0.7)
    axes[1, 0].text(0, 0.5, f"Above: a corner.\nBelow: all {columns}×{rows} pixels.", fontsize=12)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[])
    for axis in axes[1, :2]:
        axis.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    sys.exit(main())
