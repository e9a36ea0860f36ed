"""Notebook 9's scene, by other routes: units run one number at a time, gradients by differences."""

from math import log10, sqrt, tanh

import numpy as np
import pytest

from bptt_helpers import Params, bptt, forward
from bptt_helpers.plots.style import BACKWARD, FORWARD, QUIET, REFERENCE
from scenes import honest_sliders as scene

PLANE = dict(guess=None, W_h=1.2, tanh_prime=0.8, drive=0.0, start=0.1)
STARTS = dict(guess=None, W_h=2.0, T=20, seed=0, inputs="none")
FOLD = dict(guess=None, b_1=-1.0, b_2=3.0, T=20)
FIFTY = dict(gain=1.5, drive=1.0, seed=0)


def plane(**changed):
    return scene.compute_plane(**PLANE | changed)


def starts(**changed):
    return scene.compute_starts(**STARTS | changed)


def fold(**changed):
    return scene.compute_fold(**FOLD | changed)


def rest(W_h, drive, h):
    """Where one unit ends, and its slope (the geometric mean of two, where it swings)."""
    for _ in range(3000):
        before, h = h, tanh(W_h * h + drive)
    return h, sqrt((1 - h * h) * (1 - before * before))


# The plane


@pytest.mark.parametrize(
    "changed",
    [
        {},
        dict(W_h=2.0),
        dict(W_h=2.0, start=-0.5),
        dict(W_h=-2.5, tanh_prime=0.1),
        dict(W_h=1.5, drive=-0.3, start=0.9),
    ],
)
def test_the_cross_is_a_unit_at_rest(changed):
    record, values = plane(**changed), PLANE | changed
    h, slope = rest(values["W_h"], values["drive"], values["start"])
    left, right = record.panels
    grey, _, path, ring, cross = left.curves
    assert (ring.x, ring.y) == ([values["W_h"]], [values["tanh_prime"]])
    assert cross.y[0] == pytest.approx(slope, abs=1e-6)
    assert f"Real: h = {h:.4f}" in record.sentence and f"tanh' = {slope:.4f}" in record.sentence
    said = values["W_h"] * values["tanh_prime"]
    power = f"10^{99 * log10(abs(said)):.3g}"
    assert record.sentence.startswith(f"Sliders: factor {said:.3g}, 99 steps leave {power}. ")
    for W_h in (-2.5, -0.5, 1.0, 2.5):  # where the dots say that a unit ends
        h_W = rest(W_h, values["drive"], values["start"])[0]
        at, (first, second) = round((W_h + 3) * 40), right.curves[2:4]
        assert first.x[at] == second.x[at] == pytest.approx(W_h)
        ends = sorted([h_W, tanh(W_h * h_W + values["drive"])])
        assert sorted([first.y[at], second.y[at]]) == pytest.approx(ends, abs=0.05)
    real = values["W_h"] * slope
    assert f"factor {real:.3g}, 99 steps leave 10^{99 * log10(abs(real)):.3g}" in record.sentence
    assert left.note.endswith(f"real {real:.3g}")
    assert right.curves[4].y[0] == pytest.approx(h, abs=1e-6)
    seen = path.x[np.isfinite(path.y)]
    assert seen.min() == max(-3, min(0, scene.GRID[scene.GRID >= values["W_h"]].min()))
    assert (path.color, ring.color, cross.color, grey.color) == (
        FORWARD,
        BACKWARD,
        REFERENCE,
        QUIET,
    )


def test_the_grey_is_where_the_product_is_above_one():
    right, left = plane().panels[0].curves[:2]
    assert list(left.x) == list(-right.x) and list(left.y) == list(right.y)
    W, slope = plane().panels[0].curves[0].x, plane().panels[0].curves[0].y
    assert np.allclose((W * slope)[:-1], 1) and (W[-1], slope[-1]) == (3, 1)


