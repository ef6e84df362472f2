"""How Sphinx builds the documentation: `python -m sphinx -W -b html docs docs/_build`."""

import tomllib
from pathlib import Path

_pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"

project = "Parfocal"
author = "The Parfocal developers"
copyright = f"2026, {author}"
release = tomllib.loads(_pyproject.read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "alabaster"
html_title = "Parfocal"
html_theme_options = {
    "description": "What a 40× sees, at the sharpness of a 100×",
    "fixed_sidebar": True,
    "page_width": "1080px",
    "show_powered_by": False,
}
html_show_sphinx = False
