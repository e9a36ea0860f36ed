"""Notebook 8: keys and numbers in the feedback are computed again, and each form is pressed."""

import re
from base64 import b64decode
from math import isclose, tanh
from pathlib import Path

import nbformat
import numpy as np
import pytest

from bptt_helpers import (
    Params,
    chunks,
    contribution_matrices,
    contributions,
    forward,
    init_params,
    step_jacobians,
)
from bptt_helpers.plots.style import BACKWARD, LOSS
from scenes import quiz as scene
from scenes.quiz import QUESTIONS, Quiz, grade
from scenes.sliders import Explorer

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "08_quiz.ipynb"
NUMBERS = range(1, len(QUESTIONS) + 1)
KEYS = {n: b64decode(q["key"]).decode() for n, q in zip(NUMBERS, QUESTIONS)}


def feedback(number, answer):
    return QUESTIONS[number - 1]["feedback"][answer]


# The questions themselves


@pytest.mark.parametrize("question", QUESTIONS, ids=NUMBERS)
def test_every_answer_has_its_feedback(question):
    assert set(question) == {"notebook", "text", "options", "key", "feedback"}
    told, key = set(question["feedback"]), b64decode(question["key"]).decode()
    assert key in told and all(len(text) > 15 for text in question["feedback"].values())
    if question["options"]:
        assert told == set(question["options"])
    else:
        assert "" in told and len(told) >= 4
        numbers = [float(a) for a in told if a]
        near = [(a, b) for a in numbers for b in numbers if a < b and isclose(a, b, rel_tol=3e-3)]
        assert near == [], "two feedbacks for one number"


def test_three_choices_then_one_question_a_notebook():
    assert len(QUESTIONS) == 9
    assert all(len(q["options"]) == 4 for q in QUESTIONS[:3])
    assert [q["notebook"] for q in QUESTIONS[3:]] == [1, 2, 3, 4, 6, 7]


def test_no_letter_is_a_safe_guess():
    letters = [key for key in KEYS.values() if key.isalpha()]
    assert max(map(letters.count, letters)) <= 2


def test_question_1_blames_the_uses_not_the_losses():
    right = QUESTIONS[0]["options"][KEYS[1]]
    assert "every step" in right and "each use" in right and "loss is a sum" not in right


def test_question_3():
    assert KEYS[3] == "D" and f"{0.72**99:.1e}" in feedback(3, "D")
    assert f"{0.9**99:.0e}".replace("e-05", "e-5") in feedback(3, "C")
    assert round(0.9**99 / 0.72**99 / 1e9) == 4 and "four billion" in feedback(3, "C")


def test_question_4():
    outer = {name: 2 * tanh(h2) for name, h2 in {"A": 0.2, "B": 0.7, "C": 2.0}.items()}
    inner = {name: 1 - (value / 2) ** 2 for name, value in outer.items()}
    product = {name: outer[name] * inner[name] for name in outer}
    assert KEYS[4] == max(product, key=product.get)
    assert max(outer, key=outer.get) == "C" and max(inner, key=inner.get) == "A"
    for name in outer:
        numbers = f"{outer[name]:.2f} · {inner[name]:.2f} = {product[name]:.2f}"
        assert numbers in feedback(4, name)


def test_question_5():
    params = init_params(np.random.default_rng(0), 3, 8, 1)
    W_h, W_x, b = (p.size for p in params[:3])
    right = W_h + W_x + b
    wrong = (100 * right, W_h + W_x, W_h + b, W_h, 100 * (W_h + W_x))
    assert int(KEYS[5]) == right
    assert [a for a in QUESTIONS[4]["feedback"] if a] == [str(n) for n in (right, *wrong)]


def test_question_6():
    one = Params(*(np.array(p) for p in ([[0.8]], [[1.0]], [0.0], [[1.0]], [0.0])))
    x, targets = np.array([[1.0], [1], [0], [0]]), np.array([[0.0], [1], [1], [0]])
    terms = contribution_matrices(one, forward(one, x), targets)[:, :, 0, 0]
    right = terms[:, 2].sum()
    wrong = terms[2].sum(), terms[2, 2], terms[3, 2], terms.sum(), -right
    claims = [float(a) for a in QUESTIONS[5]["feedback"] if a]
    assert np.allclose(claims, [right, *wrong], atol=6e-5, rtol=0)
    assert float(KEYS[6]) == claims[0]
    assert isclose(terms.round(4)[:, 2].sum(), claims[0], rel_tol=1e-9), "adding the table differs"


