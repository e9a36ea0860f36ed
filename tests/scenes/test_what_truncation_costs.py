"""Notebook 12's scene: its gradients, walks, errors and counts, recomputed by other routes."""

import re

import numpy as np
import pytest

from bptt_helpers import bptt, forward, sliding_window, truncated_bptt
from scenes import what_truncation_costs as scene
from scenes.exercise import same

ORANGE, PINK, GREEN, GREY, YELLOW = "#D55E00", "#CC79A7", "#009E73", "#767676", "#E69F00"
START = dict(guess=None, K=1, lag=3, a=2.0, w=0.6)
DATA = scene.Path(scene.__file__).parent / "data"


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def part(w, lag, a, m, K=None):
    """What the input m steps back says: every place of a chunk, every use of w, one by one."""
    total, places = 0, range(1, K + 1) if K else [10**6]
    for place in places:
        for use in range(1, m + 1):  # steps back from the loss
            if use <= place:
                total += (w**m - a * (m == lag)) * w ** (m - 1) / len(places)
    return total


def gradient(w, lag, a, K=None):
    return sum(part(w, lag, a, m, K) for m in range(1, 120))


def loss(w, lag, a):
    return sum((w**m - a * (m == lag)) ** 2 for m in range(300)) / 2


def heights(curve):
    return np.reshape(curve.y, (-1, 4))[:, 1]


@pytest.mark.parametrize("K, lag, a, w", [(1, 3, 2.0, 0.6), (5, 4, 2.1, 0.7), (12, 1, 0.0, 0.3)])
def test_the_bars_are_what_each_input_says(K, lag, a, w):
    full, cut, top, _ = scene.compute_sign(None, K, lag, a, w).panels[0].curves
    for curve, k in (full, None), (cut, K):
        right = [part(w, lag, a, m, k) for m in range(1, 9)] + [gradient(w, lag, a, k)]
        assert heights(curve) == pytest.approx(right, abs=1e-9)
    assert top.y == pytest.approx(heights(cut)) and list(top.x) == [*range(1, 9), 10]
    assert (full.color, cut.color, top.color) == (ORANGE, PINK, PINK)
    assert (full.label, top.label) == ("no cut", "chunks of K") and cut.line == "fill"


def test_the_formula_is_the_derivative_of_the_loss():
    for w, lag, a in (0.6, 3, 2.0), (0.85, 6, 4.0), (0.2, 1, 0.5):
        nudged = (loss(w + 1e-6, lag, a) - loss(w - 1e-6, lag, a)) / 2e-6
        assert scene.echo_slope(w, lag, a) == pytest.approx(nudged, abs=1e-6)


def test_the_package_finds_the_same_on_small_signals():
    run, targets, small = scene.small_echo(0.6, 3, 2.0, T=5000)
    for K in 2, 3:
        parts = truncated_bptt(small, run.x, targets, K)
        g = sum(found.gradients.params.W_h.item() for found in parts) / len(run.x)
        assert g == pytest.approx(gradient(0.6, 3, 2.0, K), abs=0.05)


def walked(w, lag, a, K=None):
    """Gradient descent in small steps, kept where the picture ends."""
    for _ in range(4000):
        w = min(max(w - 0.002 * np.sign(gradient(w, lag, a, K)), 0), 0.9)
    return w


@pytest.mark.parametrize("K, lag, a, w", [(1, 3, 2.0, 0.6), (2, 3, 2.0, 0.6), (5, 4, 2.1, 0.7)])
def test_the_walks_end_where_small_steps_end(K, lag, a, w, monkeypatch):
    monkeypatch.setattr(f"{__name__}.gradient", lambda *args: scene.echo_slope(*args))
    record = scene.compute_sign(None, K, lag, a, w)
    shade, curve, along, cut, start, end, end_cut = record.panels[1].curves
    ends = walked(w, lag, a), walked(w, lag, a, K)
    assert [end.x[0], end_cut.x[0]] == pytest.approx(ends, abs=0.012)
    assert along.x[0] == cut.x[0] == start.x[0] == pytest.approx(w)
    assert (along.x[-1], cut.x[-1]) == (end.x[0], end_cut.x[0])
    assert curve.y == pytest.approx([loss(v, lag, a) / loss(0, lag, a) for v in curve.x])
    high = record.panels[1].ylim[1] - record.panels[1].ylim[0]
    for path in (along, cut, start, end, end_cut):  # on the curve, or a hair beside it
        assert path.y == pytest.approx(np.interp(path.x, curve.x, curve.y), abs=0.02 * high)
    colors = [c.color for c in (shade, curve, along, cut, end, end_cut)]
    assert colors == [GREY, YELLOW, ORANGE, PINK, ORANGE, PINK]
    said = numbers(record.sentence)
    losses = [loss(v, lag, a) for v in (w, end.x[0], end_cut.x[0])]
    right = [lag, a, w, gradient(w, lag, a), K, gradient(w, lag, a, K), end.x[0], end_cut.x[0]]
    assert said == pytest.approx([*right, *losses], abs=0.0051)


