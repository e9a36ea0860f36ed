"""Notebook 9: units that compute their own tanh', and where their gradients explode."""

from functools import cache
from math import atanh, log10, sqrt, tanh

import numpy as np

from bptt_helpers import init_params, settle
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, FORWARD, QUIET, REFERENCE

from .exercise import Exercise
from .sliders import Choice, Guess, Slider, explorer, show
from .words import said

SEEDS = range(20)
DOTS = dict(line="", marker="o")
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)
CROSS = dict(color=REFERENCE, line="", marker="X", size=10)


def together(rows):
    """The x and y of many curves (curve, point), as one with gaps."""
    x, y = np.broadcast_to(np.arange(rows.shape[1], dtype=float), rows.shape), rows
    return [np.c_[a, np.full(len(rows), np.nan)].ravel() for a in (x, y)]


# One unit with a constant drive

ASKED = 100 * 2 * settle(2, 0, 0.1)[1]  # per cent
GRID = np.linspace(-3, 3, 241)
EDGE = np.linspace(1, 3, 61)
GREY = np.array([[*EDGE, 3], [*(1 / EDGE), 1]])  # where W_h tanh' > 1
HALF = np.concatenate([np.logspace(-11, -2, 300), np.linspace(0.01, 0.9995, 300)])
REST = np.concatenate([-HALF[::-1], HALF])  # resting states: never 0, but close


def plane():
    """The lesson's two sliders as a plane, and the real unit on it."""
    return explorer(
        compute_plane,
        lines,
        (8.4, 2.7),
        guess=Guess("Real factor at W_h = 2, in %:"),
        W_h=Slider(1.2, -3.0, 3.0, 0.01),
        tanh_prime=Slider(0.8, 0.0, 1.0, 0.01),
        drive=Slider(0.0, -1.0, 1.0, 0.01),
        start=Slider(0.1, -1.0, 1.0, 0.05),
    )


def compute_plane(guess, W_h, tanh_prime, drive, start):
    h, slope = settle(W_h, drive, start)
    last = ends(drive, start)
    panels = two_sliders(W_h, tanh_prime, slope, last), resting(W_h, drive, h, last)
    text = plane_in_words(W_h, tanh_prime, h, slope)
    return Lines(panels, text + said(guess, ASKED, "at W_h = 2 without drive"))


def ends(drive, start, steps=600):
    """The last two states for every W_h of the grid."""
    before = h = np.full(len(GRID), float(start))
    for _ in range(steps):
        before, h = h, np.tanh(GRID * h + drive)
    return before, h


def two_sliders(W_h, tanh_prime, slope, last):
    path = np.sqrt((1 - last[0] ** 2) * (1 - last[1] ** 2))
    path[(GRID < min(W_h, 0)) | (GRID > max(W_h, 0))] = np.nan
    curves = (
        Curve(*GREY, "no stable unit", QUIET, "fill"),
        Curve(-GREY[0], GREY[1], color=QUIET, line="fill"),
        Curve(GRID, path, "real, from 0 to this W$_h$", FORWARD),
        Curve([W_h], [tanh_prime], "as the sliders say", BACKWARD, "", "o", 11, hollow=True),
        Curve([W_h], [slope], "the real unit", **CROSS),
    )
    note = f"factor: sliders {W_h * tanh_prime + 0:.3g}, real {W_h * slope + 0:.3g}"
    limits = dict(xlim=(-3.3, 3.3), ylim=(-0.1, 1.4))
    return Panel("the lesson's two sliders", "W$_h$", curves, note, ylabel="tanh'", **limits)


def resting(W_h, drive, h, last):
    W = (np.arctanh(REST) - (drive or 1e-9)) / REST  # the weight with which it can rest there
    W[np.abs(W) > 3.3] = np.nan
    stable = np.abs(W * (1 - REST**2)) < 1
    dots = dict(color=FORWARD, line="", marker="o", size=3)
    curves = (
        Curve(np.where(stable, W, np.nan), REST, "can rest, stable", REFERENCE),
        Curve(np.where(stable, np.nan, W), REST, "can rest, unstable", REFERENCE, ":"),
        Curve(GRID, last[0], **dots),
        Curve(GRID, last[1], "ends here", **dots),
        Curve([W_h] * 2, [h, tanh(W_h * h + drive)], **CROSS),
    )
    limits = dict(xlim=(-3.3, 3.3), ylim=(-1.2, 1.2))
    return Panel("where it comes to rest", "W$_h$", curves, ylabel="state h", **limits)


