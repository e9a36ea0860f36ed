"""The commands behind "what K does to learning": their parts, what they store, other seeds."""

import many_networks as many
import measure_cuts  # noqa: E402
import numpy as np
import pytest
import train_eeg  # noqa: E402
import train_k  # noqa: E402
import train_steps  # noqa: E402
import train_threshold  # noqa: E402

from bptt_helpers import Params, bptt, chunks, clip, forward, init_params, sgd
from bptt_helpers.data import echo

DATA = train_k.DATA


def index(data, **values):
    """The place of values on the axes that are stored beside the arrays."""
    return tuple(data[name].tolist().index(value) for name, value in values.items())


# Many networks at once are one network, many times


@pytest.mark.parametrize("n, d, o, T, batch", [(5, 2, 3, 7, 4), (1, 1, 1, 1, 1)])
def test_each_of_many_networks_has_the_gradient_of_one(n, d, o, T, batch):
    rng = np.random.default_rng(71)
    params = [init_params(rng, d, n, o, gain=1.3) for _ in range(3)]
    params = [p._replace(b=rng.standard_normal(n), b_y=rng.standard_normal(o)) for p in params]
    x, targets, h0 = (
        rng.standard_normal(s) for s in ((T, 3, batch, d), (T, 3, batch, o), (3, batch, n))
    )
    a, y = many.forward(many.stack(params), x, h0)
    gradients = many.backward(many.stack(params), a, (y - targets) / batch)
    for i, p in enumerate(params):
        one = forward(p, x[:, i], h0[i])
        assert np.allclose(a[:, i, :, :n], one.h, rtol=0, atol=1e-12)
        assert np.allclose(y[:, i], one.y, rtol=0, atol=1e-12)
        wanted = many.stack([bptt(p, one, targets[:, i]).params])
        for got, right in zip(gradients, wanted):
            assert np.allclose(got[i], right[0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("max_norm", [0.01, 1.0, np.inf])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("K, carry", [(1, True), (4, False), (7, True), (50, False)])
def test_training_many_is_truncated_bptt_of_each(K, carry, frozen, max_norm):
    steps, lag, seeds, rates = 45, 3, (31, 32), (0.03, 0.1)
    nets, x, targets = train_k.start(seeds, steps, lag, copies=2)
    rate = np.repeat(rates, len(seeds))
    got, h, errors = train_k.train(
        nets, x[:steps], targets[:steps], K, rate, frozen, carry, max_norm
    )
    for i, (rate, seed) in enumerate((r, s) for r in rates for s in seeds):
        rng = np.random.default_rng(seed)
        params, h_1 = init_params(rng, 1, 16, 1, gain=0.9), None
        one_x, one_targets = echo(rng, steps + train_k.TEST, lag, 16)
        seen = []
        for part in chunks(steps, K):
            run = forward(params, one_x[part], h_1 if carry else None)
            gradient = bptt(params, run, one_targets[part]).params
            gradient = clip(gradient, max_norm) if max_norm < np.inf else gradient
            if frozen:
                gradient = gradient._replace(W_h=0 * params.W_h)
            params, h_1 = sgd(params, gradient, rate), run.h[-1]
            seen.extend(((run.y - one_targets[part]) ** 2).mean((1, 2)))
        for ours, right in zip(got, many.stack([params])):
            assert np.allclose(ours[i], right[0], rtol=0, atol=1e-10)
        assert np.allclose(errors[:, i], seen, rtol=0, atol=1e-10)
        assert h is None or np.allclose(h[i], h_1, rtol=0, atol=1e-10)
        assert (h is None) == (not carry)


def test_states_are_carried_or_reset_as_in_training():
    nets, x, _ = train_k.start([33], 0, 3)
    h0 = np.full((1, 16, 16), 0.5)
    carried, reset = (train_k.states(nets, h, x[:10], 4, c) for h, c in ((h0, True), (None, False)))
    assert np.allclose(carried, many.forward(nets, x[:10], h0)[0][1:, ..., :16])
    for start in (0, 4, 8):
        one = many.forward(nets, x[start : start + 4])[0][1:, ..., :16]
        assert np.allclose(reset[start : start + 4], one[: 10 - start])


def test_best_readout_finds_what_is_in_the_states_and_nothing_else():
    rng = np.random.default_rng(34)
    h = rng.standard_normal((400, 2, 3, 5))
    inside = h[..., :1] - 2 * h[..., 3:4] + 0.5
    error, share = train_k.best_readout(h, inside)
    assert error.shape == share.shape == (2,) and error.max() < 1e-9 and share.min() == 1
    error, share = train_k.best_readout(h, rng.choice([-1.0, 1.0], (400, 2, 3, 1)))
    assert np.all(error > 0.95) and np.all(abs(share - 0.5) < 0.1)


# The echo


def test_the_echo_grid_begins_as_its_command_does():
    data = np.load(DATA / "k_echo.npz")
    axes = [len(data[name]) for name in ("lag", "K", "rate")]
    assert data["curve"].shape == (*axes, 2, 2, 30, 3)
    assert data["error"].shape == data["readout"].shape == (*axes, 2, 2, 20)
    edges = train_k.EDGES[:10]
    for lag, K, frozen, carry, rate in ((3, 2, False, True, 0.1), (5, 16, True, False, 0.03)):
        steps = int(edges[-1])
        curves, _ = train_k.case(lag, K, frozen, carry, rates=(rate,), steps=steps, edges=edges)
        quartiles = np.percentile(curves[0], (25, 50, 75), axis=0)  # (3, point)
        at = index(data, lag=lag, K=K, rate=rate)
        assert np.allclose(
            data["curve"][at][int(frozen), int(not carry), :9], quartiles.T, atol=2e-3
        )


def test_the_echo_is_learned_from_K_equal_to_the_lag_on():
    ends = []
    for K in (4, 5):
        edges = np.array([2500, 3000])
        case = train_k.case(5, K, False, True, (80, 81, 82, 83), (0.1,), 3000, edges)
        ends.append(case[0].ravel())
    assert max(ends[1]) < 0.02 < np.median(ends[0])


# First-bit recall


def one_recall(gain, T, rate, updates, seed):
    rng = np.random.default_rng(seed)
    params = train_steps.start(rng, gain)
    for _ in range(updates):
        (x,) = np.moveaxis(train_steps.bits([rng], T, 8), 1, 0)
        run = forward(params, x)
        targets = np.concatenate([run.y[:-1], x[:1]])  # no error but at the last step
        params = sgd(params, clip(bptt(params, run, targets).params, 1.0), rate)
    (test,) = np.moveaxis(train_steps.bits([np.random.default_rng([seed, 1])], T, 500), 1, 0)
    return np.mean(forward(params, test).y[-1] * test[0] > 0)


def test_recall_of_many_is_that_of_one():
    found = train_steps.shares(0.9, 7, rates=(0.1, 0.3), updates=(5, 12), seeds=(51, 52))
    for i, rate in enumerate((0.1, 0.3)):
        for j, updates in enumerate((5, 12)):
            for k, seed in enumerate((51, 52)):
                assert found[i, j, k] == pytest.approx(one_recall(0.9, 7, rate, updates, seed))


def test_recall_is_stored_as_its_command_computes_it():
    data = np.load(DATA / "steps_back.npz")
    at = index(data, gain=0.72, T=10)
    found = train_steps.shares(0.72, 10, updates=(50, 100), seeds=(4, 9))
    stored = data["share"][at][:, [3, 5]][..., [4, 9]]
    assert data["updates"][[3, 5]].tolist() == [50, 100]
    assert np.allclose(found, stored, atol=0.01)


def test_ten_steps_are_learned_and_twenty_are_a_matter_of_the_budget():
    shares = train_steps.shares(0.72, 10, rates=(0.1,), updates=(400,), seeds=(60, 61, 62))
    assert shares.min() > 0.9
    early, late = train_steps.shares(0.72, 20, (0.1,), (50, 700), (60, 61, 62))[0]
    assert early.mean() < 0.75 < 0.9 < late.mean()


# The recording


def test_the_recording_is_stored_as_its_command_computes_it():
    data = np.load(DATA / "k_eeg.npz")
    found = train_eeg.train(30, True, 100, rates=(0.05,), seeds=(3, 12))
    at = index(data, passes=100, rate=0.05, K=30)
    assert np.allclose(found[-1, :, 0], data["error"][at][0][:, [3, 12]], atol=1e-3)
    assert np.allclose(
        found[:, :, 0].T, data["curve"][at[2], 0][:, [3, 12]].swapaxes(0, 1), atol=1e-3
    )
    assert np.allclose(data["linear"][:2], [0.912, 0.708], atol=5e-4)


def test_carrying_the_state_is_what_beats_one_sample():
    linear = train_eeg.linear(1)
    carried = train_eeg.train(1, True, 60, rates=(0.08,), seeds=(70, 71, 72))[-1, 0]
    reset = train_eeg.train(1, False, 60, rates=(0.08,), seeds=(70, 71, 72))[-1, 1]
    assert carried.max() < 0.87 and abs(reset - linear).max() < 0.02


def test_a_reset_state_has_no_memory_of_what_came_before_its_chunk():
    nets = many.stack([train_eeg.start(seed) for seed in (73, 74)])
    carried, reset = train_eeg.test_errors(nets, 1)
    for i, seed in enumerate((73, 74)):
        params = train_eeg.start(seed)
        x = train_eeg.SAMPLES[560:799]
        assert carried[i] == pytest.approx(train_eeg.ratio(forward(params, x).y[40:]))
        assert reset[i] == pytest.approx(train_eeg.ratio(forward(params, x[None, 40:]).y[0]))


# The threshold


@pytest.mark.parametrize("lag, K, frozen", [(8, 8, False), (8, 9, True)])
def test_the_threshold_is_stored_as_its_command_computes_it(lag, K, frozen):
    data = np.load(DATA / "k_threshold.npz")
    found = train_threshold.case(lag, K, frozen, 0.05, seeds=(3, 11))
    for shares, name in zip(found, ("accuracy_at_8", "readout_at_8")):
        stored = data[name][index(data, rate=0.05, offset=K - lag)][int(frozen)]
        assert stored.shape == (20,) and np.allclose(shares, stored[[3, 11]], atol=0.03)


# Cuts


def test_cuts_are_stored_as_their_command_computes_them():
    data = np.load(DATA / "cuts.npz")
    for gain, seed, K in ((1.5, 1, 70), (0.9, 17, 20)):
        full, cut = measure_cuts.cut_gradients(gain, seed, [K])
        at = (slice(None), *index(data, gain=gain, seed=seed, K=K))
        for name, numbers in zip(("angle", "length"), measure_cuts.beside(cut, full)):
            assert np.allclose(data[name][at], numbers[:, 0], rtol=2e-3, atol=0.02)
    at = index(data, net_gain=1.0, seed=2)
    stored = [data[name][at] for name in ("net_bias", "net_spread", "net_rate")]
    assert np.allclose(stored, measure_cuts.in_network(1.0, 2), rtol=1e-3)


def test_the_angle_is_0_for_the_same_gradient_and_180_for_its_opposite():
    full, cut = measure_cuts.cut_gradients(1.1, 44, [100])
    assert np.allclose(cut, full)
    angle, length = measure_cuts.beside(np.array([3 * full, -full]), full)
    assert np.allclose(angle, [0, 180], atol=1e-4) and np.allclose(length, [3, 1])


def steady_draws(r, c, T, count, rng):
    """dL/dh_k, k = 1..T, of the steady unit with error 1 at every step, cut at random."""
    delta, found = np.zeros(count), []
    for _ in range(T):
        delta = 1 + np.where(rng.random(count) >= c, r / (1 - c) * delta, 0)
        found.append(delta)
    return np.array(found)


@pytest.mark.parametrize("r, c", [(0.72, 0.05), (0.5, 0.3), (0.9, 0.02)])
def test_variance_of_the_random_cut_is_what_draws_show(r, c):
    T = 600
    found = steady_draws(r, c, T, 4000, np.random.default_rng(45))
    one, whole = found[200:], found.sum(0)
    relative = one.var() * (1 - r) ** 2
    assert one.mean() * (1 - r) == pytest.approx(1, abs=0.01)
    assert relative == pytest.approx(measure_cuts.variance(r, c), rel=0.05)
    in_all = whole.var() / whole.mean() ** 2
    assert in_all == pytest.approx(measure_cuts.variance_in_all(r, c, T), rel=0.12)


def test_the_variance_has_no_limit_from_r_squared_1_minus_c_on():
    edge = np.sqrt(1 - 0.05)
    assert measure_cuts.variance(edge + 1e-9, 0.05) == np.inf
    assert 1e4 < measure_cuts.variance(edge - 1e-6, 0.05) < np.inf
    drawn = [np.ceil(measure_cuts.draws(r, 0.05)) for r in (0.05, 0.5, 0.72, 0.9, 0.95, 0.97)]
    assert drawn == [20, 8, 4, 2, 3, 10]


def test_missing_is_what_chunks_of_the_steady_unit_miss():
    h = np.sqrt(0.2)  # W_h = 0.9 and tanh' = 0.8 at every step
    unit = Params([[0.9]], [[0.0]], [np.arctanh(h) - 0.9 * h], [[1.0]], [0.0])
    x = np.zeros((6000, 1))
    run = forward(unit, x, [h])
    full = bptt(unit, run, run.y - 1).params.W_h.item()
    parts = (forward(unit, x[:15], [h]), run.y[:15] - 1)
    chunk = bptt(unit, *parts).params.W_h.item()
    assert 1 - 400 * chunk / full == pytest.approx(measure_cuts.missing(0.72, 15), abs=1e-3)


def test_the_random_cut_of_a_network_is_right_on_average():
    rng = np.random.default_rng(46)
    params = init_params(rng, 2, 3, 1)
    run = forward(params, rng.standard_normal((12, 2)))
    targets = rng.standard_normal((12, 1))
    drawn = measure_cuts.random_cut(params, run, targets, 0.2, 4000, rng)
    off = drawn.mean(0) - bptt(params, run, targets).params.W_h
    assert np.abs(off / (drawn.std(0) / np.sqrt(4000) + 1e-12)).max() < 4.5
    (whole,) = measure_cuts.random_cut(params, run, targets, 0.0, 1, rng)
    assert np.allclose(whole, bptt(params, run, targets).params.W_h)
