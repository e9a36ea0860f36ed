"""Notebook 17's scene: its sums, valleys, gradients and scans, recomputed by other routes."""

import re
from math import cos, exp, log, radians, sin, sqrt

import numpy as np
import pytest

from bptt_helpers import Params, bptt, forward
from scenes import diagonal_recurrence as scene

BLUE, ORANGE, GREY, BLACK, YELLOW = "#0072B2", "#D55E00", "#767676", "#000000", "#E69F00"
START = dict(guess=None, size=0.9, angle=20, lag=19, parameter="|λ|", normalised="yes")
PARAMETERS = "|λ|", "ν", "angle"


def gamma_of(size, normalised="yes"):
    return sqrt((1 - size) * (1 + size)) if normalised == "yes" else 1.0


def numbers(text):
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)]


# One more witness, without complex numbers: λ as a matrix that scales and turns two real units.


def matrix(size, angle):
    """angle : in radians; both may be complex, for the complex step."""
    c, s = np.cos(angle), np.sin(angle)
    return size * np.array([[c, -s], [s, c]])


def lengths(size, angle, parameter):
    """(size, angle in radians) as a function of the parameter, and the parameter's value."""
    turn = radians(angle)
    return {
        "|λ|": (lambda p: (p, turn), size),
        "ν": (lambda p: (np.exp(-np.exp(p)), turn), log(-log(size))),
        "angle": (lambda p: (size, p), turn),
    }[parameter]


def real_loss(size, angle, gamma, lag, parameter, step, uses=range(1, 101), losses=range(1, 101)):
    """L where the parameter is moved by ``step`` at these uses of λ, and these losses count."""
    of, value = lengths(size, angle, parameter)
    still, other = matrix(*of(value)), matrix(*of(value + step))
    h, total = np.zeros(2), 0.0
    for t in range(1, 101):
        h = (other if t in uses else still) @ h + np.array([gamma * scene.X[t - 1], 0])
        if t > lag and t in losses:
            total = total + ((h - np.array([scene.X[t - lag - 1], 0])) ** 2).sum() / 2
    return total


def complex_step(*args, **kept):
    return real_loss(*args, 1e-30j, **kept).imag / 1e-30


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize(
    "size, angle, lag, normalised",
    [(0.9, 20, 19, "yes"), (0.5, 0, 1, "no"), (0.99, 180, 99, "yes"), (0.999, 77, 40, "no")],
)
def test_both_ends_find_the_gradient_of_two_real_units(parameter, size, angle, lag, normalised):
    lam, gamma = scene.factor(size, angle), gamma_of(size, normalised)
    slope = scene.slopes(lam)[parameter]
    ahead, back = scene.both_sums(lam, gamma, scene.X.tolist(), lag, slope)
    largest = max(abs(ahead).max(), abs(back).max(), 1)
    where = size, angle, gamma, lag, parameter
    exact = complex_step(*where)
    assert abs(ahead[-1] - exact) < 1e-12 * largest and abs(back[0] - exact) < 1e-12 * largest
    assert abs(ahead[-1] - back[0]) < 1e-12 * largest
    ends = [real_loss(*where, sign * 1e-6) for sign in (1, -1)]
    assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(exact, abs=1e-5 * largest)
    for t in (0, 1, 30, 60, 99, 100):  # on the way: losses up to t, uses after t
        some = complex_step(*where, losses=range(1, t + 1))
        late = complex_step(*where, uses=range(t + 1, 101))
        assert ahead[t] == pytest.approx(some, abs=1e-12 * largest)
        assert back[t] == pytest.approx(late, abs=1e-12 * largest)


def test_the_package_finds_the_same_with_small_signals():
    """Its units have a tanh, which is a straight line for signals of 1e-4."""
    size, angle, lag, small = 0.95, 50, 12, 1e-4
    turn = matrix(size, radians(angle))
    unit = Params(turn, np.array([[gamma_of(size)], [0]]), np.zeros(2), np.eye(2), np.zeros(2))
    run = forward(unit, small * scene.X[:, None])
    targets = run.y.copy()  # no loss up to the lag
    targets[lag:] = small * np.column_stack([scene.X[:-lag], np.zeros(100 - lag)])
    dW_h = bptt(unit, run, targets).params.W_h / small**2
    lam = scene.factor(size, angle)
    for parameter, along in ("|λ|", turn / size), ("angle", matrix(size, radians(angle + 90))):
        slope = scene.slopes(lam)[parameter]
        ahead, _ = scene.both_sums(lam, gamma_of(size), scene.X.tolist(), lag, slope)
        assert np.sum(dW_h * along) == pytest.approx(ahead[-1], rel=1e-5)