def test_question_7():
    W_h, slope = np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([0.5, 0.25])
    params = Params(W_h, np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))
    h = np.sqrt(1 - slope)  # the states at which tanh' has these values
    h0 = np.array([0.1, -0.2])
    trajectory = forward(params, np.arctanh(h)[None] - h0 @ W_h.T, h0)
    right = step_jacobians(params, trajectory)[0][0, 1]
    wrong = (W_h.T * slope)[0, 1], (W_h * slope)[0, 1], (slope[:, None] * W_h.T)[0, 1], W_h[0, 1]
    claims = [float(a) for a in QUESTIONS[6]["feedback"] if a]
    assert np.allclose(claims, [right, *wrong], rtol=1e-12) and float(KEYS[7]) == claims[0]


def test_question_8():
    kept = {}
    for name, gain in {"A": 0.9, "B": 0.5, "C": 1.1}.items():
        rng = np.random.default_rng(8)
        params = init_params(rng, 2, 8, 2, "orthogonal", gain)
        x, targets = 0.3 * rng.standard_normal((40, 2)), rng.standard_normal((40, 2))
        sizes = contributions(params, forward(params, x), targets)
        t, k = np.indices(sizes.shape)
        kept[name] = sizes[t - k < 5].sum() / sizes.sum()
    assert KEYS[8] == min(kept, key=kept.get) and kept["C"] < 0.5, "more than half is longer paths"
    assert {name: round(100 * share) for name, share in kept.items()} == {"A": 72, "B": 98, "C": 45}


