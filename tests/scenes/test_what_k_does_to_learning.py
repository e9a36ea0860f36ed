"""Notebook 11: its pictures and sentences against the stored arrays, read by their axes here, and
what it says of them over the range it says it for; late drift once more on seeds never stored."""

import re
from pathlib import Path

import numpy as np
import pytest
import train_k

from bptt_helpers import bptt, chunks, clip, forward, sgd
from bptt_helpers.data import echo, eeg
from scenes import what_k_does_to_learning as scene
from scenes.exercise import same

DATA = Path(scene.__file__).parent / "data"
GREEN, BLACK, GREY, PINK, BLUE, ORANGE = "#009E73 #000000 #767676 #CC79A7 #0072B2 #D55E00".split()
LAG, KS, RATE = (3, 5, 8), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 50), (0.01, 0.03, 0.1, 0.3)
STEPS = np.unique(np.geomspace(20, 30_000, 31).astype(int))[1:]
START = dict(guess=None, K=4, lag=5, rate=0.03, state="carried", steps=3000)
EEG = dict(guess=None, bars="all four", K=10, passes=100, rate=0.05)
BACK = dict(guess=None, gain=0.72, rate=0.03, updates=100)


def raw(name):
    with np.load(DATA / f"{name}.npz") as file:
        return {key: file[key].astype(float) for key in file}


ECHO, RECORDING, BITS = raw("k_echo"), raw("k_eeg"), raw("steps_back")


def of_echo(what, lag, K, rate, frozen, reset):
    return ECHO[what][LAG.index(lag), KS.index(K), RATE.index(rate), int(frozen), int(reset)]


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", text.rstrip("."))]


def drawn(panel):
    """Its curves by colour and line style."""
    return {(curve.color, curve.line): curve for curve in panel.curves}


def test_the_axes_are_those_of_the_files():
    for name, axis in (("lag", LAG), ("K", KS), ("rate", RATE), ("steps", STEPS)):
        assert ECHO[name].tolist() == list(axis)
    assert RECORDING["K"].tolist() == [1, 2, 3, 5, 10, 30] == list(scene.ALL_KS)
    assert BITS["T"].tolist() == list(scene.TS) and BITS["gain"].tolist() == list(scene.GAINS)
    assert tuple(BITS["rate"]) == RATE == scene.RATES and scene.LAGS == LAG


# The echo


@pytest.mark.parametrize(
    "steps, point", [(1000, 1261), (3000, 3344), (10_000, 11_314), (30_000,) * 2]
)
@pytest.mark.parametrize("K, lag, rate, state", [(4, 5, 0.03, "carried"), (10, 8, 0.3, "reset")])
def test_the_training_panels_show_medians_and_quartiles(steps, point, K, lag, rate, state):
    record = scene.compute(None, K, lag, rate, state, steps)
    end = STEPS.tolist().index(point)
    for panel, x in zip(record.panels, (STEPS[9 : end + 1], KS)):
        found = drawn(panel)
        for frozen, color, line, area in ((0, GREEN, "-", GREEN), (1, BLACK, "--", GREY)):
            each = np.array([of_echo("curve", lag, k, rate, frozen, state == "reset") for k in KS])
            right = each[KS.index(K), 9 : end + 1] if panel is record.panels[0] else each[:, end]
            middle, band = found[color, line], found[area, "fill"]
            assert 10**middle.x == pytest.approx(x) and middle.y == pytest.approx(right[:, 1])
            n = len(x)
            assert band.y[:n] == pytest.approx(right[:, 0])
            assert band.y[n:][::-1] == pytest.approx(right[:, 2])
            assert band.x == pytest.approx(np.log10([*x, *x[::-1]]))
            ring = found[BLACK, ""]
            if not frozen:
                now = each[KS.index(K), end, 1]
                assert ring.hollow and ring.y.item() == now
                assert 10 ** ring.x.item() == pytest.approx(K if x is KS else point)
        assert found[GREEN, "-"].label == "W$_h$ trained"
        assert found[BLACK, "--"].label == "W$_h$ frozen"
    left, right = record.panels
    wait = max(0, 1 if K <= lag else lag / K) if state == "reset" else 0
    assert drawn(left)[PINK, ":"].y == pytest.approx(wait) and drawn(left)[PINK, ":"].x is None
    floor = [min(1, lag / k) if state == "reset" else 0 for k in KS]
    assert drawn(right)[PINK, ":"].y == pytest.approx(floor)
    assert 10 ** drawn(right)[GREY, ":"].x == pytest.approx(lag)
    assert left.note == f"K = {K}" and right.note.startswith(f"K = {K}: ")


