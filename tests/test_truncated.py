"""Truncated BPTT: what a chunk sees, what it hands on, and how it adds up to the whole."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from witnesses import assert_same, cases, make_case, textbook

from bptt_helpers import (
    Params,
    bptt,
    checkpointed_bptt,
    chunks,
    clip,
    contribution_matrices,
    forward,
    init_params,
    sgd,
    sliding_window,
    truncated_bptt,
)

LOSSES = ["squared_error", "cross_entropy"]
quick = settings(max_examples=40, deadline=None, derandomize=True)


def whole(case, dh_T=None):
    return bptt(case.params, forward(case.params, case.x, case.h0), case.targets, case.loss, dh_T)


def chunked(case, K, **how):
    return list(truncated_bptt(case.params, case.x, case.targets, K, case.h0, case.loss, **how))


def summed(gradients):
    return Params(*(sum(parts) for parts in zip(*gradients)))


@given(st.integers(1, 200), st.integers(1, 220))
@settings(quick)
def test_chunks_cover_every_step_once_in_order(T, K):
    parts = chunks(T, K)
    assert [t for steps in parts for t in range(T)[steps]] == list(range(T))
    assert all(steps.stop - steps.start == K for steps in parts[:-1])
    assert 1 <= parts[-1].stop - parts[-1].start <= K


def test_the_lessons_schedule():
    """T = 100, K = 20: steps 1-20, 21-40 and so on, each from the state before it."""
    case = make_case(0, T=100)
    parts = chunked(case, 20)
    assert [(p.steps.start + 1, p.steps.stop) for p in parts] == [
        (1, 20), (21, 40), (41, 60), (61, 80), (81, 100)
    ]  # fmt: skip
    states = forward(case.params, case.x, case.h0).h
    for part in parts:
        assert_same(part.h, states[part.steps.stop], 1e-14)


@pytest.mark.parametrize("K", [12, 13, 1000])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("B", [None, 3])
@pytest.mark.parametrize("carry", [True, False])
def test_k_of_at_least_T_is_full_bptt_to_the_last_bit(K, loss, B, carry):
    case = make_case(1, T=12, B=B, loss=loss)
    (only,) = chunked(case, K, carry=carry)
    full = whole(case)
    pairs = [(only.gradients.loss, full.loss), (only.gradients.h, full.h)]
    for one, other in [*pairs, *zip(only.gradients.params, full.params)]:
        assert one.tobytes() == other.tobytes()


@quick
@given(cases(), st.integers(1, 13))
def test_chunk_gradients_with_the_adjoint_handed_back_add_up_to_the_whole(case, K):
    """Cut anywhere; let dL/dh cross the cut by dh_T, and nothing is lost."""
    runs, h = [], case.h0
    for steps in chunks(len(case.x), K):
        runs.append((steps, forward(case.params, case.x[steps], h)))
        h = runs[-1][1].h[-1]
    arriving, parts = case.dh_T, []
    for steps, run in reversed(runs):
        parts.append(bptt(case.params, run, case.targets[steps], case.loss, arriving))
        arriving = parts[-1].h[0]
    full = whole(case, case.dh_T)
    assert_same(summed(p.params for p in parts), full.params)
    assert_same(sum(p.loss for p in parts), full.loss)
    assert_same(arriving, full.h[0])


@quick
@given(cases(), st.integers(1, 13), st.booleans())
def test_each_chunk_is_the_textbook_on_its_own_steps(case, K, carry):
    states = forward(case.params, case.x, case.h0).h
    for part in chunked(case, K, carry=carry):
        start = states[part.steps.start] if carry else case.h0
        alone = case._replace(
            x=case.x[part.steps], targets=case.targets[part.steps], h0=start, dh_T=None
        )
        wanted = textbook(alone)
        assert_same((part.gradients.loss, *part.gradients.params, part.gradients.h), wanted)


@pytest.mark.parametrize("K", [1, 3, 5, 11])
def test_chunks_keep_exactly_the_blocks_on_the_diagonal(K):
    case = make_case(2, T=11)
    run = forward(case.params, case.x, case.h0)
    terms = contribution_matrices(case.params, run, case.targets)
    chunk_of = np.arange(11) // K
    kept = terms[chunk_of[:, None] == chunk_of].sum(0)
    assert_same(summed(p.gradients.params for p in chunked(case, K)).W_h, kept)


def test_1050_of_5050_pairs_are_kept():
    kept = sum(n * (n + 1) // 2 for n in (s.stop - s.start for s in chunks(100, 20)))
    assert kept == 1050 and 100 * 101 // 2 == 5050


def test_without_carry_each_chunk_starts_from_h0():
    case = make_case(3, T=6)
    first, second = chunked(case, 3, carry=False)
    assert_same(second.h, forward(case.params, case.x[3:], case.h0).h[-1])
    assert not np.allclose(second.h, chunked(case, 3)[1].h)


def test_one_chunk_is_made_at_a_time():
    """A generator: nothing beyond the first chunk is read before it is asked for."""
    case = make_case(4, T=6)
    x = case.x.copy()
    parts = truncated_bptt(case.params, x, case.targets, 3, case.h0)
    next(parts)
    x[3:] = 0
    second = next(parts)
    assert_same(
        second.h, forward(case.params, 0 * x[3:], forward(case.params, x[:3], case.h0).h[-1]).h[-1]
    )


def test_the_recipe_trains():
    """Rows T2 and T3 as printed in the module's docstring, K = 5 on a 40-step echo of lag 1."""
    rng = np.random.default_rng(0)
    params = make_case(5, n=8, d=1, o=1).params
    x = rng.standard_normal((40, 1))
    targets = np.vstack([[0.0], x[:-1]])
    losses = []
    for _ in range(60):
        h = None
        for steps in chunks(40, 5):
            trajectory = forward(params, x[steps], h)
            gradients = bptt(params, trajectory, targets[steps])
            params = sgd(params, gradients.params, 0.05)
            h = trajectory.h[-1]
        losses.append(bptt(params, forward(params, x), targets).loss)
    assert losses[-1] < 0.1 * losses[0]