def test_the_shaded_places_are_those_where_the_signs_differ():
    shade = scene.compute_sign(**START).panels[1].curves[0]
    bottom = min(shade.y)
    for w in (0.05, 0.15, 0.25, 0.45, 0.65, 0.78, 0.88):
        at = np.searchsorted(shade.x[:-2], w)
        differ = gradient(w, 3, 2.0) * gradient(w, 3, 2.0, 1) < 0
        assert (shade.y[at] > bottom) == differ
    assert "signs differ" == shade.label


def test_from_which_K_the_walk_leads_downhill():
    for lag, a, w, K in (3, 2.0, 0.6, 3), (4, 2.1, 0.7, 10):
        assert scene.downhill_from(lag, a, w) == K
        assert gradient(w, lag, a) < 0 < gradient(w, lag, a, K - 1)
        for k, lower in (K - 1, False), (K, True), (K + 1, True), (20, True):
            end = scene.compute_sign(None, k, lag, a, w).panels[1].curves[-1].x[0]
            assert (loss(end, lag, a) < loss(w, lag, a)) == lower
    text = scene.compute_sign(**START | dict(guess="4")).sentence
    assert text.endswith("You said 4; at lag 3, a = 2 and w = 0.6 it is 3.")
    assert "You said" not in scene.compute_sign(**START).sentence


def test_a_wide_range_of_settings_stays_in_the_panels():
    for lag in range(1, 7):
        for a in (0.0, 1.3, 4.0):
            for w in (0.0, 0.5, 0.75):
                left, right = scene.compute_sign(None, 1, lag, a, w).panels
                assert max(abs(heights(left.curves[0]))) <= left.ylim[1]
                for curve in right.curves[2:]:
                    assert right.ylim[0] < min(curve.y) and max(curve.y) < right.ylim[1]


NET = dict(gain=0.9, strength=0.5, seed=3, targets="teacher")


@pytest.mark.parametrize("change", [{}, dict(targets="pull up"), dict(gain=1.3, strength=1.0)])
def test_errors_and_angles_of_both_cuts_against_the_package(change):
    net = params, run, targets = scene.network(**NET | change)
    full = bptt(*net).params.W_h
    record = scene.compute_bias(K=10, **NET | change)
    said = numbers(record.sentence)
    for way, K in ((0, 10), (1, 10), (0, 80), (1, 4)):
        if way:
            g = sliding_window(*net, K).params.W_h
        else:
            g = sum(c.gradients.params.W_h for c in truncated_bptt(params, run.x, targets, K))
        off = np.sqrt(((g - full) ** 2).sum() / (full**2).sum())
        unit = full / np.sqrt((full**2).sum())
        along = (g * unit).sum()
        turned = np.degrees(np.arctan2(np.sqrt(((g - along * unit) ** 2).sum()), along))
        at = [1, 2, 4, 5, 8, 10, 20, 40, 50, 80].index(K)
        drawn = max(np.log10(off), -6)  # what is less is drawn on the floor
        assert record.panels[0].curves[way].y[at] == pytest.approx(drawn, abs=1e-4)
        assert record.panels[1].curves[way].y[at] == pytest.approx(turned, abs=1e-3)
        like, flat = (panel.curves[2] for panel in record.panels)
        assert like.y + like.x == pytest.approx(record.panels[0].curves[0].y[5] + 1)
        assert (flat.x, flat.y) == (None, 90)
        if K == 10:
            assert said[1 + 2 * way] == pytest.approx(off, rel=0.06)
            assert said[2 + 2 * way] == pytest.approx(turned, abs=0.051)
    assert said[0] == 10
    for panel in record.panels:
        chunks, window, *_, ring = panel.curves
        assert (chunks.color, window.color) == (PINK, ORANGE)
        assert (chunks.label, window.label) == ("chunks of K", "sliding window of K")
        assert 10**ring.x == pytest.approx([10, 10])
        assert list(ring.y) == [chunks.y[5], window.y[5]]