def test_question_9():
    T, K = 60, 15
    t, k = np.indices((T, T)) + 1
    chunked = sum(int((k[part, part] <= t[part, part]).sum()) for part in chunks(T, K))
    window = int(((k <= t) & (t - k < K)).sum())
    full = int((k <= t).sum())
    wrong = [T * K, window, full, chunked // 4, T, 4 * K * K // 2, chunked - T]
    assert int(KEYS[9]) == chunked
    assert [int(a) for a in QUESTIONS[8]["feedback"] if a] == [chunked, *wrong]
    assert chunked / T == 8, "a loss sees 8 uses on average"


# Grading


def test_choice():
    assert grade(QUESTIONS[0], "C") == (True, "C is right. " + feedback(1, "C"))
    assert grade(QUESTIONS[0], "A") == (False, "A is not it. " + feedback(1, "A"))
    assert grade(QUESTIONS[0], None) == (None, "Choose an answer first.")
    assert grade(QUESTIONS[0], " c ") == grade(QUESTIONS[0], "C")


@pytest.mark.parametrize("number, answer", [(1, "E"), (4, "D"), (2, "AB"), (3, 1), (1, ["A"])])
def test_what_is_no_option_is_refused(number, answer):
    options = ", ".join(QUESTIONS[number - 1]["options"])
    message = re.escape(f"answer: expected one of {options}, got {answer!r}")
    with pytest.raises(ValueError, match=f"^{message}$"):
        grade(QUESTIONS[number - 1], answer)
    with pytest.raises(ValueError, match=f"^{message}$"):
        Quiz().read(number, answer)


@pytest.mark.parametrize(
    "given", ["-0.045", " -0.0450 ", "-0,045", "−0.045", "-4.5e-2", "-0.04502"]
)
def test_a_number_may_be_written_in_many_ways(given):
    assert grade(QUESTIONS[5], given)[0] is True


@pytest.mark.parametrize("given", ["-0.0448", "-0.0453", "1", "1e300"])
def test_another_number_is_wrong(given):
    right, text = grade(QUESTIONS[5], given)
    assert right is False and text.endswith(feedback(6, ""))


def test_a_tempting_number_gets_its_own_feedback():
    assert grade(QUESTIONS[5], "0.0450")[1] == "0.0450 is not it. " + feedback(6, "0.0450")


def test_what_is_no_number_is_no_try():
    assert grade(QUESTIONS[5], "")[0] is None and grade(QUESTIONS[5], "  ")[0] is None
    for given in "many", "nan", "inf", "1,830", "1_830", True, [480], 480j:
        right, text = grade(QUESTIONS[8], given)
        assert right is None and text.startswith(f"{given} is not a number")


def test_a_number_need_not_be_text():
    for given in 480, 480.0, np.int64(480), np.float32(480), "480", "480.0", "4.8e2":
        assert grade(QUESTIONS[8], given)[0] is True
    assert grade(QUESTIONS[8], 1830)[1] == "1830 is not it. " + feedback(9, "1830")


@pytest.mark.parametrize("number", [5, 9])
def test_counts_must_be_exact(number):
    for step in (-1, 0, 1):
        right, _ = grade(QUESTIONS[number - 1], str(int(KEYS[number]) + step))
        assert right is (step == 0)


# The form


@pytest.fixture
def quiz():
    return Quiz()


def parts(quiz, number):
    """Input, Check button and status line of a form."""
    return quiz.form(number).children


def press(quiz, number, answer):
    control, button, status = parts(quiz, number)
    control.value = answer
    button.click()
    return status.value


@pytest.mark.parametrize("number", NUMBERS)
def test_check_says_why_and_counts(quiz, number):
    for answer in [a for a in QUESTIONS[number - 1]["feedback"] if a]:
        said = press(quiz, number, answer)
        assert 'role="status"' in said and 'aria-live="polite"' in said
        assert (f"{answer} is right." in said) == (answer == KEYS[number])
        assert f"{answer} is not it." in said or answer == KEYS[number]
        assert quiz.score() in said
    tries = quiz.tries[number - 1]
    assert tries.count(True) == 1 and len(tries) > 2
    assert sum(map(len, quiz.tries)) == len(tries)


def test_nothing_is_counted_without_an_answer(quiz):
    for number in NUMBERS:
        nothing = parts(quiz, number)[0].value
        assert " first." in press(quiz, number, nothing)
    assert "is not a number" in press(quiz, 9, "many")
    assert not any(quiz.tries)


def test_what_was_typed_is_escaped(quiz):
    assert "<b>" not in press(quiz, 9, "<b>") and "&lt;b&gt;" in press(quiz, 9, "<b>")


def test_controls_that_work_without_a_mouse(quiz):
    kinds = [type(parts(quiz, number)[0]).__name__ for number in NUMBERS]
    assert kinds == ["ToggleButtons" if q["options"] else "Text" for q in QUESTIONS]
    for number in NUMBERS:
        control, button, _ = parts(quiz, number)
        assert control.description == f"Answer {number}" and button.description == "Check"
    assert "bptt-quiz" in quiz.form(1)._dom_classes and "bptt-quiz" in quiz.start._dom_classes


def test_a_number_is_sent_when_its_box_is_left():
    """Sent with every key, its last digits would arrive after the press on Check."""
    assert parts(Quiz(), 9)[0].continuous_update is False


def test_read_does_not_count(quiz):
    assert quiz.read(9, KEYS[9]) == grade(QUESTIONS[8], KEYS[9])[1]
    assert quiz.read(1, "A") == grade(QUESTIONS[0], "A")[1]
    assert not any(quiz.tries)


def test_score(quiz):
    assert quiz.score() == "Score: 0 of 9 right, 0 at the first try. Not answered yet: 9."
    quiz.tries[:3] = [True], [False, True], [False]
    assert quiz.score() == (
        "Score: 2 of 9 right, 1 at the first try. Not answered yet: 6. Read again: notebook 5, 7."
    )
    quiz.tries = [[True]] * 9
    assert quiz.score() == "Score: 9 of 9 right, 9 at the first try."


def test_the_score_follows_every_check_and_holds_the_guess_beside_it(quiz):
    assert quiz.line.value == quiz.score() and quiz.line in quiz.start.children
    quiz.guess.value = "0"
    assert "0 at the first try (you said 0). Not" in quiz.line.value
    quiz.guess.value = "6"
    press(quiz, 9, KEYS[9])
    assert quiz.line.value == quiz.score() and "1 of 9 right, 1 at the first try (you said 6)" in (
        quiz.line.value
    )


# The pictures


@pytest.fixture
def drawn(monkeypatch):
    """A function that shows a picture and returns its record."""
    made, init = [], Explorer.__init__

    def kept(self, *args):
        init(self, *args)
        made.append(self.record)

    monkeypatch.setattr(Explorer, "__init__", kept)
    return lambda picture: [picture(), made[-1]][1]


def test_the_picture_of_question_4(drawn):
    (panel,) = drawn(scene.links).panels
    outer, inner, *marks = panel.curves
    assert (outer.label, outer.color) == ("dL/dh3", LOSS)
    assert (inner.label, inner.color) == ("dh3/dh2", BACKWARD)
    for i in range(0, 200, 20):
        slope = (tanh(outer.x[i] + 1e-6) - tanh(outer.x[i] - 1e-6)) / 2e-6
        assert outer.y[i] == pytest.approx(2 * tanh(outer.x[i]))
        assert inner.y[i] == pytest.approx(slope, abs=1e-8)
    assert {m.label: m.x for m in marks} == {"A": 0.2, "B": 0.7, "C": 2.0}
    (low, high), (one, none) = outer.y[[0, -1]], inner.y[[0, -1]]
    assert (low, one) == (0, 1) and high > 1.98 and none < 0.01
    assert drawn(scene.links).sentence == (
        "dL/dh3 rises from 0 and nears 2, dh3/dh2 falls from 1 and nears 0. "
        "A marks h2 = 0.2, B marks h2 = 0.7, C marks h2 = 2.0."
    )


def untied(copies):
    """The total loss of question 6, each use of W_h having a copy of its own."""
    h = total = 0.0
    for w, x, target in zip(copies, (1, 1, 0, 0), (0, 1, 1, 0)):
        h = tanh(w * h + x)
        total += (h - target) ** 2 / 2
    return total


def test_the_boxes_of_question_6(drawn):
    boxes = drawn(scene.table).nodes
    for k in range(1, 5):
        column = [n for n in boxes if n.x == k and n.y < 0]
        up, down = (untied([0.8 + s * (i == k) for i in range(1, 5)]) for s in (1e-5, -1e-5))
        assert sum(float(n.text) for n in column) == pytest.approx((up - down) / 2e-5, abs=2e-4)
        assert [n.y for n in column] == [-t for t in range(k, 5)], "losses from step k on"
        heads = {(n.x, n.y): n.text for n in boxes if 0 in (n.x, n.y)}
        assert (heads[k, 0], heads[0, -k]) == (f"use {k}", f"loss {k}")
    there = [n for n in boxes if n.x and n.y]
    assert all(n.color == BACKWARD for n in there) and max(n.fill for n in there) == 1
    big, small = (max(there, key=lambda n: s * abs(float(n.text))) for s in (1, -1))
    assert big.fill == 1 and small.fill == 0
    said = re.findall(r"-?\d\.\d{4}", drawn(scene.table).sentence)
    assert said == [n.text for n in sorted(there, key=lambda n: (-n.y, n.x))]


def test_the_curves_of_question_8_are_lags_and_not_the_last_columns(drawn):
    """The literal last K columns hold another share: what is drawn counts back from each loss."""
    (panel,) = drawn(scene.kept).panels
    cut, *curves = panel.curves
    assert cut.x == 5 and panel.xlabel == "K" and "lags below K" in panel.title
    for curve, gain in zip(curves, (0.9, 0.5, 1.1)):
        rng = np.random.default_rng(8)
        params = init_params(rng, 2, 8, 2, "orthogonal", gain)
        x, targets = 0.3 * rng.standard_normal((40, 2)), rng.standard_normal((40, 2))
        norms = contributions(params, forward(params, x), targets)
        t, k = np.indices(norms.shape)
        wanted = [100 * norms[t - k < K].sum() / norms.sum() for K in curve.x]
        assert np.allclose(curve.y, wanted) and curve.y[-1] == pytest.approx(100)
        assert norms[:, -5:].sum() / norms.sum() < 0.3 < curve.y[4] / 100
        assert curve.label == f"network { {0.9: 'A', 0.5: 'B', 1.1: 'C'}[gain] }"


def test_no_answer_stands_beside_its_question(drawn):
    """Captions say what is drawn; to read off how high the curves are is the question."""
    for picture in scene.links, scene.kept:
        said = drawn(picture).sentence
        assert re.findall(r"\d+ %", said.replace("100 %", "")) == []
    assert not re.search(r"0\.39|0\.96|1\.21|0\.63|1\.93|0\.07", drawn(scene.links).sentence)


@pytest.mark.parametrize("number", [0, 10, -1, 2.0, "1"])
def test_unknown_question(quiz, number):
    for ask in quiz, quiz.form, lambda n: quiz.read(n, "A"):
        with pytest.raises(ValueError, match="^number: expected a whole number"):
            ask(number)


def test_the_question_stands_in_the_output_as_text(quiz, capsys):
    quiz(1)
    said = capsys.readouterr().out
    assert QUESTIONS[0]["text"] in said
    assert all(f"**{a}** {text}" in said for a, text in QUESTIONS[0]["options"].items())
    assert "VBox" not in said


# The notebook


def test_the_notebook_asks_all_and_tells_no_answer():
    nb = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    sources = [cell.source for cell in nb.cells]
    asked = [source for source in sources if source.startswith("quiz(")]
    assert asked == [f"quiz({number})" for number in NUMBERS]
    stored = str(nb)
    for number, question in zip(NUMBERS, QUESTIONS):
        assert question["text"] in stored
        assert feedback(number, KEYS[number]) not in stored
        if not question["options"]:
            assert not re.search(rf"(?<![\d.]){KEYS[number]}(?![\d.])", "\n".join(sources))
    assert "-0.2078" in stored, "not what the tests compute"


def test_quotation_marks_are_the_lessons():
    """None of the quiz's own words stands in them."""
    for question in QUESTIONS:
        for text in (
            question["text"],
            *question["options"].values(),
            *question["feedback"].values(),
        ):
            assert not re.search('["“”„]', text)