def test_sgd_steps_downhill_and_leaves_the_old_params():
    case = make_case(6)
    before = [p.copy() for p in case.params]
    stepped = sgd(case.params, whole(case).params, 0.01)
    for new, old, kept, g in zip(stepped, case.params, before, whole(case).params):
        assert_same(new, kept - 0.01 * g, 0)
        assert np.array_equal(old, kept)
    assert whole(case._replace(params=stepped)).loss < whole(case).loss


@quick
@given(cases(), st.none() | st.integers(1, 13))
def test_checkpointing_is_full_bptt(case, every):
    full = whole(case)
    found = checkpointed_bptt(case.params, case.x, case.targets, case.h0, case.loss, every)
    assert_same((found.loss, *found.params), (full.loss, *full.params))
    assert_same(found.h, full.h[:1])


def test_checkpointing_goes_in_parts_of_root_T(monkeypatch):
    case, lengths = make_case(7, T=50), []

    def counting(params, x, h0):
        lengths.append(len(x))
        return forward(params, x, h0)

    monkeypatch.setattr("bptt_helpers.truncated.forward", counting)
    checkpointed_bptt(case.params, case.x, case.targets)
    assert lengths == [8] * 6 + [2] + [8] * 6  # six parts to place the marks, then all seven


def test_checkpointing_agrees_over_a_long_run():
    params, x, targets, *_ = make_case(0, T=3000, n=32, d=1, o=1)
    whole = bptt(params, forward(params, x), targets)
    assert_same(checkpointed_bptt(params, x, targets).params, whole.params, 1e-11)