def test_no_curve_that_is_shown_leaves_the_axes():
    for lag in LAG:
        for state in scene.STATES:
            for rate in RATE:
                for K in range(1, 11):
                    for panel in scene.compute(None, K, lag, rate, state, 30_000).panels:
                        curves = [c for c in panel.curves if c.x is not None and c.y is not None]
                        y, x = (np.concatenate([np.ravel(c[i]) for c in curves]) for i in (1, 0))
                        assert panel.ylim[0] < y.min() and y.max() < panel.ylim[1]
                        assert panel.xlim[0] < x.min() and x.max() < panel.xlim[1]
    for steps in scene.BUDGETS:
        late = ECHO["curve"][..., np.searchsorted(STEPS, steps), :]
        assert late.max() < scene.compute(**START).panels[1].ylim[1]


@pytest.mark.parametrize(
    "values", [{}, dict(steps=30_000), dict(K=6, lag=5, state="reset", rate=0.1, steps=10_000)]
)
def test_the_training_sentence(values):
    values = START | values
    lag, K, rate, state, steps = (values[k] for k in ("lag", "K", "rate", "state", "steps"))
    end = int(np.searchsorted(STEPS, steps))
    trained, frozen = (
        of_echo("curve", lag, K, rate, f, state == "reset")[end] for f in (False, True)
    )
    sentence = scene.compute(**values).sentence
    right = [lag, K, rate, STEPS[end - 1] + 1, STEPS[end], 20, trained[1], trained[0], trained[2]]
    right += [frozen[1]] + [lag / K] * (state == "reset")
    assert numbers(sentence) == pytest.approx(right, rel=0.06)
    assert f"state {state}" in sentence
    assert f"In steps {STEPS[end - 1] + 1:,} to {STEPS[end]:,} the" in sentence


def test_a_guess_of_the_late_error_is_answered_by_its_own_case():
    early, late = of_echo("curve", 5, 4, 0.03, 0, 0)[[20, 29], 1]
    for values in (START, START | dict(K=9, lag=8, state="reset")):
        told = scene.compute(**values | dict(guess="a tenth")).sentence
        told = told.removeprefix(scene.compute(**values).sentence)
        assert told.startswith(" You said: a tenth.")
        assert numbers(told) == pytest.approx([5, 4, 0.03, early, late, late / early], rel=0.06)
    assert 9 < late / early < 15  # "ten times" is the nearest of the three answers
    assert STEPS[20] == 3344 and STEPS[19] == 2620  # step 3,000 lies between


def test_tiny_errors_are_not_given_in_digits():
    assert "is below 0.001 (" in scene.compute(None, 8, 8, 0.1, "carried", 30_000).sentence
    assert scene.two(0.00099) == "below 0.001" and scene.two(0.0349) == "0.035"


def below(level, lag, K, reset=False):
    """How many of 20 seeds end below a level, at each rate."""
    return [int((of_echo("error", lag, K, rate, 0, reset) < level).sum()) for rate in RATE]


def test_the_threshold_is_at_K_equal_to_the_lag():
    assert [below(0.05, 5, 4), below(0.05, 5, 5)] == [[17, 3, 3, 4], [20] * 4]
    assert all(below(0.05, 8, K) == [0] * 4 for K in range(1, 8))
    for lag in (5, 8):
        for K in range(lag, 11):
            assert min(below(0.0651, lag, K)[:3]) == 20
    assert below(0.05, 8, 8)[3] == 0 and below(0.05, 8, 9)[3] == 20
    assert below(0.05, 3, 1) == [20, 20, 20, 18]
    for K in KS:
        assert min(below(0.05, 3, K)) >= 18


def test_scene_functions_find_the_same_cases():
    for case in ((5, 4, 0.1), (8, 16, 0.01)):
        for reset, state in enumerate(scene.STATES):
            for frozen in (False, True):
                for what in ("error", "readout"):
                    found = scene.ends(*case, state, frozen, what)
                    assert (found == of_echo(what, *case, frozen, reset)).all()