def test_the_real_path_stays_out_of_the_grey_but_on_the_needle():
    for drive in (-1.0, -0.2, 0.0, 0.3, 1.0):
        for start in (-1.0, 0.1, 1.0):
            for W_h in (-3.0, 3.0):
                path = plane(W_h=W_h, drive=drive, start=start).panels[0].curves[2]
                product = np.abs(path.x * path.y)
                assert np.nanmax(product) < 1.01
    needle = plane(W_h=2.0, start=0.0)
    assert needle.sentence.endswith("needle's tip.") and "factor 2," in needle.sentence


def test_resting_states_rest_and_are_told_stable_from_unstable():
    drive = 0.3
    stable, unstable = plane(drive=drive).panels[1].curves[:2]
    for curve, back in ((stable, True), (unstable, False)):
        at = np.flatnonzero(np.isfinite(curve.x))[3::40]
        assert len(at) > 3
        for W_h, h in zip(curve.x[at], curve.y[at]):
            assert tanh(W_h * h + drive) == pytest.approx(h, abs=1e-9)
            r = W_h * (1 - h * h)
            assert (abs(r) < 1) == back


def test_the_guess_is_held_against_one_sixth():
    text = plane(guess=160.0).sentence
    h, slope = rest(2, 0, 0.1)
    assert f"it is {200 * slope:.2g} %: {160 / (200 * slope):.2g} times too much" in text
    assert "You said" not in plane().sentence


# Starts and inputs


def by_difference(W_h, x, h, eps=1e-6):
    def end(h):
        for x_t in x:
            h = tanh(W_h * h + x_t)
        return h

    return (end(h + eps) - end(h - eps)) / (2 * eps)


@pytest.mark.parametrize("inputs", scene.INPUTS)
@pytest.mark.parametrize("W_h", [2.0, -1.5])
def test_gradients_over_the_starts_are_differences(inputs, W_h):
    record = starts(inputs=inputs, W_h=W_h, T=7, seed=3)
    x = scene.input_of(inputs, W_h)[3][:6]
    curve, ring = record.panels[1].curves
    for i in range(0, 2001, 250):
        slope = by_difference(W_h, x, curve.x[i])
        assert curve.y[i] == pytest.approx(log10(abs(slope)), abs=1e-4)
    slope = by_difference(W_h, x, scene.ALONG[3, 0])
    assert (ring.x[0], ring.y[0]) == pytest.approx((scene.ALONG[3, 0], log10(abs(slope))), abs=1e-4)
    h, most = scene.ALONG[3, 0], 0.0
    for x_t in [None, *x]:
        h = h if x_t is None else tanh(W_h * h + x_t)
        most = max(most, abs(h))
    every, marked = record.panels[0].curves
    assert (marked.x[0], marked.y[0]) == pytest.approx((scene.ALONG[3, 0], h), abs=1e-6)
    seeds = [
        log10(abs(by_difference(W_h, scene.input_of(inputs, W_h)[s][:6], scene.ALONG[s, 0])))
        for s in range(20)
    ]
    assert record.sentence == (
        f"W_h = {W_h:.3g}, T = 7, input {inputs}. The marked start stays within ±{most:.2f}; its "
        f"gradient is 10^{log10(abs(slope)):.1f} (20 seeds: 10^{min(seeds):.1f} to "
        f"10^{max(seeds):.1f}). Of 2001 other starts {(curve.y > 1e-9).sum()} explode, the median "
        f"has 10^{np.median(curve.y):.1f}. The mean over all starts is "
        f"{abs(every.y[-1] - every.y[0]) / 2:.4f}."
    )


