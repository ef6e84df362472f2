"""The report: one HTML file that opens anywhere, offline, with every picture inside it."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parfocal.percent import percent
from parfocal.report_charts import scores_chart, training_chart
from parfocal.report_figures import (
    crop_figures,
    difference_figures,
    fused_figures,
    hero_figures,
    pair_figures,
    plane_figures,
    slide_views,
)
from parfocal.report_learning import BICUBIC, EXPOSURE, NETWORK, SELF_FED, Score, Scores
from parfocal.report_pictures import DIFFERENCE_FULL_SCALE, data_uri, gradient, scale_bar
from parfocal.report_story import Story

METHOD_NAMES = {
    BICUBIC: "bicubic",
    NETWORK: "network",
    SELF_FED: "network, self-fed once",
    EXPOSURE: "one 100× exposure",
}
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One number of the first screen: its value as text, and what it is."""

    value: str
    says: str


def write_report(story: Story, path: Path) -> None:
    """Write the report of `story` to `path`, one HTML file without references to any other.

    Parameters
    ----------
    story : Story
        What to tell; parts it leaves out are left out.
    path : Path
        The file to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(story), encoding="utf-8")


def render(story: Story) -> str:
    """Return the report of `story` as HTML."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            story=story,
            headlines=headlines(story),
            hero=hero_figures(story.hero) if story.hero else (),
            maps=slide_views(story.slides, story.fields_um) if story.slides else [],
            pair=pair_figures(story.pair, story.optics) if story.pair else [],
            planes=plane_figures(story.stack) if story.stack else [],
            fused=fused_figures(story.stack) if story.stack else [],
            crops=[
                (crop, crop_figures(crop, story.optics), difference_figures(crop, story.optics)) for crop in story.crops
            ],
            training_svg=Markup(training_chart(story.training)) if story.training else "",
            scores=[(scores, Markup(scores_chart(scores, METHOD_NAMES))) for scores in story.scores],
            method_names=METHOD_NAMES,
            bicubic=BICUBIC,
            difference_percent=round(100 * DIFFERENCE_FULL_SCALE),
        )
    )


def headlines(story: Story) -> list[Headline]:
    """Return the few numbers that stand under the first picture, as far as the story has them."""
    found: list[Headline] = []
    for scores in story.scores:
        if scores.of_label_kind:
            found += _gains(scores)
    offsets = [row.truth_rms_px for row in story.registered if row.accepted and row.truth_rms_px is not None]
    if offsets:
        found.append(Headline(value=f"{max(offsets):.3f} px", says="largest registration error of an accepted pair"))
    if story.steps:
        total = sum(step.seconds for step in story.steps)
        found.append(Headline(value=_duration(total), says="from the first photon to this page"))
    return found


def _gains(scores: Scores) -> list[Headline]:
    better = sum(_beats(methods[NETWORK], methods[BICUBIC]) for methods in scores.sites.values())
    network, bicubic = scores.mean(NETWORK), scores.mean(BICUBIC)
    return [
        Headline(value=f"{_signed(network.psnr_db - bicubic.psnr_db, 2)} dB", says="PSNR over bicubic, inside tissue"),
        Headline(value=_signed(network.ssim - bicubic.ssim, 4), says="SSIM over bicubic, inside tissue"),
        Headline(value=f"{better} of {len(scores.sites)}", says="test sites better than bicubic in both"),
    ]


def _beats(one: Score, other: Score) -> bool:
    return one.psnr_db > other.psnr_db and one.ssim > other.ssim


def environment() -> Environment:
    """Return what fills the templates of this package: strict, escaping, with the filters they use."""
    environment = Environment(
        loader=PackageLoader("parfocal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        uri=data_uri,
        fixed=_fixed,
        percent=percent,
        signed=_signed,
        duration=_duration,
        bar=scale_bar,
        gradient=gradient,
    )
    return environment


def _fixed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), SECONDS_PER_MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