@pytest.mark.parametrize("lag", [5, 8])
@pytest.mark.parametrize("rate", RATE[:3])
def test_late_drift_below_the_lag_and_not_from_it_on(lag, rate):
    for K in range(lag - 2, 11):
        median = of_echo("curve", lag, K, rate, 0, 0)[:, 1]
        drifts = median[-1] - median.min() > 0.03
        assert drifts == (K < lag and rate > 0.01), (K, rate)
        if drifts:
            assert 900 <= STEPS[median.argmin()] <= 15_000


def test_the_drift_comes_sooner_the_larger_the_step():
    turns = [STEPS[of_echo("curve", 5, 4, rate, 0, 0)[:, 1].argmin()] for rate in RATE]
    assert turns == [30_000, 6948, 988, 179]


def test_drift_on_seeds_that_are_not_stored():
    curves, _ = train_k.case(5, 4, False, True, range(40, 50), (0.1,), 12_000, train_k.EDGES[:27])
    median = np.median(curves[0], 0)
    assert median.min() < 0.2 and median[-1] > 3 * median.min()
    curves, _ = train_k.case(5, 5, False, True, range(40, 50), (0.1,), 12_000, train_k.EDGES[:27])
    assert np.max(curves[0, :, -1]) < 0.01


def test_a_little_K_is_better_than_none_early_and_not_late():
    for K in (2, 3, 4):
        pair = [of_echo("curve", 5, K, 0.03, frozen, 0)[:, 1] for frozen in (0, 1)]
        assert pair[0][20] < 0.5 * pair[1][20]
        better = (of_echo("error", 5, K, 0.03, 0, 0) < of_echo("error", 5, K, 0.03, 1, 0)).sum()
        assert better == (10 if K < 4 else 5)


def test_what_the_states_hold_below_the_lag():
    for lag in (5, 8):
        for K in KS:
            for rate in RATE[:3]:
                held = [of_echo("readout", lag, K, rate, frozen, 0) for frozen in (0, 1)]
                worse = int((held[0] > held[1]).sum())
                if K >= lag:
                    assert worse == 0
                elif rate == 0.1:
                    assert 14 <= worse <= 20


def test_the_frozen_baseline_drifts_up_to_the_lag():
    for lag in (5, 8):
        median = [np.median(of_echo("error", lag, K, 0.1, 1, 0)) for K in (lag, lag + 1)]
        assert median[0] > 0.95 and median[1] < 0.25
        assert np.median(of_echo("readout", lag, lag, 0.1, 1, 0)) < 0.15


def test_reset_leaves_what_cannot_be_known():
    for lag in (5, 8):
        for K in KS:
            median = np.median(of_echo("error", lag, K, 0.03, 0, 1))
            assert min(1, lag / K) - 1e-3 < median < min(1, lag / K) + 0.03
            if K >= lag:
                assert np.median(of_echo("error", lag, K, 0.03, 0, 0)) < 0.03


def test_the_loop_of_the_notebook_on_other_seeds():
    for seed in (25, 26):
        found = {}
        for K, frozen in ((4, False), (4, True), (5, False)):
            params, x, targets = scene.echo_case(seed, 3000)
            h, errors = None, []
            for part in chunks(3000, K):
                run = forward(params, x[part], h)
                step = clip(bptt(params, run, targets[part]).params, 1.0)
                step = step._replace(W_h=step.W_h * (not frozen))
                params, h = sgd(params, step, 0.03), run.h[-1]
                errors.append(((run.y - targets[part]) ** 2).mean())
            found[K, frozen] = np.mean(errors[-100:])
        assert found[5, False] < 0.05 and found[4, False] < found[4, True]


def test_the_echo_case_is_the_one_of_the_command():
    params, x, targets = scene.echo_case(3, 50)
    nets, stored_x, stored_targets = train_k.start([3], 50, 5)
    assert (x == stored_x[:50, 0]).all() and (targets == stored_targets[:50, 0]).all()
    assert (targets[5:] == x[:-5]).all() and not targets[:5].any()
    assert all((a == b).all() for a, b in zip(nets, train_k.stack([params])))
    assert np.allclose(params.W_h @ params.W_h.T, 0.81 * np.eye(16))


