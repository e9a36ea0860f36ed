"""Notebook 8: nine questions from a file, what they are asked about, and the score."""

import json
from base64 import b64decode
from functools import cache
from html import escape
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from bptt_helpers import Params, checks, contribution_matrices, contributions, forward, init_params
from bptt_helpers.plots import graph, lines
from bptt_helpers.plots.graph import Graph, Node
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, LOSS, QUIET, REFERENCE, TRUNCATION

from .exercise import number as as_number
from .exercise import same
from .sliders import of_this_cell, show

QUESTIONS = json.loads(Path(__file__).with_name("quiz_questions.json").read_text("utf-8"))
BOX = {"placeholder": "a number", "continuous_update": False}
STYLE = "line-height: 1.5; max-width: 54em; margin: 0"


def grade(question, answer):
    """(right, what to say) for a letter or a number, also as text; right is None without one.

    question : one of QUESTIONS. Its ``key`` is the right answer, in base64 so that nobody reads it
    by accident; its ``feedback`` says why an answer is right or tempting, "" of any other number.
    Raises ValueError for a letter that is none of the options.
    """
    options, given = question["options"], "" if answer is None else str(answer).strip()
    if not given:
        return None, "Choose an answer first." if options else "Type a number first."
    if options:
        given = value = given.upper()
        if value not in options:
            raise ValueError(f"answer: expected one of {', '.join(options)}, got {answer!r}")
    else:
        value = as_number(given)
        if value is None:
            return None, f"{given} is not a number. Write it like 1830 or -0.25."
    known = {a: a if options else json.loads(a) for a in question["feedback"] if a}
    found = next((a for a, wanted in known.items() if same(value, wanted)), "")
    right = found == b64decode(question["key"]).decode()
    return right, f"{given} is {'right' if right else 'not it'}. {question['feedback'][found]}"


class Quiz:
    """``quiz(3)`` asks question 3; ``tries[2]`` then has True or False for each answer to it."""

    def __init__(self, questions=QUESTIONS):
        self.questions, self.tries = questions, [[] for _ in questions]
        how = dict(style={"description_width": "initial", "button_width": "3em"})
        how |= dict(options=[str(i) for i in range(len(questions) + 1)], value=None)
        with of_this_cell(self):
            self.guess = widgets.ToggleButtons(description="Right at the first try:", **how)
            self.line = widgets.HTML(self.score())
            self.start = widgets.VBox([self.guess, self.line]).add_class("bptt-quiz")
        self.guess.observe(self._follow, "value")

    def __call__(self, number):
        """Show the question, and a form for its answer."""
        question = self.question(number)
        text = f"**Question {number}.** {question['text']}\n"
        for letter, option in question["options"].items():
            text += f"\n- **{letter}** {option}"
        display({"text/markdown": text, "text/plain": text}, raw=True)
        with of_this_cell(self):
            form = self.form(number)
        shown(form, f"Run the notebook to answer question {number} here.")

    def question(self, number):
        """That of the number, which counts from 1."""
        return self.questions[checks.whole("number", number, 1, len(self.questions)) - 1]

    def form(self, number):
        """Input, Check button and status line, in a box."""
        question, how = self.question(number), {"description": f"Answer {number}"}
        letters = list(question["options"])
        how |= {"options": letters, "value": None} if letters else BOX
        control = (widgets.ToggleButtons if letters else widgets.Text)(**how)
        button, status = widgets.Button(description="Check", button_style="primary"), widgets.HTML()

        def check(_button):
            right, text = grade(question, control.value)
            self.tries[number - 1] += [right] * (right is not None)
            self._follow()
            said = f"{escape(text)}<br>{self.score()}"
            status.value = f'<p role="status" aria-live="polite" style="{STYLE}">{said}</p>'

        button.on_click(check)
        return widgets.VBox([control, button, status]).add_class("bptt-quiz")

    def read(self, number, answer):
        """What Check says to an answer that is given in code; it does not count."""
        return grade(self.question(number), answer)[1]

    def score(self):
        """How many of all, and which notebooks to read again, in words."""
        first = [any(t[:1]) for t in self.tries]
        again = {q["notebook"] for q, t, f in zip(self.questions, self.tries, first) if t and not f}
        right, waiting = sum(map(any, self.tries)), self.tries.count([])
        text = f"Score: {right} of {len(first)} right, {sum(first)} at the first try"
        text += f" (you said {self.guess.value})." if self.guess.value else "."
        text += f" Not answered yet: {waiting}." if waiting else ""
        return text + (f" Read again: notebook {', '.join(map(str, sorted(again)))}." * bool(again))

    def result(self):
        """The score, which follows every Check."""
        shown(self.line, self.score())

    def _follow(self, _change=None):
        self.line.value = self.score()


