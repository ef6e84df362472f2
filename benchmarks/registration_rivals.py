"""What else registers two pictures: scikit-image's phase correlation and ORB with RANSAC, and SimpleITK.

Each is given the sharp picture brought down by the same filter and, as it can neither find a part nor start far off,
the place of the centre; that is more than `calibration.register` is given.
"""

import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.registration_pairs import FACTOR, Pixels, pair, scene
from calibration.affine import Matrix, apply, compose, rms_difference, scaling, shifting
from calibration.bandwidth import Plane, decimate, green
from calibration.locate import centred, locate
from calibration.register import register

UPSAMPLE = 100
FEATURES, RANSAC_PX, RANSAC_TRIALS = 2000, 1.5, 2000
FEWEST = 4
ITK_STEPS, ITK_SHARE = 200, 0.2
LARGE_PX, REPEATS, SECONDS = 2048, 3, 0.6
TIMED_SCENES = 2


def phase_correlation(low: Pixels, high: Pixels) -> Matrix:
    """Shift only, by `skimage.registration.phase_cross_correlation`."""
    from skimage.registration import phase_cross_correlation

    small, part, corner = _given(low, high)
    shift, _, _ = phase_cross_correlation(part, small, upsample_factor=UPSAMPLE)
    return _from_high(shifting(shift[1], shift[0]), corner)


def orb_ransac(low: Pixels, high: Pixels) -> Matrix:
    """Affine transform by `skimage.feature.ORB` and `skimage.measure.ransac`."""
    from skimage.feature import ORB, match_descriptors
    from skimage.measure import ransac
    from skimage.transform import AffineTransform

    small, part, corner = _given(low, high)
    found = []
    for plane in (small, part):
        orb = ORB(n_keypoints=FEATURES)
        orb.detect_and_extract(plane / 255)
        found.append((orb.keypoints[:, ::-1], orb.descriptors))
    (here, marks), (there, other_marks) = found
    matches = match_descriptors(marks, other_marks, cross_check=True, max_ratio=0.8)
    model, _ = ransac(
        (here[matches[:, 0]], there[matches[:, 1]]),
        AffineTransform,
        min_samples=FEWEST,
        residual_threshold=RANSAC_PX,
        max_trials=RANSAC_TRIALS,
        rng=1,
    )
    return _from_high(model.params[:2], corner)


def simple_itk(low: Pixels, high: Pixels) -> Matrix:
    """Affine transform by SimpleITK: correlation, three levels, regular-step gradient descent."""
    try:
        itk = import_module("SimpleITK")
    except ImportError as error:
        raise ImportError("SimpleITK is not installed: pip install SimpleITK") from error
    small, part, corner = _given(low, high)
    method = itk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(ITK_SHARE, 1)
    method.SetInterpolator(itk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, ITK_STEPS)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1, 0])
    method.SetInitialTransform(itk.AffineTransform(2), inPlace=False)
    moving, fixed = itk.GetImageFromArray(part), itk.GetImageFromArray(small)
    found: Any = method.Execute(fixed, moving)
    origin = np.array(found.TransformPoint((0.0, 0.0)))
    columns = [np.array(found.TransformPoint(point)) - origin for point in ((1.0, 0.0), (0.0, 1.0))]
    return _from_high(np.column_stack([*columns, origin]), corner)


RIVALS: dict[str, Callable[[Pixels, Pixels], Matrix]] = {
    "scikit-image phase correlation": phase_correlation,
    "scikit-image ORB + RANSAC": orb_ransac,
    "SimpleITK": simple_itk,
}


def _given(low: Pixels, high: Pixels) -> tuple[Plane, Plane, tuple[int, int]]:
    """HIGH brought down, the part of LOW of its size where it was found, and the column and row of that part."""
    small, large = decimate(green(high), FACTOR), green(low)
    place = locate(small, large, prior=centred(small.shape, large.shape), search_px=None).matrix
    middle = np.array([(side - 1) / 2 for side in small.shape[::-1]])
    x, y = np.rint(apply(place, middle) - middle).astype(int)
    rows, columns = small.shape
    return small, np.ascontiguousarray(large[y : y + rows, x : x + columns]), (int(x), int(y))


def _from_high(found: Matrix, corner: tuple[int, int]) -> Matrix:
    """HIGH to LOW, from HIGH brought down to the part of LOW."""
    return compose(shifting(*corner), compose(found, scaling(FACTOR)))


def times(pairs: int) -> None:
    """Seconds and error of one pair of a 2048² HIGH, beside other programs."""
    programs: dict[str, Callable[[Pixels, Pixels], Matrix]] = {
        "parfocal": lambda low, high: register(low, high, factor=FACTOR).matrix,
        "parfocal --method paper": lambda low, high: register(low, high, factor=FACTOR, method="paper").matrix,
        "parfocal --distortion": lambda low, high: register(low, high, factor=FACTOR, distortion=True).matrix,
        **RIVALS,
    }
    for number in range(min(pairs, TIMED_SCENES)):
        shown = scene(number, side_px=LARGE_PX)
        low, high = pair(shown, key=str(number))
        for name, program in programs.items():
            repeats = REPEATS if name == "parfocal" else 1
            limit = f" (limit {SECONDS} s)" if name == "parfocal" else ""
            told = _timed(partial(program, low, high), shown.matrix, high, repeats)
            print(f"{shown.family:7} {LARGE_PX}², {name:31}: {told}{limit}", flush=True)


def _timed(program: Callable[[], Matrix], truth: Matrix, high: Pixels, repeats: int) -> str:
    """Best wall time, and processor time of all threads together, which others on the machine do not lengthen."""
    walls, cores = [], []
    for _ in range(repeats):
        began = time.perf_counter(), time.process_time()
        try:
            matrix = program()
        except (RuntimeError, ValueError, ImportError) as error:
            return str(error).splitlines()[0]
        walls.append(time.perf_counter() - began[0])
        cores.append(time.process_time() - began[1])
    error_px = rms_difference(matrix, truth, width=high.shape[1], height=high.shape[0])
    return f"{min(walls):6.2f} s wall, {min(cores):6.2f} s of processor, error {error_px:.4f} px"