def test_made_to_measure_explodes_for_every_seed_and_moves():
    for W_h in (2.0, -2.0, 3.0):
        x, h = scene.made_to_measure(W_h)
        assert np.abs(h).max() < 0.3 + 1e-9 and (h.std(1) > 0.1).all()
        least = 59 * np.log10(abs(W_h) * (1 - 0.3**2))
        record = starts(inputs="made to measure", W_h=W_h, T=60)
        own = record.panels[2].curves[1].y.reshape(20, 61)[:, :60]
        assert (own[:, -1] > least).all()
        assert own[4, 9] == pytest.approx(
            sum(log10(abs(W_h * (1 - v * v))) for v in h[4, 1:10]), abs=1e-9
        )
        assert "Of 2001 other starts 0 explode" in record.sentence


def test_that_the_inputs_do_what_they_are_called():
    made, shuffled = (scene.input_of(k, 2.0) for k in ("made to measure", "shuffled"))
    assert np.array_equal(np.sort(made), np.sort(shuffled)) and not np.allclose(made, shuffled)
    assert not np.any(scene.input_of("none", 2.0))
    assert abs(np.std(scene.input_of("random", 2.0)) - 1) < 0.05
    assert len(np.unique(scene.input_of("random", 2.0))) == 20 * 59
    record = starts(inputs="shuffled", T=60)
    assert (record.panels[2].curves[1].y.reshape(20, 61)[:, 59] < -20).all()


def test_lines_on_the_way_end_where_the_panel_of_starts_is():
    record = starts(inputs="random", T=9, seed=5)
    other, seeds, ring, _ = record.panels[2].curves
    other, over = other.y.reshape(21, 10), record.panels[1].curves[0].y
    assert np.allclose(other[:, 8], over[::100]) and np.isnan(other[:, 9]).all()
    assert (ring.x[0], ring.y[0]) == (9, seeds.y.reshape(20, 10)[5, 8])
    assert (other[:, 0] == 0).all() and seeds.x[0] == 1


def test_no_input_and_weight_0_is_said_in_words():
    assert starts(W_h=0.0).sentence.startswith("W_h = 0: nothing of the start")
    assert "choose made to measure" in starts(guess="no").sentence
    assert "It can" in starts(guess="yes").sentence and "It can" not in starts().sentence


def test_axes_of_the_starts_do_not_move_but_with_T_in_steps():
    limits = {
        T: {
            tuple((p.xlim, p.ylim) for p in starts(inputs=i, W_h=W, T=T).panels)
            for i in scene.INPUTS
            for W in (-3.0, 0.5, 3.0)
        }
        for T in (2, 15, 16, 30, 60)
    }
    assert all(len(found) == 1 for found in limits.values())
    assert limits[2] == limits[15] and limits[16] == limits[30] != limits[60]


def test_few_is_drawn_from_the_shares_and_says_its_two_products(monkeypatch):
    shown = []
    monkeypatch.setattr(scene, "show", lambda picture, record, size: shown.append(record))
    scene.few()
    bound, others, own = shown[0].panels[0].curves
    assert bound.x == pytest.approx(np.linspace(0, 6, 61)) and bound.y == pytest.approx(-bound.x)
    shares = scene.shares()
    assert 10**own.y == pytest.approx(shares[0]) and own.x == pytest.approx(bound.x)
    drawn = others.y.reshape(20, 62)[:, :61]
    there = shares[1:] >= 1e-3
    assert (np.isfinite(drawn) == there).all()
    assert 10 ** drawn[there] == pytest.approx(shares[1:][there])
    products = [10 ** (own.x[i] + own.y[i]) for i in range(61)]
    assert shown[0].sentence.endswith(
        f"times share is {max(shares[:, 0]):.2f} at M = 1, and {max(products[1:]):.2f} beyond it "
        "for W_h = 2."
    )


