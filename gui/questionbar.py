"""QuestionBar: the question of a running capture above its pictures, with a button for yes and one for not now."""

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from gui.question import Question

LOOK_MS = 100
READ_MS = 600
"""So long a new question takes no answer: the second click of a double click was meant for the one before."""
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
        self._answerable(False)
        self._read = QTimer(self, singleShot=True, interval=READ_MS)
        self._read.timeout.connect(lambda: self._answerable(True))
        self._look = QTimer(self)
        self._look.timeout.connect(self.look)
        self._look.start(LOOK_MS)

    def look(self) -> None:
        """Show the question that waits, or nothing."""
        words = self._question.words
        if words != self.words.text():
            self._renew(words)
        self.setVisible(bool(words))

    def _answer(self, *, yes: bool) -> None:
        self._question.answer(yes, to=self.words.text())
        self._renew("")
        self.hide()

    def _renew(self, words: str) -> None:
        self.words.setText(words)
        self._answerable(False)
        self._read.start()

    def _answerable(self, now: bool) -> None:
        for button in (self.confirm, self.not_now):
            button.setEnabled(now)

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(False)
        return button
