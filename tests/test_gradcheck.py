"""The witnesses themselves, on functions whose gradient is known."""

import numpy as np
import pytest
from witnesses import assert_same

from bptt_helpers.gradcheck import (
    central_difference,
    check_gradient,
    complex_step,
    random_direction,
)

POINT = (np.array([[0.3, -1.2], [0.7, 0.1]]), np.array([0.5, 2.0]))


def f(values):
    A, b = values
    return (np.tanh(A) * A).sum() + np.exp(A @ b).sum()


def gradient_of_f(values):
    A, b = values
    grown = np.exp(A @ b)
    return np.tanh(A) + A * (1 - np.tanh(A) ** 2) + np.outer(grown, b), A.T @ grown


def test_complex_step_gives_the_gradient_to_the_last_digits():
    assert_same(complex_step(f, POINT), gradient_of_f(POINT), 1e-14)


def test_complex_step_along_a_direction_is_the_slope():
    v = random_direction(POINT, np.random.default_rng(0))
    slope = sum((g * a).sum() for g, a in zip(gradient_of_f(POINT), v))
    assert complex_step(f, POINT, v) == pytest.approx(slope, rel=1e-14)
    assert central_difference(f, POINT, v) == pytest.approx(slope, rel=1e-8)


def test_random_direction_has_length_1_over_all_entries():
    v = random_direction(POINT, np.random.default_rng(0))
    assert [a.shape for a in v] == [(2, 2), (2,)]
    assert sum((a * a).sum() for a in v) == pytest.approx(1)


def test_check_gradient_passes_the_right_one():
    assert check_gradient(f, POINT, gradient_of_f(POINT), np.random.default_rng(0)) < 1e-7


@pytest.mark.parametrize("place", [0, 1])
def test_check_gradient_sees_one_wrong_entry_and_says_both_numbers(place):
    wrong = [g.copy() for g in gradient_of_f(POINT)]
    wrong[place][(0,) * wrong[place].ndim] += 1e-3
    with pytest.raises(AssertionError, match="claimed slope .*, measured "):
        check_gradient(f, POINT, wrong, np.random.default_rng(0))


def test_check_gradient_does_not_take_nan_for_agreement():
    nothing = [np.full_like(g, np.nan) for g in gradient_of_f(POINT)]
    for function, gradient in ((f, nothing), (lambda p: np.nan, gradient_of_f(POINT))):
        with pytest.raises(AssertionError, match="nan"):
            check_gradient(function, POINT, gradient, np.random.default_rng(0))


def test_the_point_is_left_where_it_was():
    before = [p.copy() for p in POINT]
    complex_step(f, POINT)
    check_gradient(f, POINT, gradient_of_f(POINT), np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(POINT, before))
