"""The quiz: questions from a file, graded by a pure function, asked in one form each."""

import json
from base64 import b64decode
from html import escape
from math import isclose
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from . import checks

QUESTIONS = json.loads(Path(__file__).with_name("quiz_questions.json").read_text("utf-8"))
BOX = {"placeholder": "a number", "continuous_update": False}
STYLE = "line-height: 1.5; max-width: 54em; margin: 0"


def grade(question, answer):
    """(right, what to say) for a letter or a number, given as text; right is None without one.

    question : one of QUESTIONS. Its ``key`` is the right answer, in base64 so that nobody reads it
    by accident; its ``feedback`` says why an answer is right or tempting, "" of any other number.
    """
    given = answer = (answer or "").strip()
    if not given:
        return None, "Choose an answer first." if question["options"] else "Type a number first."
    if not question["options"]:
        try:
            number = float(given.replace(",", ".").replace("−", "-"))
        except ValueError:
            return None, f"{given} is not a number. Write it like -0.25."
        known = (a for a in question["feedback"] if a and isclose(number, float(a), rel_tol=1e-3))
        answer = next(known, "")
    right = answer == b64decode(question["key"]).decode()
    return right, f"{given} is {'right' if right else 'not it'}. {question['feedback'][answer]}"


class Quiz:
    """``quiz(3)`` asks question 3; ``tries[2]`` then has True or False for each answer to it."""

    def __init__(self, questions=QUESTIONS):
        self.questions, self.tries = questions, [[] for _ in questions]

    def __call__(self, number):
        _, form = self._form(number)
        text = f"**Question {number}.** {self.questions[number - 1]['text']}\n"
        for letter, option in self.questions[number - 1]["options"].items():
            text += f"\n- **{letter}** {option}"
        display({"text/markdown": text, "text/plain": text}, raw=True)
        note = {"text/plain": f"Run the notebook to answer question {number} here."}
        display(form._repr_mimebundle_() | note, raw=True)

    def read(self, number, answer):
        """What Check says to an answer that is given in code; it does not count."""
        return Quiz(self.questions)._form(number, answer)[0]()

    def score(self):
        """How many of all, and which notebooks to read again, in words."""
        first = [any(t[:1]) for t in self.tries]
        again = {q["notebook"] for q, t, f in zip(self.questions, self.tries, first) if t and not f}
        right, waiting = sum(map(any, self.tries)), self.tries.count([])
        text = f"Score: {right} of {len(first)} right, {sum(first)} at the first try."
        text += f" Not answered yet: {waiting}." if waiting else ""
        return text + (f" Read again: notebook {', '.join(map(str, sorted(again)))}." * bool(again))

    def _form(self, number, answer=None):
        i = checks.whole("number", number, 1, len(self.questions)) - 1
        options, how = self.questions[i]["options"], {"description": f"Answer {number}"}
        how |= {"options": list(options)} if options else BOX
        control = (widgets.ToggleButtons if options else widgets.Text)(value=answer, **how)
        button, status = widgets.Button(description="Check", button_style="primary"), widgets.HTML()

        def check(*_):
            right, text = grade(self.questions[i], control.value)
            self.tries[i] += [right] * (right is not None)
            lines = f"{escape(text)}<br>{self.score()}"
            status.value = f'<p role="status" aria-live="polite" style="{STYLE}">{lines}</p>'
            return text

        button.on_click(check)
        return check, widgets.VBox([control, button, status]).add_class("bptt-quiz")