# How large, how narrow


@pytest.mark.parametrize("size", [0.5, 0.72, 0.9, 0.99])
def test_the_variances_are_sums_of_squares(size):
    k = np.arange(20_000)
    for gamma in 1.0, gamma_of(size):
        assert scene.sd(size, gamma) ** 2 == pytest.approx(np.sum((gamma * size**k) ** 2))
        parts = gamma * k[1:] * size ** (k[1:] - 1)
        assert scene.sd_of_slope(size, gamma) ** 2 == pytest.approx(np.sum(parts**2))
    assert scene.sd(size, gamma_of(size)) == pytest.approx(1)


def test_the_sds_are_measured_in_runs():
    """2,000 runs to step 3,000, each from its own inputs: sd 1 of the state, 71 of its slope."""
    rng, lam = np.random.default_rng(5), scene.factor(0.99, 40)
    h = s = np.zeros(2000, complex)
    for _ in range(3000):
        h, s = lam * h + gamma_of(0.99) * rng.choice([-1.0, 1.0], 2000), h + lam * s
    for z, expected in (h, 1), (s, 70.7):
        found = np.sqrt(np.mean(abs(z) ** 2))
        assert found == pytest.approx(expected, rel=0.05)
    assert scene.sd_of_slope(0.99, gamma_of(0.99)) == pytest.approx(70.71, abs=0.01)


PAIRS = [(0.9, 0.8), (0.99 * np.exp(0.3j), 0.99), (0.5j, -0.7), (0.95, 0.95)]


@pytest.mark.parametrize("lam, target", PAIRS)
def test_the_loss_is_a_sum_over_inputs(lam, target):
    k = np.arange(5000)
    gaps = 0.4 * (np.power(complex(lam), k) - np.power(complex(target), k))
    right = np.sum(abs(gaps) ** 2) / 2
    assert scene.mean_loss(lam, target, 0.4) == pytest.approx(right, abs=1e-12)


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_slopes_and_gradients_are_those_of_what_is_moved(parameter):
    for size, angle in (0.9, 20), (0.5, 150), (0.99, 0):
        lam = scene.factor(size, angle)
        assert lam == pytest.approx(size * (cos(radians(angle)) + 1j * sin(radians(angle))))
        ahead, behind = (scene.moved(lam, parameter, by) for by in (1e-6, -1e-6))
        slope = scene.slopes(lam)[parameter]
        assert slope == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)
        of, value = lengths(size, angle, parameter)
        there, turned = of(value + 0.004)
        assert scene.moved(lam, parameter, 0.004) == pytest.approx(there * np.exp(1j * turned))
        target, gamma = 0.8 + 0.1j, gamma_of(size)
        losses = [scene.mean_loss(z, target, gamma) for z in (ahead, behind)]
        found = scene.loss_slope(lam, target, gamma, slope)
        assert found == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("size, normalised", [(0.72, "yes"), (0.9, "no"), (0.99, "yes")])
def test_the_sd_is_how_narrow_the_valley_is(parameter, size, normalised):
    lam, gamma = scene.factor(size, 20), gamma_of(size, normalised)
    record = scene.compute(**START | dict(size=size, parameter=parameter, normalised=normalised))
    said = numbers(record.panels[1].note)[0]
    d = 1e-3 / said
    around = [scene.mean_loss(scene.moved(lam, parameter, by), lam, gamma) for by in (d, -d)]
    assert sum(around) / d**2 == pytest.approx(said**2, rel=0.02)


def descended(size, parameter, rate):
    """Whether 500 steps along central differences bring a parameter nearer to the bottom."""
    of, bottom = lengths(size, 20, parameter)
    gamma, target = gamma_of(size), scene.factor(size, 20)

    def loss(p):
        there, turned = of(p)
        return scene.mean_loss(there * np.exp(1j * turned), target, gamma)

    p = start = bottom + 1e-4 * (1 - size)
    for _ in range(500):
        p -= rate * (loss(p + 1e-6) - loss(p - 1e-6)) / 2e-6
        if abs(p - bottom) > 3 * abs(start - bottom):
            return False
    return abs(p - bottom) < abs(start - bottom)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("size", [0.9, 0.99])
