"""The worked example's numbers, and what stays right where the product itself fails."""

from math import inf, isinf, log10, sqrt, tanh

import numpy as np
import pytest

from bptt_helpers import gradient_decay, horizon, log10_gradient_decay, settle


@pytest.mark.parametrize(
    "T, left, tolerance",
    [(4, 0.373, 5e-4), (20, 0.0019, 5e-5), (100, 7.5e-15, 0.05e-15)],
)
def test_what_is_left_in_the_lesson(T, left, tolerance):
    decay = gradient_decay(0.9, 0.8, T)
    assert decay.shape == (T,) and decay[0] == 1
    assert decay[-1] == pytest.approx(left, abs=tolerance)


def test_erratum_1_it_is_seven_e_minus_15_not_e_minus_13():
    assert log10_gradient_decay(0.9, 0.8, 100)[-1] == pytest.approx(-14.12, abs=0.005)
    assert log10_gradient_decay(0.9, 0.8, 100)[-1] == pytest.approx(99 * log10(0.72), rel=1e-15)


def test_decay_is_the_product_step_by_step():
    product, r = 1.0, -1.1 * 0.7
    for k, left in enumerate(gradient_decay(-1.1, 0.7, 30)):
        assert left == pytest.approx(product, rel=1e-13)
        assert log10_gradient_decay(-1.1, 0.7, 30)[k] == pytest.approx(
            log10(abs(product)), abs=1e-13
        )
        product *= r


def test_the_logarithm_outlives_the_product():
    assert gradient_decay(0.9, 0.8, 5001)[-1] == 0
    assert log10_gradient_decay(0.9, 0.8, 5001)[-1] == pytest.approx(5000 * log10(0.72))
    assert isinf(gradient_decay(2, 1, 5001)[-1])
    assert log10_gradient_decay(2, 1, 5001)[-1] == pytest.approx(5000 * log10(2))
    assert np.isfinite(log10_gradient_decay(1e-300, 1, 5001)).all()


def test_no_weight_no_gradient():
    assert gradient_decay(0, 0.8, 3).tolist() == [1, 0, 0]
    assert log10_gradient_decay(0, 0.8, 3).tolist() == [0, -inf, -inf]


def test_the_sign_alternates_with_a_negative_weight():
    assert gradient_decay(-0.5, 1, 4).tolist() == [1, -0.5, 0.25, -0.125]


def test_growth_at_weight_2_reaches_1_6_e_20():
    assert gradient_decay(2, 0.8, 100)[-1] == pytest.approx(1.6e20, rel=0.02)


@pytest.mark.parametrize("r, steps", [(0.72, 14.02), (0.9, 43.7), (0.99, 458.2), (-0.72, 14.02)])
def test_one_percent_horizon(r, steps):
    assert horizon(r) == pytest.approx(steps, abs=0.05)
    assert abs(r) ** horizon(r) == pytest.approx(0.01)


def test_half_life_and_the_ends_of_the_horizon():
    assert 0.72 ** horizon(0.72, 0.5) == pytest.approx(0.5)
    assert horizon(0) == 0
    assert horizon(1) == horizon(-1.2) == inf


def test_log10_survives_factors_whose_product_does_not():
    for size in (200, -200):
        logs = log10_gradient_decay(10.0**size, 10.0**size, 3)
        assert logs == pytest.approx([0, 2 * size, 4 * size])


def test_settle_finds_the_lessons_honest_cases():
    h, slope = settle(2, 0, h=0.5)
    assert h == pytest.approx(0.9575, abs=5e-5) and 2 * slope == pytest.approx(0.166, abs=5e-4)
    h, slope = settle(0.9, 0.0787, h=sqrt(0.2))
    assert h == pytest.approx(sqrt(0.2), abs=1e-3) and slope == pytest.approx(0.8, abs=1e-3)


def test_settle_rests_where_it_says():
    h, slope = settle(0.7, 0.3)
    assert h == pytest.approx(tanh(0.7 * h + 0.3), rel=1e-14) and slope == 1 - h * h


def test_settle_counts_its_steps_and_knows_cycles():
    assert settle(0.7, 0.3, steps=1)[0] == tanh(0.3)
    high, low = settle(-2, 0, h=0.5, steps=1000)[0], settle(-2, 0, h=0.5, steps=1001)[0]
    assert high == pytest.approx(-low) and abs(high) > 0.9


def test_settle_gives_the_factor_a_step_of_a_lopsided_cycle():
    """Two states with two slopes: over two steps the product, so per step its square root."""
    h, slope = settle(-3, 0.4)
    other = tanh(-3 * h + 0.4)
    assert abs(h - other) > 0.5 and abs(abs(h) - abs(other)) > 1e-3
    assert slope**2 == pytest.approx((1 - h * h) * (1 - other * other), rel=1e-9)
