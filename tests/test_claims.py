"""What the notebooks claim, over a range of conditions and on seeds that they do not show.

Written without the notebooks' own code, so that the two can disagree.
"""

import tracemalloc
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import pytest

import bptt_helpers
from bptt_helpers import (
    Params,
    bptt,
    contributions,
    forward,
    init_params,
    log10_singular_values,
    loss_per_step,
    settle,
    sliding_window,
    step_jacobians,
)
from bptt_helpers.gradcheck import central_difference
from scenes import sliders

RNG = np.random.default_rng


def no_input(W_h):
    n = len(W_h)
    return Params(W_h, np.eye(n), np.zeros(n), np.eye(n), np.zeros(n))


# 01: the best step of a central difference


def test_the_best_step_depends_on_the_place():
    powers, best = np.arange(-9, -2), []
    for h in np.linspace(0.1, 2, 20):
        eps = 10.0**powers
        slope = (np.tanh(h + eps) ** 2 - np.tanh(h - eps) ** 2) / (2 * eps)
        error = abs(slope - 2 * np.tanh(h) * (1 - np.tanh(h) ** 2))
        best.append(powers[error.argmin()])
        assert error.min() < 1e-10
    assert {-6, -5} <= set(best) <= {-7, -6, -5}


# 04: W_h = radius times a rotation, no input


def largest(radius, angle, T, h, settled=0):
    """log10 of the largest singular value of dh_T/dh_{T-j} for j = 0..T-1."""
    c, s = cos(radians(angle)), sin(radians(angle))
    net = no_input(radius * np.array([[c, -s], [s, c]]))
    for _ in range(settled):
        h = np.tanh(net.W_h @ h)
    trajectory = forward(net, np.zeros((T, 2)), h)
    return log10_singular_values(step_jacobians(net, trajectory))[:0:-1, 0], trajectory.h


@pytest.mark.parametrize("angle", [29, 30, 60])
def test_on_the_round_trip_the_largest_singular_value_stays(angle):
    for seed in range(3):
        size, _ = largest(1.5, angle, 300, RNG(seed).uniform(-1, 1, 2), 2000)
        assert -0.4 < size.min() and size.max() < 0.4


@pytest.mark.parametrize("angle", [0, 45, 90])
def test_where_the_round_trip_is_locked_it_vanishes(angle):
    size, _ = largest(1.5, angle, 1000, np.array([1e-3, 2e-3]), 2000)
    assert size[-1] < -3


@pytest.mark.parametrize("T", [30, 50, 100])
def test_the_first_steps_grow_because_the_state_is_tiny(T):
    size, h = largest(1.5, 0, T, np.array([1e-3, 1e-3]))
    flat = np.argmax(1.5 * (1 - h[1:, 0] ** 2) < 1) + 1  # the first step with a factor below 1
    assert size.argmin() == T - flat + 1
    assert size[-1] - size[-2] == pytest.approx(np.log10(1.5), abs=1e-3)
    settled, _ = largest(1.5, 0, T, np.array([0.8, 0.8]), 500)
    assert (np.diff(settled) < 0).all()
    turning, _ = largest(1.5, 30, T, np.array([1e-3, 1e-3]))
    assert turning[-1] > 2.4  # 1.5 to the power of some 15 steps


# 06 and 08: where the contributions are


def sizes(seed, n, o, gain, strength, T):
    rng = RNG(seed)
    params = init_params(rng, 2, n, o, gain=gain)
    x, targets = strength * rng.standard_normal((T, 2)), rng.standard_normal((T, o))
    return contributions(params, forward(params, x), targets)


def test_the_diagonal_gets_brighter_up_to_strength_1_and_not_beyond():
    strengths = 0.1, 0.3, 1.0, 3.0
    diagonals = np.array(
        [[np.diagonal(sizes(s, 4, 1, 0.9, a, 100))[1:] for a in strengths] for s in range(40, 60)]
    )
    middle = np.median(diagonals, axis=2)  # (seeds, strengths)
    assert (np.diff(middle[:, :2]) > 0).all() and (middle[:, 2] > middle[:, 0]).all()
    assert (middle[:, 3] < middle[:, 2]).mean() > 0.8


def test_short_lags_are_not_the_last_uses():
    for seed in range(40, 50):
        for gain in 0.5, 0.9:
            norms = sizes(seed, 8, 2, gain, 0.3, 40)
            short = sum(np.trace(norms, -lag) for lag in range(5)) / norms.sum()
            assert short > 0.5 and norms[:, -5:].sum() / norms.sum() < 0.3


# 09: one unit whose input is made to measure


def made_to_measure(rng, W_h=2.0, reach=0.3, T=60):
    """h_1 and x_2..x_T that lead one unit along random states within +-reach."""
    a = rng.uniform(-reach, reach, T)
    x, h = np.zeros(T), a[0]
    for t in range(1, T):
        x[t] = np.arctanh(a[t]) - W_h * h
        h = np.tanh(W_h * h + x[t])
    return a[0], x[1:]


