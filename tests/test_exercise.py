"""Questions that answer back: what is accepted, what is said, and that no answer makes it raise."""

import numpy as np
import pytest

from scenes.exercise import Exercise, number, same


@pytest.mark.parametrize(
    "text, value",
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        ("−0,25", -0.25),
        (" 1e-3 ", 1e-3),
        ("1e2", 100.0),
        ("+7", 7.0),
        ("0,125", 0.125),  # nobody writes thousands behind a nought
        ("12 %", 12.0),
        ("1,5e-3", 1.5e-3),
    ],
)
def test_a_typed_number_is_understood(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "1,830", "-1,830", "1,2,3", "1.000,5", "nan", "inf", "1_000", "0x10", "1 2"]
)
def test_what_is_no_number_or_two_is_refused(text):
    assert number(text) is None


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (3, 3.0),
        (0.7205, 0.72),  # within one part in a thousand
        ([1.0, 2], np.array([1.0, 2.0])),
        (np.float32(0.5), 0.5),
        (0, 0.0),
        (4950.0, 4950),
        (4950 * (0.1 + 0.2) / 0.3, 4950),  # 4950.000000000001
        ("B", "B"),
        (True, True),
        (np.True_, True),
    ],
)
def test_right(answer, wanted):
    assert same(answer, wanted) is True


@pytest.mark.parametrize(
    "answer, wanted",
    [
        (0.7209, 0.72),
        (-0.72, 0.72),
        (1e-9, 0.0),
        (4949, 4950),  # a count is exact
        (True, 1.0),
        (np.True_, 1.0),
        (np.True_, 1),
        (1.0, True),
        (1.0 + 0j, 1.0),
        (float("nan"), 0.72),
        ([1, 2, 3], [1, 2]),
        ([0.72], 0.72),  # a list is not a number
        ([[1, 2], [3, 4]], [[1, 3], [2, 4]]),  # the transpose
        ("many", 0.72),
        ([True, 2.0], [1.0, 2.0]),  # what a function gave for two cases
        (((1.0, np.True_),), [[1.0, 1.0]]),
        (4950.01, 4950),
        ("0.72", 0.72),
        ("b", "B"),
        (False, True),
        (lambda: 1, 0.72),
        (10**400, 0.72),
        ([[1], [2, 3]], [1.0, 2.0]),
        ({}, 1.0),
        (np.array([1, 2]), "B"),
        (np.array(["B", "B"]), "B"),
        ([[1], [2, 3]], True),
    ],
)
def test_wrong_without_raising(answer, wanted):
    assert same(answer, wanted) is False


def test_tolerance_is_relative():
    assert same(101.0, 100.0, 0.02) and not same(103.0, 100.0, 0.02)
    assert same(1.01e-9, 1e-9, 0.02) and not same(1.03e-9, 1e-9, 0.02)


def half():
    return Exercise("1", 0.5, "Look again.", "1 / 2.", tempting=((2.0, "Upside down."),))


def test_none_is_not_answered_yet_and_counts_as_no_miss(capsys):
    ask = half()
    ask(None)
    assert capsys.readouterr().out == (
        "1: not answered yet. Replace None and run this cell again.\n"
    )
    assert ask.misses == 0


def test_first_a_nudge_then_the_formula_and_a_tempting_answer_its_reason(capsys):
    ask = half()
    for answer in (0.7, 0.7, 2.0, 0.5):
        ask(answer)
    assert capsys.readouterr().out.splitlines() == [
        "1: 0.7 is not it. Look again.",
        "1: 0.7 is not it. 1 / 2.",
        "1: 2 is not it. Upside down.",
        "1: 0.5 is right.",
    ]


def test_only_wrong_answers_are_misses():
    ask = half()
    for answer in (0.5, None, 0.7):
        ask(answer)
    assert ask.misses == 1 and ask.reply(0.7)[1].endswith("1 / 2.")


def test_the_tolerance_is_that_of_the_exercise_for_right_and_tempting_answers():
    rough = Exercise("1", 0.5, "", "", tempting=((2.0, "Upside down."),), tolerance=0.02)
    assert rough.reply(0.509)[0] is True and rough.reply(0.511)[0] is False
    assert rough.reply(1.97)[1].endswith("Upside down.")
    assert not rough.reply(1.95)[1].endswith("Upside down.")


def test_a_function_is_tried_on_its_cases():
    ask = Exercise(
        "1", [1.0, 4.0], "a", "b", tempting=(([2.0, 4.0], "Doubled."),), cases=((1,), (2,))
    )
    assert ask.reply(lambda x: x * x)[0] is True
    assert ask.reply(lambda x: 2 * x)[1].endswith("is not it. Doubled.")
    assert ask.reply(lambda x: None)[0] is None
    assert ask.reply(lambda x: None if x == 1 else 4)[0] is False
    assert ask.reply(lambda x: 1 / 0) == (
        False,
        "it stops with ZeroDivisionError: division by zero",
    )
    assert ask.reply(3)[0] is False and "TypeError" in ask.reply(3)[1]


ITSELF = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    "answer", ["x", [], {}, object(), np.nan, 1j, [[1], [2, 3]], 10**400, ITSELF, np.ma.masked]
)
def test_whatever_stands_there_gets_one_line(answer, capsys):
    half()(answer)
    assert "is not it. Look again." in capsys.readouterr().out


def test_a_whole_number_is_shown_without_a_point(capsys):
    Exercise("1", 4950, "", "")(4950)
    assert capsys.readouterr().out == "1: 4950 is right.\n"


def test_an_array_is_shown_in_one_line():
    square = Exercise("1", [[1.0, 2.0], [3.0, 4.0]], "", "")
    assert square.reply([[1.0, 2.0], [3.0, 4.0]])[1] == "[[1. 2.] [3. 4.]] is right."
    assert square.reply(np.zeros((3, 4)))[1].startswith("your array of shape (3, 4) is not it.")
