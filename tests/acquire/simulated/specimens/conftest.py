"""A part of a photographed section."""

from pathlib import Path

import cv2

HE = str(Path(__file__).resolve().parents[3] / "data" / "he_tia.jpg")
ROWS, COLUMNS = 300, 260


def pixels_of_part():
    """A part of a real section, R first."""
    return cv2.imread(HE)[200 : 200 + ROWS, 100 : 100 + COLUMNS, ::-1]