# The recording


def of_recording(passes, rate, K):
    """Reset, frozen, K = 1, this K: (4, 20)."""
    p, r, k = (
        RECORDING[n].tolist().index(v) for n, v in (("passes", passes), ("rate", rate), ("K", K))
    )
    error = RECORDING["error"][p, r]
    return np.array([error[0, 1, 1], RECORDING["frozen"][p, r, 0], error[0, 0, 0], error[k, 0, 0]])


@pytest.mark.parametrize("passes, rate, K", [(100, 0.05, 10), (400, 0.1, 2), (400, 0.02, 5)])
def test_bars_hang_from_1_to_the_mean(passes, rate, K):
    right = of_recording(passes, rate, K)
    record = scene.compute_recording(None, "all four", K, passes, rate)
    (panel,) = record.panels
    for i, color in enumerate((GREY, BLUE, GREEN, ORANGE)):
        bar, end, dots = panel.curves[3 * i : 3 * i + 3]
        assert {bar.color, end.color, dots.color} == {color} and bar.line == "fill"
        assert bar.y == pytest.approx([1, right[i].mean(), right[i].mean(), 1])
        assert np.mean(bar.x) == pytest.approx(i) and end.y == pytest.approx([right[i].mean()] * 2)
        assert sorted(dots.y) == pytest.approx(sorted(right[i])) and max(abs(dots.x - i)) < 0.36
    assert [c.y for c in panel.curves[12:]] == pytest.approx([1, rival(1), rival(2)])
    assert panel.ticks[0] == range(4) and "frozen" in panel.ticks[1][1]
    found = numbers(record.sentence)
    means = right.mean(1)
    assert found[:2] == [passes, rate] and f"by K = {K} " in record.sentence
    for value in (*means, rival(1), rival(2)):
        assert f"{value:.3f}" in record.sentence
    assert panel.note == f"K = {K}: {means[3]:.3f}"


def test_the_opening_shows_the_ends_and_not_what_is_between():
    record = scene.compute_recording(**EEG | dict(bars="first and last"))
    (panel,) = record.panels
    for i in (1, 2):
        bar, end, dots = panel.curves[3 * i : 3 * i + 3]
        assert set(bar.y) == {1} and len(end.y) == len(dots.y) == 0
    for i in (0, 3):
        assert panel.curves[3 * i].y[1] == pytest.approx(of_recording(100, 0.05, 10)[i].mean())
    hidden = of_recording(100, 0.05, 10).mean(1)[1:3]
    assert not any(f"{value:.3f}" in record.sentence for value in hidden)


def test_every_dot_is_inside_the_panel():
    low, high = scene.compute_recording(**EEG).panels[0].ylim
    for passes in scene.PASSES:
        for rate in scene.EEG_RATES:
            for K in scene.EEG_KS:
                assert (
                    low
                    < of_recording(passes, rate, K).min()
                    <= of_recording(passes, rate, K).max()
                    < high
                )


def rival(p):
    """Least squares on the last p samples by the normal equations, sample by sample."""
    a = eeg()
    rows = np.array([np.append(a[t - p + 1 : t + 1][::-1].ravel(), 1) for t in range(p - 1, 799)])
    goal = a[p:] - a[p - 1 : -1]
    n = 600 - (p - 1)
    A = np.linalg.solve(rows[:n].T @ rows[:n], rows[:n].T @ goal[:n])
    return ((rows[n:] @ A - goal[n:]) ** 2).sum() / (goal[n:] ** 2).sum()


def test_linear_rivals():
    for p in (1, 2, 3, 10):
        assert scene.linear(p) == pytest.approx(rival(p), rel=1e-6)
    assert [round(scene.linear(p), 3) for p in (1, 2)] == [0.912, 0.708]


def test_it_is_the_memory_that_is_carried():
    right = of_recording(100, 0.05, 10)
    mean = right.mean(1)
    assert mean.round(3).tolist() == [0.916, 0.822, 0.793, 0.772]
    assert abs(mean[0] - rival(1)) < 0.005
    assert (mean[0] - mean[1]) / (mean[0] - mean[3]) == pytest.approx(2 / 3, abs=0.02)
    assert (right[3] < right[2]).all() and (right[2] < right[1]).all()
    assert scene.shares(right) == pytest.approx(mean[:-1] - mean[1:])
    told = scene.compute_recording(**EEG | dict(guess="training W_h")).sentence
    assert " You said: training W_h." in told
    shares = 100 * (mean[:-1] - mean[1:]) / (mean[0] - mean[3])
    assert [float(x) for x in re.findall(r"(\d+) %", told)] == pytest.approx(shares, abs=0.51)