def run_unit(W_h, drives, h):
    """Where the starts h end, and log10 |dh_T/dh_1| of each."""
    logs = np.zeros(len(h))
    for drive in drives:
        h = np.tanh(W_h * h + drive)
        logs += np.log10(np.abs(W_h * (1 - h * h)))
    return h, logs


def test_one_unit_can_move_and_explode():
    for seed in range(30, 40):
        h_1, x = made_to_measure(RNG(seed))
        states = forward(no_input(np.array([[2.0]])), x[:, None], [h_1]).h
        assert np.abs(states).max() < 0.3 + 1e-12 and states.std() > 0.1
        (low, high, _), logs = run_unit(2.0, x, np.array([-1.0, 1.0, h_1]))
        assert logs[2] > 59 * np.log10(2 * (1 - 0.3**2)) > 15.3
        assert 0.8 < (high - low) / 2 < 1


def test_fewer_than_one_start_in_M_exceeds_M():
    rng, starts = RNG(31), np.linspace(-1, 1, 4001)
    for _ in range(200):
        drives = rng.uniform(0, 2) * rng.standard_normal(rng.integers(1, 40))
        logs = run_unit(rng.uniform(-3, 3), drives, starts)[1]
        for M in 1, 2, 5, 10, 100:
            assert (logs > np.log10(M)).mean() < 1 / M
    for T in 5, 10, 21, 40:  # the rare ones, close to 0, that no even grid resolves
        near = np.logspace(-14, 0, 14001)
        logs = run_unit(2.0, np.zeros(T - 1), near)[1]
        for M in 2, 1e3, 1e6:
            assert near[logs > np.log10(M)].max(initial=0) < 1 / M


def test_gradient_rate_and_exponent_agree_to_0_05():
    gaps = []
    for seed, gain, drive in [(20, 1.5, 0), (21, 1.5, 1), (22, 3, 0), (23, 3, 1)]:
        rng = RNG(seed)
        net = no_input(init_params(rng, 50, 50, 1, "gaussian", gain).W_h)
        x, h = drive * rng.standard_normal((500, 50)), rng.uniform(-1, 1, 50)
        trajectory = forward(net, x, h)
        J, push, rates = step_jacobians(net, trajectory), np.ones(50), []
        for J_t in J:
            push = J_t @ (push / np.linalg.norm(push))
            rates.append(np.log(np.linalg.norm(push)))
        back = bptt(net, trajectory, trajectory.y, dh_T=np.ones(50)).h
        back = np.log(np.abs(back).max(1))
        gaps.append(np.mean(rates[100:]) - (back[100] - back[-1]) / 400)
    assert np.abs(gaps).max() < 0.05


# 10: real-time recurrent learning, exact and small for an element-wise recurrence


def rtrl_diagonal(w, W_x, x, targets, W_y):
    """dL/dw of h_t = tanh(w * h_{t-1} + W_x x_t), L_t = 1/2 |W_y h_t - target_t|^2: s is (n,)."""
    h = s = g = np.zeros(len(w))
    for x_t, target in zip(x, targets):
        before, h = h, np.tanh(w * h + W_x @ x_t)
        s = (1 - h * h) * (before + w * s)  # dh_t/dw, in all: n numbers
        g = g + s * (W_y.T @ (W_y @ h - target))
    return g


def test_rtrl_of_a_diagonal_W_h_is_exact_and_keeps_n_numbers():
    for seed in range(3):
        rng = RNG(seed)
        params, w = init_params(rng, 2, 6, 3), rng.uniform(-1.2, 1.2, 6)
        params = params._replace(W_h=np.diag(w))
        x, targets = rng.standard_normal((50, 2)), rng.standard_normal((50, 3))
        back = bptt(params, forward(params, x), targets).params.W_h
        ours = rtrl_diagonal(w, params.W_x, x, targets, params.W_y)
        assert np.allclose(ours, np.diag(back), rtol=1e-10)


# 11: how many paths does the cliff throw?


def thrown(W_h, b, T, rate, updates=100):
    """For arrays of starts: does one update move (W_h, b) by more than 1?"""
    far = np.zeros(len(b))
    for _ in range(updates):
        h = [np.full(len(b), 0.5)]
        for _ in range(T):
            h.append(np.tanh(W_h * h[-1] + b))
        dh, dW_h, db = h[T] - 0.7, 0, 0
        for t in range(T, 0, -1):
            dz = (1 - h[t] ** 2) * dh
            dW_h, db, dh = dW_h + dz * h[t - 1], db + dz, W_h * dz
        far = np.maximum(far, rate * np.hypot(dW_h, db))
        W_h, b = W_h - rate * dW_h, b - rate * db
    return far > 1


@pytest.mark.parametrize("rate, most", [(0.2, 12), (0.05, 20)])
def test_most_paths_are_thrown_at_a_middle_length(rate, most):
    rng = RNG(30)
    W_h, b = rng.uniform(1.4, 2.2, 500), rng.uniform(-0.9, 0, 500)
    short, middle, long = (thrown(W_h, b, T, rate).mean() for T in (3, most, 60))
    assert middle > 0.2 and middle > 2 * max(short, long)


