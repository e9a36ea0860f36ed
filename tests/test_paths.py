"""Paths through time: the chain of Jacobians and the double sum of row G1."""

from itertools import combinations
from math import inf, log10

import numpy as np
import pytest
from hypothesis import given, settings
from witnesses import assert_same, cases, make_case, total

from bptt_helpers import (
    bptt,
    contribution_matrices,
    contributions,
    forward,
    init_params,
    jacobian_product,
    log10_singular_values,
    step_jacobians,
)
from bptt_helpers.gradcheck import complex_step

quick = settings(max_examples=40, deadline=None, derandomize=True)
single = cases().map(
    lambda c: c if c.x.ndim == 2 else c._replace(
        x=c.x[:, 0],
        targets=c.targets[:, 0],
        h0=None if c.h0 is None else c.h0[0],
        dh_T=None,
    )
).map(lambda c: c._replace(dh_T=None))  # fmt: skip


def terms(case):
    run = forward(case.params, case.x, case.h0)
    return contribution_matrices(case.params, run, case.targets, case.loss)


def test_step_jacobian_is_what_moving_one_entry_does():
    """Each column by the complex step through one written-out step: no transpose can hide."""
    case = make_case(0, T=3, n=3)
    run = forward(case.params, case.x, case.h0)
    J = step_jacobians(case.params, run)
    assert J.shape == (3, 3, 3)
    W_h, W_x, b, _, _ = case.params
    for t in (1, 2, 3):
        for j in range(3):
            moved = run.h[t - 1] + 1e-30j * np.eye(3)[j]
            column = np.tanh(W_h @ moved + W_x @ case.x[t - 1] + b).imag / 1e-30
            assert_same(J[t - 1][:, j], column)


@pytest.mark.parametrize("t, k", [(6, 0), (6, 1), (5, 3), (4, 3)])
def test_jacobian_product_is_what_moving_an_early_state_does(t, k):
    case = make_case(1, T=6, n=3)
    run = forward(case.params, case.x, case.h0)
    product = jacobian_product(step_jacobians(case.params, run), t, k)
    for j in range(3):
        moved = run.h[k] + 1e-30j * np.eye(3)[j]
        column = forward(case.params, case.x[k:t], moved).h[-1].imag / 1e-30
        assert_same(product[:, j], column)


def test_jacobian_product_over_no_step_is_the_identity():
    J = np.random.default_rng(0).standard_normal((4, 3, 3))
    for t in range(5):
        assert np.array_equal(jacobian_product(J, t, t), np.eye(3))


@quick
@given(single)
def test_the_double_sum_is_the_gradient(case):
    run = forward(case.params, case.x, case.h0)
    full = bptt(case.params, run, case.targets, case.loss)
    assert_same(terms(case).sum((0, 1)), full.params.W_h)


@quick
@given(single)
def test_each_term_is_the_formula_of_row_g1(case):
    """dL_t/dh_t . dh_t/dh_k . d+h_k/dW_h with every factor written out."""
    run = forward(case.params, case.x, case.h0)
    J = step_jacobians(case.params, run)
    T, n = len(case.x), len(case.params.b)
    found = terms(case)
    for t in range(1, T + 1):
        if case.loss == "squared_error":
            dy = run.y[t - 1] - case.targets[t - 1]
        else:
            p = np.exp(run.y[t - 1])
            dy = p / p.sum() - np.eye(len(p))[case.targets[t - 1]]
        for k in range(1, T + 1):
            if k > t:
                assert not found[t - 1, k - 1].any()
                continue
            at_h_k = (dy @ case.params.W_y) @ jacobian_product(J, t, k)
            immediate = (1 - run.h[k] ** 2)[:, None] * np.eye(n)  # d h_k / d z_k
            assert_same(found[t - 1, k - 1], np.outer(at_h_k @ immediate, run.h[k - 1]), 1e-11)


@quick
@given(single)
def test_contributions_are_the_norms_of_the_terms(case):
    run = forward(case.params, case.x, case.h0)
    norms = contributions(case.params, run, case.targets, case.loss)
    assert_same(norms, np.sqrt((terms(case) ** 2).sum((2, 3))))
    assert not np.triu(norms, 1).any()