def peak(call):
    """The most bytes that ``call`` held at once, beyond what was there before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_follows_T_the_chunk_or_the_root_of_T():
    """What 3,000 more steps take, counted in states h_t."""
    rng, n, K = np.random.default_rng(0), 32, 20
    params = init_params(rng, 1, n, 1)

    def peaks(T):
        x, targets = rng.standard_normal((2, T, 1))
        passes = (
            lambda: bptt(params, forward(params, x), targets),
            lambda: bptt(params, forward(params, x), targets, keep_h=False),
            lambda: checkpointed_bptt(params, x, targets),
            lambda: [None for _ in truncated_bptt(params, x, targets, K)],
        )
        return np.array([*map(peak, passes)])

    with_h, without_h, rooted, truncated = (peaks(4000) - peaks(1000)) / params.b.nbytes
    assert 6000 < with_h < 6600 and 3000 < without_h < 3600
    assert 2 * (4000**0.5 - 1000**0.5) < rooted < 300 and truncated < K


@quick
@given(cases())
def test_keeping_row_0_of_h_alone_changes_no_gradient(case):
    run = forward(case.params, case.x, case.h0)
    full = bptt(case.params, run, case.targets, case.loss, case.dh_T)
    lean = bptt(case.params, run, case.targets, case.loss, case.dh_T, keep_h=False)
    assert lean.loss == full.loss and all(map(np.array_equal, lean.params, full.params))
    assert np.array_equal(lean.h, full.h[:1])


def window(case, K):
    run = forward(case.params, case.x, case.h0)
    return sliding_window(case.params, run, case.targets, K, case.loss)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("K", [1, 2, 4, 10, 11, 12])
def test_a_sliding_window_keeps_exactly_a_band(K, loss):
    case = make_case(8, T=11, loss=loss)
    run = forward(case.params, case.x, case.h0)
    terms = contribution_matrices(case.params, run, case.targets, loss)
    lag = np.subtract.outer(np.arange(11), np.arange(11))
    assert_same(window(case, K).params.W_h, terms[lag < K].sum(0))


@quick
@given(cases(), st.integers(1, 13))
def test_a_sliding_window_is_the_last_k_steps_of_every_loss(case, K):
    """Each L_t alone by the textbook on steps t-K+1..t, from the state before them."""
    found, states, T = window(case, K), forward(case.params, case.x, case.h0).h, len(case.x)
    wanted = [0] * 6
    for t in range(1, T + 1):
        k = max(1, t - K + 1)

        def gradients(last, k=k):
            steps = slice(k - 1, last)
            if k > last:
                return [0] * 6
            return textbook(
                case._replace(
                    x=case.x[steps], targets=case.targets[steps], h0=states[k - 1], dh_T=None
                )
            )[:6]

        wanted = [w + a - b for w, a, b in zip(wanted, gradients(t), gradients(t - 1))]
    assert_same((found.loss, *found.params), wanted, 1e-11)


@quick
@given(cases(), st.integers(0, 3))
def test_a_window_over_everything_is_full_bptt(case, more):
    found, full = window(case, len(case.x) + more), whole(case)
    assert_same((found.loss, *found.params), (full.loss, *full.params))
    assert_same(found.h, full.h[:1])


def test_bias_of_chunks_and_of_a_window():
    """E14, steady scalar case at r = 0.72, K = 20: 12.8 % is lost by chunks, 0.14 % by a window.

    One unit resting at h = sqrt(0.2) with slope 0.8 and weight 0.9, a constant pull on every y.
    """
    T, K, r, rest = 4000, 20, 0.72, np.sqrt(0.2)
    drive = np.arctanh(rest) - 0.9 * rest
    params = Params(*map(np.array, ([[0.9]], [[1.0]], [drive], [[1.0]], [0.0])))
    x, targets = np.zeros((T, 1)), np.full((T, 1), rest - 1)
    run = forward(params, x, [rest])
    full = bptt(params, run, targets).params.b[0]
    by_chunks = sum(p.gradients.params.b[0] for p in truncated_bptt(params, x, targets, K, [rest]))
    by_window = sliding_window(params, run, targets, K).params.b[0]
    assert 1 - by_chunks / full == pytest.approx(r * (1 - r**K) / (K * (1 - r)), abs=1e-3)
    assert 1 - by_chunks / full == pytest.approx(0.128, abs=1e-3)
    assert 1 - by_window / full == pytest.approx(0.0014, abs=5e-5)


@pytest.mark.parametrize("max_norm", [1e-3, 0.5])
def test_clipping_shortens_to_the_norm_and_keeps_the_direction(max_norm):
    gradient = whole(make_case(9)).params
    short = clip(gradient, max_norm)
    length = np.sqrt(sum((g * g).sum() for g in gradient))
    assert length > max_norm
    assert_same(short, [g * (max_norm / length) for g in gradient], 1e-14)
    assert np.sqrt(sum((g * g).sum() for g in short)) == pytest.approx(max_norm)


def test_clipping_leaves_a_short_gradient_and_a_dtype_alone():
    gradient = whole(make_case(9)).params
    assert_same(clip(gradient, 1e6), gradient, 0)
    zero = Params(*map(np.zeros_like, gradient))
    assert not any(g.any() for g in clip(zero, 1))
    narrow = Params(*(g.astype(np.float32) for g in gradient))
    assert {g.dtype for g in clip(narrow, 1e-3)} == {np.dtype(np.float32)}
