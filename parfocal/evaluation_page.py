"""The page of ``parfocal evaluate``: one HTML file that opens anywhere, offline, with every picture inside it."""

import math
from pathlib import Path

from markupsafe import Markup

from enhance.evaluation import BICUBIC, NETWORK, Evaluation
from enhance.judged.rings import THRESHOLD
from parfocal.evaluation_story import EvaluationStory
from parfocal.method_names import SEEN, family, method_name
from parfocal.percent import percent
from parfocal.report import Headline, environment

LINEAR = "linear_filter"


def write_evaluation_page(story: EvaluationStory, path: Path) -> None:
    """Write the page of `story` to `path`, one HTML file without references to any other.

    Parameters
    ----------
    story : EvaluationStory
        What to tell.
    path : Path
        The file to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_evaluation(story), encoding="utf-8")


def render_evaluation(story: EvaluationStory) -> str:
    """Return the page of `story` as HTML."""
    filled = environment()
    filled.filters.update(chance=_chance, uncertain=_uncertain)
    return filled.get_template("evaluation.html.j2").render(
        story=story,
        e=story.evaluation,
        headlines=evaluation_headlines(story.evaluation),
        sites_svg=Markup(story.sites_svg),
        bands_svg=Markup(story.bands_svg),
        name=lambda method: method_name(method, story.high),
        family=family,
        seen=SEEN,
        bicubic=BICUBIC,
        network=NETWORK,
        frc_threshold=THRESHOLD,
    )


def evaluation_headlines(evaluation: Evaluation) -> list[Headline]:
    """Return the few numbers at the top of the page: over bicubic, over the best linear filter, at how many sites."""
    found = [Headline(value=_gain(evaluation, BICUBIC), says="PSNR over bicubic, inside tissue")]
    if LINEAR in evaluation.methods:
        found.append(Headline(value=_gain(evaluation, LINEAR), says="PSNR over the best linear filter"))
    removed = percent(evaluation.ssim_removed(NETWORK))
    found.append(Headline(value=removed, says="of what bicubic lacks to an SSIM of 1"))
    for over in (BICUBIC, LINEAR):
        if over in evaluation.paired:
            won = evaluation.paired[over]["psnr_db"]
            says = f"sites better than {'bicubic' if over == BICUBIC else 'the linear filter'} in PSNR"
            found.append(Headline(value=f"{won.won} of {won.of}", says=says))
    return found


def _gain(evaluation: Evaluation, over: str) -> str:
    gain = evaluation.methods[NETWORK].psnr_db - evaluation.methods[over].psnr_db
    return f"{gain:+.2f} dB".replace("-", "−")


def _chance(p: float) -> str:
    return f"{p:.2g}" if math.isfinite(p) else "–"


def _uncertain(value: float, spread: float, digits: int) -> str:
    said = f"{value:.{digits}f}".replace("-", "−")
    return f"{said} ± {spread:.{digits}f}" if math.isfinite(spread) else said