def test_fewer_than_one_start_in_M():
    """Other seeds than the picture's, and a share by bisection for the unit without input."""
    assert (scene.shares() * scene.BOUNDS < 1).all() and scene.shares().shape == (21, 61)
    for M in (1.0, 100.0):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            h, product = middle, 1.0
            for _ in range(20):
                h = tanh(2 * h)
                product *= 2 * (1 - h * h)
            low, high = (middle, high) if product > M else (low, middle)
        place = int(np.argmin(abs(scene.BOUNDS - M)))
        assert scene.shares()[0, place] == pytest.approx(low, rel=0.01)
    rng, even = np.random.default_rng(77), np.linspace(-1, 1, 4001)
    for _ in range(30):
        x, W_h = rng.standard_normal(rng.integers(1, 12)), rng.uniform(-3, 3)
        logs = scene.logs_of(W_h, scene.states_of(W_h, x, even))[-1]
        for M in (1, 3, 10):
            assert (logs > np.log10(M)).mean() < 1 / M


# Two units


def two(b, T, h):
    W = np.array([[3.0, 3.0], [-3.0, -3.0]])
    net = Params(W, np.eye(2), np.asarray(b, float), np.eye(2), np.zeros(2))
    run = forward(net, np.zeros((T, 2)), h)
    return run.h, bptt(net, run, run.y, dh_T=np.array([0.8, 0.6])).h


@pytest.mark.parametrize("b", [(-1.0, 3.0), (-2.0, 1.0), (2.0, -1.0)])
def test_gradients_of_two_units_are_those_of_bptt(b):
    record = fold(b_1=b[0], b_2=b[1], T=12)
    lines = record.panels[1].curves[0].y.reshape(20, 14)[:, :13]
    for i in range(0, 20, 5):
        states, back = two(b, 12, scene.BEGIN[i])
        logs = np.log10(np.linalg.norm(back[::-1], axis=1))
        assert lines[i] == pytest.approx(np.maximum(logs, scene.LOWEST), abs=1e-6)
    _, web, one, hump = record.panels[0].curves
    sums = two(b, 12, scene.BEGIN[0])[0].sum(1)
    assert web.x[::2] == pytest.approx(sums, abs=1e-9)
    for s in (-1.5, 0.1, 1.0):  # both curves by one step of a network whose states sum up to s
        assert np.interp(s, hump.x, hump.y) == pytest.approx(
            two(b, 1, [s, 0])[0][1].sum(), abs=2e-3
        )
        assert np.interp(s, one.x, one.y) == pytest.approx(tanh(3 * s), abs=2e-3)
    ends = record.panels[1].curves[1]
    last = [log10(np.linalg.norm(two(b, 12, h)[1][0])) for h in scene.BEGIN]
    assert list(ends.x) == [12] * 20
    assert ends.y == pytest.approx(np.maximum(last, scene.LOWEST), abs=1e-6)
    everyone = [np.linalg.norm(two(b, 12, h)[1][0]) for h in scene.BEGIN]
    low, high, middle = (log10(f(everyone)) for f in (np.min, np.max, np.median))
    assert f"are 10^{low:.1f} to 10^{high:.1f} (median 10^{middle:.1f})" in record.sentence


def test_the_web_lies_on_hump_and_diagonal():
    panel = fold(T=30).panels[0]
    web = next(c for c in panel.curves if c.label == "the steps of one run")
    up, over = (web.x[::2], web.y[::2]), (web.x[1::2], web.y[1::2])
    assert np.allclose(up[0], up[1]), "on the diagonal"
    assert np.allclose(over[1][1:], np.tanh(3 * over[0][1:] - 1) + np.tanh(3 - 3 * over[0][1:]))


def test_without_bias_the_gradient_is_gone_after_two_steps():
    record = fold(b_1=0.0, b_2=0.0, T=5)
    assert record.sentence.startswith("b = (0, 0): both eigenvalues of W_h are 0, and the gradient")
    assert "exactly 0" in record.sentence
    back = two((0, 0), 5, scene.BEGIN[0])[1]
    assert back[4].any() and not np.abs(back[:4]).max() > 1e-12