def plane_in_words(W_h, tanh_prime, h, slope):
    sliders, real = W_h * tanh_prime + 0.0, W_h * slope + 0.0
    text = f"Sliders: factor {sliders:.3g}, 99 steps leave {power(sliders)}. "
    text += "No stable unit has these two. " if abs(sliders) > 1 else ""
    text += f"Real: h = {h + 0:.4f}, tanh' = {slope:.4f}, factor {real:.3g}, 99 steps leave "
    return text + power(real) + "." + (" It rests on a needle's tip." if abs(real) > 1 else "")


def power(factor):
    return f"10^{99 * log10(abs(factor)) + 0.0:.3g}" if factor else "nothing"


# One unit with a changing input

LONGEST, REACH, FLOOR = 60, 0.3, -48
FROM = f"from −{-FLOOR}"  # log10, where smaller gradients are drawn
STARTS = np.linspace(-1, 1, 2001)
ALONG = np.array([np.random.default_rng(seed).uniform(-REACH, REACH, LONGEST) for seed in SEEDS])
NOISE = np.array([np.random.default_rng([seed, 1]).standard_normal(LONGEST - 1) for seed in SEEDS])
INPUTS = "none", "random", "made to measure", "shuffled"


def starts():
    """h_T and its gradient over all starts, and over the steps, for four kinds of input."""
    return explorer(
        compute_starts,
        lines,
        (8.4, 2.9),
        guess=Guess("With the right input, can one unit explode while it moves?", ("yes", "no")),
        W_h=Slider(2.0, -3.0, 3.0, 0.05),
        T=Slider(20, 2, LONGEST),
        seed=Slider(0, 0, len(SEEDS) - 1),
        inputs=Choice("none", INPUTS),
    )


def made_to_measure(W_h):
    """Inputs x_2, x_3, ... (seeds, 59) that lead one unit along random states within +-0.3.

    Also the states (seeds, 60). W_h h with the h that is really reached, rounding and all: what is
    off in its last digit doubles at every step.
    """
    x, h = np.zeros((len(SEEDS), LONGEST)), ALONG.copy()
    for t in range(1, LONGEST):
        x[:, t] = np.arctanh(ALONG[:, t]) - W_h * h[:, t - 1]
        h[:, t] = np.tanh(W_h * h[:, t - 1] + x[:, t])
    return x[:, 1:], h


def input_of(kind, W_h):
    """(seeds, 59)"""
    made = made_to_measure(W_h)[0]
    shuffled = [np.random.default_rng([s, 2]).permutation(x) for s, x in zip(SEEDS, made)]
    return {"none": 0 * made, "random": NOISE, "made to measure": made, "shuffled": shuffled}[kind]


def states_of(W_h, x, h):
    """h_1 (...), x (T - 1, ...): the states (T, ...)."""
    found = [h]
    for x_t in x:
        found.append(np.tanh(W_h * found[-1] + x_t))
    return np.array(found)


def logs_of(W_h, h):
    """log10 |dh_t/dh_1| for t = 1..T, of states (T, ...)."""
    with np.errstate(divide="ignore"):  # at W_h = 0 it is -inf
        steps = np.log10(np.abs(W_h * (1 - h[1:] ** 2)))
    return np.concatenate([np.zeros((1, *h.shape[1:])), np.cumsum(steps, 0)])


