"""Model card: what a model was trained on, what it must not be used for, and what it scored, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enhance.checkpoint import Checkpoint

NOT_FOR = (
    "diagnosis, or any decision about a person or an animal",
    "slides of your own without a test on a held-out slide of yours: `parfocal evaluate` is the only evidence",
    "measuring what lies beyond the weaker objective's cut-off: what is shown there is learnt, not seen",
    "other pixel sizes (beyond 30 % refused), stains, organs and contrast methods than those above; focus first",
)
SIMULATED = (
    "**Trained on simulated slides only.** It has never seen glass. It shows how the program works and is not a tool "
    "for your slides."
)
SCORES = (("psnr_db", "PSNR, dB", ".2f"), ("ssim", "SSIM", ".4f"))


def card_text(
    checkpoint: Checkpoint,
    *,
    trained_on: Sequence[str],
    command: str,
    evaluation: Mapping[str, Any] | None = None,
    novelty: Mapping[str, float] | None = None,
) -> str:
    """Write the card of a model.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    trained_on : sequence of str
        What its slides were: families, stains, rigs, how many.
    command : str
        That made it.
    evaluation : mapping, optional
        Content of an ``evaluation.json``; its ``methods`` become a table, and its ``split`` the head of it.
    novelty : mapping, optional
        ``false_alarms``, ``misses``, ``sound_pictures`` and ``wrong_pictures`` of its novelty flag, as
        `benchmarks.novelty --json` writes them.

    Returns
    -------
    str
        Markdown, which ends with a line end.
    """
    parts = [f"# Model {checkpoint.weights_sha256[:12]}"]
    if checkpoint.simulated_only:
        parts.append(SIMULATED)
    parts += [_listed("Trained on", trained_on), _listed("It must not be used for", NOT_FOR), _facts(checkpoint)]
    if evaluation is not None:
        parts.append(_scores(evaluation, simulated=checkpoint.simulated_only))
    if novelty is not None:
        parts.append(_novelty(novelty))
    return "\n\n".join([*parts, f"## Made by\n\n```bash\n{command}\n```"]) + "\n"


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"* {line}" for line in lines)


def _facts(checkpoint: Checkpoint) -> str:
    p, q = checkpoint.ratio
    low_um, high_um = checkpoint.pixel_um["low"], checkpoint.pixel_um["high"]
    lines = (
        f"takes {low_um:.4f} µm to the pixel and gives {high_um:.4f}: each side {p}/{q} times as long",
        f"expects {'evenly lit pictures, glass near 90 % of white' if checkpoint.corrected else 'pictures as taken'}",
        f"recipe `{checkpoint.recipe}`, {checkpoint.steps} steps, training set `{checkpoint.data_sha256[:12]}`",
        f"weights `{checkpoint.weights_sha256}`",
    )
    return _listed("Facts", lines)


def _scores(evaluation: Mapping[str, Any], *, simulated: bool) -> str:
    where = "simulated test slides that it never saw" if simulated else "held-out sites"
    if evaluation["split"] != "test":
        where = f"{evaluation['split']} sites, which flatter it"
    head = [f"## Scores on {where}, tissue only", "", "| method | " + " | ".join(t for _, t, _ in SCORES) + " |"]
    return "\n".join([*head, "|---" * (1 + len(SCORES)) + "|", *_score_rows(evaluation["methods"])])


def _score_rows(methods: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, score in methods.items():
        told = (format(score[key], form) if score.get(key) is not None else "" for key, _, form in SCORES)
        yield f"| {name.replace('_', ' ')} | " + " | ".join(told) + " |"


def _novelty(rates: Mapping[str, float]) -> str:
    lines = (
        f"raised on {rates['false_alarms']:.1%} of {rates['sound_pictures']:.0f} sound pictures of unseen slides",
        f"not raised on {rates['misses']:.1%} of {rates['wrong_pictures']:.0f} pictures of other pixel size, out of "
        "focus by 1.5 µm of the drive and more, inverted, fluorescence-like, or of other things",
    )
    return _listed("Its novelty flag", lines)
