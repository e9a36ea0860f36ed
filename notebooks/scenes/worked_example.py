"""Notebook 5: what is left of a gradient after k steps back through one unit."""

from math import atanh, ceil, log10, sqrt

import numpy as np

from bptt_helpers import gradient_decay, horizon, log10_gradient_decay, settle
from bptt_helpers.plots import lines
from bptt_helpers.plots.lines import Curve, Lines, Panel
from bptt_helpers.plots.style import BACKWARD, QUIET, REFERENCE

from .exercise import Exercise
from .sliders import Guess, Slider, explorer
from .words import said

DRIVE = atanh(sqrt(0.2)) - 0.9 * sqrt(0.2)  # the input that makes tanh' = 0.8 at W_h = 0.9
RING = dict(color=REFERENCE, line="", marker="o", size=11, hollow=True)
HALF, ONE_PERCENT = "½ left", "1 % left"


def decay():
    """r^k over k, and its logarithm, beside a real unit with the same W_h."""
    return explorer(
        compute,
        lines,
        (8.4, 2.9),
        guess=Guess("Left at step 1, in %:"),
        W_h=Slider(0.9, -2.0, 2.0, 0.01),
        tanh_prime=Slider(0.8, 0.0, 1.0, 0.01),
        T=Slider(8, 1, 100),
        k=Slider(3, 0, 99, upto=lambda T, **_: T - 1),
    )


def compute(guess, W_h, tanh_prime, T, k):
    r, (_, slope) = W_h * tanh_prime, settle(W_h, DRIVE)
    left, real = gradient_decay(W_h, tanh_prime, T), gradient_decay(W_h, slope, T)
    logs = log10_gradient_decay(W_h, tanh_prime, T), log10_gradient_decay(W_h, slope, T)
    panels = linear(left, real, k), logarithmic(r, *logs, k)
    return Lines(panels, in_words(guess, r, left, logs[0], k))


def shown_to(T):
    """Where the axis of steps ends: it changes twice on the way of the slider, not at every T."""
    return next(end for end in (20, 50, 100) if T <= end)


def linear(left, real, k):
    steps, end = np.arange(len(left)), shown_to(len(left))
    honest = Curve(steps, real, "a real unit", REFERENCE, "--")
    ours = Curve(steps, left, "as the sliders say", BACKWARD, marker="o")
    curves = honest, ours, Curve([k], [left[k]], **RING)
    size = 10 ** (ceil(2 * log10(max(1, abs(left).max()))) / 2)  # in steps of half a decade
    limits = dict(xlim=(-0.03 * end, 1.03 * end), ylim=(-1.15 * size, 1.6 * size))
    note = f"k = {k}:  {left[k]:.4g}"
    return Panel("gradient left, r$^k$", "steps back, k", curves, note, **limits)


def logarithmic(r, logs, real, k):
    steps, end = np.arange(len(logs)), shown_to(len(logs))
    ours, point = Curve(steps, logs, marker="o"), Curve([k], [logs[k]], **RING)
    honest = Curve(steps, real, "", REFERENCE, "--")
    half = Curve(horizon(r, 0.5), None, HALF, QUIET, "-.")
    one_percent = Curve(horizon(r, 0.01), None, ONE_PERCENT, QUIET, ":")
    limits = dict(xlim=(-0.03 * end, 1.03 * end), ylim=(-0.9 * end, 0.55 * end))
    note = f"log₁₀ = {logs[k] + 0:.2f}" if np.isfinite(logs[k]) else "nothing left"
    curves = honest, ours, point, half, one_percent
    return Panel("the same as log$_{10}$ |r$^k$|", "steps back, k", curves, note, **limits)


def in_words(guess, r, left, logs, k):
    text = f"r = {r:.4g}. After k = {k} steps back {left[k]:.4g} of the gradient is left"
    text += f" (log10 {logs[k] + 0:.2f})." if np.isfinite(logs[k]) else "."
    if r == 0:
        text += " One step back already leaves nothing."
    elif abs(r) >= 1:
        text += " It never falls to one half."
    else:
        half, one_percent = horizon(r, 0.5), horizon(r, 0.01)
        text += f" One half is left after {half:.1f} steps, 1 % after {one_percent:.1f}."
    return text + said(guess, 100 * 0.72**19, "from h_20 back to h_1, at r = 0.72,")


PICTURES = (decay,)

exercise_1 = Exercise(
    "Exercise 1",
    0.01 ** (1 / 100) / 0.8,
    "100 steps back there are 100 factors. Which number, multiplied 100 times, gives 0.01?",
    "Solve (0.8 W_h)^100 = 0.01 for W_h.",
    tempting=(
        (0.01 ** (1 / 100), "That is the factor r. It is W_h times tanh', and tanh' is 0.8."),
        (-(0.01 ** (1 / 100)) / 0.8, "It has the right size; the question asks for W_h > 0."),
        (1.25, "At 1.25 the factor is 1, and everything is left."),
    ),
    tolerance=0.005,
)
exercise_2 = Exercise(
    "Exercise 2",
    [horizon(0.72, 0.5), horizon(0.99, 0.5)],
    "After k steps r^k is left. Set it to one half and take the logarithm of both sides.",
    "k log10(r) = log10(1/2).",
    tempting=(
        ([0.5 / 0.72, 0.5 / 0.99], "r is multiplied k times, so k stands in the exponent."),
        ([1 / horizon(r, 0.5) for r in (0.72, 0.99)], "Upside down: k is log(1/2) over log(r)."),
        ([horizon(r, 0.01) for r in (0.72, 0.99)], "That is the 1 % horizon: one half is asked."),
        ([-horizon(r, 0.5) for r in (0.72, 0.99)], "r^k is to be 1/2, not 2: the sign turns."),
    ),
    cases=((0.72,), (0.99,)),
)
exercise_3 = Exercise(
    "Exercise 3",
    1.5 * settle(1.5, 0, h=0.1)[1],
    "A real unit computes its tanh': where does it settle, and what is the slope there?",
    "settle(1.5, 0, h=0.1) returns h and tanh'; the factor is W_h times tanh'.",
    tempting=(
        (1.2, "0.8 is the lesson's example; this unit settles elsewhere and has its own tanh'."),
        (settle(1.5, 0, h=0.1)[1], "That is tanh' alone. The factor is W_h times it."),
        (settle(1.5, 0, h=0.1)[0], "That is the state h. The factor is W_h (1 - h²)."),
        (1.5, "At h = 0 it would be 1.5, but the unit does not stay there."),
    ),
    tolerance=0.015,
)