def test_an_error_below_the_floor_stays_in_its_panel():
    for change in {}, dict(gain=0.3), dict(strength=1.1):
        error, turned = scene.compute_bias(K=20, **NET | change).panels
        floor = error.curves[3]
        assert (floor.y, floor.label) == (-6, "10$^{-6}$ or less") and -6 in error.curves[1].y
        for panel in error, turned:  # a ring is 15 of some 170 pixels high
            low, high = panel.ylim
            for curve in panel.curves[:2] + panel.curves[-1:]:
                assert min(curve.y) >= low + 0.05 * (high - low) and max(curve.y) < high


def test_targets():
    params, run, wanted = scene.network(0.9, 0.5, 0, "pull up", 50)
    assert run.y - wanted == pytest.approx(np.ones((50, 1)))
    assert not np.allclose(scene.network(0.9, 0.5, 0, "teacher", 50)[2], run.y)


def test_bias_in_other_networks():
    """Seeds that the notebook does not show: what a gain, a weak input and a teacher do."""
    E = np.array([[scene.errors(20, g, 0.5, s) for s in range(50, 56)] for g in (0.7, 0.9, 1.1)])
    assert (np.diff(E, axis=0) > 0).all() and (E[..., 1] < E[..., 0]).all()
    E = np.array([[scene.errors(20, 0.9, i, s) for s in range(50, 56)] for i in (0.1, 0.5, 2.0)])
    assert (np.diff(E, axis=0) < 0).mean() > 0.9
    teacher, pull = (scene.powers(t, 2000, seeds=range(50, 58)) for t in ("teacher", "pull up"))
    assert -1.1 < np.median(teacher) < -0.65 and -0.8 < np.median(pull) < -0.35


def test_a_window_s_error_falls_as_the_terms_die():
    for seed in (60, 61):
        window, terms = scene.window_rate(seed)
        assert 0.5 < window < 0.95 and window == pytest.approx(terms, abs=0.05)


def test_flips_are_rare():
    for n, most in (1, 8), (8, 3):
        assert sum(scene.flips(n, 1.0, seed) for seed in range(200, 225)) <= most


def test_the_steady_unit_misses_what_the_formula_says():
    chunks, window = scene.unit_misses(4000, 20)
    right = np.mean([0.72**j for j in range(1, 21)])
    assert [chunks, window] == pytest.approx([right, 0.72**20], rel=0.01)
    assert scene.unit_misses(100, 20)[0] < 0.11


# The echo that 20 networks learn.


def raw(name, lag, rate):
    with np.load(DATA / "echo.npz") as data:
        place = data["lag"].tolist().index(lag), data["rate"].tolist().index(rate)
        return data[name][place].astype(float)


