"""QuestionBar: the question of a running capture above its pictures, with a button for yes and one for not now."""

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from gui.question import Question

LOOK_MS = 100
CONFIRM, NOT_NOW = "Confirm", "Not now"


class QuestionBar(QFrame):
    """Shown as long as a question waits; the pictures and their controls stay usable meanwhile.

    No key but those that were tabbed to answers: a lens moves on a yes.

    Parameters
    ----------
    question : Question
        Asked from another thread.
    parent : QWidget, optional
        Window.
    """

    def __init__(self, question: Question, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self.setObjectName("question")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.confirm, self.not_now = (self._button(text) for text in (CONFIRM, NOT_NOW))
        self.confirm.clicked.connect(lambda: self._answer(yes=True))
        self.not_now.clicked.connect(lambda: self._answer(yes=False))
        row = QHBoxLayout(self)
        row.addWidget(self.words, stretch=1)
        row.addWidget(self.confirm)
        row.addWidget(self.not_now)
        self.hide()
        self._look = QTimer(self)
        self._look.timeout.connect(self.look)
        self._look.start(LOOK_MS)

    def look(self) -> None:
        """Show the question that waits, or nothing."""
        words = self._question.words
        self.words.setText(words)
        self.setVisible(bool(words))

    def _answer(self, *, yes: bool) -> None:
        self._question.answer(yes)
        self.hide()

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(False)
        return button