def test_row_sums_are_the_gradient_of_one_loss():
    """S2 and E4: the sum over k in row t is dL_t/dW_h, by the complex step on L_t alone."""
    case = make_case(2, T=4, n=3)
    for t in range(1, 5):

        def L_t(values, t=t):
            shifted = case._replace(x=case.x[:t], targets=case.targets[:t], dh_T=None)
            earlier = case._replace(x=case.x[: t - 1], targets=case.targets[: t - 1], dh_T=None)
            params = (values[0], *case.params[1:])
            zeros = np.zeros((t + 1, 3))
            return total((*params, zeros), shifted) - total((*params, zeros[1:]), earlier)

        (by_step,) = complex_step(L_t, (case.params.W_h,))
        assert_same(terms(case)[t - 1].sum(0), by_step, 1e-11)


def test_column_sums_are_the_gradient_of_one_use():
    """E4's other sum: untie W_h, one copy a step; copy k's gradient is column k."""
    case = make_case(3, T=4, n=3)
    _, W_x, b, W_y, b_y = case.params

    def untied(copies):
        h, L = case.h0, 0
        for W_h, x_t, target in zip(copies, case.x, case.targets):
            h = np.tanh(W_h @ h + W_x @ x_t + b)
            L = L + ((W_y @ h + b_y - target) ** 2).sum() / 2
        return L

    for k, copy in enumerate(complex_step(untied, (case.params.W_h,) * 4)):
        assert_same(terms(case)[:, k].sum(0), copy)


def test_from_a_zero_state_the_first_use_contributes_nothing():
    """E6: with h_0 = 0, dL_1/dW_h is exactly 0, and so is the whole first column."""
    case = make_case(4, T=3, h0=False)
    assert not terms(case)[:, 0].any()
    assert terms(case)[1, 1].any()


def test_float32_stays_float32():
    case = make_case(5)
    narrow = type(case.params)(*(p.astype(np.float32) for p in case.params))
    run = forward(narrow, case.x.astype(np.float32))
    assert contributions(narrow, run, case.targets).dtype == np.float32
    assert contribution_matrices(narrow, run, case.targets).dtype == np.float32
    assert step_jacobians(narrow, run).dtype == np.float32


def exact_log10_of_minors(J):
    """log10 of the sum of squares of all j x j minors of J_T ... J_1, j = 1..n, in whole numbers.

    By Cauchy-Binet it is the j-th elementary symmetric function of the squared singular values, so
    that together they pin every one of them. J holds multiples of 2^-40.
    """
    n, exact = J.shape[1], [[[int(v * 2**40) for v in row] for row in step] for step in J]

    def times(A, B):
        return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]

    def determinant(A):
        if not A:
            return 1
        minors = ([row[:j] + row[j + 1 :] for row in A[1:]] for j in range(len(A)))
        return sum((-1) ** j * a * determinant(m) for j, (a, m) in enumerate(zip(A[0], minors)))

    product = exact[0]
    for step in exact[1:]:
        product = times(step, product)
    sums = []
    for j in range(1, n + 1):
        picks = list(combinations(range(n), j))
        squares = (
            determinant([[product[r][c] for c in cs] for r in rs]) ** 2
            for rs in picks
            for cs in picks
        )
        sums.append(log10(sum(squares)) - 80 * j * len(J) * log10(2))
    return sums


def log10_of_symmetric_functions(logs):
    """log10 e_j of the squares of 10**logs, each summed relative to its largest term."""
    found = []
    for j in range(1, len(logs) + 1):
        terms = np.array([2 * sum(pick) for pick in combinations(logs, j)])
        found.append(terms.max() + np.log10((10 ** (terms - terms.max())).sum()))
    return found