def test_the_largest_step_is_where_descent_stops_to_settle(parameter, size):
    largest = scene.largest_step(size, parameter)
    assert descended(size, parameter, 0.95 * largest)
    assert not descended(size, parameter, 1.05 * largest)


def test_one_step_size_serves_every_memory_in_nu_alone():
    steps = {p: [scene.largest_step(z, p) for z in (0.9, 0.999)] for p in PARAMETERS}
    assert steps["ν"][0] / steps["ν"][1] < 1.2
    assert min(steps["|λ|"][0] / steps["|λ|"][1], steps["angle"][0] / steps["angle"][1]) > 9000


def test_what_the_text_says_of_four_sizes():
    wide = {
        p: [abs(scene.slopes(complex(z))[p]) * scene.sd_of_slope(z, gamma_of(z)) for z in SIZES]
        for p in PARAMETERS
    }
    assert wide["|λ|"] == pytest.approx([7.1, 71, 707], rel=0.01)
    assert wide["ν"] == pytest.approx([0.67, 0.70, 0.71], abs=0.005)
    assert wide["angle"] == pytest.approx(wide["|λ|"], rel=0.11)
    assert [scene.sd(z, 1) for z in SIZES] == pytest.approx([2.3, 7.1, 22.4], rel=0.01)
    assert [log(0.01) / log(z) for z in SIZES] == pytest.approx([44, 458, 4603], rel=0.01)
    unscaled = [wide["ν"][i] * scene.sd(z, 1) for i, z in enumerate(SIZES)]
    assert unscaled[0] < unscaled[1] / 3 < unscaled[2] / 9


SIZES = 0.9, 0.99, 0.999


# The picture


def test_names_of_axes_and_labels():
    left, middle, right = scene.compute(**START).panels
    assert (left.title, left.xlabel) == ("left after k steps", "steps back, k")
    assert (middle.title, middle.xlabel) == ("loss around its valley", "p moved by")
    assert (right.title, right.xlabel) == ("gradient so far / largest", "step t")
    looks = {
        c.label: (c.color, c.line, c.marker)
        for panel in (left, middle, right)
        for c in panel.curves
        if c.label
    }
    assert looks == {
        "0.72$^k$": (BLACK, "--", ""),
        "|λ|$^k$": (ORANGE, "-", ""),
        "real part of λ$^k$": (GREY, "", "."),
        "1 % left": (GREY, ":", ""),
        "loss": (YELLOW, "-", ""),
        "|λ| ≥ 1": (GREY, "fill", ""),
        "forward: RTRL": (BLUE, "-", ""),
        "backward: BPTT": (ORANGE, "--", ""),
    }
    places, names = left.ticks
    assert 10.0**places == pytest.approx(names) and names == (1, 10, 100, 1000)
    assert left.note.startswith("k = 19: ")
    assert middle.note.startswith("sd of ∂h/∂p = ") and right.note.startswith("dL/dp = ")


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("size, angle", [(0.9, 20), (0.99, 130), (0.6, 0)])
def test_the_valley_is_a_sum_over_the_inputs(parameter, size, angle):
    """At some places of the curve: half the mean square gap of two real units."""
    values = dict(size=size, angle=angle, parameter=parameter, normalised="no")
    panel = scene.compute(**START | values).panels[1]
    of, value = lengths(size, angle, parameter)
    curve, wall = panel.curves
    for by, drawn in list(zip(curve.x, curve.y))[::57]:
        there = of(value + by)
        if there[0] > 0.9999:
            continue
        first, second = (abs(z) * np.exp(1j * turn) for z, turn in (of(value), there))
        k = np.arange(200_000 if max(abs(first), abs(second)) > 0.999 else 20_000)
        gap = np.sum(abs(first**k - second**k) ** 2) / 2
        assert drawn == pytest.approx(min(gap, 2.8), abs=1e-6)
    at = 1 - size if parameter == "|λ|" else 1.0
    assert list(wall.x) == pytest.approx([at, 1, 1, at])
    assert min(wall.y) <= 0 and max(wall.y) == pytest.approx(panel.ylim[1])


