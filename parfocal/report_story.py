"""What a report tells: pictures and numbers as values, filled by whoever ran the steps; nothing of layout is here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parfocal.report_capture import Measurement, PairView, Picture, Registered, SlideMap, StackView
from parfocal.report_learning import Crop, Scores, TrainingCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """The two objectives that the story is about.

    Parameters
    ----------
    low, high : str
        As the reader shall see them: ``40×``, ``100×``.
    low_label, high_label : str
        With aperture and immersion, for the reader: ``40×/0.95 air``.
    low_pixel_um, high_pixel_um : float
        Pixel sizes at the specimen of the low picture and of the enlarged one.
    """

    low: str
    high: str
    low_label: str
    high_label: str
    low_pixel_um: float
    high_pixel_um: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the chain: what it did in one sentence, and how long it took in seconds."""

    name: str
    says: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hero:
    """The first picture: the same field before and after.

    Parameters
    ----------
    before, after : Picture
        The same area; `before` may have fewer pixels and is then interpolated by the browser.
    width_um : float
        What both show from edge to edge.
    before_name, after_name, caption : str
        Written on and under the picture.
    """

    before: Picture
    after: Picture
    width_um: float
    before_name: str
    after_name: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """Everything that one report tells; a part left out leaves its section out.

    Parameters
    ----------
    title, subtitle : str
        The headline and the sentence under it.
    simulated : bool
        Whether the pictures were rendered; every figure then says so.
    facts : mapping of str to str
        Date, machine, versions and the like, in the order to be shown.
    optics : Optics
        The two objectives.
    limits : tuple of str
        What this does not show, one sentence each.
    notice : str
        A sentence for the top of the page, for instance that this was the quick form.
    steps : tuple of Step
        The chain, in order.
    hero, slides, calibration, pair, registered, stack, training, crops, scores : optional
        The sections.
    fields_um : mapping of str to (float, float)
        Width and height of each objective's field in µm, by name; needed with `slides`.
    stack_plan : str
        A few words on the planes that were taken at each site.
    """

    title: str
    subtitle: str
    simulated: bool
    facts: Mapping[str, str]
    optics: Optics
    limits: tuple[str, ...]
    notice: str = ""
    steps: tuple[Step, ...] = ()
    hero: Hero | None = None
    slides: tuple[SlideMap, ...] = ()
    fields_um: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    stack_plan: str = ""
    calibration: tuple[Measurement, ...] = ()
    pair: PairView | None = None
    registered: tuple[Registered, ...] = ()
    stack: StackView | None = None
    training: TrainingCurve | None = None
    crops: tuple[Crop, ...] = ()
    scores: tuple[Scores, ...] = ()