KINDS = {
    "generic": lambda rng, n: rng.standard_normal((n, n)),
    "contracting": lambda rng, n: 0.1 * rng.standard_normal((n, n)),
    "shearing": lambda rng, n: np.triu(3 * rng.standard_normal((n, n)), 1) + 0.3 * np.eye(n),
    "lower, upside down": lambda rng, n: (
        np.tril(rng.standard_normal((n, n))) * 10.0 ** np.arange(n)
    ),
    "saturating": lambda rng, n: 10.0 ** -rng.uniform(0, 5, (n, 1)) * rng.standard_normal((n, n)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n, T", [(1, 100), (2, 100), (3, 100), (4, 100), (4, 3)])
def test_all_singular_values_of_a_long_product_are_right(kind, n, T):
    rng = np.random.default_rng(n)
    J = np.round(np.array([KINDS[kind](rng, n) for _ in range(T)]) * 2**40) / 2**40
    found = log10_singular_values(J)
    assert found.shape == (T + 1, n)
    for k in {0, 1, T // 2, T - 1}:
        wanted = exact_log10_of_minors(J[k:])
        assert np.allclose(log10_of_symmetric_functions(found[k]), wanted, rtol=0, atol=1e-6)
    assert not found[T].any()  # dh_T/dh_T is the identity


def test_the_raw_product_would_not_do():
    """What the function is for: the raw product has the small singular values quite wrong."""
    J = np.random.default_rng(4).standard_normal((100, 4, 4))
    raw = np.log10(np.linalg.svd(jacobian_product(J, 100, 0), compute_uv=False))
    right = log10_singular_values(J)[0]
    assert raw[0] == pytest.approx(right[0], abs=1e-6)
    assert abs(raw - right)[3] > 10


def test_singular_values_of_known_products():
    """Rotations have 1, 1; diag(r, s) has r^k, s^k, far below what a float can hold."""
    c, s = np.cos(0.3), np.sin(0.3)
    turning = np.broadcast_to([[c, -s], [s, c]], (100, 2, 2))
    assert abs(log10_singular_values(turning)).max() < 1e-12
    fading = np.broadcast_to(np.diag([1e-9, 0.72, 1e-4]), (100, 3, 3))
    k = np.arange(100, -1, -1)
    assert_same(log10_singular_values(fading), np.outer(k, [np.log10(0.72), -4, -9]))


def test_singular_values_of_short_products_are_the_svds():
    """Close values too, where a bare QR has only their order of magnitude; and n = 8."""
    rng = np.random.default_rng(0)
    params = init_params(rng, 1, 8, 1, gain=1.1)
    J = step_jacobians(params, forward(params, rng.standard_normal((30, 1))))
    found = log10_singular_values(J, 10)
    assert found.shape == (11, 8)
    for k in range(11):
        direct = np.linalg.svd(jacobian_product(J, 10, k), compute_uv=False)
        assert np.allclose(found[k], np.log10(direct), rtol=0, atol=1e-8)
    assert np.array_equal(log10_singular_values(J), log10_singular_values(J, 30))


def test_a_unit_that_is_flat_takes_its_direction_away_for_good():
    J = np.random.default_rng(1).standard_normal((20, 3, 3))
    J[7, 1] = 0
    found = log10_singular_values(J)
    assert (found[:8, 2] == -inf).all()
    assert np.isfinite(found[:8, :2]).all() and np.isfinite(found[8:]).all()
    J[3] = 0
    assert (log10_singular_values(J)[:4] == -inf).all()


def test_a_direction_that_dies_comes_last_however_small_the_others_are():
    """diag(1, 1e-3) 500 times, but once diag(0, 1): 1e-1497 is left, and more than nothing."""
    J = np.broadcast_to(np.diag([1.0, 1e-3]), (500, 2, 2)).copy()
    J[10] = np.diag([0.0, 1.0])
    J[5] = [[1.0, 0.0], [1.0, 1.0]]
    found = log10_singular_values(J)
    assert (found[:11, 1] == -inf).all()
    assert found[10, 0] == pytest.approx(-3 * 489) and found[6, 0] == pytest.approx(-3 * 493)
    assert found[5, 0] == pytest.approx(-3 * 493 + log10(2) / 2)