def test_where_the_order_of_the_bars_holds_and_where_it_does_not():
    falls = {}
    for passes in (100, 400):
        for rate in (0.02, 0.05, 0.1):
            mean = of_recording(passes, rate, 10).mean(1)
            falls[passes, rate] = bool((np.diff(mean) < 0).all())
            for K in scene.EEG_KS:
                assert of_recording(passes, rate, K).mean(1).min() > rival(2)
    assert [case for case, order in falls.items() if not order] == [(400, 0.05), (400, 0.1)]
    assert of_recording(400, 0.05, 10).mean(1).round(3)[2:].tolist() == [0.772, 0.781]


def test_K_2_has_most_of_the_gain_and_30_no_more_than_10():
    one, two, ten = (of_recording(100, 0.05, K)[3].mean() for K in (1, 2, 10))
    assert (one - two) / (one - ten) > 0.5
    ten, thirty = (RECORDING["error"][0, 1, K, 0, 0] for K in (4, 5))
    assert ten.mean() < thirty.mean() < ten.mean() + 0.005 and (thirty < ten).sum() == 6


@pytest.mark.parametrize(
    "K, state, passes", [(10, "carried", 100), (30, "reset", 35), (1, "reset", 0)]
)
def test_the_picture_of_passes(K, state, passes):
    s, i, at = int(state == "reset"), [1, 2, 3, 5, 10, 30].index(K), passes // 5
    each = RECORDING["curve"][i, s, s, :, : at + 1]
    record = scene.compute_passes(K, state, passes)
    left, right = record.panels
    band, mean, ring = left.curves[:3]
    assert mean.x.tolist() == list(range(0, passes + 1, 5)) and mean.y == pytest.approx(
        each.mean(0)
    )
    assert band.y[: at + 1] == pytest.approx(each.min(0))
    assert band.y[at + 1 :][::-1] == pytest.approx(each.max(0))
    assert (ring.x[0], ring.y[0]) == pytest.approx((passes, each[:, -1].mean()))
    all_K = RECORDING["curve"][:, s, s, :, at]
    assert right.curves[1].y == pytest.approx(all_K.mean(1))
    assert right.curves[0].y == pytest.approx([*all_K.min(1), *all_K.max(1)[::-1]])
    assert right.curves[2].y == pytest.approx(all_K[i].mean())
    for panel in record.panels:
        same, linear = panel.curves[3:]
        assert (same.x, same.y, linear.x) == (None, 1, None)
        assert linear.y == pytest.approx(RECORDING["linear"][1])
    assert record.sentence.endswith(f"Linear on two samples: {RECORDING['linear'][1]:.3f}.")
    assert 10 ** right.curves[1].x == pytest.approx([1, 2, 3, 5, 10, 30])
    assert 10 ** right.curves[2].x.item() == pytest.approx(K)
    said = numbers(record.sentence)[:5]
    now = each[:, -1]
    assert said == pytest.approx([K, passes, now.mean(), now.min(), now.max()], abs=6e-4)
    lowest, highest = left.ylim
    assert lowest < RECORDING["curve"].diagonal(0, 1, 2).min()
    assert RECORDING["curve"].diagonal(0, 1, 2).max() < highest


def test_one_network_trained_by_the_package_is_the_stored_one():
    a, seed, K = eeg(), 7, 5
    change = a[1:] - a[:-1]
    params = scene.small_start(np.random.default_rng(seed))
    x, y = scene.stretches(a), scene.stretches(change)
    assert (x[3, 2] == a[63]).all() and y.shape == (30, 20, 4)
    for done in range(100):
        h = None
        for first in range(0, 30, K):
            run = forward(params, x[first : first + K], h)
            step = bptt(params, run, y[first : first + K]).params
            params, h = sgd(params, step, 0.05 * (1 - done / 100)), run.h[-1]
    wrong = forward(params, a[560:799]).y[40:] - change[600:]
    found = (wrong**2).sum() / (change[600:] ** 2).sum()
    assert found == pytest.approx(of_recording(100, 0.05, K)[3, seed], rel=1e-3)