def compute_starts(guess, W_h, T, seed, inputs):
    x = np.array(input_of(inputs, W_h))[:, : T - 1]
    own = states_of(W_h, x.T, ALONG[:, 0])
    if inputs == "made to measure":  # the very states that it was made for, to the last digit
        own = made_to_measure(W_h)[1][:, :T].T
    every = states_of(W_h, x[seed], STARTS)
    own_logs, logs = logs_of(W_h, own), logs_of(W_h, every)
    panels = (
        last_state(every[-1], own[:, seed]),
        gradients(logs[-1], own_logs[-1, seed], own[0, seed]),
        on_the_way(own_logs, logs[:, ::100], seed),
    )
    text = starts_in_words(guess, (W_h, T, inputs), own, own_logs, every[-1], logs[-1], seed)
    return Lines(panels, text)


def last_state(h, own):
    curves = Curve(STARTS, h, "any start", FORWARD), Curve([own[0]], [own[-1]], **RING)
    limits = dict(xlim=(-1.1, 1.1), ylim=(-1.15, 1.15))
    return Panel("where it ends: h$_T$", "start h$_1$", curves, **limits)


def gradients(logs, own_log, own_start):
    every = Curve(STARTS, np.maximum(logs, FLOOR), "its gradient")
    ring = RING | dict(label="the marked start")
    curves = every, Curve([own_start], [max(own_log, FLOOR)], **ring)
    limits = dict(xlim=(-1.1, 1.1), ylim=(FLOOR - 6, 32))
    return Panel(f"log$_{{10}}$ |dh$_T$/dh$_1$| ({FROM})", "start h$_1$", curves, **limits)


def on_the_way(own, others, seed):
    T = len(own)
    marked, seeds, others = (np.maximum(a, FLOOR) for a in (own[:, seed], own, others))
    curves = (
        Curve(*later(others), "21 other starts", QUIET),
        Curve(*later(seeds), "marked starts of 20 seeds"),
        Curve([T], marked[-1:], **RING),
        Curve(None, 0, color=REFERENCE, line="--"),
    )
    end = next(end for end in (15, 30, LONGEST) if T <= end)
    limits = dict(xlim=(0, 1.06 * end), ylim=(FLOOR - 6, 32))
    return Panel(f"log$_{{10}}$ |dh$_t$/dh$_1$| ({FROM})", "step t", curves, **limits)


def later(logs):
    t, y = together(logs.T)
    return t + 1, y


def starts_in_words(guess, place, own, own_logs, last, logs, seed):
    W_h, T, inputs = place
    answer = " It can: with input made to measure." * (guess == "yes")
    answer += " It can, and you said no: choose made to measure." * (guess == "no")
    if W_h == 0:
        return "W_h = 0: nothing of the start reaches step T, and the mean is 0." + answer
    low, high = own_logs[-1].min(), own_logs[-1].max()
    text = f"W_h = {W_h:.3g}, T = {T}, input {inputs}. The marked start stays within "
    text += f"±{np.abs(own[:, seed]).max():.2f}; its gradient is {ten(own_logs[-1, seed])} "
    text += f"(20 seeds: {ten(low)} to {ten(high)}). Of 2001 other starts "
    text += f"{(logs > 1e-9).sum()} explode, the median has {ten(np.median(logs))}. The mean over "
    text += "all starts is "
    return text + f"{abs(last[-1] - last[0]) / 2:.4f}." + answer


def ten(log):
    return f"10^{round(float(log), 1) + 0.0:.1f}"


BOUNDS = np.logspace(0, 6, 61)  # M


@cache
def shares():
    """Which share of the starts has a gradient above M: (units, M), the first without input."""
    near, even = np.logspace(-14, 0, 14001), np.linspace(-1, 1, 20001)
    logs = logs_of(2.0, states_of(2.0, np.zeros(20), near))[-1]
    found = [[near[logs > np.log10(M)].max(initial=0) for M in BOUNDS]]  # |h_1| below that
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x = rng.uniform(0, 0.5) * rng.standard_normal(rng.integers(2, 12))
        W_h = rng.choice([-1, 1]) * rng.uniform(1.2, 3)
        logs = logs_of(W_h, states_of(W_h, x, even))[-1]
        found.append([(logs > np.log10(M)).mean() for M in BOUNDS])
    return np.array(found)


