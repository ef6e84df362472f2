"""The pictures of fusion that the documentation shows, and how near a real stack comes to what another program made.

python -m benchmarks.fusion_pictures [--only relief|midgut|pcb] [--data ../shared/data] [--out docs/pictures]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.fusion import JUDGED_E, SIDE_PX
from enhance.alignment import ALIGNS
from enhance.edf import fuse
from enhance.merging import METHODS
from enhance.metrics import ssim
from enhance.picturefile import read_picture
from tests.enhance.simulated_stacks import WHITE, Z_UM, exposed, relief_stack

Picture = NDArray[np.uint8]

BORDER_PX = 60
"""Left out of the comparison with upstream: there planes of another scale have nothing to show."""
SHOWN_UM = 1.0  # half a step more than the hills
PANEL_PX = 520
QUALITY = 85  # of the JPEG files


def main() -> None:
    """Make all pictures and print what is to be said of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["relief", "midgut", "pcb"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    told = parser.parse_args()
    for name, sheet in (("relief", relief), ("midgut", midgut), ("pcb", pcb)):
        if told.only in (None, name):
            _write(told.out / f"fusion_{name}.jpg", sheet(told.data))


def relief(_data: Path) -> Picture:
    """Show a simulated sheet in hills: its middle plane, fused, in focus; the depth found and the true one."""
    stack = relief_stack("lung", 2, side_px=SIDE_PX)
    planes = exposed(stack.planes, full_well_e=JUDGED_E, seed=1)
    fused = fuse(planes, z_um=Z_UM)
    found, true = (_coloured(depth, -SHOWN_UM, SHOWN_UM) for depth in (fused.depth, stack.height_um))
    truth = np.clip(np.rint(WHITE * stack.truth), 0, WHITE).astype(np.uint8)
    top = [(planes[2], "simulated: middle plane"), (fused.image, "fused, forster"), (truth, "in focus, no noise")]
    low = [
        (found, f"depth found, -{SHOWN_UM:g} to {SHOWN_UM:g} um, black: unknown"),
        (true, "true depth"),
        (_apart(fused.image, truth), "error x 4"),
    ]
    return np.vstack([_row(top), _row(low)])


def midgut(data: Path) -> Picture:
    """Show a transmitted-light field at two focus planes, and both in one."""
    planes = np.stack([read_picture(data / "midgut_two_planes" / f"IMG_000{number}.jpg") for number in (1, 2)])
    fused = fuse(planes, align="translation")
    print(f"midgut: drift {np.round(fused.drift_px[0], 2)} px, quality {fused.quality:.2f}, notes {fused.notes}")
    return _row([(planes[0], "midgut, plane 1"), (planes[1], "plane 2"), (fused.image, "fused, forster")])


def pcb(data: Path) -> Picture:
    """Show seven planes that change in scale, fused here and by focus-stack (Petteri Aimonen), and the depth map."""
    folder = data / "zstack_pcb_expected"
    planes = np.stack([read_picture(folder / f"pcb_{number:03}.jpg") for number in range(1, 8)])
    expected = read_picture(folder / "expected.jpg")
    print(f"pcb: SSIM of the middle plane against upstream's picture {_alike(planes[3], expected):.3f}")
    for align in ALIGNS[:2]:
        print(f"pcb, forster, --align {align}: {_alike(fuse(planes, align=align).image, expected):.3f}", flush=True)
    of = {method: fuse(planes, align="affine", method=method) for method in METHODS}
    for method, fused in of.items():
        print(f"pcb, {method}, --align affine: {_alike(fused.image, expected):.3f}, quality {fused.quality:.2f}")
    depth = _coloured(of["forster"].depth, 0, len(planes) - 1)
    top = [(planes[3], "plane 4 of 7"), (of["forster"].image, "fused, forster, affine")]
    return np.vstack([_row(top), _row([(expected, "focus-stack (upstream)"), (depth, "depth, plane 1 to 7")])])


def _alike(picture: Picture, expected: Picture) -> float:
    inner = np.s_[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    return ssim(picture[inner], expected[inner], data_range=WHITE)


def _coloured(depth: NDArray[np.floating], low: float, high: float) -> Picture:
    """Colour a depth map; what is not known is black."""
    known = np.isfinite(depth)
    levels = np.clip((np.where(known, depth, low) - low) / (high - low) * WHITE, 0, WHITE).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return np.asarray(np.where(known[..., None], colours, 0), dtype=np.uint8)


def _apart(picture: Picture, truth: Picture) -> Picture:
    return np.asarray(np.clip(4 * np.abs(picture.astype(int) - truth), 0, WHITE), dtype=np.uint8)


def _row(panels: list[tuple[Picture, str]]) -> Picture:
    return np.hstack([_labelled(picture, text) for picture, text in panels])


def _labelled(picture: Picture, text: str) -> Picture:
    rows = round(PANEL_PX * picture.shape[0] / picture.shape[1])
    interpolation = cv2.INTER_AREA if picture.shape[1] > PANEL_PX else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(picture), (PANEL_PX, rows), interpolation=interpolation)
    cv2.rectangle(small, (0, 0), (PANEL_PX, 22), (255, 255, 255), -1)
    cv2.putText(small, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(cv2.copyMakeBorder(small, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(255, 255, 255)), dtype=np.uint8)


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{path}, {path.stat().st_size / 1e3:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
