"""Save what is on the screen: raw and enhanced as PNG, and a JSON that says what they are; no Qt."""

import json
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from gui.develop import FramePair
from gui.errors import SnapshotError

PNG_HEADER_BYTES = 33
"""Signature (8) and IHDR chunk (25): text may stand from here on (PNG specification, section 5.6)."""
ENHANCED_MARK = "Enhanced by a neural network: details may be invented. Research use only, not for diagnosis."
RAW_MARK = "As the camera gave it."
CORRECTED_MARK = "Dark and flat corrected."
SIMULATED_MARK = "Simulated: rendered, not photographed. "


def save_snapshot(pair: FramePair, folder: Path, *, pixel_um: float | None, provenance: dict[str, str]) -> Path:
    """Write the pair's pictures and what is known of them; costs time, so call it in a worker.

    Parameters
    ----------
    pair : FramePair
    folder : Path
        Made when it is missing.
    pixel_um : float or None
        Camera pixel at the specimen.
    provenance : dict of str to str
        What is known of the network: its hash, its statement.

    Returns
    -------
    Path
        The JSON file. Beside it stand ``…_raw.png`` (the camera's own pixels), ``…_corrected.png`` when they were
        corrected and ``…_enhanced.png`` when there is an enhanced picture, all with the depth of the frame. Each
        picture says in its own text what it is.

    Raises
    ------
    SnapshotError
        When a file cannot be written.
    """
    taken = datetime.fromtimestamp(pair.frame.time_s, tz=UTC)
    stem = f"{taken:%Y-%m-%dT%H-%M-%S}_{pair.frame.number:06d}"
    files = {name: f"{stem}_{name}.png" for name in _pictures(pair)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (pixels, mark) in _pictures(pair).items():
            (folder / files[name]).write_bytes(_png(pixels, mark))
        sheet = folder / f"{stem}.json"
        about = _about(pair, pixel_um) | {"files": files} | provenance
        sheet.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SnapshotError(
            f"the snapshot cannot be written to {folder} ({error.strerror}): choose another folder"
        ) from error
    return sheet


def _pictures(pair: FramePair) -> dict[str, tuple[NDArray[Any], str]]:
    origin = SIMULATED_MARK if pair.frame.simulated else ""
    pictures: dict[str, tuple[NDArray[Any], str]] = {"raw": (pair.frame.pixels, origin + RAW_MARK)}
    if pair.corrected:
        pictures["corrected"] = (pair.raw, origin + CORRECTED_MARK)
    if pair.enhanced is not None:
        pictures["enhanced"] = (pair.enhanced, origin + ENHANCED_MARK)
    return pictures


def _about(pair: FramePair, pixel_um: float | None) -> dict[str, Any]:
    frame = pair.frame
    return {
        "frame": frame.number,
        "time_s": frame.time_s,
        "simulated": frame.simulated,
        "objective": frame.objective,
        "position_um": frame.position._asdict(),
        "exposure_ms": frame.exposure_ms,
        "binning": frame.binning,
        "white_level": frame.white_level,
        "corrected": pair.corrected,
        "enhanced": pair.enhanced is not None,
        "pixel_um": {"raw": pixel_um, "enhanced": _enhanced_pixel_um(pair, pixel_um)},
        "network_ms": pair.network_ms,
    }


def _enhanced_pixel_um(pair: FramePair, pixel_um: float | None) -> float | None:
    if pixel_um is None or pair.ratio is None:
        return None
    numerator, denominator = pair.ratio
    return pixel_um * denominator / numerator


def _png(pixels: NDArray[Any], mark: str) -> bytes:
    """Encode in memory: OpenCV cannot write to every path that Windows allows."""
    written, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not written:
        raise SnapshotError(f"a picture of shape {pixels.shape} cannot be written as PNG: use another camera format")
    png = encoded.tobytes()
    return png[:PNG_HEADER_BYTES] + _text_chunk("Description", mark) + png[PNG_HEADER_BYTES:]


def _text_chunk(keyword: str, text: str) -> bytes:
    body = b"tEXt" + keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
