"""The table of scores in the terminal."""

import math

from rich.box import SIMPLE_HEAD
from rich.table import Table

from enhance.evaluation import BICUBIC, NETWORK, Evaluation
from parfocal.method_names import family, method_name
from parfocal.percent import percent

HEADS = (
    "",
    "PSNR\n  dB",
    "\nSSIM",
    "1−SSIM\nremoved",
    "FRC\n µm",
    "\nΔE",
    "worst\ntenth",
    "whole\n  dB",
    "won\n",
    "\np",
)
"""Two lines each, so that the table fits a terminal of 80 columns."""
LEGEND = (
    "PSNR ± spread over the sites; FRC against the truth at 0.5; ΔE2000; PSNR of the worst tenth of the tiles; PSNR of "
    "the whole frame; sites at which the network has the higher PSNR, and p of the paired Wilcoxon test."
)


def scores_table(result: Evaluation) -> Table:
    """Return the mean scores, their spread over the sites, and how often the network was better in PSNR."""
    sites = len(result.counted)
    title = f"Inside tissue, mean ± spread over {sites} {result.split} {'site' if sites == 1 else 'sites'}"
    table = Table(title=title, caption=LEGEND, box=SIMPLE_HEAD, padding=0, title_justify="left", show_edge=False)
    table.caption_justify = "left"
    for head in HEADS:
        table.add_column(head, justify="right" if head else "left", no_wrap=True)
    for name in result.methods:
        table.add_row(*_cells(result, name), style=_style(name))
    return table


def _style(name: str) -> str:
    if name == NETWORK:
        return "bold"
    return "dim" if family(name) == "seen" else ""


def _cells(result: Evaluation, name: str) -> list[str]:
    marks, spread = result.methods[name], result.spread[name]["psnr_db"]
    return [
        method_name(name),
        f"{marks.psnr_db:.2f}{_spread(spread)}",
        f"{marks.ssim:.4f}",
        "" if name == BICUBIC else percent(result.ssim_removed(name)),
        f"{marks.frc_um:.3f}",
        f"{marks.delta_e:.2f}",
        f"{marks.worst_decile_db:.2f}",
        f"{marks.whole_psnr_db:.2f}",
        *_paired(result, name),
    ]


def _spread(value: float) -> str:
    return f"±{value:.2f}" if math.isfinite(value) else ""


def _paired(result: Evaluation, name: str) -> list[str]:
    if name not in result.paired:
        return ["", ""]
    paired = result.paired[name]["psnr_db"]
    return [f"{paired.won}/{paired.of}", f"{paired.p:.2g}" if math.isfinite(paired.p) else ""]
