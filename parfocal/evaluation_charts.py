"""Charts of an evaluation: every site by every method, and correlation with the truth by band and colour."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from enhance.evaluation import BICUBIC, NETWORK, Evaluation
from enhance.judged.bands import BANDS, COLOURS
from parfocal.method_names import family, method_name
from parfocal.report_charts import ACCENT, INK, MUTED, SECOND, chart_figure, inline_svg

LINEAR = "linear_filter"
LIGHTS = {"red": "#d1495b", "green": "#3f9b57", "blue": "#3d7fc4"}
"""Of the dots that stand for the camera's colours: told apart on white and on black."""
LEFT_OUT = ("nearest", "lanczos", "label")
"""Of the bands: they say what bicubic and one exposure say."""
ROW_INCHES = 0.34
MOST_SITES = 60
"""Rows that a chart can hold; of more sites every second, third … is drawn, in the order of the gain."""


def sites_chart(evaluation: Evaluation, high: str) -> str:
    """Draw one row a site: how far each method lies from bicubic, in PSNR and in SSIM.

    Parameters
    ----------
    evaluation : Evaluation
        From `enhance.evaluate.evaluate`.
    high : str
        The stronger objective as the reader knows it.
    """
    sites = sites_by_gain(evaluation)[:: 1 + (len(evaluation.sites) - 1) // MOST_SITES]
    with chart_figure("sites", width=10.6, height=1.7 + ROW_INCHES * len(sites)) as figure:
        psnr, ssim = figure.subplots(1, 2, sharey=True)
        _draw_sites(psnr, evaluation, sites, "psnr_db", high)
        _draw_sites(ssim, evaluation, sites, "ssim", high)
        psnr.set_title("PSNR over bicubic, dB")
        ssim.set_title("SSIM over bicubic")
        psnr.set_yticks(range(len(sites)), sites)
        psnr.set_ylim(len(sites) - 0.4, -0.6)
        handles, labels = psnr.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=4, frameon=False)
        return inline_svg(figure)


def bands_chart(evaluation: Evaluation, low: str, high: str) -> str:
    """Draw, for each band, how well every method's optical density correlates with the truth's, by colour."""
    methods = [name for name in evaluation.methods if name not in LEFT_OUT]
    titles = (f"below 0.6 of the {low}'s cut-off", f"0.6 to 1 of the {low}'s", f"from the {low}'s to the {high}'s")
    with chart_figure("bands", width=10.6, height=1.5 + ROW_INCHES * len(methods)) as figure:
        axes = figure.subplots(1, len(BANDS), sharey=True)
        for each, band, title in zip(axes, BANDS, titles, strict=True):
            _draw_band(each, evaluation, methods, band)
            each.set_title(title, fontsize=9.5)
        axes[0].set_yticks(range(len(methods)), [method_name(name, high) for name in methods])
        axes[0].set_ylim(len(methods) - 0.4, -0.6)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=3, frameon=False)
        return inline_svg(figure)


def sites_by_gain(evaluation: Evaluation) -> list[str]:
    """Sites in the order of what the network gains over bicubic in PSNR, most first."""

    def gain(site: str) -> float:
        methods = evaluation.sites[site].methods
        return methods[NETWORK].psnr_db - methods[BICUBIC].psnr_db

    return sorted(evaluation.sites, key=gain, reverse=True)


def _draw_sites(axes: Axes, evaluation: Evaluation, sites: Sequence[str], measure: str, high: str) -> None:
    axes.axvline(0, color=MUTED, linewidth=1)
    for method in (name for name in evaluation.methods if name not in (BICUBIC, "nearest", "label")):
        gains = [
            getattr(methods[method], measure) - getattr(methods[BICUBIC], measure)
            for methods in (evaluation.sites[site].methods for site in sites)
        ]
        axes.plot(gains, range(len(sites)), linestyle="", label=method_name(method, high), **_marker(method))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.06)


def _marker(method: str) -> dict[str, Any]:
    if method == NETWORK:
        return {"marker": "o", "markersize": 8, "color": ACCENT}
    if method == LINEAR:
        return {"marker": "s", "markersize": 6, "color": SECOND}
    return _marker_of_family(method)


def _marker_of_family(method: str) -> dict[str, Any]:
    signs = {"lanczos": "2", "unsharp": "x", "wiener": "^", "richardson_lucy": "v"}
    return {
        "classical": {"marker": signs.get(method, "."), "markersize": 5.5, "color": SECOND, "alpha": 0.75},
        "rival": {"marker": f"${method[:1].upper()}$", "markersize": 6.5, "color": INK},
        "network": {"marker": "o", "markersize": 7, "color": ACCENT, "fillstyle": "none"},
        "seen": {"marker": "|", "markersize": 12, "markeredgewidth": 1.8, "color": MUTED},
    }[family(method)]


def _draw_band(axes: Axes, evaluation: Evaluation, methods: Sequence[str], band: str) -> None:
    for number, colour in enumerate(COLOURS):
        values = [evaluation.methods[method].correlation[colour][band] for method in methods]
        rows = [row + 0.18 * (number - 1) for row in range(len(methods))]
        axes.plot(values, rows, "o", color=LIGHTS[colour], markersize=5.5, label=colour)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("correlation with the truth")
    axes.margins(x=0.08)
