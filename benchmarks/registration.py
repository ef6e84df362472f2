"""How well pairs are registered and gated, against rendered truth, and how long one takes beside other programs.

    python -m benchmarks.registration [--only sound|bad|real|distortion|time] [--pairs 100] [--picture docs/pictures]

The scenes are rendered once, three minutes for 100, and kept in the temporary folder. SimpleITK is used where it is
installed. Errors are root mean squares over the field of HIGH, in LOW pixels.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.registration_cases import BAD_CLASSES, INJECTED_PX, distorted, real_verdict, sound_verdict
from benchmarks.registration_picture import draw
from benchmarks.registration_rivals import times
from enhance.errors import ImageError
from enhance.picturefile import read_picture

MEDIAN_PX, WORST_PX, ACCEPTED = 0.03, 0.08, 0.95
REJECTED = 0.95
REAL_PX, DISTORTION_PX = 0.05, 0.1
"""Limits, from the issue."""

BAD = 50  # pairs of each class
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
REAL = {
    "he_tia": "he_tia_target_40x/target_image.png",
    "he_os1": "he_os1_40x/OS-1-detail.ome.tif",
    "kidney_he": "kidney_stains/kidney_he.png",
    "kidney_pas": "kidney_stains/kidney_pas.png",
    "kidney_dab": "kidney_stains/kidney_dab.png",
    "liver": "liver_he/tile02_HE.jpg",
    "skin": "he_skin_skimage/skin.tif",
    "midgut": "midgut_two_planes/IMG_0001.jpg",
}
REAL_PLACES = 3
THREADS = 2
PICTURE = "registration.png"


def main() -> None:
    """Print all rows, or those of one kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = {"sound": sound, "bad": bad, "real": real, "distortion": distortion, "time": times}
    parser.add_argument("--only", choices=list(kinds))
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--picture", type=Path, help="folder for registration.png")
    told = parser.parse_args()
    cv2.setNumThreads(THREADS)
    for name, rows in kinds.items():
        if told.only in (None, name):
            rows(told.pairs)
    if told.picture is not None:
        draw(told.picture / PICTURE, told.pairs)


def sound(pairs: int) -> None:
    """Error against the true transform, and how many are accepted, by the method and as in the paper."""
    for method, limits in (("ecc", True), ("paper", False)):
        verdicts = [sound_verdict(number, method=method) for number in range(pairs)]
        errors = [one.error_px for one in verdicts if one.found.accepted]
        share, worst = len(errors) / len(verdicts), max(one.error_px for one in verdicts)
        print(
            f"{pairs} sound pairs, {method:5}: median {np.median(errors):.4f} px{_limit(MEDIAN_PX, limits)}, "
            f"95 % {np.percentile(errors, 95):.4f}, worst {max(errors):.4f}{_limit(WORST_PX, limits)} "
            f"of those accepted, {worst:.4f} of all; accepted {share:.0%}{_limit(ACCEPTED, limits)}",
            flush=True,
        )
        for one in verdicts:
            if limits and not one.found.accepted:
                print(f"    refused (error {one.error_px:.3f} px, defocus {one.by:+.2f} µm): {one.found.reason}")


def bad(pairs: int) -> None:
    """How many pairs of each class of bad ones are refused, and in which words."""
    count = min(BAD, pairs)
    for name, verdict in BAD_CLASSES.items():
        verdicts = [verdict(number) for number in range(count)]
        refused = [one for one in verdicts if not one.found.accepted]
        print(f"{count} bad pairs, {name}: {len(refused) / count:.0%} refused (limit {REJECTED:.0%})", flush=True)
        for words, number in _counted(one.found.reason for one in refused):
            print(f"    {number:3} × …{words}")
        for one in verdicts:
            if one.found.accepted:
                print(f"    accepted although wrong by {one.by:.2f}, error {one.error_px:.3f} px")


def real(_: int) -> None:
    """Real pictures, one copy blurred, decimated by 2.5, warped and with noise."""
    if not DATA.is_dir():
        print(f"real pictures: {DATA} is missing")
        return
    for name, file in REAL.items():
        try:
            picture = read_picture(DATA / file)
        except ImageError as error:
            print(f"real picture {name:10}: {error}")
            continue
        verdicts = [real_verdict(picture, seed) for seed in range(REAL_PLACES)]
        told = ", ".join(f"{one.error_px:.4f}{'' if one.found.accepted else ' refused'}" for one in verdicts)
        print(f"real picture {name:10}: {told} px{_limit(REAL_PX, True)}", flush=True)
        for one in verdicts:
            if not one.found.accepted:
                print(f"    {one.found.reason}")


def distortion(pairs: int) -> None:
    """Print what a smooth field in HIGH leaves before and after it is fitted."""
    rows = [distorted(number) for number in range(min(BAD, pairs) // 2)]
    before, after, accepted, peak = (np.array(column) for column in zip(*rows, strict=True))
    print(
        f"{len(rows)} pairs with a smooth distortion of {INJECTED_PX} px rms (peak {peak.mean():.1f}): affine leaves "
        f"{before.mean():.3f} px, with --distortion median {np.median(after):.3f}, worst {after.max():.3f} px rms "
        f"(limit {DISTORTION_PX}); accepted {accepted.mean():.0%}",
        flush=True,
    )


def _counted(reasons: Iterator[str]) -> list[tuple[str, int]]:
    """Count the causes that the reasons name, without their numbers."""
    causes = [_cause(reason) for reason in reasons]
    return sorted({cause: causes.count(cause) for cause in causes}.items(), key=lambda one: -one[1])


def _cause(reason: str) -> str:
    words = ("transform is off", "is distorted", "two depths", "different places", "not found", "out of focus")
    return next((one for one in words if one in reason), reason)


def _limit(value: float, stated: bool) -> str:
    return f" (limit {value:g})" if stated else ""


if __name__ == "__main__":
    main()
