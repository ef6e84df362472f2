"""One crop through every method as one picture, to show and to put into a page: raw, bicubic, enhanced, captured."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parfocal.report_learning import Crop
from parfocal.report_pictures import scale_bar

INCHES = 3.2
DOTS_PER_INCH = 130
MARGIN = 0.04
BAR_HEIGHT = 0.012


def draw_result(crop: Crop, path: Path, *, low: str, high: str) -> None:
    """Draw one area raw, interpolated, enhanced and as captured at high power, side by side.

    Parameters
    ----------
    crop : Crop
        Of a test site.
    path : Path
        PNG.
    low, high : str
        Names of the objectives, as the reader shall see them.
    """
    panels = (
        (f"{low}, raw", crop.low),
        (f"{low}, bicubic", crop.bicubic),
        (f"{low}, enhanced", crop.network),
        (f"{high}, one exposure", crop.label),
    )
    figure = Figure(figsize=(INCHES * len(panels), INCHES + 0.35), layout="constrained")
    for axes, (title, picture) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        axes.imshow(picture, interpolation="nearest", extent=(0, 1, 0, 1))
        axes.set_title(title, fontsize=12)
        axes.set_axis_off()
    bar = scale_bar(crop.width_um)
    fraction = bar.percent / 100
    last = figure.axes[-1]
    last.add_patch(Rectangle((1 - MARGIN - fraction, MARGIN), fraction, BAR_HEIGHT, color="white"))
    last.text(1 - MARGIN - fraction / 2, MARGIN + 2 * BAR_HEIGHT, bar.label, color="white", ha="center", fontsize=10)
    figure.axes[0].text(MARGIN, MARGIN, "simulated", color="white", fontsize=10)
    figure.savefig(path, dpi=DOTS_PER_INCH)
