"""Exercises: what `check` accepts, what it says, and that no answer makes it raise."""

import numpy as np
import pytest

from bptt_helpers.exercise import check


@pytest.fixture
def say(capsys):
    def ask(answer, expected, **options):
        right = check("Exercise 1", answer, expected, "Try again.", **options)
        return right, capsys.readouterr().out

    return ask


def test_none_is_not_answered_yet(say):
    right, said = say(None, 0.5)
    assert right is False
    assert said == "Exercise 1: not answered yet. Replace None and run this cell again.\n"


def test_right_and_wrong_say_what_was_given(say):
    assert say(0.72, 0.72) == (True, "Exercise 1: 0.72 is right.\n")
    assert say(0.9, 0.72) == (False, "Exercise 1: 0.9 is not it. Try again.\n")


@pytest.mark.parametrize(
    "answer, expected",
    [
        (3, 3.0),
        (0.7205, 0.72),  # within one part in a thousand
        ([1, 2], np.array([1.0, 2.0])),
        (np.float32(0.5), 0.5),
        (0, 0.0),
        ("B", "B"),
        (True, True),
        (np.True_, True),
    ],
)
def test_right(say, answer, expected):
    assert say(answer, expected)[0] is True


@pytest.mark.parametrize(
    "answer, expected",
    [
        (0.7209, 0.72),
        (-0.72, 0.72),
        (1e-9, 0.0),
        (float("nan"), 0.72),
        ([1, 2, 3], [1, 2]),
        ([0.72], 0.72),  # a list is not a number
        ([[1, 2], [3, 4]], [[1, 3], [2, 4]]),  # the transpose
        ("many", 0.72),
        ("b", "B"),
        (False, True),
        (lambda: 1, 0.72),
        (10**400, 0.72),
        ([[1], [2, 3]], [1.0, 2.0]),
        ({}, 1.0),
        (np.array([1, 2]), "B"),
        ([[1], [2, 3]], True),
    ],
)
def test_wrong_without_raising(say, answer, expected):
    right, said = say(answer, expected)
    assert right is False and "is not it. Try again." in said


def test_tolerance_is_relative(say):
    assert say(101.0, 100.0, tolerance=0.02)[0] and not say(103.0, 100.0, tolerance=0.02)[0]
    assert say(1.01e-9, 1e-9, tolerance=0.02)[0] and not say(1.03e-9, 1e-9, tolerance=0.02)[0]


def test_a_whole_number_is_shown_without_a_point(capsys):
    check("1", 4950, 4950, "")
    assert capsys.readouterr().out == "1: 4950 is right.\n"
