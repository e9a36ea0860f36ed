"""The witnesses themselves, on functions whose gradient is known."""

import numpy as np
import pytest
from witnesses import assert_same

from bptt_helpers import Params, bptt, forward, init_params, loss_per_step
from bptt_helpers.gradcheck import (
    central_difference,
    check_gradient,
    complex_step,
    random_direction,
)
from scenes.bug_museum import EXHIBITS

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


def test_check_gradient_returns_the_worst_gap_of_all_directions():
    claimed = [g + 0.01 for g in gradient_of_f(POINT)]
    one_rng, other = np.random.default_rng(0), np.random.default_rng(0)
    gaps = [check_gradient(f, POINT, claimed, one_rng, 1, tolerance=1) for _ in range(5)]
    assert check_gradient(f, POINT, claimed, other, 5, tolerance=1) == max(gaps) > gaps[-1]


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


def network(seed, T=20, n=4, gain=1.0, residual=None, dtype=float, recurrent="orthogonal"):
    """L as a function of the parameters, the parameters, dL/dparams, all in ``dtype``."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, n, 2, recurrent, gain)
    params = Params(*(p.astype(dtype) for p in params))
    x, targets = rng.standard_normal((2, T, 2)).astype(dtype)
    trajectory = forward(params, x)
    if residual is not None:
        targets = (trajectory.y + residual * targets).astype(dtype)

    def L(p):
        return loss_per_step(forward(p, x).y, targets).sum()

    return L, params, bptt(params, trajectory, targets).params


def in_float32(L, container=np.float32):
    return lambda p: container(L(Params(*(np.asarray(a, np.float32) for a in p))))


@pytest.mark.parametrize("seeds, case", [
    (50, {"residual": 0.0}),
    (20, {"residual": 1e-4}),
    (10, {"residual": 1e-12}),
    (20, {"gain": 2.0, "T": 200}),
    (10, {"gain": 2.0, "T": 200, "n": 16}),
    (20, {"dtype": np.float32}),
    (20, {"dtype": np.float32, "residual": 0.0}),
    (20, {"dtype": np.float32, "residual": 1e-4}),
])  # fmt: skip
def test_check_gradient_passes_every_right_one(seeds, case):
    """At a minimum and close to one, long and nearly chaotic, in half the precision."""
    for seed in range(seeds):
        check_gradient(*network(seed, **case), np.random.default_rng(seed))


@pytest.mark.parametrize("container", [np.float32, float])
def test_check_gradient_sees_that_f_computes_in_float32(container):
    for seed in range(20):
        L, *_ = network(seed, dtype=np.float32)
        _, params, gradient = network(seed)
        check_gradient(in_float32(L, container), params, gradient, np.random.default_rng(seed))


def test_check_gradient_passes_offsets_units_constants_and_mixed_precision():
    L, params, gradient = network(0)
    flat, noise = network(0, residual=0.0)[0], np.random.default_rng(1)
    for function, claimed in (
        (lambda p: 1e6 + L(p), gradient),
        (lambda p: 1e-12 * L(p), [1e-12 * g for g in gradient]),
        (lambda p: 1.0, [0 * g for g in gradient]),
        (lambda p: 0.0, [0 * g for g in gradient]),
        (lambda p: 1e6 + flat(p), [0 * g for g in gradient]),
        (lambda p: 1 + 3e-16 * noise.standard_normal(), [0 * g for g in gradient]),
        (L, gradient._replace(W_h=gradient.W_h.astype(np.float32))),
    ):
        check_gradient(function, params, claimed, np.random.default_rng(0), tolerance=1e-9)


def test_check_gradient_stays_within_the_domain_of_f():
    """log 0.001: two of the ten steps leave the domain, and nothing warns of it."""
    check_gradient(lambda p: np.log(p[0]), (1e-3,), (1e3,), np.random.default_rng(0))


@pytest.mark.parametrize("case, fault", [
    ({}, 2e-8),
    ({"residual": 1e-4}, 2e-7),
    ({"gain": 2.0, "T": 200}, 2e-7),
    ({"dtype": np.float32}, 1e-3),
])  # fmt: skip
def test_check_gradient_forgives_no_more_than_it_must(case, fault):
    """With a small tolerance, so that only what is forgiven can hide a fault of W_h."""
    for seed in range(8):
        L, params, gradient = network(seed, **case)
        for size, seen in (fault, True), (1e-12, False):
            claimed = gradient._replace(W_h=gradient.W_h * (1 + size))
            try:
                check_gradient(L, params, claimed, np.random.default_rng(seed), 5, 1e-10)
            except AssertionError:
                assert seen
            else:
                assert not seen


def test_check_gradient_sees_a_slope_where_there_is_none():
    for seed in range(20):
        L, params, gradient = network(seed, residual=0.0)
        assert not any(g.any() for g in gradient)
        with pytest.raises(AssertionError, match="claimed"):
            check_gradient(L, params, [g + 1e-9 for g in gradient], np.random.default_rng(seed))


def test_check_gradient_does_not_judge_where_differences_say_nothing():
    """Chaos: the gradient is right and 1e28 or more; no step size shows it, nor that 0 is wrong."""
    for seed in range(5):
        L, params, gradient = network(seed, T=200, n=32, gain=5.0, recurrent="gaussian")
        for claimed in (gradient, [0 * g for g in gradient]):
            with pytest.raises(ValueError, match="f: too rough"):
                check_gradient(L, params, claimed, np.random.default_rng(seed))


def exhibited(seed):
    """L as a function of (W_h,), W_h, dL/dW_h, and what the eight exhibits claim it to be."""
    rng = np.random.default_rng(seed)
    params = init_params(rng, 2, 3, 2, gain=1.2)._replace(b=0.3 * rng.standard_normal(3))
    x, targets = rng.standard_normal((2, 6, 2))
    trajectory = forward(params, x, h0 := rng.standard_normal(3) / 2)
    h, g = trajectory.h, np.zeros((7, 3))
    g[1:] = (trajectory.y - targets) @ params.W_y

    def L(p):
        return loss_per_step(forward(params._replace(W_h=p[0]), x, h0).y, targets).sum()

    claims = [e(params.W_h, h, 1 - h * h, g).sum(0) for e in EXHIBITS]
    return L, params.W_h, bptt(params, trajectory, targets).params.W_h, claims


def test_every_exhibit_of_the_bug_museum_is_seen_with_a_ten_thousandth_of_its_fault():
    margins = np.full((10, 8), np.inf)
    for seed in range(10):
        L, W_h, right, claims = exhibited(seed)
        for i, claim in enumerate(claims):
            if i == 7 and np.linalg.norm(right) < 1:
                continue  # exhibit 8 clips nothing here

            def gap(part, tolerance):
                claimed = right + part * (claim - right)  # noqa: B023
                rng = np.random.default_rng(seed)  # noqa: B023
                return check_gradient(L, (W_h,), (claimed,), rng, tolerance=tolerance)  # noqa: B023

            assert gap(0, 1e-7) < 1e-8
            for part in 1, 1e-4:
                with pytest.raises(AssertionError, match="claimed"):
                    gap(part, 1e-7)
            margins[seed, i] = gap(1, 1e3) / 1e-7
    for i in range(8):
        print(f"exhibit {i + 1}: gaps of at least {margins[:, i].min():.0e} tolerances")
    assert np.isfinite(margins).sum(0).min() >= 8 and margins.min() > 1e5


def test_plain_numbers_are_parameters():
    rng = np.random.default_rng(0)
    assert complex_step(lambda p: p[0] ** 2 * p[1], (3.0, 2)) == (12, 9)
    assert central_difference(lambda p: p[0] ** 2, [3.0], (1,)) == pytest.approx(6)
    assert check_gradient(lambda p: p[0] ** 2 * p[1], (3.0, 2), (12.0, 9), rng) < 1e-7
    with pytest.raises(AssertionError):
        check_gradient(lambda p: p[0] ** 2 * p[1], (3.0, 2), (12.0, 8), rng)


@pytest.mark.parametrize("call, message", [
    (lambda: complex_step(f, np.eye(2)), "params: expected a tuple of arrays, got ndarray"),
    (lambda: complex_step(f, {"A": 1.0}), "params: expected a tuple of arrays, got dict"),
    (lambda: complex_step(f, 0.5), "params: expected a tuple of arrays, got float"),
    (lambda: complex_step(f, ()), "params: expected a tuple of arrays"),
    (lambda: complex_step(f, ([], 1.0)), r"params\[0\]: expected shape \(>= 1,\), got \(0,\)"),
    (lambda: check(params=([],), gradient=([],)), r"params\[0\]: expected shape \(>= 1,\)"),
    (lambda: complex_step(3, POINT), "f: expected a function, got 3"),
    (lambda: check(function=None), "f: expected a function, got None"),
    (lambda: complex_step(f, ("a",)), r"params\[0\]: expected an array of real numbers"),
    (lambda: complex_step(f, POINT, POINT[:1]), r"direction: expected arrays of shapes .* got"),
    (lambda: complex_step(f, POINT, size=0), "size: expected a number > 0, got 0"),
    (lambda: complex_step(lambda p: p[1], POINT), r"f: expected one number, .* shape \(2,\)"),
    (lambda: central_difference(f, POINT, POINT[::-1]), "direction: expected arrays of shapes"),
    (lambda: central_difference(f, POINT, np.eye(2)), "direction: expected a tuple of arrays"),
    (lambda: central_difference(f, POINT, POINT, 0), "eps: expected a number > 0, got 0"),
    (lambda: central_difference(f, POINT, POINT, np.nan), "eps: expected a finite number"),
    (lambda: central_difference(lambda p: "a", POINT, POINT), "f: expected an array of"),
    (lambda: check(params=POINT[0]), "params: expected a tuple of arrays, got ndarray"),
    (lambda: check(params=(np.inf,)), r"params\[0\]: expected finite numbers, got inf"),
    (lambda: complex_step(f, (np.eye(2), np.full(2, np.nan))), r"params\[1\]: expected finite"),
    (lambda: check(gradient=POINT[:1]), "gradient: expected arrays of shapes"),
    (lambda: check(gradient=(POINT[0], np.zeros((2, 1)))), r"gradient: .* got .*\(2, 1\)"),
    (lambda: check(gradient=POINT[0]), "gradient: expected a tuple of arrays, got ndarray"),
    (lambda: check(gradient=None), "gradient: expected a tuple of arrays, got NoneType"),
    (lambda: check(rng=0), r"rng: expected np\.random\.default_rng\(seed\), got 0"),
    (lambda: check(rng=np.random), r"rng: expected np\.random\.default_rng\(seed\), got <module"),
    (lambda: random_direction(POINT, None), r"rng: expected .*, got None"),
    (lambda: check(directions=0), "directions: expected a whole number >= 1, got 0"),
    (lambda: check(directions=2.5), "directions: expected a whole number, got 2.5"),
    (lambda: check(tolerance=0), "tolerance: expected a number > 0, got 0"),
    (lambda: check(tolerance=np.nan), "tolerance: expected a finite number"),
    (lambda: check(function=lambda p: p[1]), r"f: expected one number, .* shape \(2,\)"),
    (lambda: check(function=lambda p: 1j), "f: expected an array of real numbers"),
])  # fmt: skip
def test_what_cannot_be_checked_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def check(function=f, params=POINT, gradient=POINT, rng=None, **options):
    rng = np.random.default_rng(0) if rng is None else rng
    return check_gradient(function, params, gradient, rng, **options)