def few():
    """The share of starts above M, held against 1/M."""
    found = shares()
    with np.errstate(divide="ignore"):
        logs = np.log10(found)
    logs[1:][found[1:] < 1e-3] = np.nan  # an even grid cannot tell
    M = np.log10(BOUNDS)
    random = [np.c_[np.broadcast_to(a, logs[1:].shape), np.full(20, np.nan)] for a in (M, logs[1:])]
    curves = (
        Curve(M, -M, "the bound 1/M", REFERENCE, "--"),
        Curve(*(a.ravel() for a in random), "20 random units and inputs", QUIET),
        Curve(M, logs[0], "W$_h$ = 2, no input, T = 21"),
    )
    how = dict(xlim=(-0.2, 6.2), ylim=(-7.5, 0.4), ylabel="log$_{10}$ of the share")
    panel = Panel("starts with a gradient above M", "log$_{10}$ M", curves, **how)
    most = (found * BOUNDS)[:, 0].max(), (found * BOUNDS)[0, 1:].max()
    words = "The share of the starts whose gradient is above M stays below 1/M: the largest M "
    words += f"times share is {most[0]:.2f} at M = 1, and {most[1]:.2f} beyond it for W_h = 2."
    show(lines, Lines((panel,), words), (8.4, 3.2))


# Two units

TWO = np.array([[3.0, 3.0], [-3.0, -3.0]])
BEGIN = np.random.default_rng(0).uniform(-1, 1, (20, 2))
SUMS = np.linspace(-2, 2, 301)
BACK, LOWEST = 40, -60  # further back rounding decides: the run is chaotic


def fold():
    """Two units whose eigenvalues are 0: the map of their sum, and gradients going back."""
    return explorer(
        compute_fold,
        lines,
        (8.4, 2.9),
        guess=Guess("40 steps back the gradient of b = (−1, 3)", ("has grown", "is gone")),
        b_1=Slider(-2.0, -3.0, 3.0, 0.1),
        b_2=Slider(1.0, -3.0, 3.0, 0.1),
        T=Slider(20, 1, BACK),
    )


def two_units(b, T, h=BEGIN):
    """States (T + 1, starts, 2), and log10 |dL/dh_{T-j}| for j = 0..T of a gradient of length 1."""
    states = [h]
    for _ in range(T):
        states.append(np.tanh(states[-1] @ TWO.T + b))
    g, logs = np.broadcast_to([0.8, 0.6], h.shape), [np.zeros(len(h))]
    for h_t in states[:0:-1]:
        g = ((1 - h_t**2) * g) @ TWO
        size = np.maximum(np.linalg.norm(g, axis=1), 1e-300)
        g, logs = g / size[:, None], [*logs, logs[-1] + np.log10(size)]
    return np.array(states), np.array(logs)


def compute_fold(guess, b_1, b_2, T):
    states, logs = two_units(np.array([b_1, b_2]), T)
    one = logs_of(3.0, states_of(3.0, np.zeros((T, 1)), BEGIN[:, 0]))[-1]
    panels = hump(b_1, b_2, states[:, 0].sum(1)), going_back(logs, one)
    return Lines(panels, fold_in_words(guess, (b_1, b_2), logs[-1], one))


def hump(b_1, b_2, sums):
    web = np.repeat(sums, 2)  # up to the curve, over to the diagonal
    curves = (
        Curve([-2, 2], [-2, 2], "next = now", QUIET, ":"),
        Curve(web[:-1], web[1:], "the steps of one run", QUIET),
        Curve(SUMS, np.tanh(3 * SUMS), "one unit", REFERENCE, "--"),
        Curve(SUMS, np.tanh(3 * SUMS + b_1) + np.tanh(-3 * SUMS + b_2), "two units", FORWARD),
    )
    limits = dict(xlim=(-2.1, 2.1), ylim=(-2.1, 2.1))
    return Panel("next state over state", "s, the sum of the states", curves, **limits)