@pytest.mark.parametrize(
    "K, lag, rate", [(4, 8, 0.02), (16, 12, 0.01), (1, 4, 0.05), (16, 8, 0.05)]
)
def test_shares_over_K(K, lag, rate):
    record = scene.compute_threshold(None, K, lag, rate)
    accuracy, readout = raw("accuracy", lag, rate), raw("readout", lag, rate)
    for panel, shares in zip(record.panels, (accuracy, readout)):
        seen = np.maximum(shares, 0.42)
        for i, color in enumerate((GREEN, GREY)):
            band, middle, dots = panel.curves[3 * i : 3 * i + 3]
            assert list(middle.x) == list(range(1, K + 1))  # what is ahead is not given away
            assert middle.y == pytest.approx([np.median(seen[k, i]) for k in range(K)])
            assert band.y[:K] == pytest.approx([seen[k, i].min() for k in range(K)])
            assert band.y[K:][::-1] == pytest.approx([seen[k, i].max() for k in range(K)])
            assert sorted(dots.y) == pytest.approx(sorted(seen[K - 1, i]))
            assert abs(dots.x - K).max() < 0.5
            assert {band.color, middle.color, dots.color} == {color}
        labels = [curve.label for curve in panel.curves]
        assert labels[1::3][:2] == ["W$_h$ trained", "W$_h$ frozen"]
        levels = [(curve.y, curve.label) for curve in panel.curves[-2:]]
        assert levels == [(0.5, "chance"), (0.42, "blown up")]
    middle = 100 * np.median(accuracy[K - 1], -1), 100 * np.median(readout[K - 1], -1)
    many = [sum(v > 0.9 for v in accuracy[K - 1, i]) for i in (0, 1)]
    places = [sum(j > far for j in range(1, K + 1)) / K * 100 for far in (lag - 1, lag)]
    right = [lag, K, many[0], 20, 90, middle[0][0], many[1], middle[0][1], *middle[1], *places]
    blown = [sum(v == 0 for v in accuracy[K - 1, i]) for i in (0, 1)]
    said = numbers(record.sentence)
    assert said[:12] == pytest.approx(right, abs=0.51)
    assert said[12:] == (blown if any(blown) else [])
    credit = record.panels[2].curves
    assert [credit[0].y[-1], credit[1].y[-1]] == pytest.approx(np.array(places) / 100)
    assert (*credit[2].x, *credit[2].y) == (credit[0].x[-1], credit[0].y[-1])
    assert credit[0].label == "reaches W$_h$" and credit[0].color == PINK


def test_a_guess_of_the_threshold_is_answered_from_all_networks():
    text = scene.compute_threshold("9", 4, 12, 0.05).sentence
    accuracy = raw("accuracy", 8, 0.02)[:, 0]
    right = min(K for K in range(1, 17) if (accuracy[K - 1 :] > 0.9).all())
    assert text.endswith(f"You said 9; at step size 0.02 it is {right}.") and right == 8
    assert "You said" not in scene.compute_threshold(None, 4, 8, 0.02).sentence


def test_the_threshold_and_the_harm_at_three_step_sizes():
    for rate in scene.RATES:
        accuracy, readout = raw("accuracy", 8, rate), raw("readout", 8, rate)
        assert accuracy[7, 0].min() > 0.9 > accuracy[6, 0].max()
        assert (accuracy[:7, 0] > 0.9).mean() < 0.03
        for K in range(1, 8):
            worse = sum(a < b for a, b in zip(*readout[K - 1]))
            assert scene.harmed(8, rate, K) == worse >= 14
    assert (raw("accuracy", 4, 0.02)[:, 0] > 0.9).all()


def test_lag_12_and_what_frozen_states_keep():
    learned = [(raw("accuracy", 12, rate)[11, 0] > 0.9).sum() for rate in (0.01, 0.02, 0.05)]
    assert learned == [16, 11, 1]
    kept = np.median(raw("readout", 8, 0.02)[:7, 1], axis=1)
    assert (round(100 * kept.min()), round(100 * kept.max())) == (89, 98)


# The cut at random.