# How many steps back


@pytest.mark.parametrize(
    "gain, rate, updates", [(0.72, 0.03, 100), (0.9, 0.3, 1000), (1.0, 0.01, 300)]
)
def test_the_picture_of_steps_back(gain, rate, updates):
    record = scene.compute_steps_back(None, gain, rate, updates)
    (panel,) = record.panels
    axis = BITS["updates"].astype(int)
    n = int((axis <= updates).sum())
    for T, curve in zip((10, 20, 30, 50), panel.curves):
        g, t, r = (list(BITS[k]).index(v) for k, v in (("gain", gain), ("T", T), ("rate", rate)))
        right = [sum(share > 0.9 for share in row) for row in BITS["share"][g, t, r, :n]]
        assert curve.label == f"T = {T}" and list(curve.y) == right
        assert 10**curve.x == pytest.approx(axis[:n])
        assert re.search(rf"T = {T} (is learned )?by {right[-1]}\b", record.sentence)
        assert scene.learned(gain, T, rate, updates) == right[-1]
        assert panel.ylim[0] < 0 and 20 < panel.ylim[1]
    assert f"{gain}" in panel.note and numbers(record.sentence)[:3] == [gain, rate, updates]


def test_ten_to_twenty_steps_is_a_matter_of_start_budget_and_step_size():
    def good(gain, T, n):
        found = BITS["share"][list(BITS["gain"]).index(gain), list(BITS["T"]).index(T)]
        return (found[:, list(BITS["updates"]).index(n)] > 0.9).sum(-1).tolist()

    assert good(0.72, 10, 100) == [17, 20, 20, 20]
    assert good(0.72, 20, 100) == [0, 0, 8, 16] and good(0.72, 20, 1000) == [10, 20, 20, 20]
    assert sum(good(0.72, 50, 1000)) == 1
    assert good(0.9, 50, 1000) == [20] * 4
    assert ((BITS["share_100"][:, -1] > 0.9).sum(-1) == 20).all()


def test_a_guess_of_steps_back_is_answered():
    told = scene.compute_steps_back(**BACK | dict(guess=5.0)).sentence
    told = told.removeprefix(scene.compute_steps_back(**BACK).sentence)
    assert numbers(told) == [5, 0.72, 0.03, 20, 100, 0]


def test_bits():
    x = scene.bits(np.random.default_rng(0), 200, 50)
    assert x.shape == (200, 50, 1) and set(x[0].ravel()) == {-1.0, 1.0}
    assert x[1:].std() == pytest.approx(0.1, rel=0.03)


# Exercises


def credited(lag, K, carried):
    """Does any place t of any chunk hold what the echo of ``lag`` needs? Place by place."""
    need = lag - carried  # the sign's own step, or the first use of W_h after it
    return any(t - need >= start for start in range(0, 5 * K, K) for t in range(start, start + K))


def test_exercise_1_place_by_place():
    smallest = [next(K for K in range(1, 99) if credited(12, K, c)) for c in (1, 0)]
    assert scene.exercise_1.expected == smallest
    assert below(0.05, 5, 5) == [20] * 4 and below(0.9, 5, 5, reset=True) == [0] * 4


def test_exercise_2_by_the_best_that_can_be_said():
    rng = np.random.default_rng(0)
    x, targets = echo(rng, 20_000, 5)
    place = np.arange(20_000) % 20
    said = np.where((place >= 5)[:, None, None], targets, 0)
    assert ((said - targets)[20:] ** 2).mean() == pytest.approx(scene.exercise_2.expected)


def test_exercise_3_from_the_stored_curves():
    steps = [STEPS[of_echo("curve", 5, K, 0.1, 0, 0)[:, 1] < 0.1][0] for K in (5, 50)]
    assert steps == [228, 1609]
    right = np.divide(steps, (5, 50))
    assert same(right, scene.exercise_3.expected)
    assert scene.exercise_3.reply([46, 32])[0] and scene.exercise_3.reply([45, 32])[0]
    assert not scene.exercise_3.reply([45, 37])[0]