def going_back(logs, one):
    low = np.maximum(logs, LOWEST)
    dots = dict(DOTS, size=5)
    j, y = together(low.T)
    curves = (
        Curve(j, y, "two units, 20 starts"),
        Curve(np.full(20, len(logs) - 1), low[-1], **dots),
        Curve(
            np.full(20, len(logs) - 1),
            np.maximum(one, LOWEST),
            "one unit, 20 starts",
            REFERENCE,
            **dots,
        ),
        Curve(None, 0, color=QUIET, line=":"),
    )
    limits = dict(xlim=(-2, BACK + 2), ylim=(LOWEST - 3, 23))
    return Panel(
        f"log$_{{10}}$ of the gradient (from −{-LOWEST})", "steps back, j", curves, **limits
    )


def fold_in_words(guess, b, logs, one):
    text = f"b = ({b[0]:g}, {b[1]:g}): both eigenvalues of W_h are 0, and "
    if np.median(logs) < -200:
        text += "the gradient is exactly 0."
    else:
        text += f"the gradients of 20 starts are {ten(logs.min())} to {ten(logs.max())} "
        text += f"(median {ten(np.median(logs))})."
    text += f" One unit with W_h = 3: at most {ten(one.max())}."
    if guess:
        right = two_units(np.array([-1.0, 3.0]), BACK)[1][-1]
        text += f" You said it {guess}; at b = (−1, 3), {BACK} steps back, the 20 are "
        text += f"{ten(right.min())} to {ten(right.max())}."
    return text


# Fifty units

GAINS = np.linspace(0.5, 3, 11)
SKIP, BLURRED = 100, 0.03  # a rate below that, up or down, cannot be told from 0


@cache
def base(T=300):
    """W_h (20, 50, 50) of gain 1, inputs (T, 20, 50) of size 1, states at the start (20, 50)."""
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    W_h = np.array([init_params(rng, 50, 50, 1, "gaussian", 1.0).W_h for rng in rngs])
    x = np.stack([rng.standard_normal((T, 50)) for rng in rngs], 1)
    return W_h, x, np.array([rng.uniform(-1, 1, 50) for rng in rngs])


def network(gain, drive, seed):
    """W_h (50, 50), inputs (500, 50) and start (50,) of one of them, with a longer run."""
    W_h, x, h = base(500)
    return gain * W_h[seed], drive * x[:, seed], h[seed]


def gradient_logs(W_h, x, h):
    """ln |dL/dh_t| for t = 0..T, 0 at T, of networks side by side: (T + 1, networks)."""
    states = [h]
    for x_t in x:
        states.append(np.tanh((W_h @ states[-1][..., None])[..., 0] + x_t))
    g, logs = np.ones_like(h), np.zeros((len(states), len(h)))
    for t in range(len(x), 0, -1):
        g = (((1 - states[t] ** 2) * g)[:, None] @ W_h)[:, 0]
        size = np.abs(g).max(1)
        g, logs[t - 1] = g / size[:, None], logs[t] + np.log(size)
    return logs


@cache
def rates():
    """The gradient's rate a step: (no input or input 1, gain, network)."""
    W_h, x, h = base()
    found = [[gradient_logs(g * W_h, drive * x, h)[SKIP] for g in GAINS] for drive in (0, 1)]
    return np.array(found) / (len(x) - SKIP)


@cache
def radii():
    """The largest eigenvalue of each network, in size, at gain 1."""
    return np.abs(np.linalg.eigvals(base()[0])).max(1)


def fifty():
    """Gradient rates of networks of 50 units over the gain, with and without input."""
    return explorer(
        compute_fifty,
        lines,
        (8.4, 3.1),
        gain=Slider(1.5, 0.5, 3.0, 0.05),
        drive=Slider(1.0, 0.0, 2.0, 0.05),
        seed=Slider(0, 0, len(SEEDS) - 1),
    )


def compute_fifty(gain, drive, seed):
    W_h, x, h = base()
    one = slice(seed, seed + 1)
    back = gradient_logs(gain * W_h[one], drive * x[:, one], h[one])[: SKIP - 1 : -1, 0]
    rate, radius = back[-1] / (len(back) - 1), gain * radii()[seed]
    panels = over_gain(gain, rate), over_steps(back, radius)
    return Lines(panels, fifty_in_words(gain, drive, radius, back[-1], rate))