@pytest.mark.parametrize("r, c", [(0.72, 0.05), (0.5, 0.3), (0.9, 0.1)])
def test_spread_and_draws_against_simulated_draws(r, c):
    rng = np.random.default_rng(1)
    links = np.minimum(rng.geometric(c, 400_000) - 1, 299)
    drawn = np.cumsum((r / (1 - c)) ** np.arange(300))[links]
    spread = drawn.std() * (1 - r)
    assert scene.spread_of_one_loss(r, c, 300)[-1] == pytest.approx(spread, rel=0.05)
    K = round(1 / c)
    missed = sum(r**j for j in range(1, K + 1)) / K
    assert scene.draws(r, c) == pytest.approx((spread / missed) ** 2, rel=0.1)
    record = scene.compute_random(r, c)
    one, many, need = record.panels
    assert 10 ** one.curves[0].y[-1] == pytest.approx(spread, rel=0.05)
    assert 10 ** many.curves[1].y[0] == pytest.approx(missed)
    dot = many.curves[2]
    assert dot.label == "as close" and many.ylim[0] < dot.y[0]
    assert np.interp(dot.x[0], many.curves[0].x, many.curves[0].y) == pytest.approx(dot.y[0])
    assert need.curves[1].x == pytest.approx(np.sqrt(1 - c)) and need.curves[2].x == [r]
    assert 10 ** need.curves[2].y[0] == pytest.approx(scene.draws(r, c))
    assert many.curves[1].y == pytest.approx(np.log10(missed) + 0 * many.curves[1].x)
    for at in (0, 60, 120):  # the variance of one draw in closed form
        R = need.curves[0].x[at]
        left_out = np.mean(R ** np.arange(1, K + 1))
        wanted = c * R * R / (1 - c - R * R) / left_out**2
        assert 10 ** need.curves[0].y[at] == pytest.approx(wanted)
    at_20 = 10 ** one.curves[0].y[19]
    assert record.sentence.startswith(
        f"r = {r}, c = {c}: r² = {r * r:.4f} is below 1 - c = {1 - c:.2f}, so the variance has a "
        f"limit. Spread over mean of one draw: {at_20:.3g} at T = 20, "
        f"{10 ** one.curves[0].y[-1]:.3g} at T = 300. Chunks of {K} miss {100 * missed:.2f} %; "
    )


def test_noise_of_many_losses_against_a_simulated_chain():
    """dL/dh_k of a long run with equal losses, cut at random: the variance of its sum."""
    r, c, T, rng = 0.8, 0.05, 400, np.random.default_rng(0)
    dh, total = np.full(4000, 1 / (1 - r)), 0
    for step in range(100 + T):
        dh = 1 + np.where(rng.random(4000) >= c, dh * r / (1 - c), 0)
        total = total + dh * (step >= 100)
    missed = np.mean(r ** np.arange(1, 21))
    simulated = total.var() / total.mean() ** 2 / missed**2
    assert scene.draws(r, c, T) == pytest.approx(simulated, rel=0.15)


def test_no_number_of_draws_is_enough_beyond_the_limit():
    assert scene.draws(0.98, 0.05) == np.inf and scene.draws(0.97, 0.05) < 10
    text = scene.compute_random(0.98, 0.05).sentence
    assert "no limit" in text and "no number of draws" in text
    assert np.isnan(scene.compute_random(0.98, 0.05).panels[2].curves[2].y[0])
    many = scene.compute_random(0.72, 0.5).panels[1]  # the lines cross beyond a million draws
    assert np.isnan(many.curves[2].x[0]) and many.curves[0].y[-1] > many.curves[1].y[-1]
    spread = scene.spread_of_one_loss(0.98, 0.05, 3000)
    assert spread[-1] > 2 * spread[2000]


def test_exercises():
    uses = [sum(use <= place for use in (1, 2, 3)) for place in (1, 2, 3, 4)]
    missed = {K: sum(0.9**j for j in range(1, K + 1)) / K for K in (128, 129)}
    assert scene.exercise_1.expected == np.mean(uses)
    assert scene.exercise_2.expected == 129 and missed[129] < 0.07 < missed[128]
    assert 0.9**25 > 0.07 > 0.9**26
    assert scene.exercise_3.expected == sum(place > 14 for place in range(1, 21)) / 20
    c, length = scene.exercise_4.expected
    assert scene.draws(0.9, c - 0.01) < np.inf and scene.draws(0.9, c + 0.01) == np.inf
    assert length == pytest.approx(1 / c)
    for exercise in (getattr(scene, f"exercise_{i}") for i in (1, 2, 3, 4)):
        assert len(exercise.tempting) >= 2
        for wrong, _ in exercise.tempting:
            assert not same(wrong, exercise.expected, exercise.tolerance)


def test_what_can_be_typed():
    view = scene.threshold()
    assert view.specs["K"].play > 0 and view.read(K=8, lag="12", rate=0.01).startswith(
        "Echo of lag 12"
    )
    assert scene.bias().read(K=80).startswith("K = 80:")
    with pytest.raises(ValueError, match="K: expected one of"):
        scene.bias().read(K=79)
    assert forward(scene.small_echo(0.5, 1, 1.0, 10)[2], np.zeros((3, 1))).h[-1] == 0
