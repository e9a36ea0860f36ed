"""``bptt`` against witnesses that share no code with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from witnesses import assert_same, by_autograd, cases, make_case, start_values, textbook, total

from bptt_helpers import Params, Trajectory, bptt, forward, init_params, rnn
from bptt_helpers.gradcheck import check_gradient, complex_step

LOSSES = ["squared_error", "cross_entropy"]
quick = settings(max_examples=40, deadline=None, derandomize=True)


def run(case):
    trajectory = forward(case.params, case.x, case.h0)
    return bptt(case.params, trajectory, case.targets, case.loss, case.dh_T)


@quick
@given(cases())
def test_gradients_are_the_textbooks(case):
    gradients = run(case)
    assert_same((gradients.loss, *gradients.params, gradients.h), textbook(case))


@quick
@given(cases())
def test_gradients_are_autograds(case):
    gradients = run(case)
    assert_same((*gradients.params, gradients.h), by_autograd(case))


@settings(quick, max_examples=12)
@given(cases())
def test_gradients_are_those_of_the_complex_step(case):
    gradients = run(case)
    by_step = complex_step(lambda values: total(values, case), start_values(case))
    assert_same((*gradients.params, gradients.h), by_step)


@quick
@given(cases())
def test_gradients_are_central_differences_along_random_directions(case):
    gradients = run(case)
    rng = np.random.default_rng(0)
    claimed = (*gradients.params, gradients.h)
    check_gradient(lambda values: total(values, case), start_values(case), claimed, rng)


def test_gradient_by_hand():
    """One unit, two steps, numbers small enough to follow with a pencil."""
    w, u, v = 0.5, 1.0, 2.0
    params = Params(*(np.array(p) for p in ([[w]], [[u]], [0.0], [[v]], [0.0])))
    trajectory = forward(params, [[0.3], [0.0]])
    gradients = bptt(params, trajectory, [[0.0], [0.0]])
    h_1 = np.tanh(0.3)
    h_2 = np.tanh(w * h_1)
    dz_2 = (1 - h_2**2) * v * (v * h_2)
    dz_1 = (1 - h_1**2) * (v * (v * h_1) + w * dz_2)
    assert_same(gradients.params.W_h, [[dz_2 * h_1]])  # the use at step 1 has h_0 = 0
    assert_same(gradients.params.W_x, [[dz_1 * 0.3]])
    assert_same(gradients.params.b, [dz_1 + dz_2])
    assert_same(gradients.loss, (v * h_1) ** 2 / 2 + (v * h_2) ** 2 / 2)


def test_one_class_alone_leaves_nothing_to_learn():
    gradients = run(make_case(0, o=1, loss="cross_entropy", dh_T=False))
    assert gradients.loss == 0
    assert not any(g.any() for g in (*gradients.params, gradients.h))


def test_batch_gradient_is_the_mean_over_its_sequences():
    case = make_case(1, B=3, dh_T=False)
    alone = [
        run(case._replace(x=case.x[:, i], targets=case.targets[:, i], h0=case.h0[i]))
        for i in range(3)
    ]
    together = run(case)
    for name in Params._fields:
        mean = np.mean([getattr(one.params, name) for one in alone], axis=0)
        assert_same(getattr(together.params, name), mean)
    assert_same(together.loss, np.mean([one.loss for one in alone]))


@pytest.mark.parametrize("B", [None, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("steps_a_block", [1, 2, 5, 13])
def test_block_length_changes_nothing(monkeypatch, B, loss, steps_a_block):
    """13 steps in blocks of 1, 2 (the last one shorter), 5 (the same) and 13."""
    case = make_case(2, T=13, B=B, loss=loss)
    whole, whole_run = run(case), forward(case.params, case.x, case.h0)
    monkeypatch.setattr(rnn, "BLOCK_ROWS", (B or 1) * steps_a_block)
    blocks = rnn.blocks(whole_run.h)
    assert [b.stop - b.start for b in blocks[:-1]] == [steps_a_block] * (
        -(-13 // steps_a_block) - 1
    )
    assert_same(forward(case.params, case.x, case.h0), whole_run)
    parts = run(case)
    assert_same((parts.loss, *parts.params, parts.h), (whole.loss, *whole.params, whole.h))
    light = bptt(case.params, whole_run, case.targets, loss, case.dh_T, keep_h=False)
    assert_same((light.loss, *light.params, light.h), (whole.loss, *whole.params, whole.h[:1]))


def test_a_batch_larger_than_a_block_still_goes_through(monkeypatch):
    case = make_case(3, B=3)
    whole = run(case)
    monkeypatch.setattr(rnn, "BLOCK_ROWS", 2)
    assert_same(run(case).params, whole.params)


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_stays_float32(loss):
    case = make_case(4, T=30, B=2, loss=loss)
    exact = run(case)
    narrow = [
        None if a is None else np.asarray(a, np.float32) for a in (case.x, case.h0, case.dh_T)
    ]
    params = Params(*(p.astype(np.float32) for p in case.params))
    targets = case.targets if loss == "cross_entropy" else case.targets.astype(np.float32)
    trajectory = forward(params, narrow[0], narrow[1])
    gradients = bptt(params, trajectory, targets, loss, narrow[2])
    for a in (*trajectory, gradients.loss, *gradients.params, gradients.h):
        assert a.dtype == np.float32
    got = (gradients.loss, *gradients.params, gradients.h)
    assert_same(got, (exact.loss, *exact.params, exact.h), 1e-5)


def test_integers_become_float64():
    params = Params(*(np.ones(s, int) for s in [(2, 2), (2, 1), (2,), (1, 2), (1,)]))
    trajectory = forward(params, np.arange(3).reshape(3, 1))
    gradients = bptt(params, trajectory, [[1], [0], [2]])
    for a in (*trajectory, gradients.loss, *gradients.params, gradients.h):
        assert a.dtype == np.float64
    assert gradients.params.W_x.any()


def test_mixed_dtypes_meet_in_the_wider_one():
    case = make_case(5)
    params = Params(*(p.astype(np.float32) for p in case.params))
    assert forward(params, case.x).h.dtype == np.float64
    assert forward(case.params, case.x.astype(np.float32)).h.dtype == np.float64
    assert forward(params, case.x.astype(np.float32), case.h0).h.dtype == np.float64
    narrow = forward(params, case.x.astype(np.float32))
    assert bptt(params, narrow, case.targets).h.dtype == np.float32  # targets do not widen
    assert bptt(case.params, narrow, case.targets).h.dtype == np.float64


def test_lists_are_welcome():
    case = make_case(6)
    as_lists = Params(*(p.tolist() for p in case.params))
    trajectory = forward(as_lists, case.x.tolist(), case.h0.tolist())
    plain = Trajectory(*(a.tolist() for a in trajectory))
    gradients = bptt(as_lists, plain, case.targets.tolist(), dh_T=case.dh_T.tolist())
    assert_same(gradients.params, run(case).params, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_given_is_ever_changed(loss):
    case = make_case(7, B=2, loss=loss)
    trajectory = forward(case.params, case.x, case.h0)
    given_arrays = [*case.params, *trajectory, case.targets, case.h0, case.dh_T]
    before = [a.copy() for a in given_arrays]
    for a in given_arrays:
        a.flags.writeable = False
    forward(case.params, case.x, case.h0)
    gradients = bptt(case.params, trajectory, case.targets, loss, case.dh_T)
    for a, b in zip(given_arrays, before):
        assert np.array_equal(a, b)
        assert not any(np.shares_memory(a, g) for g in (*gradients.params, gradients.h))


@pytest.mark.parametrize("loss", LOSSES)
def test_memory_layout_changes_nothing(loss):
    """Transposed, strided and reversed views give what their contiguous copies give."""
    case = make_case(8, B=3, loss=loss)
    wanted = run(case)

    def fortran(a):
        return np.asfortranarray(a)

    def strided(a):
        wide = np.empty((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        wide[..., ::2] = a
        return wide[..., ::2]

    def backwards(a):
        return a[::-1].copy()[::-1]

    for view in (fortran, strided, backwards):
        params = Params(*map(view, case.params))
        run_again = forward(params, view(case.x), view(case.h0))
        odd = Trajectory(*map(view, run_again))
        gradients = bptt(params, odd, view(case.targets), loss, view(case.dh_T))
        assert_same((*gradients.params, gradients.h), (*wanted.params, wanted.h), 1e-14)


def test_a_batch_of_one_is_the_sequence_alone():
    case = make_case(9, B=1)
    alone = case._replace(
        x=case.x[:, 0], targets=case.targets[:, 0], h0=case.h0[0], dh_T=case.dh_T[0]
    )
    assert_same(run(case).params, run(alone).params, 1e-14)
    assert_same(run(case).h[:, 0], run(alone).h, 1e-14)


def test_the_same_call_gives_the_same_bits():
    case = make_case(10, T=50, B=4)
    for one, other in zip(run(case).params, run(case).params):
        assert one.tobytes() == other.tobytes()


def test_a_long_sequence_agrees_with_the_textbook():
    """More than one block as shipped: T = 1200 at n = 32."""
    rng = np.random.default_rng(11)
    params = init_params(rng, 2, 32, 1)
    case = make_case(11, T=1200, n=32, d=2, o=1)._replace(params=params)
    assert len(rnn.blocks(np.empty((1201, 32)))) > 1
    gradients = run(case)
    assert_same((gradients.loss, *gradients.params, gradients.h), textbook(case), 1e-11)