def over_gain(gain, rate):
    beside = np.repeat(GAINS, len(SEEDS))
    alone, driven = rates().reshape(2, -1)
    eigenvalues = np.log(GAINS * radii().mean())
    curves = (
        Curve(None, 0, color=QUIET, line=":"),
        Curve(beside, alone, "no input, 20 networks", QUIET, **DOTS),
        Curve(beside + 0.06, driven, "input 1, 20 networks", FORWARD, **DOTS),
        Curve(GAINS, eigenvalues, "eigenvalues", REFERENCE, "--"),
        Curve([gain], [rate], "this network", BACKWARD, "", "o", 11, hollow=True),
    )
    limits = dict(xlim=(0.4, 3.15), ylim=(-2.2, 1.4))
    return Panel("rate a step (natural log)", "gain", curves, **limits)


def over_steps(back, radius):
    j = np.arange(len(back))
    curves = (
        Curve(None, 0, color=QUIET, line=":"),
        Curve(j, back / np.log(10), "the gradient"),
        Curve(j, j * np.log10(radius), color=REFERENCE, line="--"),
    )
    limits = dict(xlim=(-4, 204), ylim=(-155, 105))
    return Panel("log$_{10}$ of the gradient", "steps back, j", curves, **limits)


def fifty_in_words(gain, drive, radius, log, rate):
    text = f"Gain {gain:.3g}, input {drive:.3g}: the eigenvalues reach {radius:.3g} in size and "
    text += f"say 10^{200 * np.log10(radius):.0f} after 200 steps back. The gradient "
    does = "vanishes" if rate < -BLURRED else "grows" if rate > BLURRED else "does neither for sure"
    return text + f"{does}: {rate + 0:+.2f} a step, 10^{log / np.log(10) + 0:.0f} in all."


PICTURES = plane, starts, fold, few, fifty

_H = sqrt(0.7)
_LOW, _HIGH = states_of(1.5, np.zeros(19), np.array([-1.0, 1.0]))[-1]

exercise_1 = Exercise(
    "Exercise 1",
    atanh(_H) - 2 * _H,
    "Which h has the slope 0.3? Then: which drive keeps the unit there? Drag drive and start, too.",
    "h = sqrt(1 − 0.3), and artanh(h) = 2 h + drive.",
    tempting=(
        (2 * _H - atanh(_H), "There it rests at a negative h. The question asks for h > 0."),
        (atanh(0.3) - 2 * 0.3, "0.3 is tanh', not h: h is sqrt(1 − 0.3)."),
        (atanh(_H), "That is 2 h + drive. W_h h has to be taken away."),
        (atanh(0.7) - 2 * 0.7, "0.7 is h². Take its root."),
    ),
    tolerance=0.01,
)
exercise_2 = Exercise(
    "Exercise 2",
    (_HIGH - _LOW) / 2,
    "h_20 as a function of h_1 only rises. What is the mean slope of such a curve?",
    "Half the distance between h_20(1) and h_20(−1), by run_unit with 19 steps.",
    tempting=(
        (_HIGH - _LOW, "That is the whole rise. The starts lie on an interval of length 2."),
        (
            (1.5 * settle(1.5, 0, 0.1)[1]) ** 19,
            "That is a unit at rest. The few starts near 0, where it grows, count as well.",
        ),
        (1.5**19, "That is the start 0 alone, the largest of all."),
        (1.0, "That is the bound, for h_T from −1 to 1. It does not come as far."),
    ),
)
exercise_3 = Exercise(
    "Exercise 3",
    2,
    "Set b_1 and b_2 to 0 in the picture and move T. Or: what are the two slopes then?",
    "The two states are opposite: D is a number times I, and two steps give a number times W_h².",
    tempting=(
        (1, "One step multiplies by d W_h, and W_h is not 0. Its square is."),
        (0, "Before any step the gradient is what you put in."),
        (3, "One step earlier already: two factors of W_h meet with only a number between them."),
    ),
)
