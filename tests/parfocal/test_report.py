from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from parfocal.report import headlines, render, write_report
from parfocal.report_capture import Measurement, PairView, Registered, SiteMark, SlideMap, StackView
from parfocal.report_learning import Crop, Score, Scores, TrainingCurve
from parfocal.report_pictures import checkerboard, depth_map, difference_map, red_cyan, scale_bar
from parfocal.report_story import Hero, Optics, Step, Story

SECTIONS = ("plan", "calibration", "registration", "stack", "training", "crops", "scores", "limits", "run")


class Page(HTMLParser):
    """What a browser would fetch, the ids, and how many pictures and marks of simulation there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.pictures = 0
        self.marks = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if values.get("id") in SECTIONS else []
        self.pictures += tag == "img"
        self.marks += values.get("class") in ("badge", "stamp")
        if tag != "a":
            self.fetched += [value for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "data")]


def picture(rows: int, columns: int, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


def score(psnr_db: float, ssim: float) -> Score:
    return Score(psnr_db=psnr_db, ssim=ssim, whole_psnr_db=psnr_db + 1, whole_ssim=ssim)


def scores() -> Scores:
    return Scores(
        against="fused",
        of_label_kind=True,
        sites={
            "S1 s1": {"bicubic": score(30, 0.90), "network": score(32, 0.95), "one_100x_exposure": score(35, 0.97)},
            "S2 s1": {"bicubic": score(31, 0.91), "network": score(32, 0.90), "one_100x_exposure": score(36, 0.97)},
        },
    )


@pytest.fixture(scope="module")
def story() -> Story:
    small, large = picture(24, 24), picture(60, 60)
    other = Scores(against="plane", of_label_kind=False, sites=scores().sites)
    steps = np.arange(1.0, 41)
    return Story(
        title="A title with <angle> brackets",
        subtitle="A subtitle",
        simulated=True,
        facts={"Date": "today"},
        optics=Optics(
            low="40×", high="100×", low_label="40×/0.95", high_label="100×/1.4", low_pixel_um=0.185, high_pixel_um=0.074
        ),
        limits=("Real slides will score lower.",),
        steps=(Step(name="Check", says="looked", seconds=61.0), Step(name="Train", says="learnt", seconds=1.2)),
        hero=Hero(
            before=small, after=large, width_um=4.4, before_name="Raw", after_name="Enhanced", caption="A field."
        ),
        slides=(SlideMap(name="S1", specimen="", role="test", sites=(SiteMark(name="s1", x_um=5.0, y_um=6.0),)),),
        fields_um={"40×": (94.7, 94.7), "100×": (37.9, 37.9)},
        calibration=(Measurement(name="Pixel size", unit="µm", value=-0.5, interval95=(-0.6, -0.4), truth=-0.51),),
        pair=PairView(
            site="S1 s1",
            low=small,
            nominal=large,
            registered=large,
            pixel_um=0.074,
            nominal_offset_px=3.0,
            residual_px=0.02,
        ),
        registered=(
            Registered(
                site="S1 s1", role="test", accepted=True, residual_px=0.02, high_pass_ncc=0.99, truth_rms_px=0.03
            ),
            Registered(
                site="S1 s2", role="test", accepted=False, residual_px=0.4, high_pass_ncc=0.8, reason="it is empty"
            ),
        ),
        stack=StackView(
            site="S1 s1",
            planes=(large, large, large),
            z_um=(-0.4, 0.0, 0.4),
            fused=large,
            depth_um=np.zeros((60, 60)),
            pixel_um=0.074,
        ),
        training=TrainingCurve(
            steps=steps,
            loss=1 / steps,
            validation_steps=steps[::10],
            validation_psnr_db=steps[::10],
            bicubic_psnr_db=20.0,
            recipe="fast",
            parameters=203_787,
            patches=12,
            seconds=9.0,
        ),
        crops=(Crop(site="S1 s1", low=small, bicubic=large, network=large, label=large, truth=large, width_um=4.4),),
        scores=(scores(), other),
    )


@pytest.fixture(scope="module")
def html(story) -> str:
    return render(story)


def without_charts(story: Story, **changes) -> str:
    return render(replace(story, **{"training": None, "scores": (), **changes}))


def test_the_page_fetches_nothing(html):
    page = Page(html)
    assert page.fetched
    assert all(source.startswith(("data:image/", "#")) for source in page.fetched)


def test_no_style_imports_anything(html):
    assert "@import" not in html
    assert "url(http" not in html


def test_every_section_is_there_once_and_in_the_order_of_the_chain(html):
    assert tuple(Page(html).ids) == SECTIONS


def test_every_picture_of_a_simulated_run_says_so(html):
    page = Page(html)
    assert page.marks >= page.pictures
    assert "no slide was photographed" in html


def test_a_real_run_is_not_called_simulated(story):
    page = Page(without_charts(story, simulated=False))
    assert page.marks == 0


def test_a_story_of_nothing_but_its_facts_is_a_page_too(story):
    bare = Story(title="T", subtitle="S", simulated=False, facts=story.facts, optics=story.optics, limits=story.limits)
    assert Page(render(bare)).ids == ["limits", "run"]


def test_pictures_without_known_truth_are_shown_without_differences(story, html):
    crops = tuple(replace(crop, truth=None) for crop in story.crops)
    assert "− truth" not in without_charts(story, crops=crops)
    assert "− truth" in html


def test_words_of_the_story_cannot_become_markup(html):
    assert "A title with &lt;angle&gt; brackets" in html


def test_a_rejected_pair_is_listed_with_its_reason(html):
    assert "rejected: it is empty" in html


def test_headlines_count_only_sites_better_in_both_scores(story):
    values = {headline.says: headline.value for headline in headlines(story)}
    assert values["test sites better than bicubic in both"] == "1 of 2"
    assert values["PSNR over bicubic, inside tissue"] == "+1.50 dB"
    assert values["largest registration error of an accepted pair"] == "0.030 px"
    assert values["from the first photon to this page"] == "1 min 2 s"


def test_headlines_say_minus_when_the_network_is_worse(story):
    site = {"bicubic": score(30, 0.9), "network": score(28.5, 0.9)}
    worse = replace(story, scores=(replace(scores(), sites={"S1 s1": site}),))
    assert headlines(worse)[0].value == "−1.50 dB"


def test_the_research_use_sentence_is_on_the_page(html):
    assert "Research use only, not for diagnosis" in html


def test_the_report_is_one_file_in_a_folder_made_for_it(story, tmp_path):
    write_report(replace(story, training=None, scores=()), tmp_path / "new" / "report.html")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]


def test_charts_take_their_colours_from_the_page(html):
    chart = html[html.index("<svg", html.index('id="training"')) : html.index('id="crops"')]
    assert "var(--accent)" in chart
    assert "#040404" not in chart


@pytest.mark.parametrize(
    ("width_um", "label"), [(38.0, "5 µm"), (100.0, "20 µm"), (11.1, "2 µm"), (3.0, "0.5 µm"), (900.0, "200 µm")]
)
def test_a_scale_bar_is_a_round_length_that_fits(width_um, label):
    bar = scale_bar(width_um)
    assert bar.label == label
    assert bar.percent * width_um / 100 == pytest.approx(float(label.split()[0]))
    assert bar.percent <= 26


def test_the_overlay_of_a_picture_with_itself_has_no_colour():
    same = picture(16, 16)
    overlay = red_cyan(same, same).astype(int)
    assert np.ptp(overlay, axis=-1).max() <= 1


def test_the_overlay_shows_a_displaced_picture_in_colour():
    same = picture(16, 16)
    overlay = red_cyan(same, np.roll(same, 3, axis=1)).astype(int)
    assert np.ptp(overlay, axis=-1).mean() > 20


def test_a_checkerboard_holds_half_of_each_picture():
    board = checkerboard(np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8))
    assert board.mean() == pytest.approx(127.5)


def test_a_difference_map_of_equal_pictures_is_black():
    same = picture(8, 8)
    assert difference_map(same, same).max() <= 4


def test_a_depth_map_gives_both_ends_of_the_stack_different_colours():
    colours = depth_map(np.array([[-0.8, 0.8]]), low_um=-0.8, high_um=0.8)
    assert np.abs(colours[0, 0].astype(int) - colours[0, 1]).max() > 100
