"""Qt without a display, and the binding that the extra installs: both must be set before Qt is loaded."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("QT_API", "pyside6")