def shown(widget, text):
    """Show a widget; ``text`` is what is stored for a reader without a kernel."""
    display(widget._repr_mimebundle_() | {"text/plain": text}, raw=True)


def start():
    """A new quiz, with the buttons to say beforehand how it will go."""
    quiz = Quiz()
    shown(quiz.start, quiz.score())
    return quiz


PLACES = {"A": 0.2, "B": 0.7, "C": 2.0}  # of question 4


def local_derivatives(h2):
    """dL/dh3 and dh3/dh2 of L = h3², h3 = tanh(h2)."""
    return 2 * np.tanh(h2), 1 - np.tanh(h2) ** 2


def links():
    """Question 4: the two local derivatives, and three places to compare their product at."""
    h2 = np.linspace(0, 3, 200)
    outer, inner = local_derivatives(h2)
    curves = [Curve(h2, outer, "dL/dh3", LOSS), Curve(h2, inner, "dh3/dh2", BACKWARD, "--")]
    for (name, place), line in zip(PLACES.items(), (":", "-.", "-")):
        curves.append(Curve(place, None, name, QUIET, line))
    panel = Panel("the two local derivatives", "h2", tuple(curves), xlim=(0, 3), ylim=(-0.1, 2.2))
    words = "dL/dh3 rises from 0 and nears 2, dh3/dh2 falls from 1 and nears 0. "
    words += ", ".join(f"{name} marks h2 = {place}" for name, place in PLACES.items()) + "."
    show(lines, Lines((panel,), words), (8.4, 2.8))


@cache
def terms():
    """[t - 1, k - 1]: dL_t/dW_h^(k) of one unit over four steps (question 6)."""
    one = Params(*(np.array(p) for p in ([[0.8]], [[1.0]], [0.0], [[1.0]], [0.0])))
    x, targets = np.array([[1.0], [1], [0], [0]]), np.array([[0.0], [1], [1], [0]])
    return contribution_matrices(one, forward(one, x), targets)[:, :, 0, 0]


def table():
    """Question 6: a box for each term, as full as it is large; a row for a loss."""
    c, there = terms(), []
    for k in range(1, 5):
        there.append(Node(k, 0, f"use {k}", lit=False))
    for t in range(1, 5):
        there.append(Node(0, -t, f"loss {t}", lit=False))
        for k in range(1, t + 1):
            fill = abs(c[t - 1, k - 1]) / abs(c).max()
            text, lit = f"{c[t - 1, k - 1] + 0:.4f}", bool(c[t - 1, k - 1])  # grey: exactly 0
            there.append(Node(k, -t, text, color=BACKWARD, lit=lit, fill=fill))
    rows = [", ".join(f"{v + 0:.4f}" for v in c[t, : t + 1].round(4)) for t in range(4)]
    words = " ".join(f"Loss {t}: {row}." for t, row in enumerate(rows, 1))
    caption = "what each loss says about each use of $W_h$"
    show(graph, Graph(tuple(there), (), caption, words, (84, 24)), (8.4, 2.6))


GAINS = {"A": 0.9, "B": 0.5, "C": 1.1}  # of question 8


def shares(gain, T=40):
    """[K - 1]: share of all contributions (their norms) at lags below K, K = 1..T."""
    rng = np.random.default_rng(8)
    params = init_params(rng, 2, 8, 2, "orthogonal", gain)
    x, targets = 0.3 * rng.standard_normal((T, 2)), rng.standard_normal((T, 2))
    sizes = contributions(params, forward(params, x), targets)
    by_lag = np.array([np.trace(sizes, -lag) for lag in range(T)])
    return by_lag.cumsum() / by_lag.sum()


def kept():
    """Question 8: the share of all contributions that lies at lags below K, for three networks."""
    looks = (BACKWARD, "-"), (REFERENCE, "--"), (QUIET, "-.")
    K, curves = np.arange(1, 41), [Curve(5, None, "K = 5", TRUNCATION, ":")]
    for (name, gain), look in zip(GAINS.items(), looks):
        curves.append(Curve(K, 100 * shares(gain), f"network {name}", *look))
    title = "share of all contributions at lags below K, %"
    panel = Panel(title, "K", tuple(curves), xlim=(0, 40), ylim=(0, 105))
    words = "Three curves that rise to 100 % at K = 40: network A solid, network B dashed, "
    words += "network C dash-dotted. A dotted line stands at K = 5."
    show(lines, Lines((panel,), words), (8.4, 3.0))


def last_loss_only():
    """params, trajectory and targets of six steps: the last misses its target, the others hit."""
    rng = np.random.default_rng(1)
    params, x = init_params(rng, 2, 4, 1), rng.standard_normal((6, 2))
    trajectory = forward(params, x)
    targets = trajectory.y.copy()
    targets[-1] += 1
    return params, trajectory, targets


PICTURES = links, table, kept
