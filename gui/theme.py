"""The dark theme: Fusion with our palette and style sheet."""

from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

GROUND = "#101316"
WINDOW = "#1a1e22"
RAISED = "#242a30"
LINE = "#333b43"
TEXT = "#e4e8ec"
FAINT = "#8d98a3"
DISABLED = "#59636d"
ACCENT = "#2f9be6"
AMBER = "#f2b33d"
ALARM = "#e5584f"
INK = "#15181b"
"""In this order: ground of the pictures, window, raised parts, lines; text, faint text, disabled text; accent, caution,
alarm; text on amber."""

STYLE_SHEET = f"""
* {{ font-size: 13px; }}
QToolBar {{ background: {WINDOW}; border: none; border-bottom: 1px solid {LINE}; padding: 5px 8px; spacing: 4px; }}
QToolBar::separator {{ background: {LINE}; width: 1px; margin: 5px 6px; }}
QToolButton {{ color: {TEXT}; border: 1px solid transparent; border-radius: 5px; padding: 5px 11px; }}
QToolButton:hover {{ background: {RAISED}; }}
QToolButton:checked {{ background: #20384b; border-color: #2c5878; }}
QToolButton:pressed {{ background: {LINE}; }}
QToolButton:disabled {{ color: {DISABLED}; }}
QStatusBar {{ background: {WINDOW}; border-top: 1px solid {LINE}; }}
QStatusBar::item {{ border: none; }}
QSplitter::handle {{ background: {WINDOW}; }}
QSplitter::handle:hover {{ background: {ACCENT}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QDialog {{ background: {WINDOW}; }}
#band {{ background: {AMBER}; color: {INK}; font-weight: 600; padding: 4px; }}
#question {{ background: {AMBER}; }}
#question QLabel {{ color: {INK}; font-weight: 600; }}
#run {{ background: {RAISED}; color: {TEXT}; font-weight: 600; padding: 4px; }}
#title {{ color: white; background: rgba(12, 15, 18, 165); font-weight: 600; padding: 4px 9px; border-radius: 4px; }}
#detail {{ color: #d3dae0; background: rgba(12, 15, 18, 165); font-size: 11px; padding: 3px 9px; border-radius: 4px; }}
#badge {{ color: {AMBER}; background: rgba(12, 15, 18, 190); border: 1px solid {AMBER}; padding: 3px 9px;
    border-radius: 4px; font-size: 12px; }}
#scale {{ font-size: 12px; font-weight: 600; }}
#message {{ color: {FAINT}; font-size: 16px; }}
#notice {{ color: {TEXT}; background: {RAISED}; border: 1px solid {LINE}; border-left: 4px solid {ACCENT};
    padding: 9px 14px; border-radius: 4px; }}
#notice[alarming="true"] {{ border-left-color: {ALARM}; }}
#reading {{ color: {FAINT}; padding: 3px 7px; font-size: 12px; }}
#key {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 4px; padding: 3px 9px; font-weight: 600; }}
"""


def apply_theme(app: QApplication) -> None:
    """Give the whole application the dark theme, once.

    Parameters
    ----------
    app : QApplication
    """
    if app.styleSheet() == STYLE_SHEET:
        return
    app.setStyle("Fusion")
    app.setPalette(dark_palette())
    app.setStyleSheet(STYLE_SHEET)


def dark_palette() -> QPalette:
    """Return the palette that the style sheet builds on."""
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: WINDOW,
        role.WindowText: TEXT,
        role.Base: GROUND,
        role.AlternateBase: RAISED,
        role.Text: TEXT,
        role.Button: RAISED,
        role.ButtonText: TEXT,
        role.ToolTipBase: RAISED,
        role.ToolTipText: TEXT,
        role.PlaceholderText: FAINT,
        role.Highlight: ACCENT,
        role.HighlightedText: INK,
        role.Link: ACCENT,
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    return palette
