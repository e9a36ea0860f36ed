"""The worked example: one unit, the same factor r = W_h * tanh' at every step, so r^j is left."""

from math import inf, log, log10, sqrt, tanh

import numpy as np

from . import checks


def gradient_decay(W_h, tanh_prime, T):
    """dh_T/dh_{T-j} = (W_h * tanh')^j for j = 0..T-1 steps back, shape (T,).

    W_h : weight of the single unit; tanh_prime : its slope, taken as the same at every step (an
    idealisation: a real network computes it); T : number of steps, so T - 1 factors at most.
    Beyond about 1e308 the result is inf, below 5e-324 it is 0; ``log10_gradient_decay`` is neither.
    Raises ValueError for values that are not finite and for T < 1 or above 1e8.
    """
    r = checks.number("W_h", W_h) * checks.number("tanh_prime", tanh_prime)
    with np.errstate(over="ignore", under="ignore"):
        return np.power(r, np.arange(checks.whole("T", T, 1, checks.MOST), dtype=float))


def log10_gradient_decay(W_h, tanh_prime, T):
    """log10 |W_h * tanh'|^j = j * log10 |W_h * tanh'| for j = 0..T-1, shape (T,).

    Never under- or overflows, unlike the product itself; where r = 0 it is 0, then -inf.
    Raises ValueError as ``gradient_decay`` does.
    """
    a, b = abs(checks.number("W_h", W_h)), abs(checks.number("tanh_prime", tanh_prime))
    j = np.arange(checks.whole("T", T, 1, checks.MOST), dtype=float)
    if 0 in (a, b):
        return np.where(j == 0, 0.0, -inf)
    return j * (log10(a * b) if 1e-300 < a * b < inf else log10(a) + log10(b))


def horizon(r, fraction=0.01):
    """Steps j back until |r|^j has fallen to ``fraction``: log(fraction) / log|r|.

    0 for r = 0, and inf where nothing falls (|r| >= 1). Half-life: ``fraction=0.5``.
    Raises ValueError unless r is finite and 0 < fraction < 1.
    """
    r, fraction = abs(checks.number("r", r)), checks.number("fraction", fraction)
    if not 0 < fraction < 1:
        raise ValueError(f"fraction: expected a number between 0 and 1, got {fraction}")
    if r == 0:
        return 0.0
    return log(fraction) / log(r) if r < 1 else inf


def settle(W_h, drive, h=0.0, steps=10_000):
    """Where one real unit ends: iterate h <- tanh(W_h h + drive); returns h and tanh' there.

    Stops early once h repeats. Below W_h = -1 the unit may swing between two states for ever: what
    is returned is the geometric mean of tanh' over the last two steps, so that its product with W_h
    is the factor per step in both cases. Raises ValueError for what is not finite, and for steps
    < 1 or above 1e8.
    """
    W_h, drive = checks.number("W_h", W_h), checks.number("drive", drive)
    before = h = checks.number("h", h)
    for _ in range(checks.whole("steps", steps, 1, checks.MOST)):
        before, h = h, tanh(W_h * h + drive)
        if h == before:
            break
    before = h if steps == 1 else before  # a start is no state that the unit came to
    return h, sqrt(max(0.0, 1 - h * h) * max(0.0, 1 - before * before))
