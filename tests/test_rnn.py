"""The forward pass and the initial parameters."""

import numpy as np
import pytest
from witnesses import assert_same, make_case

from bptt_helpers import Params, forward, init_params


def by_steps(case):
    W_h, W_x, b, W_y, b_y = case.params
    h, y = [np.zeros(len(b)) if case.h0 is None else case.h0], []
    for x_t in case.x:
        h.append(np.tanh(W_h @ h[-1] + W_x @ x_t + b))
        y.append(W_y @ h[-1] + b_y)
    return np.array(h), np.array(y)


@pytest.mark.parametrize("h0", [True, False])
@pytest.mark.parametrize("T", [1, 2, 9])
def test_forward_is_the_recurrence_step_by_step(T, h0):
    case = make_case(0, T=T, h0=h0)
    trajectory = forward(case.params, case.x, case.h0)
    h, y = by_steps(case)
    assert_same(trajectory.h, h)
    assert_same(trajectory.y, y)
    assert np.array_equal(trajectory.x, case.x)


def test_batch_runs_each_sequence():
    case = make_case(1, B=4)
    together = forward(case.params, case.x, case.h0)
    assert together.h.shape == (8, 4, 4) and together.y.shape == (7, 4, 2)
    for i in range(4):
        alone = forward(case.params, case.x[:, i], case.h0[i])
        assert_same(together.h[:, i], alone.h, 1e-14)
        assert_same(together.y[:, i], alone.y, 1e-14)


def test_h0_is_row_0_and_zero_by_default():
    case = make_case(2, B=2)
    assert np.array_equal(forward(case.params, case.x, case.h0).h[0], case.h0)
    assert not forward(case.params, case.x).h[0].any()


def test_running_on_from_the_last_state_is_running_through():
    case = make_case(3, T=9)
    whole = forward(case.params, case.x, case.h0)
    first = forward(case.params, case.x[:4], case.h0)
    second = forward(case.params, case.x[4:], first.h[-1])
    assert_same(np.concatenate([first.h, second.h[1:]]), whole.h, 1e-14)


def test_complex_is_carried_through():
    case = make_case(4)
    tilted = Params(*(p + 1e-30j for p in case.params))
    straight, trajectory = forward(case.params, case.x), forward(tilted, case.x)
    assert trajectory.y.dtype == np.complex128
    assert_same(trajectory.y.real, straight.y, 1e-14)
    assert trajectory.y.imag.any()


@pytest.mark.parametrize("gain", [1.0, 0.5, -2])
def test_orthogonal_start_is_gain_times_a_rotation_or_reflection(gain):
    W_h = init_params(np.random.default_rng(0), 2, 6, 3, gain=gain).W_h
    assert_same(W_h @ W_h.T, gain**2 * np.eye(6))


def test_orthogonal_start_is_haar_random():
    """E[Q] = 0 and E[Q_00^2] = 1/n; a QR whose signs are left alone has E[Q_00] < 0."""
    rng = np.random.default_rng(1)
    corner = [init_params(rng, 1, 3, 1).W_h[0, 0] for _ in range(2000)]
    assert abs(np.mean(corner)) < 0.05
    assert np.mean(np.square(corner)) == pytest.approx(1 / 3, abs=0.03)


def test_identity_start():
    W_h = init_params(np.random.default_rng(0), 2, 5, 3, "identity", 0.9).W_h
    assert np.array_equal(W_h, 0.9 * np.eye(5))


def test_gaussian_start_has_standard_deviation_gain_over_root_n():
    W_h = init_params(np.random.default_rng(0), 1, 200, 1, "gaussian", 1.5).W_h
    assert W_h.std() == pytest.approx(1.5 / np.sqrt(200), rel=0.02)
    assert abs(np.linalg.eigvals(W_h)).max() == pytest.approx(1.5, rel=0.1)  # the circular law


def test_start_has_the_shapes_and_scales_it_says():
    params = init_params(np.random.default_rng(0), 50, 100, 40)
    assert [p.shape for p in params] == [(100, 100), (100, 50), (100,), (40, 100), (40,)]
    assert params.W_x.std() == pytest.approx(1 / np.sqrt(50), rel=0.05)
    assert params.W_y.std() == pytest.approx(1 / np.sqrt(100), rel=0.05)
    assert not params.b.any() and not params.b_y.any()


def test_all_chance_comes_from_rng():
    one, same, other = (init_params(np.random.default_rng(s), 2, 4, 1) for s in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    assert not np.array_equal(one.W_h, other.W_h)