# 12: what finite differences cannot see


def case(seed, T, n, gain):
    rng = RNG(seed)
    params = init_params(rng, 2, n, 2, gain=gain)._replace(b=0.3 * rng.standard_normal(n))
    x, targets = rng.standard_normal((2, T, 2))
    return params, forward(params, x, 0.5 * rng.standard_normal(n)), targets


def differences(params, run, targets):
    def L(p):
        y = forward(params._replace(W_h=p[0]), run.x, run.h[0]).y
        return loss_per_step(y, targets).sum()

    n = len(params.b)
    E = np.eye(n * n).reshape(-1, n, n)
    return np.reshape([central_difference(L, (params.W_h,), (e,)) for e in E], (n, n))


def off_by(claim, seen):
    return np.linalg.norm(claim - seen) / np.linalg.norm(seen)


def test_the_floor_of_finite_differences():
    floors = []
    for seed in range(60, 70):
        made = case(seed, 60, 4, 0.8)
        floors.append(off_by(bptt(*made).params.W_h, differences(*made)))
    assert 1e-11 < min(floors) and max(floors) < 5e-9 and np.median(floors) < 1e-9


def test_forty_eight_steps_of_sixty_pass_a_limit_of_1e_9():
    made = case(5, 60, 4, 0.8)
    exact, seen = bptt(*made).params.W_h, differences(*made)
    said = {K: off_by(sliding_window(*made, K).params.W_h, seen) for K in (40, 48)}
    true = {K: off_by(sliding_window(*made, K).params.W_h, exact) for K in (40, 48)}
    assert said[40] > 1e-9 and true[40] == pytest.approx(5.3e-9, rel=0.02)
    assert said[48] < 1e-9 and 4e-11 < true[48] < 6e-11 and said[48] > 3 * true[48]


def test_the_floor_of_finite_differences_on_three_units_and_six_steps():
    floors = []
    for seed in range(400, 440):
        made = case(seed, 6, 3, 1.2)
        floors.append(off_by(bptt(*made).params.W_h, differences(*made)))
    assert 5e-12 < min(floors) and np.median(floors) < 3e-10 and max(floors) < 5e-9


# 09, 13: a unit at rest


def test_without_a_drive_the_factor_falls_on_both_sides_of_1():
    weights = np.arange(0.05, 4.01, 0.05)
    slopes = np.array([settle(W_h, 0.0, 0.1)[1] for W_h in weights])
    factors, above = weights * slopes, weights > 1.01
    assert (np.diff(factors[~above]) > 0).all() and (np.diff(factors[above]) < 0).all()
    assert (np.diff(slopes) < 1e-12).all()  # the cross goes down, or stays at 1
    h = np.linspace(0.01, 0.999, 500)  # a unit that holds h more clearly keeps less
    assert (np.diff(np.arctanh(h) / h * (1 - h * h)) < 0).all()


def test_of_other_starts_under_an_input_made_to_measure_none_explodes():
    for seed in range(40, 60):
        _, x = made_to_measure(RNG(seed))
        assert run_unit(2.0, x, np.linspace(-1, 1, 2001))[1].max() < 0


# 10: the round trip at 30 degrees takes no whole number of steps


@pytest.mark.parametrize("angle, repeats", [(30, False), (45, True), (90, True)])
def test_a_free_round_trip_does_not_repeat(angle, repeats):
    c, s = cos(radians(angle)), sin(radians(angle))
    W, h, path = 1.5 * np.array([[c, -s], [s, c]]), np.array([0.3, 0.1]), []
    for _ in range(4000):
        h = np.tanh(W @ h)
        path.append(h)
    apart = np.abs(np.array(path[2001:]) - path[2000]).max(1)
    assert (apart.min() < 1e-9) == repeats and (repeats or apart.min() > 1e-6)


def test_a_normal_W_h_seldom_makes_a_normal_jacobian():
    for seed in range(20):
        J = np.diag(RNG(seed).uniform(0.1, 1, 3)) @ init_params(RNG(seed), 1, 3, 1).W_h
        assert np.linalg.norm(J.T @ J - J @ J.T) > 1e-3


# Docstrings


def test_gradients_of_all_states_take_as_much_as_the_states():
    params = init_params(RNG(50), 3, 16, 2)
    x, targets = RNG(51).standard_normal((3000, 20, 3)), RNG(52).standard_normal((3000, 20, 2))
    run, peak = forward(params, x), {}
    for keep_h in True, False:
        tracemalloc.start()
        bptt(params, run, targets, keep_h=keep_h)
        peak[keep_h] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak[True] - peak[False] == pytest.approx(run.h.nbytes, rel=0.05)


def test_the_sliders_and_the_quiz_alone_know_ipywidgets():
    package, scenes = (Path(module.__file__).parent for module in (bptt_helpers, sliders))
    modules = [*package.rglob("*.py"), *scenes.glob("*.py")]
    knowing = {m.name for m in modules if "import ipywidgets" in m.read_text("utf-8")}
    assert knowing == {"sliders.py", "quiz.py"}