@pytest.mark.parametrize("size, angle, lag", [(0.9, 20, 19), (0.5, 180, 1), (0.999, 90, 99)])
def test_the_left_panel(size, angle, lag):
    record = scene.compute(**START | dict(size=size, angle=angle, lag=lag))
    panel = record.panels[0]
    old, left, real, one_percent, ring = panel.curves
    for i in (0, 3, 50, -1):
        k = round(10 ** left.x[i])
        assert old.y[i] == pytest.approx(0.72**k) and left.y[i] == pytest.approx(size**k)
        assert real.y[i] == pytest.approx(size**k * cos(k * radians(angle)), abs=1e-9)
    assert size ** (10**one_percent.x) == pytest.approx(0.01)
    assert panel.xlim[0] < one_percent.x < panel.xlim[1]
    assert 10 ** ring.x[0] == pytest.approx(lag) and ring.y[0] == pytest.approx(size**lag)
    assert [c.color for c in panel.curves] == [BLACK, ORANGE, GREY, GREY, BLACK]
    assert numbers(panel.note) == pytest.approx([lag, size**lag], rel=0.01)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("size", [0.5, 0.9, 0.99, 0.999])
def test_the_middle_panel(parameter, size):
    panel = scene.compute(**START | dict(size=size, parameter=parameter)).panels[1]
    curve, wall = panel.curves
    bottom = abs(curve.x).argmin()
    assert curve.x[bottom] == 0 and curve.y[bottom] == pytest.approx(0, abs=1e-12)
    assert curve.y.min() > -1e-12 and np.isfinite(curve.y).all()
    assert curve.x[0] == pytest.approx(-min(1, size) if parameter == "|λ|" else -1, abs=0.02)
    if parameter == "|λ|":
        assert min(wall.x) == pytest.approx(1 - size) and curve.x.max() < 1 - size
        assert curve.y[-1] > panel.ylim[1]  # the curve leaves upwards, where |λ| = 1
    else:
        assert min(wall.x) == max(wall.x) and curve.x[-1] == 1
        assert curve.y.max() < 1.05 and panel.ylim[1] > 1.3
    assert (curve.color, wall.color, wall.line) == (YELLOW, GREY, "fill")


def test_the_valley_narrows_unless_it_is_that_of_nu():
    def width(size, parameter, normalised="yes"):
        """Between the places where the loss is 0.05."""
        changes = dict(size=size, parameter=parameter, normalised=normalised)
        curve = scene.compute(**START | changes).panels[1].curves[0]
        inside = np.abs(curve.x[curve.y < 0.05])
        return inside.max()

    for parameter in "|λ|", "angle":
        assert width(0.999, parameter) < width(0.99, parameter) / 5 < width(0.9, parameter) / 25
    assert width(0.999, "ν") == pytest.approx(width(0.9, "ν"), rel=0.15)
    assert width(0.999, "ν", "no") < width(0.9, "ν", "no") / 5


@pytest.mark.parametrize("parameter, lag", [("|λ|", 19), ("ν", 75), ("angle", 19)])
def test_the_right_panel(parameter, lag):
    record = scene.compute(**START | dict(parameter=parameter, lag=lag))
    level, ahead, back, rings = record.panels[2].curves
    highest = max(abs(ahead.y).max(), abs(back.y).max())
    assert highest == pytest.approx(1)
    assert ahead.y[0] == back.y[-1] == 0 and list(rings.x) == [100, 0]
    assert [level.y, back.y[0], *rings.y] == pytest.approx([ahead.y[-1]] * 4)
    assert (ahead.y[: lag + 1] == 0).all() and ahead.y[lag + 1] != 0  # the first loss
    assert (ahead.color, back.color, back.line) == (BLUE, ORANGE, "--")
    exact = complex_step(0.9, 20, gamma_of(0.9), lag, parameter)
    assert (abs(level.y) > 0.999) == (parameter == "|λ|") and level.y * exact > 0
    assert numbers(record.panels[2].note) == pytest.approx([exact], rel=0.01)