def test_one_unit_beside_two_vanishes_for_all_twenty():
    one = fold(T=40).panels[1].curves[2]
    assert one.color == REFERENCE and len(one.y) == 20
    assert "One unit with W_h = 3: at most 10^-" in fold(T=40).sentence
    h, product = scene.BEGIN[4, 0], 1.0
    for _ in range(9):
        h = tanh(3 * h)
        product *= 3 * (1 - h * h)
    assert fold(T=9).panels[1].curves[2].y[4] == pytest.approx(log10(product), abs=1e-6)


def test_two_units_explode_from_other_starts_too():
    begin = np.random.default_rng(50).uniform(-1, 1, (20, 2))
    assert (scene.two_units(np.array([-1.0, 3.0]), 40, begin)[1][-1] > 3).all()


# Fifty units


def test_one_of_the_fifty_is_what_bptt_says():
    W_h, x, h = scene.base()
    net = Params(1.5 * W_h[3], np.eye(50), np.zeros(50), np.eye(50), np.zeros(50))
    run = forward(net, x[:, 3], h[3])
    logs = np.log(np.abs(bptt(net, run, run.y, dh_T=np.ones(50)).h).max(1))
    rate = (logs[100] - logs[-1]) / 200
    assert scene.rates()[1, 4, 3] == pytest.approx(rate, abs=1e-3)
    record = scene.compute_fifty(**FIFTY | dict(seed=3))
    assert record.panels[0].curves[-1].y[0] == pytest.approx(rate, abs=1e-3)
    curve = record.panels[1].curves[1]
    assert curve.y[50] == pytest.approx((logs[250] - logs[-1]) / np.log(10), abs=1e-2)
    radius = 1.5 * np.abs(np.linalg.eigvals(W_h[3])).max()
    assert record.sentence == (
        f"Gain 1.5, input 1: the eigenvalues reach {radius:.3g} in size and say "
        f"10^{200 * log10(radius):.0f} after 200 steps back. The gradient vanishes: {rate:+.2f} a "
        f"step, 10^{200 * rate / np.log(10):.0f} in all."
    )
    line, eigenvalues = record.panels[1].curves[2], record.panels[0].curves[3]
    assert line.y == pytest.approx(log10(radius) * np.arange(201))
    usual = np.mean([np.abs(np.linalg.eigvals(W)).max() for W in W_h])
    assert eigenvalues.y == pytest.approx(np.log(usual * eigenvalues.x))
    assert eigenvalues.x == pytest.approx(np.linspace(0.5, 3, 11))


def test_dots_stand_over_their_gain():
    _, alone, driven, _, _ = scene.compute_fifty(**FIFTY).panels[0].curves
    assert len(alone.x) == 11 * 20 and np.allclose(np.unique(alone.x), np.linspace(0.5, 3, 11))
    at = np.isclose(alone.x, 2.0)
    assert alone.y[at] == pytest.approx(scene.rates()[0, 6])
    assert driven.y[at] == pytest.approx(scene.rates()[1, 6])


# Exercises


def test_exercise_1():
    low, high = -0.53, 0.0  # the drive at which the unit that starts at 1 rests with slope 0.3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rest(2, middle, 1.0)[1] < 0.3 else (middle, high)
    assert scene.exercise_1.expected == pytest.approx(low, abs=1e-6)
    assert scene.exercise_1.reply(-0.46)[0], "what the slider gives"
    assert "negative h" in scene.exercise_1.reply(0.463)[1]


def test_exercise_2():
    h_1 = np.linspace(-1, 1, 400_001)
    h, slope = h_1, 1.0
    for _ in range(19):
        h = np.tanh(1.5 * h)
        slope = slope * 1.5 * (1 - h * h)
    assert scene.exercise_2.expected == pytest.approx(slope.mean(), rel=1e-3)
    assert not scene.exercise_2.reply(2 * slope.mean())[0]


def test_exercise_3():
    back = two((0, 0), 9, [0.3, 0.1])[1][::-1]
    assert scene.exercise_3.expected == next(j for j in range(9) if np.abs(back[j]).max() < 1e-12)
    assert scene.exercise_3.reply(1)[0] is False