@pytest.mark.parametrize("angle", [0, 180])
def test_a_real_factor_is_not_turned(angle):
    """The states and targets are real, so turning one way costs what turning the other way does."""
    record = scene.compute(**START | dict(angle=angle, parameter="angle"))
    assert not record.panels[2].curves[1].y.any() and not record.panels[2].curves[2].y.any()
    assert "dL/dp is 0 forward and backward" in record.sentence
    assert "dL/dp is 0 " not in scene.compute(**START | dict(angle=angle)).sentence


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("normalised", ["yes", "no"])
@pytest.mark.parametrize("size, angle, lag", [(0.99, 20, 50), (0.6, 135, 1)])
def test_the_sentence(parameter, normalised, size, angle, lag):
    gamma, k = gamma_of(size, normalised), np.arange(1, 20_000)
    values = dict(size=size, angle=angle, lag=lag, parameter=parameter, normalised=normalised)
    text = scene.compute(**START | values).sentence
    exact = complex_step(size, angle, gamma, lag, parameter)
    state = sqrt(np.sum((gamma * size ** (k - 1)) ** 2))
    by = {"|λ|": 1, "ν": -size * log(size), "angle": size}[parameter]
    wide = by * sqrt(np.sum((gamma * k * size ** (k - 1)) ** 2))
    right = [size, angle, size**lag, lag, 0.72, lag, 0.72**lag, 1, log(0.01) / log(size)]
    assert numbers(text) == pytest.approx([*right, state, wide, exact, 1e-12], rel=0.01)
    assert f"∂h/∂{parameter} has sd" in text and "apart by less than 1e-12" in text


def test_a_difference_is_not_hidden(monkeypatch):
    true = scene.both_sums
    wrong = lambda *args: (true(*args)[0] * (1 + 1e-9), true(*args)[1])  # noqa: E731
    monkeypatch.setattr(scene, "both_sums", wrong)
    assert "apart by 1e-09 of the largest sum" in scene.compute(**START).sentence


def test_a_guess_is_held_against_71():
    text = scene.compute(**START | dict(guess=1.0)).sentence
    assert text.endswith("You said 1; at 0.99, normalised, it is 70.7.")
    assert "70.7" not in scene.compute(**START).sentence


# The scan


@pytest.mark.parametrize("T", [1, 2, 3, 7, 8, 9, 64, 65, 1000])
def test_joining_in_pairs_finds_what_the_loop_finds(T):
    rng = np.random.default_rng(T)
    a, b = np.exp(1j * rng.uniform(0, 6, T)) * 0.98, rng.standard_normal(T) + 0j
    h, found = 0, []
    for a_t, b_t in zip(a, b):
        h = a_t * h + b_t
        found.append(h)
    scanned, joins, rounds = scene.scan_in_pairs(a, b)
    assert scanned == pytest.approx(np.array(found), abs=1e-12)
    assert rounds <= 2 * np.log2(T)
    Counted.sums = 0
    scene.scan_in_pairs(counted(T), counted(T))
    assert joins == Counted.sums < 2 * T


class Counted:
    """A number that counts the additions: one for each join."""

    sums = 0

    def __mul__(self, other):
        return self

    def __add__(self, other):
        Counted.sums += 1
        return self


def counted(T):
    return np.array([Counted() for _ in range(T)], dtype=object)


# Exercises


def test_exercise_1():
    size = exp(-exp(scene.exercise_1.expected))
    assert size**1000 == pytest.approx(0.01)
    assert scene.exercise_1.reply(-5.38)[0] and not scene.exercise_1.reply(-5.4)[0]


def test_exercise_2():
    k = np.arange(1, 20_000)
    near, far = (np.sum(k**2 * z ** (2 * k - 2)) * (1 - z * z) for z in (0.99, 0.9))
    assert scene.exercise_2.expected == pytest.approx(near / far)
    assert scene.exercise_2.reply(100)[0] and not scene.exercise_2.reply(90)[0]


def test_exercise_3():
    x = [0.3, -1.2, 0.8, 2.0]

    def state(lam, T):
        h = 0.0
        for x_t in x[:T]:
            h = lam**2 * h + x_t
        return h

    for (s, h, x_t, lam), expected in zip(scene.exercise_3.cases, scene.exercise_3.expected):
        moved = [(lam + d) ** 2 * (h + d * s) + x_t for d in (1e-6, -1e-6)]
        assert expected == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-8)
    slope = 0.0
    for T in range(4):
        slope = 0.81 * slope + 2 * 0.9 * state(0.9, T)
    assert slope == pytest.approx((state(0.9 + 1e-6, 4) - state(0.9 - 1e-6, 4)) / 2e-6)
    assert scene.exercise_3.reply(lambda s, h, x_t, lam: lam**2 * s + 2 * lam * h)[0]


def test_exercise_4():
    known, rounds = 1, 0
    while known < 1025:
        known, rounds = 2 * known, rounds + 1
    assert scene.exercise_4.expected == rounds
